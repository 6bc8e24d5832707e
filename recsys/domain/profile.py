"""What a user's history says about every track and artist: computed once a request, read by retrieval and features."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Floats, Ints
from recsys.domain.model import Model
from recsys.domain.query import UserState


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """A user as seen by one model at one moment; n tracks, a artists, d dimensions.

    item_item: (n,) float64, sum over the history of weight x B[j, i], exact. 0 everywhere without a history.
    item_item_top: its greatest value, at least 0.
    artist_weight: (a,) float64, decayed history weight by artist.
    artist_plays, artist_skips: (a,) int64 counts of tracks.
    artist_last: (a,) int64 unix seconds of the latest listen, 0 for never.
    taste: (d,) float64 integers in [-127, 127], direction of the weighted mean embedding.
    weight: sum of history weights.
    mean_popularity, mean_released, explicit_share: weighted means over the history; 0 without one.
    history_size: tracks in the whole history. now: unix seconds.
    """

    item_item: Floats
    item_item_top: float
    artist_weight: Floats
    artist_plays: Ints
    artist_skips: Ints
    artist_last: Ints
    taste: Floats
    weight: float
    mean_popularity: float
    mean_released: float
    explicit_share: float
    history_size: int
    now: int


def history_weights(model: Model, user: UserState, now: int) -> Floats:
    """Return (h,) float64 weights of the newest `model.history_limit` history rows, newest last.

    strength x 2**(-age / half_life), the decay rounded to multiples of 1/64 and at least 1/64: the weights are
    multiples of 1/256, so that sums over them are exact. A time after now counts as now.
    """
    start = max(0, user.history.shape[0] - model.history_limit)
    age = np.maximum(now - user.times[start:], 0)
    decay = np.maximum(np.rint(np.exp2(age / -model.half_life) * 64.0), 1.0) / 64.0
    return np.asarray(user.strengths[start:] * decay, dtype=np.float64)
