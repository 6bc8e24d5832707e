"""Metric by metric: slower, not slower, or not to be told."""

import math
import re

import pytest

from guardrails.load.comparison import ALPHA, Comparison, Outcome, compare, figures, table
from guardrails.load.recorder import pairs_of, totals
from guardrails.load.statistics import UNKNOWN, Ratio
from guardrails.ports import BASE, HEAD, LoadRun
from tests.load_samples import one_slice, run_of, tally_of

BUDGETS = {"cpu": 1.10, "p50": 1.15, "p95": 1.25, "p99": 1.40}


def compared(run: LoadRun) -> dict[str, Comparison]:
    found = compare(pairs_of([run]), totals([run], BASE), totals([run], HEAD), BUDGETS, ALPHA)
    return {one.metric: one for one in found}


def test_the_same_program_is_not_slower() -> None:
    assert {one.outcome for one in compared(run_of()).values()} == {Outcome.NOT_SLOWER}


@pytest.mark.parametrize("factor", [1.10, 1.2, 2.0])
def test_more_processor_time_is_found(factor: float) -> None:
    one = compared(run_of(cpu=factor))["cpu"]
    assert one.outcome is Outcome.SLOWER
    assert one.ratio.low < factor < one.ratio.high
    assert one.head == pytest.approx(factor * one.base, rel=0.02)


def test_a_slower_median_is_found() -> None:
    assert compared(run_of(latency=1.3))["p50"].outcome is Outcome.SLOWER


def test_a_tail_shows_in_p99_alone() -> None:
    found = compared(run_of(tail=5.0))
    assert found["p99"].outcome is Outcome.SLOWER
    assert {name for name, one in found.items() if one.outcome is Outcome.SLOWER} == {"p99"}


def test_noise_that_could_hide_the_budget_is_said() -> None:
    one = compared(run_of(noise=0.5, pairs=30))["cpu"]
    assert one.outcome is Outcome.UNCLEAR
    assert one.detectable > one.budget


def test_a_head_that_is_clearly_faster_is_not_unclear_for_its_noise() -> None:
    one = compared(run_of(cpu=0.3, noise=0.2, pairs=30))["cpu"]
    assert one.detectable > one.budget
    assert one.outcome is Outcome.NOT_SLOWER


def test_too_few_answers_for_a_percentile_are_unclear() -> None:
    found = compared(run_of(pairs=10))
    assert found["p99"].ratio == UNKNOWN or found["p99"].ratio.low == 0
    assert found["p99"].outcome is Outcome.UNCLEAR


def test_a_clock_that_stood_still_is_left_out() -> None:
    slices = tuple(
        one_slice(side, pair, cpu_ms=0.0 if pair == 3 and side == HEAD else 1.0)
        for pair in range(12)
        for side in (BASE, HEAD)
    )
    run = LoadRun(slices, {side: tally_of(slices, side) for side in (BASE, HEAD)}, 0.1)
    assert compared(run)["cpu"].ratio.estimate == pytest.approx(1.0)


def test_an_estimate_above_the_margin_is_not_yet_slower() -> None:
    unsure = Comparison("cpu", 1.0, 1.1, Ratio(1.08, 1.03, 1.13), 1.10, 1.049, 1.12)
    assert unsure.outcome is Outcome.UNCLEAR
    assert Comparison("cpu", 1.0, 1.1, Ratio(1.08, 1.05, 1.11), 1.10, 1.049, 1.09).outcome is Outcome.SLOWER


def test_the_margin_is_half_of_the_budget() -> None:
    assert compared(run_of(pairs=8))["cpu"].margin ** 2 == pytest.approx(1.10)


def test_the_table_says_every_figure() -> None:
    rows = table(
        [
            Comparison("cpu", 1.5, 1.8, Ratio(1.2, 1.15, 1.26), 1.10, 1.049, 1.0823),
            Comparison("p99", 9.0, 9.0, UNKNOWN, 1.40, 1.18, math.inf),
        ]
    )
    assert re.split("  +", rows[0]) == ["metric", "base ms", "head ms", "ratio", "interval", "budget", "detectable"]
    assert re.split("  +", rows[1]) == [
        "processor time",
        "1.500",
        "1.800",
        "1.200",
        "1.150 to 1.260",
        "1.10",
        "1.082",
        "slower",
    ]
    assert rows[2].count("unknown") == 4
    assert "unclear" in rows[2]


def test_the_figures_are_those_of_the_table_and_what_is_unknown_is_none() -> None:
    one = Comparison("cpu", 0.2, 0.3, Ratio(1.5, 1.4, math.inf), 1.1, 1.05, 1.02)
    other = Comparison("p99", 5.0, 5.1, UNKNOWN, 1.4, 1.2, math.inf)
    first, second = figures([one, other])
    assert (first.name, first.unit, first.base, first.head) == ("processor time a request", "ms", 0.2, 0.3)
    assert (first.ratio, first.low, first.high, first.limit) == (1.5, 1.4, None, 1.1)
    assert (second.ratio, second.low, second.high) == (None, None, None)
