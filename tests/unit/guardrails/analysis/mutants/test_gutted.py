"""Functions gutted: by the types that they were seen to return."""

import ast
import itertools

import pytest

from guardrails.adapters.recorder.mutating import bare, odd
from guardrails.analysis.mutants.functions import functions
from guardrails.analysis.mutants.gutted import BARE, FRESH, ODD, gives_a_value, gutted
from guardrails.analysis.mutants.text import SourceText


def texts(source: str, *returns: str) -> list[str]:
    text = SourceText(source)
    return [text.edited(m.edit) for f in functions(ast.parse(source)) for m in gutted("shop.py", text, f, returns)]


def answers(source: str, *returns: str) -> list[object]:
    """What each gutted version answers, called twice."""
    found: list[object] = []
    for text in texts(source, *returns):
        names: dict[str, object] = {FRESH: itertools.count(7).__next__, ODD: lambda kind: f"odd {kind}"}
        exec(compile(text, "shop.py", "exec"), names)
        function = names["f"]
        assert callable(function)
        found.append((function(), function()))
    return found


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("list", [([], []), ("odd list", "odd list")]),
        ("str", [("", ""), ("odd str", "odd str")]),
        ("bool", [(False, False), (True, False)]),
        ("int", [(0, 0), (7, 8), (-7, -8)]),
        ("dict", [({}, {}), ("odd dict", "odd dict")]),
    ],
)
def test_a_value_of_the_type_that_is_empty_and_one_that_is_new_each_time(kind: str, expected: list[object]) -> None:
    assert answers("def f():\n    return 1\n", f"builtins:{kind}", "builtins:NoneType") == expected


@pytest.mark.parametrize("kind", [list, tuple, set, frozenset, dict, str, bytes])
def test_an_odd_value_is_long_and_never_the_same(kind: type) -> None:
    one, two = odd(kind.__name__), odd(kind.__name__)
    assert isinstance(one, kind)
    assert len(one) >= 1000  # type: ignore[arg-type]  # all of these have a length
    assert one != two


def test_an_odd_list_is_in_no_order_and_has_an_element_twice() -> None:
    one = odd("list")
    assert isinstance(one, list)
    assert one not in (sorted(one), sorted(one, reverse=True))
    assert len(set(one)) < len(one)


def test_what_was_seen_to_return_nothing_but_can_returns_something_too() -> None:
    assert answers("def f():\n    if 0:\n        return 3\n", "builtins:NoneType") == [(None, None), (7, 8)]
    assert answers("def f():\n    print(3)\n", "builtins:NoneType") == [(None, None)]


def test_an_object_of_the_type_without_content() -> None:
    (text,) = texts("def f():\n    return Decimal(1)\n", "decimal:Decimal")
    assert f"return {BARE}('decimal', 'Decimal')" in text
    thing = bare(__name__, "Thing")
    assert (type(thing), vars(thing)) == (Thing, {})
    assert [type(bare(*of)) for of in (("decimal", "Decimal"), ("no", "Such"))] == [object, object]


class Thing:
    def __init__(self) -> None:
        self.content = 1


def test_a_generator_stays_one_and_a_closure_holds_what_it_held() -> None:
    (empty, one) = texts("def f():\n    yield 1\n    yield 2\n", "generator")
    assert ("if 0: yield" in empty, f"yield {FRESH}()" in one) == (True, True)
    (text,) = texts("class A(B):\n    def f(self, y):\n        super().f(\n            y\n        )\n")
    code = compile(text, "a", "exec")
    inner = next(c for c in code.co_consts if hasattr(c, "co_consts"))
    method = next(c for c in inner.co_consts if hasattr(c, "co_freevars"))
    assert method.co_freevars == ("__class__",)


def test_whether_a_function_gives_a_value() -> None:
    def gives(source: str) -> bool:
        return gives_a_value(functions(ast.parse(source))[0])

    assert gives("def f():\n    if x:\n        return 1\n")
    assert not gives("def f():\n    def g():\n        return 1\n    return None\n")
