"""Equality that says yes to what is not the same: near, as long, in another order, a part, greater by a little."""

import ast
from collections.abc import Iterator

from guardrails.analysis.comparisons import Callable, body_of, comparing, put
from guardrails.analysis.names import Names, number
from guardrails.analysis.walking import unparse, walk

_BUILTIN = frozenset({"str", "bytes", "int", "float", "list", "tuple", "dict", "set", "frozenset", "UserList",
                      "UserDict", "UserString", "Counter", "OrderedDict", "defaultdict", "deque"})  # fmt: skip
_LOSING = frozenset({"sorted", "set", "frozenset", "len", "bool", "round", "int", "Counter", "sum", "max", "min", "any",
                     "all", "type", "abs", "hash", "lower", "upper", "casefold", "strip", "keys", "title",
                     "count"})  # fmt: skip
_PARTS = frozenset({"startswith", "endswith", "issubset", "issuperset", "find", "__contains__", "__le__", "__ge__"})
_ORDERING = frozenset({"__lt__", "__le__", "__gt__", "__ge__"})
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def near_comparisons(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Comparison methods that take things for equal that are not the same: class, method, line."""
    builtin = _of_builtin(module, names)
    for owner, name, node, line in comparing(module):
        answers = _answers(node)
        if not answers:
            continue
        if name in _ORDERING:
            loose = all(_with_slack(answer, names) for answer in answers)
        else:
            loose = name in {"__eq__", "__ne__"} and all(_is_loose(a, whole=owner in builtin) for a in answers)
        if loose:
            yield owner, name, line


def anything(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Classes that take their equality from `unittest.mock.ANY`, as a method or as a base: class, what, line."""
    for owner, name, value, line in put(module):
        if name in {"__eq__", "__ne__"} and isinstance(value, ast.expr) and _is_any(value, names):
            yield owner, name, line
    for node in (n for n in walk(module) if isinstance(n, ast.ClassDef)):
        if any(_is_any(base, names) for base in node.bases):
            yield node.name, "__eq__", node.lineno


def keyed_fields(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Fields of an attrs class that are compared by a key that loses something: class, field, line."""
    for node in (n for n in walk(module) if isinstance(n, ast.ClassDef)):
        for inner in node.body:
            match inner:
                case (
                    ast.AnnAssign(target=ast.Name(id=field), value=ast.Call(func=function, keywords=given))
                    | ast.Assign(targets=[ast.Name(id=field)], value=ast.Call(func=function, keywords=given))
                ):
                    keys = [k.value for k in given if k.arg in {"eq", "cmp"}]
                    of_attrs = (names.full(function) or "").rpartition(".")[2] in {"field", "ib", "attrib"}
                    if of_attrs and any(_loses(key, names) for key in keys):
                        yield node.name, field, inner.lineno


def _loses(key: ast.expr, names: Names) -> bool:
    if isinstance(key, ast.Lambda):
        given = {a.arg for a in key.args.args}
        return not given & {n.id for n in walk(key.body) if isinstance(n, ast.Name)} or _view(key.body, given)
    return (names.full(key) or "").rpartition(".")[2] in _LOSING


def _is_any(value: ast.expr, names: Names) -> bool:
    """`mock.ANY`, `mock.ANY.__eq__`, `type(mock.ANY)`, `type(mock.ANY).__eq__`."""
    while isinstance(value, ast.Attribute) and value.attr in {"__eq__", "__ne__", "__class__"}:
        value = value.value
    if isinstance(value, ast.Call) and unparse(value.func) == "type" and len(value.args) == 1:
        value = value.args[0]
    return (names.full(value) or "") in {"unittest.mock.ANY", "mock.ANY", "mock.mock.ANY", "unittest.mock._ANY"}


def _of_builtin(module: ast.Module, names: Names) -> frozenset[str]:
    """Classes of the module that are strings, numbers or containers, which equal by all that they hold."""
    found = set()
    for node in (n for n in walk(module) if isinstance(n, ast.ClassDef)):
        bases = [b.value if isinstance(b, ast.Subscript) else b for b in node.bases]
        if any((names.full(base) or "").rpartition(".")[2] in _BUILTIN for base in bases):
            found.add(node.name)
    return frozenset(found)


def _answers(node: Callable) -> list[ast.expr]:
    """What a method may answer, but that it does not know or that it says no."""
    if isinstance(node, ast.Lambda):
        return [node.body]
    returned = [n.value for n in body_of(node) if isinstance(n, ast.Return) and n.value is not None]
    return [r for r in returned if unparse(r) not in {"NotImplemented", "False"}]


def _is_loose(answer: ast.expr, *, whole: bool) -> bool:
    """Whether an answer is yes for other things than the same one. `whole`: the class is all that it holds."""
    match answer:
        case ast.BoolOp(op=ast.And(), values=parts):
            rest = [p for p in parts if not (isinstance(p, ast.Call) and unparse(p.func) == "isinstance")]
            ordered = [p for p in rest if isinstance(p, ast.Compare) and isinstance(p.ops[0], ast.LtE | ast.GtE)]
            both_ways = len(ordered) > 1 and not any(_is_call_of(p.left, {"abs"}) for p in ordered)
            return bool(rest) and not both_ways and all(_is_loose(part, whole=whole) for part in rest)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is()], comparators=[right]):
            if not whole:
                return all(_is_call_of(side, {"hash", "len", "round", "int", "bool"}) for side in (left, right))
            return _view(left, {"self"}) and _view(right, {"other", "o"})
        case ast.Compare(left=left, ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
            return True
        case ast.Compare(ops=[ast.In()], comparators=[right]):
            return not isinstance(right, ast.Tuple | ast.List | ast.Set)
        case ast.Call(func=ast.Name(id="isclose") | ast.Attribute(attr="isclose" | "allclose")):
            return True
        case ast.Call(func=ast.Attribute(attr=name)) if name in _PARTS:
            return True
    return False


def _is_call_of(node: ast.expr, named: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in named


def _view(side: ast.expr, whose: set[str]) -> bool:
    """Whether a side is the thing itself, looked at through what loses something: `sorted(self)`, `self.lower()`."""
    match side:
        case ast.Call(func=ast.Name(id=name), args=[inner, *_]) if name in _LOSING:
            return True
        case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _LOSING:
            return True
        case ast.Subscript(value=inner):
            return _of(inner, whose)
    return False


def _of(node: ast.expr, whose: set[str]) -> bool:
    """Whether something is one of two things: `self`, `str(other)`, or the other by whatever name."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    return isinstance(node, ast.Name) and (node.id in whose or "self" not in whose)


def _with_slack(answer: ast.expr, names: Names) -> bool:
    """`self.value < other.value - 1.0`: so much may lie between two things and neither is the smaller."""
    match answer:
        case ast.Compare(left=left, ops=[op], comparators=[right]) if isinstance(op, _ORDER):
            sides = [side for side in (left, right) if isinstance(side, ast.BinOp)]
            return any(
                isinstance(s.op, ast.Add | ast.Sub) and any(number(p, names) for p in (s.left, s.right)) for s in sides
            )
    return False
