"""The statistics: laws, error rates by simulation, and the same answers as well-kept implementations."""

import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from guardrails.load.statistics import (
    UNKNOWN,
    Ratio,
    moderated_mean,
    paired_ratio,
    quantile,
    signed_rank_cut,
    student_quantile,
    trimmed_ratio,
)

POSITIVE = st.floats(1e-3, 1e3)
PAIRS = st.lists(st.tuples(POSITIVE, POSITIVE), min_size=8, max_size=24)
ALPHA = 0.01


def split(pairs: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [base for base, _ in pairs], [head for _, head in pairs]


def close(one: Ratio, other: Ratio) -> bool:
    return all(
        a == b or math.isclose(a, b, rel_tol=1e-9)
        for a, b in ((one.estimate, other.estimate), (one.low, other.low), (one.high, other.high))
    )


@given(PAIRS, st.floats(0.1, 10))
def test_a_unit_changes_nothing(pairs: list[tuple[float, float]], unit: float) -> None:
    base, head = split(pairs)
    scaled = paired_ratio([unit * value for value in base], [unit * value for value in head], ALPHA)
    assert close(scaled, paired_ratio(base, head, ALPHA))


@given(PAIRS, st.floats(0.1, 10))
def test_a_slower_head_scales_the_ratio(pairs: list[tuple[float, float]], factor: float) -> None:
    base, head = split(pairs)
    was, now = paired_ratio(base, head, ALPHA), paired_ratio(base, [factor * value for value in head], ALPHA)
    assert close(now, Ratio(factor * was.estimate, factor * was.low, factor * was.high))


@given(PAIRS)
def test_swapping_the_sides_inverts_the_ratio(pairs: list[tuple[float, float]]) -> None:
    base, head = split(pairs)
    one, other = paired_ratio(base, head, ALPHA), paired_ratio(head, base, ALPHA)
    assert close(other, Ratio(1 / one.estimate, 1 / one.high, 1 / one.low))


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_does_not_matter(pairs: list[tuple[float, float]], chance: random.Random) -> None:
    shuffled = chance.sample(pairs, len(pairs))
    assert close(paired_ratio(*split(pairs), ALPHA), paired_ratio(*split(shuffled), ALPHA))


@given(PAIRS)
def test_a_stricter_level_gives_a_wider_interval(pairs: list[tuple[float, float]]) -> None:
    strict, lax = paired_ratio(*split(pairs), 0.01), paired_ratio(*split(pairs), 0.05)
    assert strict.low <= lax.low <= lax.estimate <= lax.high <= strict.high


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0, 1))
def test_quantile_is_numpys(values: list[float], share: float) -> None:
    assert quantile(values, share) == pytest.approx(float(np.quantile(values, share)), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], -0.1), ([1.0], 1.1)])
def test_quantile_refuses_what_has_none(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="a quantile needs"):
        quantile(values, share)


@pytest.mark.parametrize("n", [8, 13, 25, 60])
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_the_bound_is_where_scipys_test_changes_its_mind(n: int, alpha: float) -> None:
    chance = random.Random(n)
    base = [chance.lognormvariate(0, 0.1) for _ in range(n)]
    head = [1.05 * value * chance.lognormvariate(0, 0.1) for value in base]
    low = paired_ratio(base, head, alpha).low
    logs = np.log(np.array(head) / np.array(base))

    def p_value(ratio: float) -> float:
        return float(stats.wilcoxon(logs - math.log(ratio), alternative="greater", method="exact").pvalue)

    assert p_value(low * (1 - 1e-9)) <= alpha < p_value(low * (1 + 1e-9))


def test_many_pairs_use_the_normal_form_of_the_same_distribution() -> None:
    n = 80
    ways = np.array([1.0])
    for rank in range(1, n + 1):
        ways = np.convolve(ways, np.concatenate(([0.5], np.zeros(rank - 1), [0.5])))
    exact = int(np.searchsorted(np.cumsum(ways), ALPHA, side="right"))
    assert abs(signed_rank_cut(n, ALPHA) - exact) <= 0.01 * exact


@pytest.mark.parametrize(("n", "alpha", "cut"), [(0, 0.01, 0), (6, 0.01, 0), (7, 0.01, 1), (5, 0.05, 1), (4, 0.05, 0)])
def test_too_few_pairs_have_no_bound(n: int, alpha: float, cut: int) -> None:
    assert signed_rank_cut(n, alpha) == cut


def test_without_a_bound_nothing_is_known() -> None:
    ratio = paired_ratio([1.0, 1.0], [2.0, 2.0], ALPHA)
    assert (ratio.estimate, ratio.low, ratio.high) == (pytest.approx(2.0), 0.0, math.inf)
    assert paired_ratio([], [], ALPHA) == UNKNOWN


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan])
def test_values_that_have_no_ratio_are_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="positive, finite"):
        paired_ratio([1.0], [bad], ALPHA)


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired_ratio([1.0, 2.0], [1.0], ALPHA)


def drifting(chance: random.Random, true_ratio: float, pairs: int) -> tuple[list[float], list[float]]:
    """A machine whose speed wanders between pairs, with bursts of noise that hit whichever side is on."""
    base, head, speed = [], [], 1.0
    for _ in range(pairs):
        speed *= chance.lognormvariate(0, 0.1)
        first, second = (speed * (1.5 if chance.random() < 0.1 else chance.lognormvariate(0, 0.03)) for _ in "ab")
        flip = chance.random() < 0.5
        base.append(first if flip else second)
        head.append(true_ratio * (second if flip else first))
    return base, head


def rate(event: Callable[[Ratio], bool], true_ratio: float, *, pairs: int = 30, runs: int = 400, alpha: float) -> float:
    chance = random.Random(42)
    return sum(event(paired_ratio(*drifting(chance, true_ratio, pairs), alpha)) for _ in range(runs)) / runs


def test_the_error_rate_is_the_stated_one() -> None:
    # 400 runs at 5 %: 20 expected, and more than 34 with a probability of 1 in 1,000.
    assert 0.02 <= rate(lambda ratio: ratio.low > 1, 1.0, alpha=0.05) <= 0.085
    assert 0.02 <= rate(lambda ratio: ratio.high < 1, 1.0, alpha=0.05) <= 0.085


def test_the_same_program_is_hardly_ever_slower_than_the_margin() -> None:
    assert rate(lambda ratio: ratio.low > math.sqrt(1.10), 1.0, alpha=ALPHA) == 0


def test_ten_percent_are_found_through_drift_and_bursts() -> None:
    assert rate(lambda ratio: ratio.low > math.sqrt(1.10), 1.10, pairs=80, runs=100, alpha=ALPHA) >= 0.95


VALUES = st.lists(st.floats(-10, 10), min_size=1, max_size=12)


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 12, 31])
@pytest.mark.parametrize("share", [0.5, 0.6, 0.95, 0.99, 0.9999, 0.999982, 0.05])
def test_the_quantiles_of_t_are_scipys(share: float, freedom: int) -> None:
    assert student_quantile(share, freedom) == pytest.approx(float(stats.t.ppf(share, freedom)), rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(("share", "freedom"), [(0.0, 3), (1.0, 3), (0.9, 0)])
def test_a_quantile_of_t_refuses_what_has_none(share: float, freedom: int) -> None:
    with pytest.raises(ValueError, match="a quantile of t needs"):
        student_quantile(share, freedom)


@given(VALUES, st.floats(0.01, 5), st.floats(-100, 100))
def test_a_mean_moves_with_its_values(values: list[float], prior: float, shift: float) -> None:
    one, moved = moderated_mean(values, prior, 4), moderated_mean([value + shift for value in values], prior, 4)
    assert moved.value == pytest.approx(one.value + shift, abs=1e-6)
    assert moved.error == pytest.approx(one.error, abs=1e-6)
    assert moved.freedom == one.freedom


@given(VALUES, st.floats(0.01, 5), st.floats(0.1, 10))
def test_a_unit_scales_a_mean_and_its_error(values: list[float], prior: float, unit: float) -> None:
    one, scaled = moderated_mean(values, prior, 4), moderated_mean([unit * v for v in values], unit * prior, 4)
    assert scaled.value == pytest.approx(unit * one.value, abs=1e-6)
    assert scaled.error == pytest.approx(unit * one.error, rel=1e-6)


@given(VALUES, st.floats(0.01, 5))
def test_a_mean_of_the_opposites_is_the_opposite(values: list[float], prior: float) -> None:
    one, other = moderated_mean(values, prior, 4), moderated_mean([-value for value in values], prior, 4)
    assert (other.value, other.error) == (pytest.approx(-one.value), pytest.approx(one.error))


def test_values_that_agree_by_luck_promise_no_more_than_the_prior_allows() -> None:
    assert moderated_mean([1.0, 1.0, 1.0], 0.2, 4).error == pytest.approx(math.sqrt(4 * 0.04 / 6 / 3))
    many = [1.0, 3.0] * 500
    assert moderated_mean(many, 0.001, 4).error == pytest.approx(float(stats.sem(many)), rel=0.01)


@pytest.mark.parametrize(
    ("values", "prior", "weight"), [([], 1.0, 4), ([math.nan], 1.0, 4), ([1.0], 0.0, 4), ([1.0], 1.0, 0)]
)
def test_a_mean_of_nothing_is_refused(values: list[float], prior: float, weight: int) -> None:
    with pytest.raises(ValueError, match="a mean needs"):
        moderated_mean(values, prior, weight)


@pytest.mark.parametrize("deviation", [0.3, 1.0, 2.0])
def test_the_error_rate_of_the_bound_is_about_the_stated_one(deviation: float) -> None:
    """Sessions as steady as the prior expects, steadier, and twice as wild: where it is wrong it is not by much."""
    chance, wrong, runs = random.Random(3), 0, 2000
    for _ in range(runs):
        mean = moderated_mean([chance.gauss(0, deviation) for _ in range(5)], 1.0, 4)
        wrong += mean.value - mean.bound(0.05) > 0
    assert wrong / runs <= {0.3: 0.005, 1.0: 0.07, 2.0: 0.12}[deviation]


@given(PAIRS, st.floats(0.1, 10))
def test_the_ratio_of_sums_is_scaled_by_a_slower_head(pairs: list[tuple[float, float]], factor: float) -> None:
    base, head = split(pairs)
    scaled = trimmed_ratio(base, [factor * value for value in head])
    assert scaled == pytest.approx(factor * trimmed_ratio(base, head), rel=1e-6)
    assert trimmed_ratio(head, base) == pytest.approx(1 / trimmed_ratio(base, head), rel=1e-6)


def test_the_ratio_of_sums_weighs_what_is_dear_and_leaves_out_what_is_far_off() -> None:
    assert trimmed_ratio([1.0, 9.0], [2.0, 9.0], 0.0) == pytest.approx(1.1)
    base = [1.0] * 20
    assert trimmed_ratio(base, [1.0] * 18 + [50.0, 0.02]) == pytest.approx(1.0)
    assert trimmed_ratio(base, [1.0] * 18 + [50.0, 0.02], 0.0) > 3


@pytest.mark.parametrize(("base", "head", "share"), [([], [], 0.1), ([1.0], [0.0], 0.1), ([1.0], [1.0], 0.5)])
def test_a_ratio_of_nothing_is_refused(base: list[float], head: list[float], share: float) -> None:
    with pytest.raises(ValueError, match=r"ratio needs|share to trim"):
        trimmed_ratio(base, head, share)


def test_spread_is_the_wider_half() -> None:
    assert Ratio(2.0, 1.0, 3.0).spread == 2.0
    assert Ratio(2.0, 1.8, 3.0).spread == 1.5
