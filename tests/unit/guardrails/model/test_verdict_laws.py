"""The laws of the verdict: what must hold of every list of results, whatever the gates are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.model.finding import Finding, Severity
from guardrails.model.result import (
    GateResult,
    GateStatus,
    Outcome,
    Skip,
    SkipReason,
    VerdictKind,
    errored,
    judged,
    skipped,
    verdict,
)
from guardrails.model.verdict import Verdict, not_judged

findings = st.builds(
    Finding,
    rule=st.sampled_from(["scope/too-large", "lint/violation", "types/error"]),
    severity=st.sampled_from(list(Severity)),
    what=st.text(max_size=5),
    why=st.just("why"),
    fix=st.just("fix"),
    path=st.none() | st.sampled_from(["a.py", "b.py"]),
    line=st.none() | st.integers(1, 9),
)
outcomes = st.builds(
    Outcome,
    work=st.fixed_dictionaries({"files": st.integers(0, 4)}),
    floor=st.fixed_dictionaries({"files": st.integers(0, 3)}),
    findings=st.lists(findings, max_size=3).map(tuple),
)
skips = st.builds(Skip, st.sampled_from(list(SkipReason)), st.just("because"))
names = st.sampled_from(["scope", "lint", "types", "tests"])
results = (
    st.builds(judged, names, outcomes, st.just(0.1))
    | st.builds(skipped, names, skips)
    | st.builds(errored, names, st.just("crashed"))
)
many = st.lists(results, max_size=6)


@given(many, findings, st.integers(0, 5))
def test_adding_a_finding_never_improves_the_verdict(found: list[GateResult], finding: Finding, at: int) -> None:
    if not found:
        return
    at %= len(found)
    worse = [*found]
    worse[at] = replace(found[at], findings=(*found[at].findings, finding))
    assert verdict(worse).rank >= verdict(found).rank


@given(outcomes, findings)
def test_an_outcome_with_one_more_finding_is_never_better(outcome: Outcome, finding: Finding) -> None:
    more = replace(outcome, findings=(*outcome.findings, finding))
    assert judged("scope", more, 0).kind.rank >= judged("scope", outcome, 0).kind.rank


@given(many, results)
def test_another_gate_that_judged_never_improves_the_verdict(found: list[GateResult], more: GateResult) -> None:
    if all(result.status is GateStatus.SKIPPED for result in found):
        return  # nothing was judged before: an error, which one gate that works does improve
    assert verdict([*found, more]).rank >= verdict(found).rank


@given(many.flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_the_gates_does_not_matter(pair: tuple[list[GateResult], list[GateResult]]) -> None:
    found, shuffled = pair
    assert verdict(found) is verdict(shuffled)


@given(many)
def test_an_error_anywhere_is_never_anything_but_an_error(found: list[GateResult]) -> None:
    if any(result.status is GateStatus.ERROR for result in found):
        assert verdict(found) is VerdictKind.ERROR
    assert verdict([*found, errored("load", "crashed")]) is VerdictKind.ERROR


@given(st.lists(st.builds(skipped, names, skips), max_size=4))
def test_a_plan_in_which_all_is_skipped_is_an_error(found: list[GateResult]) -> None:
    assert verdict(found) is VerdictKind.ERROR


@given(many)
def test_a_pass_has_no_finding_that_anybody_must_act_on(found: list[GateResult]) -> None:
    if verdict(found) is VerdictKind.PASS:
        assert all(f.severity is Severity.NOTE for result in found for f in result.findings)
        assert any(result.status is GateStatus.PASSED for result in found)


@given(many, many)
def test_the_verdict_of_all_gates_is_the_worst_of_any_two_parts(one: list[GateResult], two: list[GateResult]) -> None:
    judged_parts = [p for p in (one, two) if any(r.status is not GateStatus.SKIPPED for r in p)]
    if judged_parts:
        worst = max((verdict(part) for part in judged_parts), key=lambda kind: kind.rank)
        assert verdict([*one, *two]) is worst


def test_a_skip_without_a_reason_is_an_error() -> None:
    passed = judged("scope", Outcome({"files": 1}, {"files": 1}), 0.1)
    assert verdict([passed, GateResult("lint", GateStatus.SKIPPED)]) is VerdictKind.ERROR


@pytest.mark.parametrize(
    ("work", "floor"), [({}, {}), ({"files": 0}, {}), ({"files": 1}, {"files": 2}), ({"files": 9}, {"tests": 1})]
)
def test_too_little_work_is_an_error_whatever_was_found(work: dict[str, int], floor: dict[str, int]) -> None:
    result = judged("scope", Outcome(work, floor), 0.1)
    assert result.status is GateStatus.ERROR
    assert result.error.startswith("too little was checked")


def test_a_note_changes_no_verdict_and_a_review_asks_for_a_person() -> None:
    def with_finding(severity: Severity) -> GateResult:
        finding = Finding("scope/too-large", severity, "what", "why", "fix")
        return judged("scope", Outcome({"files": 1}, {"files": 1}, (finding,)), 0.1)

    kinds = [verdict([with_finding(severity)]) for severity in Severity]
    assert kinds == [VerdictKind.PASS, VerdictKind.REVIEW, VerdictKind.BLOCK]
    assert [kind.exit_code for kind in kinds] == [0, 3, 1]


def test_a_check_that_never_began_is_an_error_whatever_its_results() -> None:
    passed = judged("scope", Outcome({"files": 1}, {"files": 1}), 0.1)
    assert Verdict(None, None, (passed,)).exit_code == 0
    assert Verdict(None, None, (passed,), error="a tree was written into").exit_code == 2
    assert not_judged("").kind is VerdictKind.ERROR
