"""What of a change can be wrong: not what moved, was renamed, or only says something to people."""

from pathlib import Path

import pytest

from guardrails.analysis.mutants.subject import Subject, new_tests, subjects
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree, change_of

BASE = '''"""A shop."""
import os

LIMIT = 3


def total(prices):
    """The sum."""
    paid = sum(prices)
    if paid < LIMIT:
        return 0
    return paid


def cheapest(prices):
    return min(prices)
'''
TEST = "import shop\n\n\ndef test_total():\n    assert shop.total([3]) == 3\n"


def found(tmp_path: Path, head: dict[str, str], base: dict[str, str] | None = None) -> tuple[Subject, ...]:
    old = FakeTree(tmp_path / "base", base or {"shop.py": BASE})
    new = FakeTree(tmp_path / "head", head)
    return subjects(change_of(old, new), Sources(old), Sources(new), frozenset(head))


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace('"""A shop."""', '"""The shop."""\n# with a comment'),
        BASE.replace("import os", "import os\nimport sys"),
        BASE.replace("def total(prices):", "def total(prices: list[int]) -> int:"),
        BASE.replace("LIMIT = 3", "LIMIT = 3\n__all__ = ['total']"),
        BASE.replace("paid", "sum_of_all"),
        BASE.replace("def cheapest", "def least"),
        BASE.replace("def cheapest(prices):\n    return min(prices)\n", ""),
        BASE + "\n\nclass Named:\n    '''A name.'''\n\n    name: str\n",
    ],
    ids=["comment", "import", "types", "all", "variable", "function", "deleted", "declared"],
)
def test_what_cannot_be_wrong_is_no_subject(tmp_path: Path, text: str) -> None:
    assert found(tmp_path, {"shop.py": text}) == ()


def test_a_moved_function_is_no_subject(tmp_path: Path) -> None:
    rest, moved = BASE.split("\n\ndef cheapest")
    assert found(tmp_path, {"shop.py": rest, "more.py": f"import os\n\n\ndef cheapest{moved}"}) == ()


def test_statements_that_went_into_a_new_function_are_not_its_own(tmp_path: Path) -> None:
    text = BASE.replace(
        "    paid = sum(prices)\n    if paid < LIMIT:\n        return 0\n    return paid\n",
        "    paid = sum(prices)\n    return floored(paid)\n\n\n"
        "def floored(paid):\n    if paid < LIMIT:\n        return 0\n    return paid\n",
    )
    (subject,) = found(tmp_path, {"shop.py": text})
    assert [text.split("\n")[line - 1].strip() for line in sorted(subject.lines)] == ["return floored(paid)"]


def test_changed_lines_new_functions_and_what_runs_at_import(tmp_path: Path) -> None:
    text = BASE.replace("paid < LIMIT", "paid <= LIMIT").replace("LIMIT = 3", "LIMIT = 4")
    text += "\n\ndef dearest(prices):\n    return max(prices)\n\n\ndef later():\n    raise NotImplementedError\n"
    (subject,) = found(tmp_path, {"shop.py": text})
    lines = text.split("\n")
    assert [lines[line - 1].strip() for line in sorted(subject.lines)][:2] == [
        "if paid <= LIMIT:",
        "return max(prices)",
    ]
    assert (subject.fresh, [lines[line - 1] for line in subject.at_import]) == ({"dearest"}, ["LIMIT = 4"])


def test_a_new_test_and_one_that_moved_or_was_renamed(tmp_path: Path) -> None:
    old = FakeTree(tmp_path / "base", {"tests/test_shop.py": TEST, "tests/help.py": ""})
    more = "\n\nclass TestMore:\n    def test_more(self):\n        assert shop.total([5]) == 5\n"
    head = {"tests/test_sum.py": TEST.replace("test_total", "test_sum"), "tests/test_more.py": f"import shop\n{more}"}
    new = FakeTree(tmp_path / "head", head)
    assert list(new_tests(change_of(old, new), Sources(old), Sources(new))) == [
        "tests/test_more.py::TestMore::test_more"
    ]


def test_a_test_whose_body_changed_is_not_new(tmp_path: Path) -> None:
    old = FakeTree(tmp_path / "base", {"tests/test_shop.py": TEST})
    new = FakeTree(tmp_path / "head", {"tests/test_shop.py": TEST.replace("3", "4")})
    assert not new_tests(change_of(old, new), Sources(old), Sources(new))
