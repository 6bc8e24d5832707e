"""What expressions of constants come to, without running them: joined, sliced, formatted, split and spelt otherwise."""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names

UNKNOWN = object()
_LONGEST = 2_000
_METHODS = frozenset(
    {"upper", "lower", "swapcase", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "join", "format",
     "replace", "removeprefix", "removesuffix", "encode", "decode", "hex", "zfill", "splitlines", "keys"}
)  # fmt: skip
_CALLS = {"chr": chr, "str": str, "set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "bytes": bytes}


def fold(node: ast.expr, names: Names, depth: int = 0) -> object:
    """The value of an expression of constants, or `UNKNOWN`. Nothing long and nothing of the product is evaluated."""
    if depth > 20:
        return UNKNOWN
    node = names.value(node)
    try:
        value = _folded(node, names, depth + 1)
    except (ValueError, TypeError, IndexError, KeyError, OverflowError, LookupError):
        return UNKNOWN
    return UNKNOWN if isinstance(value, str | bytes | list | tuple) and len(value) > _LONGEST else value


def _folded(node: ast.expr, names: Names, depth: int) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return _all([fold(element, names, depth) for element in elements])
        case ast.Dict(keys=keys):
            return _all([fold(key, names, depth) for key in keys if key is not None])
        case ast.JoinedStr(values=values):
            plain = [v.value if isinstance(v, ast.FormattedValue) and v.format_spec is None else v for v in values]
            parts = _all([fold(part, names, depth) for part in plain])
            return "".join(map(str, parts)) if isinstance(parts, list) else UNKNOWN
        case ast.BinOp(left=left, op=op, right=right):
            return _operation(fold(left, names, depth), op, fold(right, names, depth))
        case ast.Subscript(value=owner, slice=ast.Slice() as part):
            bounds = [None if b is None else fold(b, names, depth) for b in (part.lower, part.upper, part.step)]
            whole = fold(owner, names, depth)
            limits = [b for b in bounds if b is None or isinstance(b, int)]
            if isinstance(whole, str | bytes | list) and len(limits) == len(bounds):
                return whole[slice(*limits)]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = fold(operand, names, depth)
            return -number if isinstance(number, int | float) else UNKNOWN
        case ast.Call(args=arguments, keywords=[]):
            return _called(node.func, [fold(a, names, depth) for a in arguments], names, depth)
    return UNKNOWN


def _all(values: list[object]) -> object:
    return UNKNOWN if any(value is UNKNOWN for value in values) else values


def _operation(left: object, op: ast.operator, right: object) -> object:
    if isinstance(op, ast.Add) and isinstance(left, str | bytes | list) and type(left) is type(right):
        return left + right  # type: ignore[operator]  # both are of one of these types
    if isinstance(op, ast.Mod) and isinstance(left, str) and right is not UNKNOWN and len(left) < _LONGEST // 10:
        shown = tuple(right) if isinstance(right, list) else right
        return left % shown if "*" not in left and not any(c.isdigit() for c in left) else UNKNOWN
    if isinstance(left, int) and isinstance(right, int) and max(abs(left), abs(right)) < 1e9:
        match op:
            case ast.Add():
                return left + right
            case ast.Sub():
                return left - right
            case ast.Mult():
                return left * right
    return UNKNOWN


def _called(function: ast.expr, arguments: list[object], names: Names, depth: int) -> object:
    if any(argument is UNKNOWN for argument in arguments):
        return UNKNOWN
    match function:
        case ast.Name(id=name) if name in _CALLS and len(arguments) == 1:
            value = _CALLS[name](arguments[0])  # type: ignore[operator]  # a wrong one raises TypeError
            return list(value) if isinstance(value, set | frozenset | tuple) else value
        case ast.Attribute(value=ast.Name(id="dict"), attr="fromkeys"):
            return arguments[0]
        case ast.Attribute(value=owner, attr=method) if method in _METHODS:
            value = fold(owner, names, depth)
            if isinstance(value, list) and method == "keys":
                return value
            if isinstance(value, str | bytes) and (method != "zfill" or arguments == [arguments[0]]):
                if method in {"zfill", "replace", "format"} and any(len(str(a)) > 40 for a in arguments):
                    return UNKNOWN
                if method == "zfill" and not (isinstance(arguments[0], int) and arguments[0] < 40):
                    return UNKNOWN
                if method == "format" and (not isinstance(value, str) or ":" in value or "." in value):
                    return UNKNOWN
                return getattr(value, method)(*arguments)
    return UNKNOWN


def texts(node: ast.expr, names: Names) -> Iterator[str | int]:
    """Every text and whole number that the largest constant parts of an expression come to, lists opened."""
    value = fold(node, names)
    if value is UNKNOWN:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from texts(child, names)
            elif isinstance(child, ast.comprehension):
                yield from texts(child.iter, names)
            elif isinstance(child, ast.keyword):
                yield from texts(child.value, names)
        return
    todo = [value]
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo += one
        elif isinstance(one, bytes):
            yield one.decode("latin-1")
        elif isinstance(one, str | int) and not isinstance(one, bool):
            yield one
