"""The slope of something that grows, compared with scipy, and how often its bounds are wrong."""

import math
import random

import pytest
from scipy.stats import theilslopes

from guardrails.load.trend import UNKNOWN, blocks, theil_sen


def line(n: int, slope: float, seed: int) -> tuple[list[float], list[float]]:
    chance = random.Random(seed)
    x = sorted(chance.uniform(0, 100) for _ in range(n))
    return x, [slope * one + chance.gauss(0, 5) for one in x]


@pytest.mark.parametrize("n", [10, 20, 40])
def test_it_agrees_with_scipy(n: int) -> None:
    """The estimate is the same; scipy's bounds lie at most two ranks within Sen's."""
    x, y = line(n, 3.0, n)
    ours, theirs = theil_sen(x, y, 0.025), theilslopes(y, x, 0.95)
    assert ours.estimate == pytest.approx(theirs.slope)
    assert ours.low <= theirs.low_slope <= theirs.high_slope <= ours.high
    width = theirs.high_slope - theirs.low_slope
    assert ours.high - ours.low < 1.35 * width


def test_bounds_are_wrong_as_rarely_as_they_say() -> None:
    wrong = sum(theil_sen(*line(20, 0.0, seed), 0.05).low > 0 for seed in range(400))
    assert wrong <= 0.05 * 400 + 2 * math.sqrt(0.05 * 0.95 * 400)


def test_outliers_do_not_move_it() -> None:
    x, y = line(40, 2.0, 1)
    y[3] += 10_000
    assert theil_sen(x, y, 0.01).estimate == pytest.approx(2.0, abs=0.2)


def test_too_few_points_have_no_bounds() -> None:
    assert theil_sen([], [], 0.01) == UNKNOWN
    assert theil_sen([1.0, 1.0], [1.0, 2.0], 0.01) == UNKNOWN
    few = theil_sen([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], 0.01)
    assert (few.estimate, few.low, few.high) == (1.0, -math.inf, math.inf)


def test_blocks_are_medians_of_neighbours() -> None:
    assert blocks([1, 2, 3, 4, 5, 6], [1, 9, 2, 4, 4, 40], 2) == ((2, 5), (2, 4))
    assert blocks([1, 2], [3, 4], 20) == ((1, 2), (3, 4))
