"""What users did, while it is read: compact columns that end as `Histories`, each act once."""

from array import array
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Ints, Slots
from recsys.domain.events import EventColumns, Kind
from recsys.domain.histories import UNSET, Histories
from recsys.domain.packed import PackedStrings

WORLD: Final = "001"
"""The one market of data that knows of none: the world in UN M49."""
LATEST: Final = 2**40
"""No time in seconds reaches it; one in milliseconds does."""
UNTIMED: Final = 946_684_800
"""Data without time is put into one day, in an order that is drawn: this one (2000-01-01), or a later one."""


@dataclass
class Plays:
    """Rows while they are read, in any order. A new user gets a number.

    items: the slot of each item's id, its place among the sorted ids. With `growing` an item that is not there yet gets
    a number too, and `sort_items` is owed before anything is asked for.
    """

    items: dict[str, int]
    growing: bool = False
    _users: dict[str, int] = field(default_factory=dict)
    _user: "array[int]" = field(default_factory=lambda: array("i"))
    _item: "array[int]" = field(default_factory=lambda: array("i"))
    _kind: "array[int]" = field(default_factory=lambda: array("b"))
    _time: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, user: str, item: str, kind: Kind, time: int) -> None:
        """Take in one act. item: a key of `items`, unless they grow. time: unix seconds, 0 for data without time."""
        self._user.append(self._users.setdefault(user, len(self._users)))
        self._item.append(self.items.setdefault(item, len(self.items)) if self.growing else self.items[item])
        self._kind.append(kind)
        self._time.append(time)

    def sort_items(self) -> None:
        """Give each item the slot that its id has among the sorted ids."""
        ids = sorted(self.items)
        rank = np.empty(len(ids), dtype=np.int32)
        rank[[self.items[key] for key in ids]] = np.arange(len(ids), dtype=np.int32)
        self._item = array("i", rank[self.slots].tobytes())
        self.items = {key: slot for slot, key in enumerate(ids)}

    def __len__(self) -> int:
        return len(self._user)

    @property
    def slots(self) -> Slots:
        """(e,) int32 item of each row."""
        return np.array(self._item, dtype=np.int32)

    @property
    def times(self) -> Ints:
        """(e,) int64 unix seconds of each row."""
        return np.array(self._time, dtype=np.int64)

    def histories(self, times: Ints) -> tuple[Histories, int]:
        """Return the histories, and how many rows said again what another one had said.

        times: (e,) unix seconds, `self.times` or what stands for them. The same kind of act by the same user on the
        same item in the same second is one act.
        """
        ids = sorted(self._users)
        rank = np.empty(len(ids), dtype=np.int32)
        rank[[self._users[key] for key in ids]] = np.arange(len(ids), dtype=np.int32)
        user, slots, kinds = rank[np.array(self._user, dtype=np.int32)], self.slots, np.array(self._kind, dtype=np.int8)
        order = np.lexsort((kinds, slots, times, user))
        kept = order[_first_of_each(user[order], slots[order], times[order], kinds[order])]
        unknown = np.full(kept.shape, -1, dtype=np.int32)
        histories = Histories.grouped(
            ids=PackedStrings.of(ids),
            markets=(WORLD,),
            market=np.zeros(len(ids), dtype=np.int8),
            allow_explicit=np.full(len(ids), UNSET, dtype=np.int8),
            user=user[kept],
            events=EventColumns(kinds[kept], slots[kept], unknown, times[kept], unknown),
        )
        return histories, len(self) - int(kept.shape[0])

    def drawn_times(self, start: int) -> Ints:
        """Return (e,) times for data that has none: each pair of user and item at a second of the day from `start` on.

        The second is a hash of the two ids, so that it depends neither on the order of the rows nor on other rows, and
        what is held out by time is a random part.
        """
        ids, names = [""] * len(self._users), [""] * len(self.items)
        for key, row in self._users.items():
            ids[row] = key
        for key, slot in self.items.items():
            names[slot] = key
        mixed = _hashes(ids)[np.array(self._user, dtype=np.int64)] * np.uint64(31) + _hashes(names)[self.slots]
        # The finaliser of SplitMix64 (Steele, Lea, Flood 2014): sums of two hashes alone are not spread evenly.
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(start + ((mixed ^ (mixed >> np.uint64(31))) % np.uint64(86_400)).astype(np.int64))


def _first_of_each(*columns: NDArray[np.signedinteger]) -> Bools:
    """Return (e,) bool, which of the sorted rows differ from the row before."""
    size = columns[0].shape[0]
    fresh = np.ones(size, dtype=np.bool_)
    if size:
        fresh[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return fresh


def _hashes(keys: list[str]) -> NDArray[np.uint64]:
    """Return (n,) 64-bit FNV-1a hashes of the strings; Python's own hash differs from run to run."""
    return np.array([_fnv(key) for key in keys], dtype=np.uint64)


def _fnv(key: str) -> int:
    value = 0xCBF29CE484222325
    for byte in key.encode("utf-8", "surrogatepass"):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
