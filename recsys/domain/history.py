"""From events to a user's state: the one fold that serving and training share."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Floats, Ints, Slots
from recsys.domain.events import EventColumns, Kind
from recsys.domain.query import UserState

FULL_LISTEN_MS: Final = 30_000
PARTIAL, FULL, LIKED, CAP = 0.25, 1.0, 2.0, 4.0


def fold(
    user_id: str,
    events: EventColumns,
    as_of: int | None = None,
    market: str | None = None,
    allow_explicit: bool | None = None,
    known: bool | None = None,
) -> UserState:
    """Return a user's state from events strictly before `as_of` (unix seconds; None takes all).

    A listen of at least 30 s (or of unknown length) adds 1 to a track's strength, a shorter one 1/4, a like 2; the
    sum is at most 4. Events of tracks that the catalogue lacks are ignored, but count in `version`.
    known: None means "has an event"; serving passes True for a user with stored settings.
    """
    count = events.times.shape[0] if as_of is None else int(np.searchsorted(events.times, as_of, side="left"))
    kinds, tracks, times = events.kinds[:count], events.tracks[:count], events.times[:count]
    listens, skips, likes, blocks = (kinds == kind for kind in (Kind.LISTEN, Kind.SKIP, Kind.LIKE, Kind.BLOCK))
    seen = (listens | likes) & (tracks >= 0)
    gains = _gains(listens, likes, events.ms_played[:count])
    history, last, strengths = _by_track(tracks[seen], times[seen], gains[seen])
    skipped, skip_times, _ = _by_track(tracks[skips & (tracks >= 0)], times[skips & (tracks >= 0)], None)
    order = np.lexsort((history, last))
    artists = events.artists[:count]
    return UserState(
        user_id=user_id,
        known=count > 0 if known is None else known,
        version=count,
        market=market,
        allow_explicit=allow_explicit,
        history=history[order],
        times=last[order],
        strengths=np.minimum(strengths, CAP)[order].astype(np.float32),
        liked=np.unique(tracks[likes & (tracks >= 0)]),
        skipped=skipped,
        skip_times=skip_times,
        blocked=np.unique(tracks[blocks & (tracks >= 0)]),
        blocked_artists=np.unique(artists[blocks & (artists >= 0)]),
    )


def _gains(listens: Bools, likes: Bools, ms_played: Slots) -> Floats:
    full = (ms_played < 0) | (ms_played >= FULL_LISTEN_MS)
    return np.where(listens, np.where(full, FULL, PARTIAL), np.where(likes, LIKED, 0.0))


def _by_track(tracks: Slots, times: Ints, gains: Floats | None) -> tuple[Slots, Ints, Floats]:
    """Group by track: ascending slots, latest times, summed gains. `times` ascend, so the last row is the latest."""
    slots, rows = np.unique(tracks, return_inverse=True)
    latest: NDArray[np.int64] = np.zeros(slots.shape[0], dtype=np.int64)
    np.maximum.at(latest, rows, times)
    sums = np.bincount(rows, weights=gains, minlength=slots.shape[0]).astype(np.float64)
    return slots, latest, sums
