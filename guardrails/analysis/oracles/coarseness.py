"""How coarsely an assertion looks at its subject: through a set, sorted, rounded, its length alone."""

import ast
from collections import Counter
from dataclasses import dataclass

from guardrails.analysis.walking import unparse

_ROUNDING = frozenset({"format", "round", "int", "floor", "ceil", "trunc", "around", "rint"})
_LOSING = frozenset(
    {"set", "frozenset", "sorted", "len", "bool", "type", "Counter", "sum", "max", "min", "any", "all", "unique",
     "lower", "upper", "casefold", "strip", "lstrip", "rstrip", "keys", "nunique"}
)  # fmt: skip
_SLICED = "a part"


@dataclass(frozen=True, slots=True)
class View:
    """A subject without what it is looked at through, and the names of that."""

    core: str
    through: tuple[str, ...]


def view(text: str) -> View:
    """The view of a subject that is given as text."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return View(text, ())
    through: list[str] = []
    while (inner := _inner(node)) is not None:
        name, node = inner
        through.append(name)
    if isinstance(node, ast.GeneratorExp):
        node = ast.ListComp(node.elt, node.generators)
    return View(unparse(node), tuple(through))


def _inner(node: ast.expr) -> tuple[str, ast.expr] | None:
    """One layer of what a subject is looked at through, and what is below it."""
    match node:
        case ast.SetComp(elt=elt, generators=generators):
            return "set", ast.ListComp(elt, generators)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[only, *_]) if (
            name in _ROUNDING | _LOSING
        ):
            return name, only
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=[]) if name in _LOSING:
            return name, owner
        case ast.JoinedStr(values=[ast.FormattedValue(value=only, format_spec=spec)]):
            return "format" if spec is not None else "list", only
        case ast.Call(func=ast.Name(id="list" | "tuple" | "str" | "repr"), args=[only], keywords=[]):
            return "list", only
        case ast.Subscript(value=owner, slice=ast.Slice()):
            return _SLICED, owner
    return None


def coarser(before: str, after: str) -> str:
    """By what the head looks at the same subject more coarsely, or an empty string: `round`, `set`, `sorted`."""
    old, new = view(before), view(after)
    if old.core != new.core:
        return ""
    added = Counter(new.through) - Counter(old.through)
    return next((name for name in added if name != "list"), "")


def is_rounding(name: str) -> bool:
    """Whether a view is a tolerance rather than another question."""
    return name in _ROUNDING


def finer(before: str, after: str) -> bool:
    """Whether the head looks at the same subject and leaves out a coarse view of the base."""
    old, new = view(before), view(after)
    lost = Counter(old.through) - Counter(new.through)
    return old.core == new.core and any(name != "list" for name in lost) and not coarser(before, after)


def same_items(before: str | None, after: str | None) -> bool:
    """Whether two written collections hold the same, in whatever order."""
    sides = [_items(text) for text in (before, after)]
    return sides[0] is not None and sides[0] == sides[1]


def _items(text: str | None) -> frozenset[str] | None:
    node = _parsed(text)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return frozenset(unparse(e) for e in node.elts)
    return None


def implies_length(subject: str, expected: str | None, length_of: str, length: str | None) -> bool:
    """Whether `subject == expected`, with a written list, says that `len(length_of) == length`."""
    node = _parsed(expected)
    if not isinstance(node, ast.List | ast.Tuple) or str(len(node.elts)) != length:
        return False
    about = _parsed(subject)
    if isinstance(about, ast.ListComp) and len(about.generators) == 1 and not about.generators[0].ifs:
        return unparse(about.generators[0].iter) == length_of
    return subject == length_of


def _parsed(text: str | None) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body if text else None
    except SyntaxError:
        return None
