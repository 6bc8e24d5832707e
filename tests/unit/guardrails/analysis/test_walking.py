"""Syntax trees walked and compared."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.analysis.walking import same, walk

PIECES = (
    "x",
    "f(x)",
    "x == 1",
    "x == 1.0",
    "x == True",
    "-0.0",
    "0.0",
    "[a for a in b if c]",
    "'a'",
    "b'a'",
    "x.y[1:]",
)


@settings(derandomize=True, deadline=None)
@given(st.sampled_from(PIECES), st.sampled_from(PIECES))
def test_two_trees_are_the_same_where_their_dumps_are(one: str, other: str) -> None:
    left, right = ast.parse(f"def f():\n    return {one}"), ast.parse(f"\n\ndef f():\n    return {other}")
    assert same(left, right) is (ast.dump(left) == ast.dump(right))


def test_a_longer_list_is_another() -> None:
    assert not same(ast.parse("f(1)"), ast.parse("f(1, 2)"))
    assert same(ast.parse("f(1, 2)"), ast.parse("f(1,\n 2)"))


@pytest.mark.parametrize("text", ["x", "def f(a, *b):\n    return [c for c in a if c.d]\n"])
def test_a_walk_is_that_of_ast_without_contexts(text: str) -> None:
    tree = ast.parse(text)
    every = [n for n in ast.walk(tree) if not isinstance(n, ast.expr_context)]
    assert list(walk(tree)) == every
    assert list(walk(tree)) == every
