"""Open arrivals: Poisson, at the rate that was asked for, the same for the same seed."""

import itertools
import math
import statistics

import pytest
from scipy import stats

from guardrails.errors import ConfigurationError
from guardrails.load.arrivals import poisson
from guardrails.model.open_run import Segment

FLAT = (Segment(200.0, 50.0, 50.0),)


def test_gaps_are_exponential_at_the_rate() -> None:
    gaps = [b - a for a, b in itertools.pairwise(poisson(FLAT, 7))]
    assert statistics.mean(gaps) == pytest.approx(1 / 50, rel=0.05)
    assert stats.kstest(gaps, "expon", args=(0, 1 / 50)).pvalue > 0.01


def test_a_ramp_follows_its_rate() -> None:
    """Between t and t + 1 the expected count is the integral of the rate: a chi-square over ten parts."""
    moments = poisson((Segment(100.0, 10.0, 110.0),), 3)
    seen = [sum(10 * part <= one < 10 * (part + 1) for one in moments) for part in range(10)]
    expected = [100 + 100 * part + 50 for part in range(10)]
    assert sum((s - e) ** 2 / e for s, e in zip(seen, expected, strict=True)) < stats.chi2.ppf(0.99, 10)


def test_pieces_follow_one_another() -> None:
    moments = poisson((Segment(10.0, 20.0, 20.0), Segment(2.0, 200.0, 200.0), Segment(10.0, 20.0, 20.0)), 1)
    assert moments == tuple(sorted(moments))
    crowd = sum(10 <= one < 12 for one in moments)
    assert abs(crowd - 400) < 4 * math.sqrt(400)
    assert moments[0] >= 0
    assert moments[-1] < 22


def test_a_seed_decides() -> None:
    assert poisson(FLAT, 1) == poisson(FLAT, 1) != poisson(FLAT, 2)


def test_a_rate_that_falls_to_nothing_ends_there() -> None:
    assert all(one <= 10 for one in poisson((Segment(10.0, 50.0, 0.0),), 2))


def test_more_than_can_be_kept_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="has 1000000 arrivals, and at most 200000"):
        poisson((Segment(100.0, 10_000.0, 10_000.0),), 1)
