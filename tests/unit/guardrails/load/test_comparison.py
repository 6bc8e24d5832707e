"""Metric by metric: slower, not slower, or not to be told."""

import math
import re
from dataclasses import replace

import pytest

from guardrails.load.comparison import Comparison, Outcome, alarm_level, compare, figures, table
from guardrails.load.metrics import METRICS, value_of
from guardrails.load.slo import Regression
from guardrails.load.statistics import UNKNOWN, Ratio
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, SINGLE, LoadRun, LoadSlice
from tests.load_samples import leaks_of, one_slice, run_of, sessions_of, tally_of

BUDGETS = Regression().budgets()
LEVEL = alarm_level(len(BUDGETS), 8)


def compared(sessions: list[LoadRun]) -> dict[str, Comparison]:
    return {one.metric: one for one in compare(sessions, BUDGETS, LEVEL)}


def slower(sessions: list[LoadRun]) -> set[str]:
    return {name for name, one in compared(sessions).items() if one.outcome is Outcome.SLOWER}


def test_the_same_program_is_not_slower() -> None:
    found = compared(sessions_of(4))
    assert set(found) == set(BUDGETS) - {"arrivals"}, "there is no open slice in the sample"
    assert {one.outcome for one in found.values()} == {Outcome.NOT_SLOWER}
    assert all(one.is_ruled_out for one in found.values())


@pytest.mark.parametrize("factor", [1.10, 1.2, 2.0])
def test_more_processor_time_is_found(factor: float) -> None:
    one = compared(sessions_of(5, cpu=factor))["cpu"]
    assert one.outcome is Outcome.SLOWER
    assert one.ratio.low < factor < one.ratio.high
    assert one.head == pytest.approx(factor * one.base, rel=0.03)


@pytest.mark.parametrize(
    ("worse", "metrics"),
    [
        ({"latency": 1.3}, {"p50", "p95", "p99"}),
        ({"tail": 5.0}, {"p99"}),
        ({"together": 2.0}, {"throughput"}),
        ({"calls": 3.0}, {"calls"}),
        ({"memory": 1.2}, {"memory"}),
    ],
)
def test_each_kind_of_worse_shows_in_its_own_metric(worse: dict[str, float], metrics: set[str]) -> None:
    assert slower(sessions_of(6, **worse)) == metrics


@pytest.mark.parametrize(
    ("leak", "outcome"), [(0.0, Outcome.NOT_SLOWER), (0.4, Outcome.NOT_SLOWER), (1.1, Outcome.SLOWER)]
)
def test_a_leak_shows_where_it_is_looked_for(leak: float, outcome: Outcome) -> None:
    (one,) = compare(leaks_of(4, leak=leak, deviation=0.02), {"leak": 1.0}, 0.001)
    assert (one.outcome, one.ratio.estimate) == (outcome, pytest.approx(leak, abs=0.05))


def test_a_tail_of_quick_requests_shows_beside_slow_ones() -> None:
    names = ("quick",) * 75 + ("slow",) * 25
    usual = (1.0,) * 75 + (8.0,) * 25
    base, head = (
        LoadSlice(side, 0, 100, 0.1, 0.1, times, names=names)
        for side, times in ((BASE, usual), (HEAD, (6.0, 6.0, *usual[2:])))
    )
    run = LoadRun((base, head), {}, 0.1)
    for percentile, ratio in (("p50", 1.0), ("p95", 1.0), ("p99", 6.0)):
        value = value_of(percentile, run)
        assert value is not None
        assert math.exp(value.differs) == pytest.approx(ratio)


def test_half_of_the_budget_is_no_matter_however_sure() -> None:
    one = compared(sessions_of(40, cpu=1.03, luck=0.001))["cpu"]
    assert one.surely > 1
    assert one.outcome is Outcome.NOT_SLOWER
    assert one.margin**2 == pytest.approx(BUDGETS["cpu"])


def test_sessions_that_disagree_could_hide_the_budget() -> None:
    one = compared(sessions_of(3, luck=0.2))["cpu"]
    assert one.outcome is Outcome.UNCLEAR
    assert one.detectable > one.budget


def test_one_session_says_nothing() -> None:
    found = compared(sessions_of(1, cpu=3.0))
    assert {one.ratio for one in found.values()} == {UNKNOWN}
    assert {one.outcome for one in found.values()} == {Outcome.UNCLEAR}


def test_too_few_answers_for_a_percentile_are_unclear() -> None:
    few = [replace(run, slices=run.slices[:0]) for run in sessions_of(3)]
    assert compared(few)["p99"].outcome is Outcome.UNCLEAR


def test_what_the_system_does_not_tell_is_left_out() -> None:
    untold = [
        replace(run, memory={}, slices=tuple(replace(one, calls=None) for one in run.slices)) for run in sessions_of(3)
    ]
    assert set(compared(untold)) == set(BUDGETS) - {"arrivals", "calls", "memory", "leak"}


@pytest.mark.parametrize("side", [BASE, HEAD])
def test_memory_that_one_side_alone_tells_is_not_compared(side: str) -> None:
    run = run_of()
    half = replace(run, memory={side: run.memory[side]})
    assert value_of("memory", half) is value_of("leak", half) is None


def test_a_clock_that_stood_still_is_left_out() -> None:
    slices = tuple(
        one_slice(side, pair, cpu_ms=0.0 if pair == 3 and side == HEAD else 1.0)
        for pair in range(12)
        for side in (BASE, HEAD)
    )
    value = value_of("cpu", LoadRun(slices, {side: tally_of(slices, side) for side in (BASE, HEAD)}, 0.1))
    assert value is not None
    assert value.differs == pytest.approx(0.0)


def test_open_slices_say_nothing_of_throughput() -> None:
    run = run_of(together=2.0)
    opened = replace(run, slices=tuple(replace(one, kind=OPEN) for one in run.slices))
    assert value_of("throughput", opened) is None
    assert value_of("p50", opened) is not None
    assert value_of("arrivals", opened) is not None
    assert value_of("arrivals", run) is None


def test_what_is_slower_alone_as_well_is_not_slower_together() -> None:
    def seconds(run: LoadRun, closed: float, single: float) -> LoadRun:
        """Every other pair is driven one request at a time; the head takes so many times as long."""
        factors = {(HEAD, CLOSED): closed, (HEAD, SINGLE): single}
        kinds = [replace(one, kind=(CLOSED, SINGLE)[one.pair % 2]) for one in run.slices]
        return replace(run, slices=tuple(replace(one, seconds=factors.get((one.side, one.kind), 1.0)) for one in kinds))

    dear, waiting = value_of("throughput", seconds(run_of(), 2, 2)), value_of("throughput", seconds(run_of(), 2, 1))
    assert dear is not None
    assert waiting is not None
    assert dear.differs == pytest.approx(0.0, abs=0.05)
    assert waiting.head == pytest.approx(2 * waiting.base)
    assert waiting.differs == pytest.approx(math.log(2), abs=0.05)


def test_a_service_that_fills_its_caches_on_both_sides_leaks_nothing() -> None:
    value = value_of("leak", leaks_of(1, deviation=0)[0])
    assert value is not None
    assert (value.base, value.head, value.differs) == (0.5, 0.5, 0.0)


def one(metric: str, ratio: Ratio, *, base: float = 1.5, head: float = 1.8, detectable: float = 1.08) -> Comparison:
    budget = BUDGETS[metric]
    return Comparison(metric, base, head, ratio, budget, METRICS[metric].margin(budget), detectable, ratio.low)


def test_the_table_says_every_figure() -> None:
    leak = one("leak", Ratio(1.0, 0.7, 1.3), base=0.5, head=1.5, detectable=0.9)
    rows = table([one("cpu", Ratio(1.2, 1.15, 1.26)), one("p99", UNKNOWN, detectable=math.inf), leak])
    heading = ["metric", "base", "head", "ratio", "interval", "budget", "detectable"]
    assert re.split("  +", rows[0]) == heading
    cpu = ["processor time", "1.500 ms", "1.800 ms", "1.200", "1.150 to 1.260", "1.10", "1.080", "slower"]
    assert re.split("  +", rows[1]) == cpu
    assert rows[2].count("unknown") == 3
    assert "unclear" in rows[2]
    assert "+1.000" in rows[3]
    assert "+0.700 to +1.300" in rows[3]


def test_the_figures_are_those_of_the_table_and_what_is_unknown_is_none() -> None:
    known = one("cpu", Ratio(1.5, 1.4, math.inf), base=0.2, head=0.3)
    first, second = figures([known, one("p99", UNKNOWN, base=5.0), one("leak", Ratio(1, 0, 2))])
    assert (first.name, first.unit, first.base, first.head) == ("processor time a request", "ms", 0.2, 0.3)
    assert (first.ratio, first.low, first.high, first.limit) == (1.5, 1.4, None, 1.1)
    assert (second.ratio, second.low, second.high) == (None, None, None)


def test_a_metric_that_was_never_seen_is_in_no_figure() -> None:
    assert figures([one("p99", UNKNOWN, base=math.nan)]) == ()
