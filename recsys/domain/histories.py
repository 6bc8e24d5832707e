"""What many users did, as columns: what training reads, and what a published model carries for serving."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Ints, Slots, column
from recsys.domain.events import EventColumns
from recsys.domain.packed import PackedStrings
from recsys.errors import InvalidValueError

UNSET, FORBIDS, ALLOWS = -1, 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """u users with their settings and all their events.

    ids: u distinct user ids, strictly ascending.
    markets: the codes that `market` points into; `Catalogue.markets`.
    market: (u,) int8 position of the home market, -1 when unknown.
    allow_explicit: (u,) int8: 1 yes, 0 no, -1 never set.
    offsets: (u + 1,) int64. events: e rows; those of user i are offsets[i]:offsets[i + 1], ascending by time.

    Raises `InvalidValueError` when a column breaks this; `grouped` sorts and builds the offsets.
    """

    ids: PackedStrings
    markets: tuple[str, ...]
    market: NDArray[np.int8]
    allow_explicit: NDArray[np.int8]
    offsets: Ints
    events: EventColumns

    def __post_init__(self) -> None:
        size, rows = len(self.ids), self.events.times.shape[0]
        put = object.__setattr__
        put(self, "market", column("market", self.market, np.int8, size))
        put(self, "allow_explicit", column("allow_explicit", self.allow_explicit, np.int8, size))
        put(self, "offsets", column("offsets", self.offsets, np.int64, size + 1))
        if self.offsets[0] != 0 or self.offsets[-1] != rows or (np.diff(self.offsets) < 0).any():
            raise InvalidValueError(f"offsets must rise from 0 to the {rows} events: use Histories.grouped")
        if size and (self.market.max() >= len(self.markets) or self.market.min() < -1):
            raise InvalidValueError(f"market must lie in [-1, {len(self.markets)})")

    @staticmethod
    def grouped(
        ids: PackedStrings,
        markets: tuple[str, ...],
        market: NDArray[np.int8],
        allow_explicit: NDArray[np.int8],
        user: Slots,
        events: EventColumns,
    ) -> "Histories":
        """Build from events in any order. user: (e,) int32 row in `ids` of each event's user.

        Rows are sorted by (user, time, kind, track, artist, ms_played), so that the input's order never matters.
        """
        order = np.lexsort((events.ms_played, events.artists, events.tracks, events.kinds, events.times, user))
        counts = np.bincount(user, minlength=len(ids))
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)))
        return Histories(ids, markets, market, allow_explicit, offsets, taken(events, order))

    @property
    def size(self) -> int:
        """u, the number of users."""
        return len(self.ids)

    def owner(self) -> Slots:
        """Return (e,) int32, the user's row of each event."""
        return np.repeat(np.arange(self.size, dtype=np.int32), np.diff(self.offsets))

    def row(self, user_id: str) -> int | None:
        """Return the row of a user, or None for an unknown one."""
        return self.ids.find(user_id)

    def market_of(self, row: int) -> str | None:
        """Return the user's home market code, None when unknown."""
        slot = int(self.market[row])
        return None if slot < 0 else self.markets[slot]

    def allow_explicit_of(self, row: int) -> bool | None:
        """Return the user's own setting, None when never set."""
        setting = int(self.allow_explicit[row])
        return None if setting == UNSET else setting == ALLOWS

    def events_of(self, row: int) -> EventColumns:
        """Return one user's events: views, nothing is copied."""
        return taken(self.events, slice(int(self.offsets[row]), int(self.offsets[row + 1])))

    def before(self, cuts: Ints) -> "Histories":
        """Return the same users with the events of user i strictly before cuts[i] (unix seconds). cuts: (u,) int64."""
        owner = self.owner()
        kept = np.flatnonzero(self.events.times < cuts[owner])
        counts = np.bincount(owner[kept], minlength=self.size)
        offsets = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)))
        return Histories(self.ids, self.markets, self.market, self.allow_explicit, offsets, taken(self.events, kept))


def taken(events: EventColumns, rows: slice | NDArray[np.integer]) -> EventColumns:
    """Return the given rows of every column, in that order."""
    return EventColumns(
        kinds=events.kinds[rows],
        tracks=events.tracks[rows],
        artists=events.artists[rows],
        times=events.times[rows],
        ms_played=events.ms_played[rows],
    )


def merged(first: EventColumns, second: EventColumns) -> EventColumns:
    """Return one user's events from two places, ascending by time; an act that both hold counts once.

    The same act: the same kind of the same track or artist in the same second. A model that was trained on events which
    the event store still holds does not count them twice.
    """
    both = EventColumns(
        kinds=np.concatenate((first.kinds, second.kinds)),
        tracks=np.concatenate((first.tracks, second.tracks)),
        artists=np.concatenate((first.artists, second.artists)),
        times=np.concatenate((first.times, second.times)),
        ms_played=np.concatenate((first.ms_played, second.ms_played)),
    )
    source = np.repeat(np.array([0, 1]), (first.times.shape[0], second.times.shape[0]))
    order = np.lexsort((source, both.artists, both.tracks, both.kinds, both.times))
    ordered = taken(both, order)
    keys = np.stack((ordered.times, ordered.kinds, ordered.tracks, ordered.artists))
    known = (ordered.tracks >= 0) | (ordered.artists >= 0)
    repeats = (keys[:, 1:] == keys[:, :-1]).all(axis=0) & (np.diff(source[order]) > 0) & known[1:]
    return taken(ordered, np.flatnonzero(np.concatenate((np.ones(min(1, order.shape[0]), dtype=bool), ~repeats))))
