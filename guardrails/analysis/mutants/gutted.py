"""Whole functions gutted: the body gone, and in its place a value of the right type that means nothing.

A test that notices none of these says nothing of the function but that it can be called and what type it returns.
"""

import ast
from collections.abc import Collection, Iterator

from guardrails.analysis.mutants.functions import Function
from guardrails.analysis.mutants.small import Mutant
from guardrails.analysis.mutants.text import SourceText, end_of, start_of

FRESH = "__guardrails_fresh__"
"""A builtin of the process that tries mutants: each call gives a number that it never gave before."""
BARE = "__guardrails_bare__"
"""Another: an object of a class, given as module and name, without content."""

ODD = "__guardrails_odd__"
"""And another: a value of a builtin type with everything wrong with it that a test might look for."""

# An empty value, and others that are new at each call, so that a test that compares two answers notices.
_VALUES = {
    **{f"builtins:{kind}": (empty, f"{ODD}('{kind}')") for kind, empty in (
        ("list", "[]"), ("tuple", "()"), ("set", "set()"), ("frozenset", "frozenset()"), ("dict", "{}"), ("str", "''"),
        ("bytes", "b''"),
    )},
    "builtins:int": ("0", f"{FRESH}()", f"-{FRESH}()"),
    "builtins:float": ("0.0", f"float({FRESH}())", f"-float({FRESH}())"),
    "builtins:bool": ("False", f"{FRESH}() % 2 == 1"),
}  # fmt: skip
_NOTHING = "builtins:NoneType"


def gutted(path: str, text: SourceText, function: Function, returns: Collection[str]) -> Iterator[Mutant]:
    """The function gutted, given the types that it was seen to return; nothing where none of them has a stand-in."""
    used = sorted({node.id for node in ast.walk(function.node) if isinstance(node, ast.Name)})
    # Never reached, but a closure must hold what it held before.
    kept = f"; ({', '.join(used)},)" if used else ""
    for value in _bodies(function, returns):
        start, end = start_of(function.node.body[0]), end_of(function.node.body[-1])
        edit = text.edit(start, end, value + (kept if value.startswith("return") else ""))
        if text.parses(edit, function.line, function.last):
            question = f"nothing fails when `{function.name}` does nothing but {_said(value)}"
            yield Mutant(path, function.name, edit, question)


def _bodies(function: Function, returns: Collection[str]) -> tuple[str, ...]:
    kinds = sorted(set(returns) - {_NOTHING})
    if "generator" in kinds:
        return ("if 0: yield", f"yield {FRESH}()") if isinstance(function.node, ast.FunctionDef) else ("return None",)
    if not kinds and not gives_a_value(function):
        return ("return None",)
    if len(kinds) == 1 and kinds[0] in _VALUES:
        return tuple(f"return {value}" for value in _VALUES[kinds[0]])
    if len(kinds) == 1 and not kinds[0].startswith("builtins:"):
        module, _, name = kinds[0].partition(":")
        return (f"return {BARE}({module!r}, {name!r})",)
    return ("return None", f"return {FRESH}()")


def gives_a_value(function: Function) -> bool:
    """Whether there is a `return` with something else than None in it."""
    todo: list[ast.AST] = list(function.node.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        value = node.value if isinstance(node, ast.Return) else None
        if value is not None and not (isinstance(value, ast.Constant) and value.value is None):
            return True
        todo.extend(ast.iter_child_nodes(node))
    return False


def _said(value: str) -> str:
    if BARE in value:
        return "return an object of its type without content"
    if ODD in value:
        return f"return a {value.split(chr(39))[1]} full of nonsense"
    return "yield nothing" if value == "if 0: yield" else f"`{value.replace(f'{FRESH}()', '7')}`"
