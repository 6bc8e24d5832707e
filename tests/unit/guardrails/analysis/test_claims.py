"""Claims of commit messages: phrases that claim, and many honest ones that do not."""

import pytest

from guardrails.analysis.claims import Claim, claims, left_alone

CLAIMING = [
    ("Add diversity tests", Claim.TESTS),
    ("Adds tests", Claim.TESTS),
    ("Increase test coverage of diversity", Claim.TESTS),
    ("Cap artists in a window\n\nAdded unit tests for the cap.", Claim.TESTS),
    ("Add a regression test for the empty slate", Claim.TESTS),
    ("Add missing tests for the merge", Claim.TESTS),
    ("Rank by recency\n\nIt is fully covered by tests.", Claim.TESTS),
    ("Add recency ranking with tests", Claim.TESTS),
    ("Cap artists and add test cases for it", Claim.TESTS),
    ("Split the merge, no behaviour change", Claim.UNCHANGED),
    ("Split the merge (no functional changes)", Claim.UNCHANGED),
    ("Pure refactoring of the merge", Claim.UNCHANGED),
    ("Split the merge\n\nThis is a pure refactor.", Claim.UNCHANGED),
    ("Reformat only", Claim.LAYOUT),
    ("Wrap lines - formatting only", Claim.LAYOUT),
    ("Docs only", Claim.DOCUMENTS),
    ("Say what k means\n\nDocumentation-only change.", Claim.DOCUMENTS),
    ("Fix typo", Claim.SPELLING),
    ("Fix typos in the ranking docstrings", Claim.SPELLING),
    ("Fix a typo in `rank`", Claim.SPELLING),
]

HONEST = [
    "Cap artists in a window; tests will follow",
    "Measure test coverage in CI",
    "Increase the test coverage later",
    "No tests needed: the type says it",
    "Add the cap. Tests follow in the next change.",
    "Add the cap without tests",
    "Add a note on why no tests were added",
    "The cap is covered by existing tests",
    "The merge is already covered by tests",
    "We should add tests for the merge",
    "TODO: add tests",
    "I could not add tests for the socket",
    "Please add tests before you change this",
    "Add a timeout to flaky tests",
    "Add a retry for slow tests",
    "Add make target that runs the tests",
    "Add tests target",
    "Add test helper",
    "Add tests directory to the sdist",
    "Add tests to the workflow",
    "Add pytest; tests run in parallel now",
    "Add support for running tests",
    "Add a flag so that tests are quicker",
    'Say "add tests" in the guide',
    "Add `add tests` to the checklist",
    "Keep the slowest tests of the recorder out of the fast suite",
    "A skip is not a like: tests of columns, history, features and scorers",
    'Revert "Add diversity tests"',
    "Merge branch 'add-tests'",
    "Add a cap\n\n> You should have added tests\n\nDone elsewhere.",
    "Add cap\n\n```\nadd tests\n```",
    "Add A/B testing",
    "Rewrite the test runner",
    "No behaviour change for users who never skip",
    "There should be no behaviour change for radio",
    "Avoid a behaviour change in the merge",
    "The refactoring of the merge goes on",
    "Refactor the merge and cap artists",
    "Formatting-only changes are noted beside others",
    "A docs-only declaration is held against the code",
    "Document that docs only count when they are built",
    "Fix typo detection",
    "Fix typo in the name and add a retry",
    "Typos no longer crash the search",
    "Search forgives a typo",
    "Add cap\n\nSigned-off-by: add tests <a@b.c>",
    "",
]


@pytest.mark.parametrize(("message", "claim"), CLAIMING)
def test_a_claim_is_read(message: str, claim: Claim) -> None:
    assert [one.claim for one in claims(message)] == [claim]


@pytest.mark.parametrize("message", HONEST)
def test_an_honest_message_claims_nothing(message: str) -> None:
    assert claims(message) == ()


def test_the_words_of_a_claim_are_its_own() -> None:
    (one,) = claims("Cap artists\n\nThe window is 10. Added unit\ntests for it. It is fast.")
    assert one.words == "Added unit tests for it"


def test_a_change_leaves_alone_what_each_message_says() -> None:
    assert [one.claim for one in left_alone(["Docs only", "Docs only, fix typo"])] == [Claim.DOCUMENTS]
    assert left_alone(["Docs only", "Cap artists"]) == ()
    assert left_alone(["Docs only", "Reformat only"]) == ()
    assert left_alone([]) == ()
    assert left_alone(["Add tests"]) == ()
