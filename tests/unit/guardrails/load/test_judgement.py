"""From runs to findings: an alarm and failures need more than one session, an end does not, and a doubt is said."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from guardrails.load.judgement import Evidence, findings, needs_leaks, needs_more, notes, weigh
from guardrails.load.slo import Budget, Drive, Regression, Slo
from guardrails.model.finding import Finding, Severity
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, LoadRun, LoadTally
from tests.load_samples import leaks_of, run_of, sessions_of

SLO = Slo()


def found(*runs: LoadRun, slo: Slo = SLO) -> dict[str, Finding]:
    return {finding.rule: finding for finding in findings(weigh(runs, slo))}


def with_head(run: LoadRun, tally: LoadTally, **changes: object) -> LoadRun:
    return replace(run, tallies={**run.tallies, HEAD: tally}, **changes)  # type: ignore[arg-type] # any field


def dead(run: LoadRun) -> LoadRun:
    tally = replace(run.tallies[HEAD], died=True, errors={"/x: refused": 7})
    return with_head(run, tally, ended_by=HEAD, complaint="the service of the head died")


def test_nothing_is_found_in_the_same_program_and_it_ends_early() -> None:
    assert needs_more(weigh(sessions_of(2), SLO)), "two sessions are less than the least"
    evidence = weigh(sessions_of(3), SLO)
    assert not needs_more(evidence)
    assert list(findings(evidence)) == []


def test_an_alarm_is_confirmed_by_the_sessions_after_it() -> None:
    runs = sessions_of(5, cpu=1.3)
    alarmed = weigh(runs[:3], SLO)
    assert needs_more(alarmed)
    assert "load/slower-cpu" not in {one.rule for one in findings(alarmed)}, "an alarm alone is no finding"
    assert not needs_more(weigh(runs, SLO)), "what is sure needs no more"
    cpu = found(*runs)["load/slower-cpu"]
    assert cpu.severity is Severity.BLOCK
    assert "1.30 times the base's" in cpu.what or "1.29 times" in cpu.what
    assert "budget 1.10" in cpu.what
    assert "in 5 sessions" in cpu.what


def test_an_alarm_at_the_bound_is_still_confirmed() -> None:
    slo = Slo(drive=Drive(least_sessions=3, most_sessions=3))
    runs = sessions_of(5, cpu=1.3)
    assert [needs_more(weigh(runs[:count], slo)) for count in (3, 4, 5)] == [True, True, False]
    assert "load/slower-cpu" in found(*runs, slo=slo)


def test_an_alarm_that_later_sessions_deny_is_no_block() -> None:
    runs = [*sessions_of(3, cpu=1.4), *sessions_of(2, seed=9)]
    found_now = found(*runs)
    assert "load/slower-cpu" not in found_now
    assert needs_more(weigh(runs, SLO))
    assert "did not confirm it" in found_now["load/inconclusive"].what


def test_an_alarm_that_was_denied_and_ruled_out_is_only_said() -> None:
    runs = [*sessions_of(3, cpu=1.12, luck=0.001), *sessions_of(18, seed=9, cpu=0.97, luck=0.001)]
    evidence = weigh(runs, SLO)
    assert found(*runs) == {}
    assert "raised an alarm; with the sessions after it, it does not" in " ".join(notes(evidence, 1))


def test_a_slower_median_and_tail_are_latency() -> None:
    runs = sessions_of(8, latency=1.5, tail=9)
    assert {finding.rule for finding in findings(weigh(runs, SLO))} == {"load/slower-latency"}


@pytest.mark.parametrize(
    ("worse", "rule", "said"),
    [
        ({"together": 2.0}, "load/slower-together", "for each answer among many is 1.9"),
        ({"calls": 4.0}, "load/more-calls", "reads and writes a request is 3.97 times the base's: 40.000 against 10"),
        ({"memory": 1.3}, "load/more-memory", "MiB against 58.594 MiB"),
    ],
)
def test_each_kind_of_worse_has_its_rule(worse: dict[str, float], rule: str, said: str) -> None:
    found_now = found(*sessions_of(6, **worse))
    assert set(found_now) == {rule}
    assert said in found_now[rule].what


def test_a_leak_is_told_by_the_sessions_that_look_for_it() -> None:
    (found_now,) = findings(weigh(sessions_of(3), SLO, leaks_of(4, leak=2.0, deviation=0.0)))
    assert found_now.rule == "load/leak"
    assert "kept of each request is 2.00 KiB more than the base's: 2.500 KiB against 0.500 KiB" in found_now.what
    assert found_now.what.endswith("in 4 sessions")


def test_as_many_sessions_look_for_a_leak_as_it_takes() -> None:
    timed = sessions_of(3)

    def owed(*leaks: LoadRun, slo: Slo = SLO, runs: Sequence[LoadRun] = timed) -> bool:
        return needs_leaks(weigh(runs, slo, leaks))

    assert owed()
    assert owed(*leaks_of(1)), "of one session nothing is known"
    assert not owed(*leaks_of(2))
    assert owed(*leaks_of(2, leak=2.0)), "an alarm is to be confirmed"
    assert owed(*leaks_of(3, leak=2.0))
    assert not owed(*leaks_of(4, leak=2.0))
    assert owed(*leaks_of(3, deviation=2.0)), "too noisy to tell"
    assert not owed(*leaks_of(4, deviation=2.0)), "and that is the bound"
    assert not owed(slo=Slo(drive=Drive(leak_requests=0)))
    assert not owed(runs=sessions_of(5, cpu=2.0)), "what is slower is mended first"
    assert owed(runs=sessions_of(5, memory=1.3)), "a leak may be why"
    assert not owed(replace(leaks_of(1)[0], memory={})), "where the system does not tell, more would not help"
    assert not needs_leaks(alone())


def test_errors_and_an_end_count_where_a_leak_is_looked_for_too() -> None:
    timed, leaks = sessions_of(3), leaks_of(2, errors={"500": 3})
    assert needs_leaks(weigh(timed, SLO, leaks[:1])), "once may be chance"
    assert not needs_leaks(weigh(timed, SLO, leaks))
    (found_now,) = findings(weigh(timed, SLO, leaks))
    assert found_now.rule == "load/errors"
    assert "0.25% of 2400 requests failed, and 0.10% are allowed, in 2 of 2 sessions: 6 times 500" in found_now.what
    few = sessions_of(2, errors={"500": 3})
    (found_now,) = findings(weigh(few, SLO, leaks_of(4)))
    assert "of 3600 requests failed" in found_now.what, "good answers elsewhere make up for none"
    once, denied = leaks_of(1, errors={"500": 3}), leaks_of(3)[1:]
    assert needs_leaks(weigh(timed, SLO, [*once, *denied[:1]]))
    assert not needs_leaks(weigh(timed, SLO, [*once, *denied]))
    (fine,) = leaks_of(1)
    ended = with_head(fine, replace(fine.tallies[HEAD], died=True), ended_by=HEAD, complaint="the head's died")
    (found_now,) = findings(weigh(timed, SLO, [ended]))
    assert found_now.rule == "load/server-died"
    assert not needs_leaks(weigh(timed, SLO, [ended]))


def test_how_well_a_service_with_a_tight_heap_answers_is_not_held_against_it() -> None:
    slow = [with_head(one, replace(one.tallies[HEAD], marks={"degraded": 600})) for one in leaks_of(2)]
    slo = Slo(budget=Budget(degraded_share=0.0))
    assert list(findings(weigh(sessions_of(3), slo, slow))) == []


def test_what_could_not_be_told_goes_on_to_the_bound_and_is_a_review_or_a_note() -> None:
    noisy = sessions_of(8, luck=0.3, pairs=20)
    assert needs_more(weigh(noisy[:7], SLO))
    assert not needs_more(weigh(noisy, SLO))
    assert found(*noisy)["load/inconclusive"].severity is Severity.REVIEW
    assert "budget is 1.10" in found(*noisy)["load/inconclusive"].what
    lax = Slo(regression=Regression(inconclusive="note"))
    assert found(*noisy, slo=lax)["load/inconclusive"].severity is Severity.NOTE
    assert not needs_more(weigh(noisy[:3], lax))


def test_a_saturated_generator_is_said() -> None:
    assert "0.95 of its core" in found(*sessions_of(3, share=0.95))["load/inconclusive"].what
    assert not found(*sessions_of(3, share=0.85))


def opened(run: LoadRun) -> LoadRun:
    return replace(run, slices=tuple(replace(one, kind=(OPEN, CLOSED)[one.pair % 2]) for one in run.slices))


def test_a_generator_that_is_late_by_its_own_fault_is_said() -> None:
    late = [replace(opened(run), generator_lag_ms=1.5) for run in sessions_of(3)]
    assert "1.5 ms late" in found(*late)["load/inconclusive"].what
    assert not found(*[replace(opened(run), generator_lag_ms=0.1) for run in sessions_of(3)])


def test_errors_above_the_budget_block_and_name_their_reasons() -> None:
    errors = {"/a: 500": 40, "/b: reset": 3, "/c: late": 2, "/d: rare": 1}
    evidence = weigh([run_of(errors=errors, cpu=2.0)] * 2, SLO)
    assert not needs_more(evidence), "its times mean nothing, and another session would not change the errors"
    (finding,) = findings(evidence)
    assert (finding.rule, finding.severity) == ("load/errors", Severity.BLOCK)
    assert "1.28% of 7200 requests failed, and 0.10% are allowed, in 2 of 2 sessions: 80 times" in finding.what
    assert "/a: 500; 6 times /b: reset; 4 times /c: late" in finding.what
    assert "/d" not in finding.what


@pytest.mark.parametrize(
    ("bad", "rule"), [({"errors": {"503": 9}}, "load/errors"), ({"marks": {"degraded": 9}}, "load/budget")]
)
def test_what_one_session_alone_shows_of_a_share_is_a_doubt(bad: dict[str, dict[str, int]], rule: str) -> None:
    """A machine that stands still for a moment makes any service refuse, or leave something out."""
    slo, (once,) = Slo(budget=Budget(error_share=0.0, degraded_share=0.0)), sessions_of(1, **bad)  # type: ignore[arg-type] # by name
    fine = sessions_of(20)
    assert needs_more(weigh([once], slo))
    assert needs_more(weigh([*fine[:2], once], slo)), "where it would have ended otherwise"
    assert needs_more(weigh([*fine[:2], once, fine[2]], slo))
    denied = weigh([*fine[:2], once, *fine[2:4]], slo)
    assert not needs_more(denied)
    (finding,) = findings(denied)
    assert (finding.rule, finding.severity) == (rule, Severity.REVIEW)
    assert "in 1 of 5 sessions, which is a rare fault or a machine that stood still" in finding.what
    again = weigh([*fine[:2], once, fine[2], once], slo)
    assert not needs_more(again)
    (finding,) = findings(again)
    assert (finding.rule, finding.severity) == (rule, Severity.BLOCK)
    assert "in 2 of 5 sessions" in finding.what
    bound = slo.drive.most_sessions + 2
    assert not needs_more(weigh([*fine[: bound - 1], once], slo)), "and that is the bound"


def test_errors_within_the_budget_are_no_finding() -> None:
    assert found(*sessions_of(3, errors={"/a: 500": 1})) == {}


def test_errors_that_the_base_has_too_are_for_a_person() -> None:
    run = run_of(errors={"/a: 500": 40})
    run = replace(run, tallies={**run.tallies, BASE: replace(run.tallies[BASE], errors={"/a: 500": 40})})
    assert found(run)["load/errors"].severity is Severity.REVIEW


def test_a_server_that_died_blocks_whatever_else_was_measured() -> None:
    evidence = weigh([dead(run_of())], SLO)
    assert not needs_more(evidence)
    (finding,) = findings(evidence)
    assert (finding.rule, finding.severity) == ("load/server-died", Severity.BLOCK)
    assert "/x: refused" in finding.what


def test_a_server_that_hangs_fails_its_requests() -> None:
    run = replace(run_of(), ended_by=HEAD, complaint="the service of the head did not answer in time")
    assert [finding.rule for finding in findings(weigh([run], SLO))] == ["load/errors"]


@pytest.mark.parametrize(("limit", "rules"), [(1.0, {"load/budget"}), (100.0, set())])
def test_a_latency_budget_is_missed_where_every_session_misses_it(limit: float, rules: set[str]) -> None:
    slo = Slo(budget=Budget(p99_ms=limit))
    assert set(found(*sessions_of(3), slo=slo)) == rules


def test_a_budget_that_one_session_missed_is_not_missed() -> None:
    slo = Slo(budget=Budget(p50_ms=4.0))
    late, fine = run_of(latency=4), run_of(latency=1.9, pairs=20, seed=2)
    assert "load/budget" in found(late, slo=slo)
    assert "load/budget" not in found(late, fine, slo=slo)


def test_a_budget_that_the_base_misses_too_is_for_a_person() -> None:
    both = found(*sessions_of(3), slo=Slo(budget=Budget(p50_ms=1.0)))
    assert both["load/budget"].severity is Severity.REVIEW
    head = found(*sessions_of(3, latency=3), slo=Slo(budget=Budget(p50_ms=3.0)))
    assert head["load/budget"].severity is Severity.BLOCK


def test_a_budget_of_memory_holds_for_the_head() -> None:
    slo = Slo(budget=Budget(memory_mib=60.0))
    assert found(*sessions_of(3), slo=slo) == {}
    heavy = found(*sessions_of(3, memory=1.05), slo=slo)["load/budget"]
    assert "61.5 MiB of memory, and 60 MiB is allowed" in heavy.what


@pytest.mark.parametrize("mark", ["empty", "degraded"])
def test_marked_answers_have_a_budget(mark: str) -> None:
    slo = Slo(budget=Budget(**{f"{mark}_share": 0.01}))
    many, few = sessions_of(3, marks={mark: 36}), sessions_of(3, marks={mark: 18})
    assert "2.00% of the answers are " + mark in found(*many, slo=slo)["load/budget"].what
    assert found(*few, slo=slo) == {}


def alone(**changes: object) -> Evidence:
    return weigh([run_of(sides=(HEAD,), **changes)], Slo(budget=Budget(p99_ms=1.0), drive=Drive()))  # type: ignore[arg-type] # any


def test_a_head_alone_is_held_to_its_budgets() -> None:
    evidence = alone()
    assert evidence.compared == ()
    assert [finding.rule for finding in findings(evidence)] == ["load/budget"]
    assert "nothing to compare with" in notes(evidence, 1)[0]


def test_a_head_alone_is_driven_again_only_where_it_misses_a_budget() -> None:
    assert needs_more(alone())
    assert not needs_more(weigh([run_of(sides=(HEAD,))], SLO))


def test_notes_hold_the_table_and_how_it_came_about() -> None:
    said = notes(weigh(sessions_of(3, marks={"empty": 18}), SLO), 77)
    assert said[0].startswith("metric")
    assert len([line for line in said if line.endswith("not slower")]) == 8 - 1
    assert "no leak was looked for" in said
    assert "first requests after a start: 10.0 ms on the base, 10.0 ms on the head" in said
    assert "head: 5400 requests, 0.00% failed, 1.00% empty" in said
    how = "3 sessions of at most 10, services started anew for each; 180 pairs of slices, seed 77, 8 looks"
    assert how in said
    looked = notes(weigh(sessions_of(3), SLO, leaks_of(2)), 77)
    assert len([line for line in looked if line.endswith("not slower")]) == 8
    assert "a leak was looked for in 2 sessions more, 800 requests a side" in looked
    untold = notes(weigh(sessions_of(3), SLO, [replace(leaks_of(1)[0], memory={})]), 77)
    assert any(line.startswith("no leak could be looked for") for line in untold)
    assert said[-1] == "generator at 0.30 of a core, 0.00 ms late (p95); sides free to move over cores"
