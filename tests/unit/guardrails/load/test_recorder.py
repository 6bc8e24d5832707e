"""Raw samples become pairs and totals; what was cut short takes no part in a comparison."""

import math
from dataclasses import replace
from statistics import median

import pytest

from guardrails.load.recorder import alike, latencies, pairs_of, totals
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, SINGLE, LoadRun, LoadSlice, LoadTally
from tests.load_samples import one_slice, run_of, tally_of


def test_pairs_need_both_sides_whole() -> None:
    slices = (
        one_slice(HEAD, 0), one_slice(BASE, 0),
        one_slice(BASE, 1), one_slice(HEAD, 1, complete=False),
        one_slice(BASE, 2),
        one_slice(BASE, 3, milliseconds=()), one_slice(HEAD, 3),
        one_slice(BASE, 4), one_slice(HEAD, 4),
    )  # fmt: skip
    run = LoadRun(slices, {}, 0.1)
    assert [(pair.base.side, pair.head.side, pair.base.pair) for pair in pairs_of([run])] == [
        (BASE, HEAD, 0),
        (BASE, HEAD, 4),
    ]


def test_pairs_of_two_runs_do_not_mix() -> None:
    one, other = run_of(pairs=3, seed=1), run_of(pairs=3, seed=2)
    assert pairs_of([one, other]) == (*pairs_of([one]), *pairs_of([other]))


def test_latency_is_that_of_the_single_slices_or_else_of_the_open_ones() -> None:
    closed = one_slice(HEAD, 0, milliseconds=[8.0, 9.0])
    opened = replace(one_slice(HEAD, 1, milliseconds=[2.0]), kind=OPEN)
    cut = replace(one_slice(HEAD, 2, milliseconds=[7.0], complete=False), kind=OPEN)
    assert latencies([LoadRun((closed, opened, cut), {}, 0.1)], HEAD) == (2.0,)
    single = replace(one_slice(HEAD, 3, milliseconds=[1.0]), kind=SINGLE)
    assert latencies([LoadRun((closed, opened, single), {}, 0.1)], HEAD) == (1.0,)
    assert latencies([LoadRun((closed, opened, single), {}, 0.1)], HEAD, CLOSED) == (8.0, 9.0)
    assert latencies([LoadRun((closed,), {}, 0.1)], HEAD) == (8.0, 9.0)
    assert latencies([LoadRun((closed,), {}, 0.1)], BASE) == ()


def test_totals_add_up_the_runs() -> None:
    first = run_of(pairs=4, errors={"/a: 500": 2}, marks={"empty": 3})
    second = run_of(pairs=4, errors={"/a: 500": 1, "/b: reset": 1}, seed=2)
    both = totals([first, second], HEAD)
    assert (both.requests, both.answers) == (240, 240)
    assert both.errors == {"/a: 500": 3, "/b: reset": 1}
    assert both.error_share == 4 / 240
    assert both.mark_share("empty") == 3 / 240
    assert both.mark_share("degraded") == 0


def test_totals_are_exact_over_raw_samples() -> None:
    slices = (one_slice(HEAD, 0, cpu_ms=3.0, milliseconds=[float(n) for n in range(1, 102)]),)
    side = totals([LoadRun(slices, {HEAD: tally_of(slices, HEAD)}, 0.1)], HEAD)
    assert side.latency_ms == {"p50": 51.0, "p95": 96.0, "p99": 100.0}
    assert math.isclose(side.cpu_ms, 3.0)


def test_a_slice_that_was_cut_short_is_in_no_percentile() -> None:
    slices = (one_slice(HEAD, 0), one_slice(HEAD, 1, milliseconds=[9000.0], complete=False))
    side = totals([LoadRun(slices, {HEAD: tally_of(slices, HEAD)}, 0.1)], HEAD)
    assert side.latency_ms["p99"] == 2.0


def test_a_side_that_did_nothing_has_no_figures() -> None:
    side = totals([LoadRun((), {HEAD: LoadTally(HEAD, 0, {}, {})}, 0.0)], HEAD)
    assert (side.requests, side.answers, side.error_share, side.mark_share("empty")) == (0, 0, 0, 0)
    assert math.isnan(side.cpu_ms)
    assert math.isnan(side.latency_ms["p50"])


def test_errors_beyond_the_requests_are_no_more_than_all() -> None:
    run = LoadRun((), {HEAD: LoadTally(HEAD, 2, {"the scenario raised": 5}, {})}, 0.0)
    assert totals([run], HEAD).error_share == 1.0


def test_the_tail_is_of_requests_held_against_what_is_usual_for_their_name() -> None:
    """What befalls a quick request drowns among the slow ones, unless each is held against its own kind."""
    names = ("quick",) * 75 + ("slow",) * 25
    usual = (1.0,) * 74 + (1.2,) + (8.0,) * 24 + (8.4,)
    late = (6.0, 6.0, *usual[2:])
    base, head = (
        LoadSlice(side, 0, 100, 0.1, 0.1, times, names=names) for side, times in ((BASE, usual), (HEAD, late))
    )
    run = LoadRun((base, head), {}, 0.1)
    assert sorted(late)[-2:] == sorted(usual)[-2:], "by themselves the times have the same tail"
    on_base, on_head = alike(run)
    assert (max(on_base), median(on_base)) == (pytest.approx(1.4), 1.0)
    assert sorted(on_head)[-2:] == [6.0, 6.0]
    new = replace(head, names=("other",) * 100)
    assert alike(replace(run, slices=(base, new)))[1] == late, "a name that the base has not stays as it is"
    slow = replace(new, milliseconds=tuple(time + 7 for time in late))
    assert alike(replace(run, slices=(base, slow)))[1] == slow.milliseconds, "however slow it is"
    bare = replace(run, slices=tuple(replace(one, names=()) for one in run.slices))
    assert alike(bare) == (usual, late)


def test_a_kind_that_became_slower_as_a_whole_is_in_the_tail() -> None:
    names = ("quick",) * 90 + ("slow",) * 10
    base, head = (
        LoadSlice(side, 0, 100, 0.1, 0.1, (1.0,) * 90 + (slow,) * 10, names=names)
        for side, slow in ((BASE, 5.0), (HEAD, 9.0))
    )
    assert max(alike(LoadRun((base, head), {}, 0.1))[1]) == 5.0


def test_a_rare_kind_is_held_against_both_sides_so_that_neither_looks_steadier() -> None:
    """The one answer of the base is its own median: the head's could only be farther from it."""
    names = ("quick",) * 99 + ("rare",)
    base, head = (
        LoadSlice(side, 0, 100, 0.1, 0.1, (1.0,) * 99 + (rare,), names=names)
        for side, rare in ((BASE, 5.0), (HEAD, 9.0))
    )
    on_base, on_head = alike(LoadRun((base, head), {}, 0.1))
    assert (on_base[-1], on_head[-1]) == (-1.0, 3.0)
