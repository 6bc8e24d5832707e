"""Conditions that single somebody out: an id of the tests in it, however the id is put together or asked for.

`user_id == "u42"` is one way to write it. Others join the id, spell it backwards, compare a slice, take an intersection
with a set of one, or ask a table. What they share is a condition that looks at an id and holds another one.
"""

import ast
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from guardrails.analysis.disguises import IDENTITY, is_id
from guardrails.analysis.folding import texts
from guardrails.analysis.names import Names
from guardrails.analysis.walking import unparse, walk

_OWNER = re.compile(r"(?i)(^|[._])(user|account|customer)s?$|_id$|^uid$")
_WORDS = re.compile(r"\b[A-Za-z]+[-_:]?[0-9]+\b")
_PART = re.compile(r"^[A-Za-z]{2,}[-_:]?$")
_QUOTED = re.compile(r"""["']([A-Za-z]+[-_:]?[0-9]+)["']""")
_SEVERAL = 3
_PASSING = frozenset({"str", "int", "repr", "hash", "sorted", "list", "tuple", "set", "ord", "reversed"})
_BUCKETS = (ast.Mod, ast.BitAnd, ast.RShift, ast.FloorDiv)


@dataclass(frozen=True, slots=True)
class Singled:
    """A condition on somebody's id, and one id that it holds. With `part` it is the beginning or the end of ids."""

    key: str
    word: str
    line: int
    part: bool = False


def singled_out(module: ast.Module, names: Names) -> Iterator[Singled]:
    """Every condition that looks at an id and holds an id, or a part of one."""
    for scope in walk(module):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            known = _aliases(scope)
            for test in _conditions(scope):
                yield from _of(test, names, known)


def _conditions(scope: ast.AST) -> Iterator[ast.expr]:
    for node in walk(scope):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                yield from test.values if isinstance(test, ast.BoolOp) else [test]
            case ast.comprehension(ifs=tests):
                yield from tests


def _of(test: ast.expr, names: Names, known: Set[str]) -> Iterator[Singled]:
    if not _looks_at_id(test, known) or any(_is_bucket(node) for node in walk(test)):
        return
    key, parted = unparse(test)[:100], _takes_part(test)
    for text in texts(test, names):
        if isinstance(text, int):
            if text >= 10 and parted:
                yield Singled(key, str(text), test.lineno, part=True)
            continue
        words = _WORDS.findall(text) or [w for w in _spelt(text) if is_id(w)]
        for word in dict.fromkeys([*words, *(w.swapcase() for w in words if parted)]):
            yield Singled(key, word, test.lineno)
        if _PART.match(text):
            yield Singled(key, text, test.lineno, part=True)
            if parted and text[-1].isalpha():
                yield from (Singled(key, f"{text}{mark}", test.lineno, part=True) for mark in "-_:")


def _is_bucket(node: ast.AST) -> bool:
    """A remainder or some bits: everybody has one, and nobody is singled out by it."""
    match node:
        case ast.BinOp(left=ast.Set() | ast.Constant(value=str()) | ast.Call(func=ast.Attribute(attr="keys"))):
            return False
        case ast.BinOp(op=op):
            return isinstance(op, _BUCKETS)
    return False


def _spelt(text: str) -> Iterator[str]:
    """What a text says backwards or in hexadecimal digits."""
    yield text[::-1]
    try:
        yield bytes.fromhex(text).decode("ascii")
    except ValueError:
        return


def _takes_part(test: ast.expr) -> bool:
    """Whether a condition looks at a piece of something, or at it in another form."""
    calls = (n for n in walk(test) if isinstance(n, ast.Call))
    return any(isinstance(n, ast.Subscript) for n in walk(test)) or any(
        isinstance(c.func, ast.Attribute) or getattr(c.func, "id", "") in _PASSING for c in calls
    )


def _looks_at_id(test: ast.AST, known: Set[str]) -> bool:
    """Whether an id is asked for itself: `item.kind` asks for a kind."""
    owners = {id(n.value): n for n in walk(test) if isinstance(n, ast.Attribute)}
    called = {id(n.func) for n in walk(test) if isinstance(n, ast.Call)}
    for node in walk(test):
        if isinstance(node, ast.Name | ast.Attribute):
            if isinstance(node, ast.Name) and node.id in known:
                return True
            text, outer = unparse(node), owners.get(id(node))
            if outer is None and id(node) not in called and IDENTITY.search(text):
                return True
            if outer is not None and id(outer) in called and _OWNER.search(text):
                return True
    return False


def _aliases(scope: ast.AST) -> frozenset[str]:
    """Local names of an id, or of a piece or another form of one."""
    found: set[str] = set()
    for node in walk(scope):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ) if _is_form_of_id(value):
                found.add(name)
    return frozenset(found)


def _is_form_of_id(node: ast.expr) -> bool:
    match node:
        case ast.Name() | ast.Attribute():
            return _OWNER.search(unparse(node)) is not None
        case ast.Subscript(value=value) | ast.Call(func=ast.Attribute(value=value)):
            return _is_form_of_id(value)
        case ast.Call(func=ast.Name(id=name), args=[only]):
            return name in _PASSING and _is_form_of_id(only)
    return False


def held(text: str) -> frozenset[str]:
    """The ids that stand quoted in a text of data, where there are several: a table of answers has them."""
    found = frozenset(_QUOTED.findall(text))
    return found if len(found) >= _SEVERAL else frozenset()


def tables(module: ast.Module) -> Iterator[tuple[frozenset[str], int]]:
    """Ids in the texts of a module that hold data."""
    for node in walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (ids := held(node.value)):
            yield ids, node.lineno
