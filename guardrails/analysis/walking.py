"""Syntax trees walked and written: `ast.walk`, but kept, since many analyses walk over the same functions, and
`ast.unparse`, but whatever the tree holds."""

import ast
from collections.abc import Sequence
from weakref import WeakKeyDictionary

_KEPT: WeakKeyDictionary[ast.AST, Sequence[ast.AST]] = WeakKeyDictionary()
_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {}
_PLAIN = frozenset({"ctx", "type_comment", "kind", "id", "attr"})
_WORTH = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def unparse(node: ast.AST) -> str:
    """The source of a node; its structure where Python cannot write it, as some strings with quotes in quotes."""
    try:
        return ast.unparse(node)
    except ValueError:
        return ast.dump(node)


def walk(node: ast.AST) -> Sequence[ast.AST]:
    """The node and all below it, breadth first, without the contexts of names (`Load`, `Store`): they are no parts.

    Of modules, classes and functions the answer is kept as long as they are: a tree that is walked must not be changed
    afterwards.
    """
    if not isinstance(node, _WORTH):
        return [node, *_below(node)]
    below = _KEPT.get(node)
    if below is None:
        below = _KEPT[node] = _below(node)  # without the node itself, which would then be kept for ever
    return [node, *below]


def _below(node: ast.AST) -> list[ast.AST]:
    found: list[ast.AST] = [node]
    for one in found:  # which grows meanwhile
        fields = _FIELDS.get(type(one))
        for name in _fields(type(one)) if fields is None else fields:
            value = getattr(one, name, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST):
                found.append(value)
    del found[0]
    return found


def same(one: object, other: object) -> bool:
    """Whether two trees are the same, wherever they stand: what comparing their `ast.dump` says, without writing it."""
    todo = [(one, other)]
    while todo:
        left, right = todo.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, ast.AST):
            todo += [(getattr(left, name, None), getattr(right, name, None)) for name in left._fields]
        elif isinstance(left, list) and isinstance(right, list):
            if len(left) != len(right):
                return False
            todo += zip(left, right, strict=True)
        elif left is not right and repr(left) != repr(right):  # 0.0 is not -0.0, and 1 is not True
            return False
    return True


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """The fields of a kind of node that can hold nodes."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(
            n for n in kind._fields if n not in {"ctx", "type_comment", "kind", "lineno", "id", "attr"}
        )
    return _FIELDS[kind]
