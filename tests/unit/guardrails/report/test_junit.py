from xml.etree import ElementTree

from hypothesis import given, settings

from guardrails.model.finding import Severity
from guardrails.model.result import GateStatus, VerdictKind, errored
from guardrails.model.verdict import Verdict
from guardrails.report import junit
from tests.verdict_samples import bad, broken, finding, gate, of, unselected, verdicts


@settings(max_examples=30)
@given(verdicts())
def test_any_verdict_is_well_formed_and_counts_what_it_holds(verdict: Verdict) -> None:
    root = ElementTree.fromstring(junit.render(verdict).encode())
    stated = verdict.kind is VerdictKind.ERROR and not verdict.with_status(GateStatus.ERROR)
    assert len(root.findall("testsuite/testcase")) == len(verdict.results) + len(verdict.findings) + stated
    for element in (root, *root.findall("testsuite")):
        assert element.get("tests") == str(len(element.findall(".//testcase")))
        for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(key) == str(len(element.findall(f".//testcase/{tag}")))


@settings(max_examples=30)
@given(verdicts())
def test_a_verdict_that_is_no_pass_has_a_failure_or_an_error(verdict: Verdict) -> None:
    root = ElementTree.fromstring(junit.render(verdict).encode())
    assert verdict.kind is VerdictKind.PASS or (root.get("failures"), root.get("errors")) != ("0", "0")


def outcomes(verdict: Verdict) -> list[tuple[str | None, list[str]]]:
    root = ElementTree.fromstring(junit.render(verdict).encode())
    return [(case.get("name"), [child.tag for child in case]) for case in root.iter("testcase")]


def test_the_states_of_a_gate_and_the_severities_are_told_apart() -> None:
    note = finding("n", severity=Severity.NOTE, path=None)
    review = finding("r", severity=Severity.REVIEW, path=None)
    verdict = of(
        gate("lint", finding("b", path=None), review, note), gate("scope"), errored("types", "no"), unselected("load")
    )
    assert outcomes(verdict) == [
        ("gate", ["failure", "system-out"]),
        ("tampering/test-skipped: b", ["failure"]),
        ("tampering/test-skipped: r", ["failure"]),
        ("tampering/test-skipped: n", ["system-out"]),
        ("gate", ["system-out"]),
        ("gate", ["error"]),
        ("gate", ["skipped"]),
    ]


def test_a_check_that_never_began_is_one_error() -> None:
    assert outcomes(broken()) == [("verdict", ["error"])]


def test_a_failure_tells_where_why_and_how_to_mend_it() -> None:
    root = ElementTree.fromstring(junit.render(bad()).encode())
    case = next(c for c in root.iter("testcase") if "test-skipped" in c.get("name", ""))
    assert (case.get("file"), case.get("line")) == ("tests/test_rank.py", "12")
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("type") == "block"
    assert "fix: Take the skip away" in (failure.text or "")
