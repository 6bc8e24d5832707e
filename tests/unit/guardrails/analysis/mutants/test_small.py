"""Small faults: what is mutated, what is left alone, and the question in words."""

import ast

import pytest

from guardrails.analysis.mutants.functions import functions
from guardrails.analysis.mutants.small import Mutant, import_mutants, small_mutants
from guardrails.analysis.mutants.text import SourceText


def mutants(source: str, lines: range = range(1, 999)) -> list[Mutant]:
    """The mutants of the functions of a file."""
    text, module = SourceText(source), ast.parse(source)
    return [m for function in functions(module) for m in small_mutants("shop.py", text, function, lines)]


def body(statement: str) -> str:
    return f"def f(x, items, limit, log):\n    {statement}\n"


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("return x < limit", "this limit is off by one: `x < limit` became `x <= limit`"),
        ("return x >= limit", "this limit is off by one: `x >= limit` became `x > limit`"),
        ("return x == limit", "this comparison is turned round: `x == limit` became `x != limit`"),
        ("return x is not None", "this comparison is turned round: `x is not None` became `x is None`"),
        ("return x not in items", "this comparison is turned round: `x not in items` became `x in items`"),
        ("return items[: limit + 1]", "this is off by one: `limit + 1` became `limit`"),
        ("return items[:limit]", "this cut is one too late: `items[:limit]` became `items[:limit + 1]`"),
        ("return x and limit", "`or` stands for `and`: `x and limit` became `x or limit`"),
        ("return x * limit", "the arithmetic is another: `x * limit` became `x / limit`"),
        ("x += limit", "the arithmetic is another: `x += limit` became `x -= limit`"),
        ("return min(x, limit)", "`max` stands for `min`: `min(x, limit)` became `max(x, limit)`"),
        ("return x.cap(3)", "this figure is off by one: `x.cap(3)` became `x.cap(4)`"),
        (
            "return x.sort(reverse=True)",
            "this switch is the other way round: `x.sort(reverse=True)` became `x.sort(reverse=False)`",
        ),
        ("raise KeyError(x)", "this is not raised: `raise KeyError(x)` became `pass`"),
        ("return x", "this returns nothing: `return x` became `return None`"),
        ("x.save()", "this call is left out: `x.save()` became `pass`"),
        ("return [i for i in items if i]", "this condition is turned round: `i` became `not i`"),
        ("return 1 if not x else 2", "this condition is turned round: `not x` became `x`"),
    ],
)
def test_a_fault_and_its_question(statement: str, question: str) -> None:
    (mutant,) = mutants(body(statement))
    assert mutant.question == f"nothing fails when {question}"
    edited = SourceText(body(statement)).edited(mutant.edit)
    assert ast.dump(ast.parse(edited)) != ast.dump(ast.parse(body(statement)))
    assert edited.count("\n") == body(statement).count("\n")


@pytest.mark.parametrize(
    "statement",
    [
        '"""One of 3."""',
        "pass",
        "import os",
        'log.info("%d of %d", x + 1, 3)',
        'print(f"{x + 1}")',
        "x: int | None = None",
        "x = 'text'",
        "x = f'{limit - 1}'",
        "x = open(limit, encoding='ascii', buffering=1)",
        "x = isinstance(limit, int | float)",
        "x = lambda y: y + 1",
    ],
)
def test_what_no_test_is_meant_to_notice_is_left_alone(statement: str) -> None:
    assert mutants(body(statement)) == []


def test_the_text_of_an_error_is_left_alone() -> None:
    (mutant,) = mutants(body("raise ValueError('%d is past %d' % (x + 1, 3))"))
    assert "this is not raised" in mutant.question


def test_decorators_defaults_stubs_and_texts_for_people_are_left_alone() -> None:
    source = (
        "@cache(maxsize=3)\ndef f(x=1):\n    pass\n\n"
        "class A(Protocol):\n    def g(self): return 1\n\n"
        "class B:\n    def __repr__(self): return 1 + 2\n\n"
        "    @abstractmethod\n    def h(self): return 1\n\n"
        "    def k(self):\n        raise NotImplementedError\n"
    )
    assert mutants(source) == []


def test_at_most_one_a_line_and_only_on_the_lines_that_are_named() -> None:
    source = "def f(a, b):\n    if a < 3 and b > 4:\n        return a + b\n    return a - b\n"
    assert [m.line for m in mutants(source)] == [2, 3, 4]
    assert [m.line for m in mutants(source, range(3, 4))] == [3]


def test_an_edit_keeps_every_line_where_it_is_and_what_a_closure_holds() -> None:
    source = "def f(a):\n    def g():\n        raise ValueError(\n            a\n        )\n    return g\n"
    edited = {SourceText(source).edited(m.edit) for m in mutants(source)}
    assert all(text.count("\n") == source.count("\n") for text in edited)
    names = [name for text in edited for name in _free(compile(text, "f", "exec"))]
    assert names == ["a"] * len(edited)


def _free(code: object) -> list[str]:
    consts = [inner for inner in getattr(code, "co_consts", ()) if hasattr(inner, "co_freevars")]
    return [name for inner in consts for name in (*inner.co_freevars, *_free(inner))]


def test_columns_count_bytes() -> None:
    source = "def f(a):\n    'é'; return a < 3\n"
    (mutant,) = mutants(source)
    assert SourceText(source).edited(mutant.edit) == source.replace("<", "<=")


def test_constants_and_class_bodies_but_not_what_says_nothing() -> None:
    source = (
        'LIMIT = 20\nNAME = "a"\n__all__ = ["f"]\nX: int = 3\n\n\n'
        'class A:\n    """3."""\n\n    cap = 2 * X\n    name: str\n\n'
        "    def f(self):\n        return 1\n"
    )
    found = list(import_mutants("shop.py", SourceText(source), ast.parse(source), range(1, 99)))
    assert [(m.line, m.function, m.question.partition(": ")[2]) for m in found] == [
        (1, "", "`LIMIT = 20` became `LIMIT = 21`"),
        (4, "", "`X: int = 3` became `X: int = 4`"),
        (10, "", "`2 * X` became `2 / X`"),
    ]
