"""How fast popularity should fade: the half-life that best foretold the plays that came next."""

from typing import Final

import numpy as np

from recsys.domain.events import Kind
from recsys.domain.histories import Histories
from recsys.domain.items import SECONDS_A_DAY
from recsys.training.pairs import Pairs
from recsys.training.split import Split

HALF_LIVES_DAYS: Final = (15.0, 30.0, 60.0, 180.0, 720.0, 3_600.0)
EVEN_SHARE: Final = 0.05
"""Of the probability, spread evenly over all tracks, so that a track without a play is not impossible."""


def choose_half_life(pairs: Pairs, histories: Histories, split: Split, tracks: int, now: int) -> float:
    """Return the days of `HALF_LIVES_DAYS` under which the plays between the split's two moments are likeliest.

    pairs: of the events before `split.ranker`. now: unix seconds that popularity is measured at. The score is the mean
    log probability of a play when tracks are drawn by their decayed shares. Without such plays: the middle one, 60.
    """
    events, owner = histories.events, histories.owner()
    inside = (events.times >= split.ranker[owner]) & (events.times < split.cut[owner])
    plays = events.tracks[inside & ((events.kinds == Kind.LISTEN) | (events.kinds == Kind.LIKE)) & (events.tracks >= 0)]
    if not plays.shape[0] or not pairs.track.shape[0]:
        return 60.0
    age = np.maximum(now - pairs.last, 0)
    scores = []
    for days in HALF_LIVES_DAYS:
        weights = pairs.strength * np.exp2(age / -(days * SECONDS_A_DAY))
        shares = np.bincount(pairs.track, weights=weights, minlength=tracks)
        total = max(float(shares.sum()), 1e-300)
        chance = (1.0 - EVEN_SHARE) * shares / total + EVEN_SHARE / tracks
        scores.append(float(np.log(chance[plays]).mean()))
    return HALF_LIVES_DAYS[int(np.argmax(scores))]
