"""Filters: which candidates may not be shown, and why. Filters only remove; kept and removed together are the input.

The pointwise filters look at one track at a time, so that they commute. The filter by recording looks at the whole
slate and runs last. Nothing here catches an error: policy that cannot be checked refuses the request.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Bytes, Index, Slots, among
from recsys.domain.candidates import Filtered, Reason, Scored
from recsys.domain.context import Context
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.profile import recordings_of

SAME_RECORDING: Final = np.uint8(Reason.SAME_RECORDING)
Drop: TypeAlias = Callable[[Context, Index], Bools]


@dataclass(frozen=True, slots=True)
class Filter:
    """A pointwise rule. drop: (m,) bool, True for tracks that must go. hard: policy that no path may break.

    idle: whether `drop` would drop nothing, whatever the tracks, so that it need not be asked. code: of the reason.
    """

    reason: Reason
    drop: Drop
    hard: bool
    idle: Callable[[Context], bool] | None = None
    code: np.uint8 = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", np.uint8(self.reason))  # numpy asks an enumeration a lot before it is a number


def taken_down(context: Context, slots: Index) -> Bools:
    """Withdrawn by policy."""
    return context.policy.taken_down.take(slots)


def unlicensed(context: Context, slots: Index) -> Bools:
    """Not licensed in the market, or no longer. An unknown market, or no licence data, is no licence."""
    if context.market is None:
        return np.ones(slots.shape[0], dtype=np.bool_)
    bit = np.uint64(1 << context.market)
    licence: NDArray[np.uint64] = context.model.catalogue.licensed.take(slots)
    if context.policy.withheld is not None:
        licence = licence & ~context.policy.withheld.take(slots)
    missing: Bools = (licence & bit) == 0
    return missing


def explicit(context: Context, slots: Index) -> Bools:
    """Explicit, and not allowed by everybody who has a say."""
    if context.allow_explicit:
        return np.zeros(slots.shape[0], dtype=np.bool_)
    known, later = context.model.catalogue.explicit[slots], context.policy.explicit
    return known if later is None else known | later[slots]


def blocked_artist(context: Context, slots: Index) -> Bools:
    """By an artist that the user blocked."""
    catalogue = context.model.catalogue
    blocked = np.zeros(len(catalogue.artist_ids), dtype=np.bool_)
    blocked[context.user.blocked_artists] = True
    return blocked[catalogue.artist[slots]]


def blocked_track(context: Context, slots: Index) -> Bools:
    """A release of a recording that the user blocked."""
    return _released_as(context, context.user.blocked, slots)


def unreleased(context: Context, slots: Index) -> Bools:
    """Released after today."""
    return context.model.catalogue.released.take(slots) > context.today


def skipped(context: Context, slots: Index) -> Bools:
    """A release of a recording skipped within `Config.skip_exclusion_days`. Holds where repeats are allowed too."""
    since = context.query.now - context.config.skip_exclusion_days * SECONDS_A_DAY
    return _released_as(context, context.user.skipped[context.user.skip_times > since], slots)


def seen(context: Context, slots: Index) -> Bools:
    """A release of a recording that the user has played, unless the request allows repeats."""
    if context.query.repeats:
        return np.zeros(slots.shape[0], dtype=np.bool_)
    return context.played(slots)


def about(context: Context, slots: Index) -> Bools:
    """The track that the slate is about, in any release."""
    track = context.query.about
    if track is None:
        return np.zeros(slots.shape[0], dtype=np.bool_)
    recording = context.model.catalogue.recording
    same: Bools = recording[slots] == recording[track]
    return same


def _released_as(context: Context, tracks: Slots, slots: Index) -> Bools:
    return among(context.model.catalogue.recording.take(slots), recordings_of(context.model, tracks))


POINTWISE: Final = (
    Filter(Reason.TAKEDOWN, taken_down, hard=True),
    Filter(Reason.MARKET, unlicensed, hard=True),
    Filter(Reason.EXPLICIT, explicit, hard=True, idle=lambda context: context.allow_explicit),
    Filter(
        Reason.BLOCKED_ARTIST, blocked_artist, hard=True, idle=lambda context: not context.user.blocked_artists.size
    ),
    Filter(Reason.BLOCKED_TRACK, blocked_track, hard=True, idle=lambda context: not context.user.blocked.size),
    Filter(Reason.UNRELEASED, unreleased, hard=True),
    Filter(Reason.SKIPPED, skipped, hard=False, idle=lambda context: not context.user.skipped.size),
    Filter(Reason.SEEN, seen, hard=False, idle=lambda context: context.query.repeats),
    Filter(Reason.ABOUT, about, hard=False, idle=lambda context: context.query.about is None),
)
"""In the order in which a removal is attributed. The order never changes the set that is kept."""


def reasons(context: Context, slots: Slots, filters: tuple[Filter, ...] = POINTWISE) -> Bytes:
    """Return (m,) uint8: the first `Reason` that removes each track, 0 for tracks that stay."""
    found, rows = np.zeros(slots.shape[0], dtype=np.uint8), slots.astype(np.intp)
    for rule in reversed(filters):
        if rule.idle is None or not rule.idle(context):
            np.putmask(found, rule.drop(context, rows), rule.code)
    return found


def sift(context: Context, scored: Scored, filters: tuple[Filter, ...] = POINTWISE) -> Filtered:
    """Apply the pointwise filters, then keep one release of each recording."""
    why = reasons(context, scored.slots, filters)
    why[_worse_releases(context, scored, why == 0)] = SAME_RECORDING
    kept, removed = (why == 0).nonzero()[0], why.nonzero()[0]
    return Filtered(scored.take(kept), scored.slots.take(removed), why.take(removed))


def _worse_releases(context: Context, scored: Scored, allowed: Bools) -> Slots:
    """Return the allowed rows that share a recording with an allowed row of a greater score (ties: of a lower slot)."""
    rows = allowed.nonzero()[0]
    recording = context.model.catalogue.recording.take(scored.slots.take(rows))
    ordered = recording.copy()
    ordered.sort()
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    if not shared.shape[0]:
        return np.zeros(0, dtype=np.int32)
    alike = among(recording, shared).nonzero()[0]
    rows, recording = rows[alike], recording[alike]  # few: most recordings have one release
    order = np.lexsort((scored.slots[rows], -scored.scores[rows], recording))
    later = np.zeros(rows.shape[0], dtype=np.bool_)
    later[order[1:]] = recording[order[1:]] == recording[order[:-1]]
    worse: Slots = rows[later].astype(np.int32)
    return worse
