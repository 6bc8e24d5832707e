"""How many things a loop of a test runs over at most."""

import ast
from math import inf

import pytest

from guardrails.analysis.oracles.loops import described, fewer, most


def at_most(source: str) -> float:
    return most(ast.parse(source, mode="eval").body)


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("[]", 0), ("[1, 2]", 2), ("[*x, 1]", inf), ("{'a': 1}", 1), ("'abc'", 3), ("x", inf), ("f(x)", inf),
        ("x[:0]", 0), ("x[:1]", 1), ("x[1:]", inf), ("[1, 2, 3][1:]", 2), ("[1, 2][4:]", 0), ("x[-1:]", inf),
        ("x[:-1]", inf), ("zip(x, [])", 0), ("zip(x, [1])", 1), ("range(0)", 0), ("range(2, 5)", 3), ("range(n)", inf),
        ("range(len([1, 2]))", 2), ("enumerate([])", 0), ("list(zip(x, [1, 2]))[2:]", 0), ("dict.fromkeys(())", 0),
        ("{}.items()", 0), ("[i for i in [] if i]", 0), ("[i for i in x if False]", 0), ("set()", 0), ("list(x)", inf),
    ],
)  # fmt: skip
def test_how_many_there_can_be(source: str, count: float) -> None:
    assert at_most(source) == count


def test_a_loop_over_what_is_written_out_always_runs() -> None:
    assert described(ast.parse("[1, 2]", mode="eval").body) == ""
    assert described(ast.parse("rank(u)", mode="eval").body) == "rank(u)"
    assert described(ast.parse("zip(rank(u), [1])", mode="eval").body) == "zip(rank(u), [1])"


@pytest.mark.parametrize(
    ("before", "after", "is_less"),
    [
        ("x", "x[:1]", True),
        ("x", "x[1:]", True),
        ("zip(x, x[1:])", "zip(x[:1], x[1:])", True),
        ("x", "list(x)", False),
        ("x[1:]", "x", False),
        ("x", "y", False),
        ("", "x[:1]", False),
    ],
)
def test_a_loop_over_less(before: str, after: str, is_less: bool) -> None:
    assert fewer(before, after) is is_less
