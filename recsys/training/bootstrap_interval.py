"""Intervals for means over users, by resampling the users."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from recsys.domain.arrays import Floats

RESAMPLES: Final = 1_000
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over users with its percentile bootstrap interval at 95 %."""

    mean: float
    low: float
    high: float


def estimates(values: Floats, seed: int = 7) -> tuple[Estimate, ...]:
    """Return the estimate of each column. values: (u, c) one row a user, u at least 1.

    A difference of two systems is estimated from each user's difference, which is the paired bootstrap. Calls with one
    seed and one u draw the same users. Source: Efron, Tibshirani 1993, chapter 13.
    """
    users = values.shape[0]
    drawn = np.random.default_rng(seed).multinomial(users, np.full(users, 1.0 / users), size=RESAMPLES)
    means = drawn.astype(np.float64) @ values / users
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(means, (tail, 1.0 - tail), axis=0)
    columns = zip(values.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return tuple(Estimate(*column) for column in columns)
