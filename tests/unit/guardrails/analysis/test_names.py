"""Names are followed to what they stand for; only what is plain to see is called constant."""

import ast

import pytest

from guardrails.analysis.names import Names, dotted, number, truth


def expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def names(text: str) -> Names:
    return Names(ast.parse(text))


@pytest.mark.parametrize(
    ("imports", "use", "full"),
    [
        ("import unittest.mock as m", "m.patch", "unittest.mock.patch"),
        ("from unittest import mock", "mock.patch.object", "unittest.mock.patch.object"),
        ("from pytest import mark as k", "k.skip", "pytest.mark.skip"),
        ("import os.path", "os.path.join", "os.path.join"),
        ("from . import shop", "shop.rank", "..shop.rank"),
        ("def f():\n    import re as r\n", "r.match", "re.match"),
        ("", "a.b", "a.b"),
    ],
)
def test_imports_are_followed(imports: str, use: str, full: str) -> None:
    assert names(imports).full(expression(use)) == full


def test_what_is_no_name_has_none() -> None:
    assert dotted(expression("f().x")) is None


def test_constants_are_those_assigned_once() -> None:
    known = names("A = 1\nB = A\nC = 1\nC = 2\nD: int = 4\nE += 1\n")
    assert set(known.constants) == {"A", "B", "D"}
    assert ast.dump(known.value(expression("B"))) == ast.dump(expression("1"))
    assert known.value(expression("C")).__class__ is ast.Name


def test_a_constant_that_stands_for_itself_ends() -> None:
    assert isinstance(names("A = B\nB = A\n").value(expression("A")), ast.Name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True", True), ("0", False), ("''", False), ("'x'", True), ("(1,)", True), ("()", False), ("[*a]", None),
        ("not 0", True), ("x or True", True), ("x and False", False), ("x or y", None), ("1 and 2", True),
        ("1 == 1", True), ("1 < 0", False), ("x == x", True), ("x != x", False), ("f() == f()", None),
        ("len(x) >= 0", True), ("len(x) > 0", None), ("len(x) > -1", True), ("TYPE_CHECKING", False), ("x", None),
        ("lambda: 0", True), ("(x for x in y)", True), ("f'{x}'", None), ("f'a{x}'", True), ("{}", False),
        ("bool(1)", True), ("isinstance(x, object)", True), ("'a' in x", None), ("1 < x", None),
    ],
)  # fmt: skip
def test_truth(text: str, expected: bool | None) -> None:
    assert truth(expression(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1), ("-1e-6", -1e-6), ("60 * 60", 3600), ("2 ** 10", 1024), ("1 / 0", None), ("True", None), ("x", None),
        ("TOL", 0.5), ("+3", 3), ("10 ** 400", None), ("1 / 4 - 1", -0.75), ("0 ** -1", None), ("(-8) ** 0.5", None),
    ],
)  # fmt: skip
def test_numbers(text: str, expected: float | None) -> None:
    assert number(expression(text), names("TOL = 1 / 2")) == expected
