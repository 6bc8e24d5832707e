"""From events to a user's state: the one fold that serving and training share."""

from typing import Final

import numpy as np

from recsys.domain.arrays import Bools, Floats, Ints, Slots, distinct, starts_of
from recsys.domain.events import EventColumns, Kind
from recsys.domain.query import UserState

FULL_LISTEN_MS: Final = 30_000
KINDS: Final = tuple(map(int, (Kind.LISTEN, Kind.SKIP, Kind.LIKE, Kind.BLOCK)))
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
    listens, skips, likes, blocks = (kinds == kind for kind in KINDS)
    named = tracks >= 0
    seen = (listens | likes) & named
    gains = _gains(listens, likes, events.ms_played[:count])
    history, last, strengths = _by_track(tracks[seen], times[seen], gains[seen])
    skips &= named
    skipped, skip_times, _ = _by_track(tracks[skips], times[skips], gains[skips])
    order = last.argsort(kind="stable")  # the tracks ascend, and a stable sort keeps that among equals
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
        liked=distinct(tracks[likes & named]),
        skipped=skipped,
        skip_times=skip_times,
        blocked=distinct(tracks[blocks & named]),
        blocked_artists=distinct(artists[blocks & (artists >= 0)]),
    )


def _gains(listens: Bools, likes: Bools, ms_played: Slots) -> Floats:
    full = (ms_played < 0) | (ms_played >= FULL_LISTEN_MS)
    return np.where(listens, np.where(full, FULL, PARTIAL), np.where(likes, LIKED, 0.0))


def _by_track(tracks: Slots, times: Ints, gains: Floats) -> tuple[Slots, Ints, Floats]:
    """Group by track: ascending slots, latest times, summed gains. `times` ascend, so the last row is the latest."""
    if not tracks.shape[0]:
        return tracks, times, gains
    order = tracks.argsort(kind="stable")
    ordered = tracks[order]
    starts = starts_of(ordered).nonzero()[0]
    ends = np.empty_like(starts)
    ends[:-1], ends[-1] = starts[1:], ordered.shape[0]
    return ordered[starts], times[order[ends - 1]], np.add.reduceat(gains[order], starts)
