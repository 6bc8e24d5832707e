"""Where the past ends: one moment per user. Models are fitted on events before it and judged on events from it on.

Three kinds. `time`: one moment for all users, so that nothing fitted has seen anything of the future. It needs users
who are active on both sides. `last`: every user's own last events are kept out. It is for data such as MovieLens, where
a user comes once: a single moment would leave next to nobody with both a past and a future. What other users did later
then does enter the model, so its figures flatter every system alike; the manifest says which kind was used. `users`:
some users are kept out of the fit altogether, and judged on the last fifth of their events given the others: strong
generalisation, as in Liang et al. 2018 and Steck 2019 (who draw that fifth; here time decides).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from recsys.domain.arrays import Ints
from recsys.domain.histories import Histories

MIN_RETURNING: Final = 0.5
"""Share of the events after the moment that must be by users with a past, for `time` to be used."""
MIN_PAST: Final = 5
"""Events that make a past."""
FOREVER: Final = 2**62
FOLD_OUT: Final = 0.2
"""Share of a held-out user's events that are to be predicted; the others are given."""


class SplitKind(StrEnum):
    """How the moments were chosen. `NONE`: nothing is held out."""

    TIME = "time"
    LAST = "last"
    USERS = "users"
    NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """kind, and (u,) int64 unix seconds per user: `ranker` <= `cut`.

    Base models for the ranker see events before `ranker`; its labels are the events from there to before `cut`; the
    published parts see all events before `cut`; the evaluation scores the events from `judged` on.
    """

    kind: SplitKind
    ranker: Ints
    cut: Ints
    fold_in: Ints | None = None
    """(u,) for held-out users the moment from which on they are judged, `FOREVER` for the others; None: `cut` is it."""

    @property
    def judged(self) -> Ints:
        """(u,) the moment as of which each user is judged: what came before it may be known of the user."""
        return self.cut if self.fold_in is None else self.fold_in

    @property
    def at(self) -> int | None:
        """The common moment of the cut, None unless the kind is `time`."""
        return int(self.cut[0]) if self.kind is SplitKind.TIME and self.cut.shape[0] else None


def split_of(
    histories: Histories, holdout: float, ranker_share: float, kind: SplitKind | None = None, seed: int = 0
) -> Split:
    """Choose the moments. holdout, ranker_share: shares of the events, the newest and those before them.

    kind: None decides by whether the held-out events are by users with a past. holdout 0 gives `NONE`. For `USERS`
    holdout is a share of the users, who are drawn by `seed`.
    """
    if kind is SplitKind.USERS and holdout > 0:
        return _of_users(histories, holdout, ranker_share, seed)
    moments = (
        time_moments if kind is SplitKind.TIME or (kind is None and _returns(histories, holdout)) else last_moments
    )
    chosen = SplitKind.TIME if moments is time_moments else SplitKind.LAST
    if holdout <= 0:
        return Split(SplitKind.NONE, moments(histories, ranker_share), np.full(histories.size, FOREVER))
    return Split(chosen, moments(histories, holdout + ranker_share), moments(histories, holdout))


def _of_users(histories: Histories, holdout: float, ranker_share: float, seed: int) -> Split:
    chosen = np.zeros(histories.size, dtype=np.bool_)
    drawn = np.random.default_rng(seed).permutation(histories.size)
    chosen[drawn[: max(1, round(histories.size * holdout))]] = True
    return Split(
        SplitKind.USERS,
        ranker=np.where(chosen, 0, last_moments(histories, ranker_share)),
        cut=np.where(chosen, 0, FOREVER),
        fold_in=np.where(chosen, last_moments(histories, FOLD_OUT), FOREVER),
    )


def time_moments(histories: Histories, share: float) -> Ints:
    """Return (u,) the one moment from which on `share` of all events happened."""
    times = np.sort(histories.events.times)
    if not times.shape[0]:
        return np.full(histories.size, FOREVER)
    row = min(int(np.ceil(times.shape[0] * (1.0 - share))), times.shape[0] - 1)
    return np.full(histories.size, times[row])


def last_moments(histories: Histories, share: float) -> Ints:
    """Return (u,) for each user the moment from which on `share` of the user's events happened.

    Rounded down in events: a user with fewer than 1 / share events keeps them all.
    """
    counts = np.diff(histories.offsets)
    kept = counts - np.floor(counts * share).astype(np.int64)
    rows = histories.offsets[:-1] + np.minimum(kept, np.maximum(counts - 1, 0))
    moments: Ints = np.full(histories.size, FOREVER)
    held = kept < counts
    moments[held] = histories.events.times[rows[held]]
    return moments


def _returns(histories: Histories, holdout: float) -> bool:
    """Whether the held-out time belongs to users who were there before, or to users who come once."""
    owner = histories.owner()
    late = histories.events.times >= time_moments(histories, max(holdout, 0.1))[owner]
    before = np.bincount(owner[~late], minlength=histories.size)
    return bool((before[owner[late]] >= MIN_PAST).mean() >= MIN_RETURNING) if late.any() else True
