"""What users did: one event as it is sent, and a user's events as columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Ints, Slots, column
from recsys.domain.items import Catalogue
from recsys.errors import InvalidValueError


class Kind(IntEnum):
    """What happened. The wire name is the lower-case member name."""

    LISTEN = 0
    SKIP = 1
    LIKE = 2
    BLOCK = 3


@dataclass(frozen=True, slots=True)
class Event:
    """One act of one user.

    event_id: unique; the same id twice counts once. occurred_at: unix seconds. ms_played: milliseconds, listens and
    skips only, None when unknown. Exactly one of track_id and artist_id is set; only a block may name an artist.
    request_id: of the slate that the track was shown in, if any. Raises `InvalidValueError` when this does not hold.
    """

    event_id: str
    user_id: str
    kind: Kind
    occurred_at: int
    track_id: str | None = None
    artist_id: str | None = None
    ms_played: int | None = None
    request_id: str | None = None

    def __post_init__(self) -> None:
        if (self.track_id is None) == (self.artist_id is None):
            raise InvalidValueError(f"event {self.event_id!r} must name a track or an artist, and not both")
        if self.artist_id is not None and self.kind is not Kind.BLOCK:
            raise InvalidValueError(
                f"event {self.event_id!r}: {self.kind.name.lower()} needs a track_id, not an artist_id"
            )
        if self.ms_played is not None and self.ms_played < 0:
            raise InvalidValueError(f"event {self.event_id!r}: ms_played is {self.ms_played}; it must be 0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class EventColumns:
    """One user's events, each id once, ascending by (time, id).

    kinds: (e,) int8 values of `Kind`. tracks, artists: (e,) int32 slots, -1 for none or unknown to the catalogue.
    times: (e,) int64 unix seconds. ms_played: (e,) int32, -1 when unknown.
    """

    kinds: NDArray[np.int8]
    tracks: Slots
    artists: Slots
    times: Ints
    ms_played: Slots

    def __post_init__(self) -> None:
        size = self.kinds.shape[0]
        put = object.__setattr__
        put(self, "kinds", column("kinds", self.kinds, np.int8, size))
        put(self, "tracks", column("tracks", self.tracks, np.int32, size))
        put(self, "artists", column("artists", self.artists, np.int32, size))
        put(self, "times", column("times", self.times, np.int64, size))
        put(self, "ms_played", column("ms_played", self.ms_played, np.int32, size))

    @staticmethod
    def of(events: Iterable[Event], catalogue: Catalogue) -> "EventColumns":
        """Deduplicate by event id (the first one given wins), sort, and resolve ids to slots."""
        unique: dict[str, Event] = {}
        for event in events:
            unique.setdefault(event.event_id, event)
        rows = sorted(unique.values(), key=lambda event: (event.occurred_at, event.event_id))
        tracks = [-1 if row.track_id is None else _slot(catalogue.slot(row.track_id)) for row in rows]
        artists = [-1 if row.artist_id is None else _slot(catalogue.artist_slot(row.artist_id)) for row in rows]
        return EventColumns(
            kinds=np.array([row.kind for row in rows], dtype=np.int8),
            tracks=np.array(tracks, dtype=np.int32),
            artists=np.array(artists, dtype=np.int32),
            times=np.array([row.occurred_at for row in rows], dtype=np.int64),
            ms_played=np.array([-1 if row.ms_played is None else row.ms_played for row in rows], dtype=np.int32),
        )


def _slot(found: int | None) -> int:
    return -1 if found is None else found
