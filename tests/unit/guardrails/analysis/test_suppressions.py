"""Every way to make a checker look away is seen, and a string is none of them."""

import pytest

from guardrails.analysis.names import Names
from guardrails.analysis.source import parse_or_raise, parsed
from guardrails.analysis.suppressions import blanket_noqa, loosened_annotations, suppressions


def kinds(source: str) -> list[str]:
    module = parsed(source)
    return [s.kind for s in suppressions(source, module, Names(module) if module else None)]


@pytest.mark.parametrize(
    ("comment", "kind"),
    [
        ("# noqa", "noqa"),
        ("# noqa: F401, E501", "noqa"),
        ("#NOQA:S101", "noqa"),
        ("# ruff: noqa", "file noqa"),
        ("# flake8: noqa: F401", "file noqa"),
        ("# type: ignore", "type: ignore"),
        ("# type:ignore[arg-type]", "type: ignore"),
        ("# mypy: ignore-errors", "mypy file setting"),
        ("# pyright: ignore[reportX]", "pyright"),
        ("# pragma: no cover", "no cover"),
        ("# pragma: no branch", "no cover"),
        ("# nosec B101", "nosec"),
        ("# pylint: disable=all", "pylint: disable"),
        ("# fmt: off", "formatter off"),
    ],
)
def test_comments(comment: str, kind: str) -> None:
    assert kinds(f"x = 1  {comment}\n") == [kind]
    assert kinds(f"x = '{comment}'\n") == []


def test_a_comment_may_hold_several() -> None:
    assert kinds("x = 1  # type: ignore[misc]  # noqa: E501\n") == ["noqa", "type: ignore"]


@pytest.mark.parametrize(
    ("comment", "reason"),
    [
        ("# noqa: F401", False),
        ("# noqa: F401 - re-exported for callers", True),
        ("# type: ignore[misc]", False),
        ("# type: ignore[misc]  # the stubs are wrong", True),
        ("# type: ignore[misc]  # noqa: E501", False),
    ],
)
def test_words_beyond_the_code_are_a_reason(comment: str, reason: bool) -> None:
    assert {s.reason for s in suppressions(f"x = 1  {comment}\n", None, None)} == {reason}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from typing import Any\nx: Any\n", ["Any"]),
        ("import typing as t\nx: t.Any\ny = t.cast(int, z)\n", ["Any", "cast"]),
        ("from typing import no_type_check\n@no_type_check\ndef f(): ...\n", ["no_type_check"]),
        ("Any = 1\nprint(Any)\ncast(1)\n", []),
    ],
)
def test_types(source: str, expected: list[str]) -> None:
    assert kinds(source) == expected


def test_what_does_not_parse_is_still_read() -> None:
    assert kinds("def f(:  # noqa\n") == ["noqa"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\n# ruff: noqa\n", 2),
        ("# flake8: NOQA\n", 1),
        ("# ruff: noqa: F401\n", None),
        ("x = '# ruff: noqa'\n", None),
    ],
)
def test_blanket_noqa(source: str, line: int | None) -> None:
    assert blanket_noqa(source) == line


def test_annotations_that_say_any_now() -> None:
    before = "from typing import Any\nclass A:\n    x: int\n    def f(self, a: int, b: Any) -> dict[str, int]: ...\n"
    after = "import typing\nclass A:\n    x: typing.Any\n"
    after += "    def f(self, a: int, b: typing.Any) -> dict[str, typing.Any]: ...\ndef g(a: typing.Any): ...\n"
    modules = parse_or_raise(before), parse_or_raise(after)
    found = loosened_annotations(*modules, Names(modules[0]), Names(modules[1]))
    assert [(where, old, new) for where, old, new, _ in found] == [
        ("A.x", "int", "typing.Any"),
        ("the result of A.f", "dict[str, int]", "dict[str, typing.Any]"),
    ]
    assert list(loosened_annotations(*modules[::-1], Names(modules[1]), Names(modules[0]))) == []
