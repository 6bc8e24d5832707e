"""From runs to findings: an alarm needs two runs, a failure one, and a doubt is said."""

from dataclasses import replace

import pytest

from guardrails.load.judgement import Evidence, findings, is_in_doubt, notes, weigh
from guardrails.load.slo import Budget, Drive, Regression, Slo
from guardrails.model.finding import Finding, Severity
from guardrails.model.load_run import BASE, HEAD, LoadRun, LoadTally
from tests.load_samples import run_of

SLO = Slo()


def found(*runs: LoadRun, slo: Slo = SLO) -> dict[str, Finding]:
    return {finding.rule: finding for finding in findings(weigh(runs, slo))}


def with_head(run: LoadRun, tally: LoadTally, **changes: object) -> LoadRun:
    return replace(run, tallies={**run.tallies, HEAD: tally}, **changes)  # type: ignore[arg-type] # any field


def dead(run: LoadRun) -> LoadRun:
    tally = replace(run.tallies[HEAD], died=True, errors={"/x: refused": 7})
    return with_head(run, tally, ended_by=HEAD, complaint="the service of the head died")


def test_nothing_is_found_in_the_same_program() -> None:
    evidence = weigh([run_of()], SLO)
    assert not is_in_doubt(evidence)
    assert list(findings(evidence)) == []


def test_an_alarm_asks_for_a_second_run_and_holds_with_it() -> None:
    assert is_in_doubt(weigh([run_of(cpu=1.2)], SLO))
    cpu = found(run_of(cpu=1.2), run_of(cpu=1.2, seed=2))["load/slower-cpu"]
    assert cpu.severity is Severity.BLOCK
    assert "1.20 times the base's" in cpu.what
    assert "budget 1.10" in cpu.what


def test_an_alarm_that_the_second_run_denies_is_no_block() -> None:
    runs = run_of(cpu=1.3), run_of(cpu=1.0, seed=2)
    found_now = found(*runs)
    assert "load/slower-cpu" not in found_now
    said = " ".join(notes(weigh(runs, SLO), 1)) + " ".join(one.what for one in found_now.values())
    assert "does not" in said or "disagrees" in said


def test_a_slower_median_and_tail_are_latency() -> None:
    runs = run_of(latency=1.5, tail=9), run_of(latency=1.5, tail=9, seed=2)
    assert {finding.rule for finding in findings(weigh(runs, SLO))} == {"load/slower-latency"}


def test_too_much_noise_is_a_review_or_a_note_as_the_policy_says() -> None:
    noisy = [run_of(noise=0.6, pairs=20, seed=seed) for seed in (1, 2)]
    assert is_in_doubt(weigh(noisy[:1], SLO))
    assert found(*noisy)["load/inconclusive"].severity is Severity.REVIEW
    assert "budget is 1.10" in found(*noisy)["load/inconclusive"].what
    lax = Slo(regression=Regression(inconclusive="note"))
    assert found(*noisy, slo=lax)["load/inconclusive"].severity is Severity.NOTE
    assert not is_in_doubt(weigh(noisy[:1], lax))


def test_a_saturated_generator_is_said() -> None:
    assert "0.95 of its core" in found(run_of(share=0.95))["load/inconclusive"].what
    assert not found(run_of(share=0.85))


def test_errors_above_the_budget_block_and_name_their_reasons() -> None:
    errors = {"/a: 500": 40, "/b: reset": 3, "/c: late": 2, "/d: rare": 1}
    evidence = weigh([run_of(errors=errors, cpu=2.0)], SLO)
    assert not is_in_doubt(evidence), "its times mean nothing, and a second run would not change the errors"
    (finding,) = findings(evidence)
    assert (finding.rule, finding.severity) == ("load/errors", Severity.BLOCK)
    assert "1.28% of 3600 requests failed, and 0.10% are allowed: 40 times /a: 500; 3 times /b: reset" in finding.what
    assert "/d" not in finding.what


def test_errors_within_the_budget_are_no_finding() -> None:
    assert found(run_of(errors={"/a: 500": 3})) == {}


def test_errors_that_the_base_has_too_are_for_a_person() -> None:
    run = run_of(errors={"/a: 500": 40})
    run = replace(run, tallies={**run.tallies, BASE: replace(run.tallies[BASE], errors={"/a: 500": 40})})
    assert found(run)["load/errors"].severity is Severity.REVIEW


def test_a_server_that_died_blocks_whatever_else_was_measured() -> None:
    evidence = weigh([dead(run_of())], SLO)
    assert not is_in_doubt(evidence)
    (finding,) = findings(evidence)
    assert (finding.rule, finding.severity) == ("load/server-died", Severity.BLOCK)
    assert "/x: refused" in finding.what


def test_a_server_that_hangs_fails_its_requests() -> None:
    run = replace(run_of(), ended_by=HEAD, complaint="the service of the head did not answer in time")
    assert [finding.rule for finding in findings(weigh([run], SLO))] == ["load/errors"]


@pytest.mark.parametrize(("limit", "rules"), [(1.0, {"load/budget"}), (100.0, set())])
def test_a_latency_budget_is_confirmed_by_a_second_run(limit: float, rules: set[str]) -> None:
    slo = Slo(budget=Budget(p99_ms=limit))
    first = weigh([run_of()], slo)
    assert is_in_doubt(first) == bool(rules)
    assert set(found(run_of(), run_of(seed=2), slo=slo)) == rules


def test_a_budget_that_one_run_missed_is_not_missed() -> None:
    slo = Slo(budget=Budget(p50_ms=4.0))
    late, fine = run_of(latency=4), run_of(latency=1.9, pairs=20, seed=2)
    assert "load/budget" in found(late, slo=slo)
    assert "load/budget" not in found(late, fine, slo=slo)


def test_a_budget_that_the_base_misses_too_is_for_a_person() -> None:
    slo = Slo(budget=Budget(p50_ms=3.0))
    assert (
        found(run_of(), run_of(seed=2), slo=Slo(budget=Budget(p50_ms=1.0)))["load/budget"].severity is Severity.REVIEW
    )
    assert found(run_of(latency=3), run_of(latency=3, seed=2), slo=slo)["load/budget"].severity is Severity.BLOCK


@pytest.mark.parametrize("mark", ["empty", "degraded"])
def test_marked_answers_have_a_budget(mark: str) -> None:
    slo = Slo(budget=Budget(**{f"{mark}_share": 0.01}))
    many, few = run_of(marks={mark: 72}), run_of(marks={mark: 36})
    assert "2.00% of the answers are " + mark in found(many, slo=slo)["load/budget"].what
    assert found(few, slo=slo) == {}


def alone(**changes: object) -> Evidence:
    return weigh([run_of(sides=(HEAD,), **changes)], Slo(budget=Budget(p99_ms=1.0), drive=Drive()))  # type: ignore[arg-type] # any


def test_a_head_alone_is_held_to_its_budgets() -> None:
    evidence = alone()
    assert evidence.compared == ()
    assert [finding.rule for finding in findings(evidence)] == ["load/budget"]
    assert "nothing to compare with" in notes(evidence, 1)[0]


def test_notes_hold_the_table_and_how_it_came_about() -> None:
    said = notes(weigh([run_of(marks={"empty": 36})], SLO), 77)
    assert said[0].startswith("metric")
    assert len([line for line in said if line.endswith("not slower")]) == 4
    assert "head: 3600 requests, 0.00% failed, 1.00% empty" in said
    assert "1 run, 120 pairs of slices, seed 77, generator at 0.30 of a core" in said
