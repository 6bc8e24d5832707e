"""How much each track is played: by market, lately against longer, and how often it is skipped."""

from typing import Final

import numpy as np

from recsys.domain.arrays import Floats, Ints, Singles
from recsys.domain.events import Kind
from recsys.domain.histories import Histories
from recsys.domain.items import SECONDS_A_DAY
from recsys.training.pairs import Pairs

MARKET_PRIOR: Final = 200.0
"""Weight of the world's taste in a market's popularity, in plays: a market with few plays follows the world."""
SKIP_PRIOR: Final = 10.0
TREND_DAYS: Final = 7.0
TREND_PRIOR: Final = 5.0


def fit_popularity(pairs: Pairs, histories: Histories, tracks: int, now: int, half_life: int) -> Singles:
    """Return (q, n) float32 >= 0: log(1 + how many times its fair share of the market's plays a track gets).

    A user counts once a track, with the strength of `Pairs`, halved for every `half_life` seconds since the last play.
    A share is smoothed towards the world's. The logarithm keeps the scale of a large and of a small dataset alike, so
    that a ranker fitted on features of the one holds on the other.
    """
    weights = pairs.strength * _decay(pairs.last, now, half_life)
    world = np.bincount(pairs.track, weights=weights, minlength=tracks)
    shares = world / world.sum() if world.sum() > 0 else world
    market = histories.market[pairs.user]
    rows = []
    for code in range(len(histories.markets)):
        here = market == code
        plays = np.bincount(pairs.track[here], weights=weights[here], minlength=tracks)
        rows.append((plays + MARKET_PRIOR * shares) / (plays.sum() + MARKET_PRIOR))
    lift = np.array(rows).reshape(len(histories.markets), tracks) * tracks
    return np.asarray(np.log1p(lift), dtype=np.float32)


def fit_trend(pairs: Pairs, tracks: int, now: int, half_life: int) -> Singles:
    """Return (n,) float32: log2 of the share of plays at a half-life of a week over the share at `half_life`.

    `TREND_PRIOR` plays are added to both, so that a rare track has a trend near 0.
    """
    week = int(TREND_DAYS * SECONDS_A_DAY)
    recent, longer = (
        np.bincount(pairs.track, weights=_decay(pairs.last, now, span), minlength=tracks) for span in (week, half_life)
    )
    scale = longer.sum() / recent.sum() if recent.sum() > 0 else 0.0
    return np.log2((recent * scale + TREND_PRIOR) / (longer + TREND_PRIOR)).astype(np.float32)


def fit_skip_rate(histories: Histories, tracks: int) -> Singles:
    """Return (n,) float32 in [0, 1]: skips over plays and skips, smoothed towards the rate of all tracks."""
    events = histories.events
    known = events.tracks >= 0
    counts = [
        np.bincount(events.tracks[known & (events.kinds == kind)], minlength=tracks)
        for kind in (Kind.LISTEN, Kind.SKIP)
    ]
    listens, skips = counts
    total = int(listens.sum() + skips.sum())
    rate = int(skips.sum()) / total if total else 0.0
    return np.asarray((skips + SKIP_PRIOR * rate) / (listens + skips + SKIP_PRIOR), dtype=np.float32)


def _decay(times: Ints, now: int, half_life: int) -> Floats:
    return np.asarray(np.exp2(np.maximum(now - times, 0) / -float(half_life)))
