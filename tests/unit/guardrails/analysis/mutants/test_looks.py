"""Tests that look at something else than what comes back."""

import ast

import pytest

from guardrails.analysis.mutants.functions import functions
from guardrails.analysis.mutants.looks import asserts, looks_elsewhere


def looks(body: str) -> bool:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    (function,) = functions(ast.parse(f"def test(ranker, user):\n{lines}\n"))
    return looks_elsewhere(function.node)


@pytest.mark.parametrize(
    "body",
    [
        "items = [1]\nrank(user, items)\nassert items == [1]",
        "items = [1]\nfound = rank(user, items)\nassert isinstance(found, list)\nassert len(items) == 1",
        "ranker.add(3)\nassert ranker.size == 1",
        "items = [1]\nrank(items=items)\nself.assertEqual(items, [1])",
        "seen = []\nrank(user, seen.append)\nrank(user, seen)\nassert not seen",
    ],
)
def test_at_an_argument_or_at_what_was_called(body: str) -> None:
    assert looks(body)


@pytest.mark.parametrize(
    "body",
    [
        "rank(user, [1])",
        "assert rank(user, [1]) is not None",
        "found = rank(user, [1])\nassert found is not None",
        "assert isinstance(rank(user, [1]), list)",
        "items = make()\nfound = rank(user, items)\nassert found",
        "self.assertIsNotNone(rank(user, [1]))",
        "assert True",
    ],
)
def test_at_what_comes_back_or_at_nothing(body: str) -> None:
    assert not looks(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("rank(user, [1])", False),
        ("found = rank(user, [1])\nprint(found)", False),
        ("assert rank(user, [1])", True),
        ("with pytest.raises(KeyError):\n    rank(user)", True),
        ("self.assertEqual(rank(user), [])", True),
        ("check_slate(rank(user))", True),
        ("made.assert_called_once()", True),
    ],
)
def test_whether_it_asserts(body: str, expected: bool) -> None:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    (function,) = functions(ast.parse(f"def test():\n{lines}\n"))
    assert asserts(function.node) is expected
