"""The pictures of a run: what they show, and that they stay small whatever was measured."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.load.judgement import Evidence, weigh
from guardrails.load.pictures import BINS, LONGEST, MOST_GROUPS, PERCENTS, SHORTEST, pictures
from guardrails.load.recorder import totals
from guardrails.load.slo import Slo
from guardrails.model.load_run import BASE, HEAD, OPEN, LoadRun, LoadSlice, LoadTally, StageTimes
from guardrails.model.picture import Line, Plot
from guardrails.report import as_json
from tests.load_samples import one_slice, run_of
from tests.verdict_samples import gate, of

BY_TITLE = ("Latency by percentile", "Latency histogram", "Median latency over the run")
CPU = "Processor time a request over the run"


def drawn(*runs: LoadRun) -> dict[str, Plot]:
    return {plot.title: plot for plot in pictures(weigh(runs, Slo())).plots}


def line(plot: Plot, name: str) -> Line:
    return next(one for one in plot.lines if one.name == name)


def test_the_percentiles_are_those_of_the_raw_times() -> None:
    run = run_of(latency=1.5, tail=20.0)
    plot = drawn(run)[BY_TITLE[0]]
    for side in (BASE, HEAD):
        for name, percent in (("p50", 50.0), ("p95", 95.0), ("p99", 99.0)):
            shown = line(plot, side).values[plot.at.index(percent)]
            assert shown == pytest.approx(totals([run], side).latency_ms[name], rel=1e-3)
    assert line(plot, HEAD).values[plot.at.index(99.0)] > 15  # type: ignore[operator] # it is known


def test_a_percentile_with_no_answer_above_it_is_not_known() -> None:
    plot = drawn(run_of(pairs=12))[BY_TITLE[0]]
    known = {percent for percent, value in zip(plot.at, line(plot, HEAD).values, strict=True) if value is not None}
    assert max(known) == 99.5, "of 360 answers 1.8 lie above p99.5 and 0.9 above p99.75"


def test_the_histogram_shares_its_bins_and_counts_every_answer_once() -> None:
    plot = drawn(run_of(latency=2.0))[BY_TITLE[1]]
    for side in (BASE, HEAD):
        assert sum(value or 0 for value in line(plot, side).values) == pytest.approx(100, abs=0.1)
    weights = {s: sum(e * (v or 0) for e, v in zip(plot.at, line(plot, s).values, strict=False)) for s in (BASE, HEAD)}
    assert weights[HEAD] / weights[BASE] == pytest.approx(2.0, rel=0.1)


def test_equal_answers_have_a_histogram_too() -> None:
    slices = tuple(one_slice(side, pair) for pair in range(20) for side in (BASE, HEAD))
    run = replace(run_of(), slices=slices)
    assert sum(value or 0 for value in line(drawn(run)[BY_TITLE[1]], BASE).values) == 100


def test_times_that_nobody_could_wait_for_are_drawn_at_the_edge() -> None:
    slices = tuple(one_slice(side, pair, milliseconds=[0.0, 1e300] * 5) for pair in range(20) for side in (BASE, HEAD))
    shown = drawn(replace(run_of(), slices=slices))
    assert line(shown[BY_TITLE[0]], HEAD).values[-6] == LONGEST
    assert (shown[BY_TITLE[1]].at[0], shown[BY_TITLE[1]].at[-1]) == (SHORTEST, LONGEST)


def test_the_series_follow_the_run_and_say_where_the_second_begins() -> None:
    slices = tuple(
        one_slice(side, pair, cpu_ms=2.0 if pair < 60 else 4.0, milliseconds=[3.0 if pair < 60 else 9.0] * 5)
        for pair in range(120)
        for side in (BASE, HEAD)
    )
    run = replace(run_of(), slices=slices)
    shown = drawn(run, run)
    for title, early, late in ((BY_TITLE[2], 3.0, 9.0), (CPU, 2.0, 4.0)):
        values = line(shown[title], HEAD).values
        assert (values[0], values[len(values) // 2 - 1], values[-1]) == (early, late, late)
        assert "Services were started anew at slice 121." in shown[title].says
    assert "anew" not in drawn(run)[CPU].says
    assert "at slice 121, 241, 361." in drawn(run, run, run, run)[CPU].says
    assert "1321, 1441 and 8 more." in drawn(*[run] * 21)[CPU].says


def test_latency_is_of_the_open_slices_where_there_are_any_and_processor_time_of_all() -> None:
    closed = [one_slice(side, pair, milliseconds=[2.0] * 5) for pair in range(20) for side in (BASE, HEAD)]
    opened = [
        one_slice(side, pair + 20, cpu_ms=3.0, milliseconds=[7.0] * 5) for pair in range(9) for side in (BASE, HEAD)
    ]
    mixed = tuple(closed + [replace(one, kind=OPEN) for one in opened])
    shown = drawn(replace(run_of(), slices=mixed))
    assert set(line(shown[BY_TITLE[0]], BASE).values) == {7.0, None}
    assert line(shown[BY_TITLE[2]], BASE).values == (7.0,) * 9
    assert len(shown[CPU].at) == 29
    assert "9 points, one for each slice of a side" in shown[BY_TITLE[2]].says


def test_the_head_alone_has_pictures_of_its_own() -> None:
    shown = drawn(run_of(sides=(HEAD,)))
    assert set(shown) == {*BY_TITLE, CPU}
    assert all([one.name for one in plot.lines] == [HEAD] for plot in shown.values())


def test_stages_make_a_table() -> None:
    run = replace(run_of(), stages={BASE: StageTimes({"rank": 3600.0}), HEAD: StageTimes({"rank": 7200.0})})
    (table,) = pictures(weigh([run], Slo())).tables
    assert [(row.name, row.values) for row in table.rows] == [("rank", (1.0, 2.0, 1.0))]
    assert not pictures(weigh([run_of()], Slo())).tables


def any_evidence(seed: int, *, pairs: int, answers: int, width: float, stages: int, runs: int) -> Evidence:
    """Evidence of any size, with times of any size; some slices are cut, some are empty."""
    chance = random.Random(seed)

    def times(count: int) -> tuple[float, ...]:
        return tuple(0.0 if chance.random() < 0.02 else chance.lognormvariate(0, width) for _ in range(count))

    made = []
    for _ in range(runs):
        slices = tuple(
            LoadSlice(
                side, pair, count, 0.05, chance.choice([0.0, 1e-9, 0.5, 1e300]), times(count), chance.random() > 0.05
            )
            for pair in range(pairs)
            for side in (BASE, HEAD)
            for count in [chance.randint(0, answers)]
        )
        tallies = {side: LoadTally(side, chance.randint(0, 9999), {}, {}) for side in (BASE, HEAD)}
        told = {side: StageTimes({f"s{n}": chance.uniform(0, 1e6) for n in range(stages)}) for side in (BASE, HEAD)}
        made.append(LoadRun(slices, tallies, 0.2, stages=told))
    # Not by `weigh`: what it compares has nothing to do with the pictures and takes long.
    sides = [totals(made, side) for side in (HEAD, BASE)]
    return Evidence(tuple(made), Slo(), sides[0], sides[1], ())


@settings(max_examples=40)
@given(
    st.builds(
        any_evidence,
        st.integers(0, 1000),
        pairs=st.integers(0, 400),
        answers=st.integers(0, 20),
        width=st.sampled_from([0.0, 0.1, 3.0, 60.0, 120.0]),
        stages=st.integers(0, 64),
        runs=st.integers(1, 2),
    )
)
def test_the_pictures_are_bounded_whatever_was_measured(evidence: Evidence) -> None:
    found = pictures(evidence)
    for plot in found.plots:
        assert len(plot.at) <= max(len(PERCENTS), BINS + 1, MOST_GROUPS)
    verdict = of(replace(gate("load"), pictures=found))
    assert len(as_json.render(verdict)) < 60_000


def test_no_answer_at_all_has_no_picture() -> None:
    assert not pictures(any_evidence(1, pairs=0, answers=0, width=1.0, stages=3, runs=1))
