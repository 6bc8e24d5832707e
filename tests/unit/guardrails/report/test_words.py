import re
from dataclasses import replace

import pytest

from guardrails.model.finding import Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import GateResult, GateStatus, VerdictKind, errored
from guardrails.report import words
from guardrails.report.registry import RENDERERS
from tests.verdict_samples import bad, broken, deciding, finding, gate, of, passing, unselected


def test_every_kind_of_verdict_and_severity_has_words() -> None:
    assert set(words.HEADLINES) == set(VerdictKind)
    assert set(words.SECTIONS) == set(Severity)


def test_the_sentence_names_the_worst_finding_and_counts_the_others() -> None:
    review = finding("b", rule="scope/b", severity=Severity.REVIEW)
    note = finding("n", rule="scope/n", severity=Severity.NOTE)
    assert words.sentence(of(gate("scope", finding("a.", rule="scope/a")))) == "scope/a: a."
    many = of(gate("scope", note, review, review, finding("a\nmore", rule="scope/a"), finding("c", rule="scope/c")))
    assert words.sentence(many) == "scope/a: a...; besides, 1 finding must be fixed and 2 findings need a person."


def test_the_sentence_of_a_verdict_that_could_not_be_reached_names_the_gates() -> None:
    verdict = of(errored("types", "mypy crashed.\nat line 3"), errored("tests", "no"), gate("lint", finding()))
    assert words.sentence(verdict) == (
        "types could not judge: mypy crashed...; tests could not either; 1 finding must be fixed."
    )
    assert words.sentence(broken()) == "the ref 'mian' does not exist. Did you mean 'main'?"


def test_nothing_checked_is_said() -> None:
    assert words.sentence(of(unselected("load"))) == "Every gate was skipped, so nothing was checked."
    assert words.sentence(of()) == "No gate was run."


def test_a_pass_says_how_much_passed_and_what_was_skipped() -> None:
    assert words.sentence(passing()) == "3 gates passed, 1 skipped; 4 files changed."


def test_findings_with_the_same_reason_are_one_group_and_none_is_lost() -> None:
    found = (finding("a"), finding("b"), finding("c", why="another reason"), finding("d", severity=Severity.NOTE))
    groups = words.grouped(found)
    assert [[f.what for f in group.findings] for group in groups] == [["a", "b"], ["c"], ["d"]]


def test_severities_come_worst_first_and_empty_ones_not_at_all() -> None:
    assert [severity for severity, _ in words.by_severity(bad())] == [Severity.BLOCK, Severity.REVIEW, Severity.NOTE]
    assert [severity for severity, _ in words.by_severity(deciding())] == [Severity.REVIEW]


def test_work_stands_against_its_floor() -> None:
    result = GateResult(
        "tests", GateStatus.PASSED, work={"tests": 1412, "files": 1}, floor={"tests": 1400, "examples": 9}
    )
    assert words.work(result) == "0 examples (at least 9), 1 file, 1,412 tests (at least 1,400)"
    nothing_owed = GateResult("layers", GateStatus.PASSED, work={"imports": 3}, floor={"imports": 0})
    assert words.work(nothing_owed) == "3 imports"


def test_what_was_not_checked_lists_the_broken_gates_before_the_skipped_ones() -> None:
    verdict = of(unselected("load"), gate("lint"), errored("types", "mypy crashed"))
    assert [(r.name, words.not_checked_because(r)) for r in words.not_checked(verdict)] == [
        ("types", "mypy crashed"),
        ("load", "load is not part of the fast profile (not-in-profile)."),
    ]


def test_a_skip_without_a_reason_is_called_what_it_is() -> None:
    assert "not a pass" in words.not_checked_because(GateResult("x", GateStatus.SKIPPED))


def test_uncommitted_work_is_said() -> None:
    assert ("uncommitted", "the work tree was judged, not a commit") in words.about(bad())
    assert "uncommitted" not in dict(words.about(passing()))


def test_numbers_go_with_their_nouns() -> None:
    assert [words.counted(n, "files") for n in (0, 1, 2, 1000)] == ["0 files", "1 file", "2 files", "1,000 files"]
    assert words.counted(1, "properties") == "1 property"
    assert [words.joined(x) for x in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_a_finding_that_asks_for_a_person_says_whom_and_by_which_name_it_is_approved() -> None:
    asks = finding(severity=Severity.REVIEW)
    assert words.decides(asks) == f"finding {fingerprint(asks)[:12]}"
    assert words.decides(replace(asks, deciders=("@org/a", "ann@example.org"))).startswith(
        "@org/a and ann@example.org to decide; finding "
    )
    assert words.decides(finding()) == words.decides(finding(severity=Severity.NOTE)) == ""


def test_what_is_wrong_with_an_approval_has_no_name_to_approve_it_by() -> None:
    foreign = finding(rule="approvals/foreign", severity=Severity.REVIEW)
    assert words.decides(foreign) == ""
    assert words.how_to_decide(of(gate("approvals", foreign), approvers=("ann",))) == ""


@pytest.mark.parametrize("name", ["text", "markdown", "comment", "html"])
def test_a_report_says_how_to_approve_only_where_that_can_work(name: str) -> None:
    asks = gate("scope", finding(severity=Severity.REVIEW))

    def told(approvers: tuple[str, ...] | None) -> str:
        return " ".join(RENDERERS[name](of(asks, approvers=approvers)).split())

    assert "guardrails approve FINDING" in told(("ann",))
    assert "ann, bob and 5 more" not in told(("ann", "bob"))
    assert "a, b, c, d, e, f and 2 more" in told(tuple("abcdefgh"))
    assert "guardrails approve FINDING" not in told(())
    assert "guardrails approve --help says how to set it up" in told(())
    assert "guardrails approve" not in told(None)
    assert "guardrails approve" not in RENDERERS[name](of(gate("scope", finding()), approvers=()))


@pytest.mark.parametrize("name", ["text", "markdown", "comment", "html", "json", "junit", "sarif", "github"])
def test_every_report_says_who_approved_what_and_why(name: str) -> None:
    approved = finding(
        severity=Severity.NOTE, why="Approved by ann on 2026-06-01: agreed with operations.", approved_by="ann"
    )
    text = RENDERERS[name](of(gate("scope", approved)))
    assert "agreed with operations" in text
    assert "tests/test\\_rank.py" in text.replace("test_rank", "test\\_rank")


def test_a_verdict_that_owes_something_to_a_person_says_so_at_once() -> None:
    approved = finding(severity=Severity.NOTE, approved_by="ann", why="Approved by ann: agreed.")
    assert words.sentence(of(gate("scope", approved))).endswith("; 1 finding stands by approval of ann.")
    assert words.sentence(of(gate("scope", approved, finding()))).endswith("; 1 finding stands by approval of ann.")
    open_part = RENDERERS["comment"](of(gate("scope", approved))).partition("<details>")[0]
    assert "**approved**" in open_part
    assert "agreed" in open_part


@pytest.mark.parametrize("name", ["text", "markdown", "comment", "html", "json"])
def test_every_report_for_people_says_who_decides(name: str) -> None:
    asks = finding(severity=Severity.REVIEW, deciders=("@org/owners",))
    assert re.search(r"@\S*org/owners", RENDERERS[name](of(gate("scope", asks))))
