"""Steps of build files: what makes a failure count for nothing is seen, and what is only moved is not."""

import pytest

from guardrails.analysis.settings.directions import Direction
from guardrails.analysis.settings.invocations import pytest_arguments, script_changes


def looser(path: str, removed: list[str], added: list[str]) -> bool:
    return Direction.LOOSER in {c.direction for c in script_changes(path, removed, added)}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("Makefile", "\tpytest || true"),
        ("Makefile", "\t-pytest"),
        ("Makefile", "\tpytest; true"),
        (".ci/run", "set +e"),
        (".ci/run", "exit 0"),
        (".ci/run", "git commit --no-verify"),
        (".ci/run", "ruff check --exit-zero ."),
        (".ci/run", "pytest -k 'not load'"),
        (".ci/run", "PYTEST_ADDOPTS=-x pytest"),
        (".github/workflows/ci.yml", "      continue-on-error: true"),
        (".github/workflows/ci.yml", "        if: false"),
        (".gitlab-ci.yml", "  allow_failure: true"),
    ],
)
def test_a_failure_that_counts_for_nothing(path: str, line: str) -> None:
    assert looser(path, [], [line])
    assert not looser(path, [line], ["pytest; ruff check ."])
    assert not looser(path, [line], [f"  {line}"]), "a line that is only indented is no change"


@pytest.mark.parametrize("line", ["\tpytest", "- run: mypy .", "lint-imports", "make test"])
def test_a_checker_that_is_no_longer_run(line: str) -> None:
    assert looser("Makefile", [line], [])
    assert not looser("Makefile", [line], [f"{line} --verbose"])


def test_other_changes_are_for_a_person_and_comments_are_nothing() -> None:
    assert [c.direction for c in script_changes("Makefile", [], ["\techo hello"])] == [Direction.UNKNOWN]
    assert list(script_changes("Makefile", ["# old", ""], ["# pytest || true"])) == []


def test_arguments_of_pytest() -> None:
    assert pytest_arguments("-ra -k 'a b' --cov=x -pno:y") == ["-ra", "-k=a b", "--cov=x", "-p=no:y"]
    assert pytest_arguments(["-m", "not slow"]) == ["-m=not slow"]
    assert pytest_arguments("it's") == ["it's"]
