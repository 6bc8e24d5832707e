"""The catalogue: what can be recommended, one column per attribute."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Slots, column, slot_column
from recsys.errors import InvalidValueError

SECONDS_A_DAY: Final = 86_400
MAX_MARKETS: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """n tracks by a artists. A track's slot is its row; ids ascend, so slot order is id order and breaks every tie.

    ids: n distinct strings, strictly ascending (code-point order).
    titles: n strings.
    artist: (n,) int32 in [0, a), the slot of the track's artist.
    artist_ids, artist_names: a strings each; ids strictly ascending.
    recording: (n,) int32 in [0, n), equal for releases of one recording (the canonical entity). A track without a known
        recording is its own: recording[slot] = slot.
    explicit: (n,) bool. An unknown flag must be stored as True: the explicit filter fails closed.
    released: (n,) int32, days since 1970-01-01 UTC (negative before).
    markets: at most 64 distinct market codes; bit i of `licensed` stands for markets[i].
    licensed: (n,) uint64 bit mask. 0 (no licence data) means licensed nowhere.

    Raises `InvalidValueError` when a column breaks any of this.
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    artist: Slots
    artist_ids: tuple[str, ...]
    artist_names: tuple[str, ...]
    recording: Slots
    explicit: Bools
    released: Slots
    markets: tuple[str, ...]
    licensed: NDArray[np.uint64]
    _slots: dict[str, int] = field(init=False, repr=False)
    _artist_slots: dict[str, int] = field(init=False, repr=False)
    _market_slots: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        size, artists = len(self.ids), len(self.artist_ids)
        _ascending("ids", self.ids)
        _ascending("artist_ids", self.artist_ids)
        if len(self.titles) != size or len(self.artist_names) != artists:
            raise InvalidValueError("titles and artist_names must be as long as ids and artist_ids")
        if len(self.markets) > MAX_MARKETS or len(set(self.markets)) != len(self.markets):
            raise InvalidValueError(f"markets must be at most {MAX_MARKETS} distinct codes, not {self.markets!r}")
        put = object.__setattr__
        put(self, "artist", slot_column("artist", self.artist, artists, size))
        put(self, "recording", slot_column("recording", self.recording, size, size))
        put(self, "explicit", column("explicit", self.explicit, np.bool_, size))
        put(self, "released", column("released", self.released, np.int32, size))
        put(self, "licensed", column("licensed", self.licensed, np.uint64, size))
        put(self, "_slots", {key: slot for slot, key in enumerate(self.ids)})
        put(self, "_artist_slots", {key: slot for slot, key in enumerate(self.artist_ids)})
        put(self, "_market_slots", {key: slot for slot, key in enumerate(self.markets)})

    @property
    def size(self) -> int:
        """n, the number of tracks."""
        return len(self.ids)

    def slot(self, track_id: str) -> int | None:
        """Return the slot of a track, or None for an unknown id."""
        return self._slots.get(track_id)

    def slots(self, track_ids: Iterable[str]) -> Slots:
        """Return the slots of the known ones among `track_ids`, in their order."""
        found = (self._slots.get(key) for key in track_ids)
        return np.array([slot for slot in found if slot is not None], dtype=np.int32)

    def artist_slot(self, artist_id: str) -> int | None:
        """Return the slot of an artist, or None for an unknown id."""
        return self._artist_slots.get(artist_id)

    def market_slot(self, code: str | None) -> int | None:
        """Return the position of a market in `markets`, or None for an unknown code."""
        return None if code is None else self._market_slots.get(code)


def _ascending(name: str, keys: tuple[str, ...]) -> None:
    for left, right in pairwise(keys):
        if left >= right:
            raise InvalidValueError(
                f"{name} must be strictly ascending; {right!r} follows {left!r}: sort and deduplicate"
            )
