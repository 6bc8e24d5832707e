"""Decisions that hide what they look for: a digest of something that is compared with a value written there."""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.walking import unparse, walk

_DIGESTS = ("hashlib.", "zlib.crc32", "zlib.adler32", "binascii.crc32", "binascii.crc_hqx", "hmac.")
_METHODS = frozenset({"hexdigest", "digest"})
_MASK = 0xFFFF  # fewer bits are a bucket
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def hidden_literals(module: ast.Module, names: Names) -> Iterator[tuple[str, int]]:
    """Yield text and line of each comparison of a digest with literals for being equal to or among them.

    A digest of which only a remainder or some bits count is a bucket, as experiments and shards have it, and is none.
    """
    for scope in [module, *(node for node in walk(module) if isinstance(node, _FUNCTIONS))]:
        held = _held(scope, names)
        for node in _own(scope):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq | ast.In) for op in node.ops):
                sides = [node.left, *node.comparators]
                if any(_is_digest(side, names, held) for side in sides) and any(
                    _is_literal(names.value(side), names) for side in sides
                ):
                    yield unparse(node)[:100], node.lineno
            elif isinstance(node, ast.Call) and _begins_with_a_literal(node, names, held):
                yield unparse(node)[:100], node.lineno


def _begins_with_a_literal(node: ast.Call, names: Names, held: frozenset[str]) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(value=subject, attr="startswith" | "endswith"), args=[word]):
            return _is_digest(subject, names, held) and _is_literal(names.value(word), names)
    return False


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, without those of the functions in it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, _FUNCTIONS):
            yield child
            yield from _own(child)


def _held(scope: ast.AST, names: Names) -> frozenset[str]:
    """Local names that hold a digest."""
    found = set()
    for node in _own(scope):
        if isinstance(node, ast.Assign | ast.NamedExpr) and _is_digest(node.value, names, frozenset()):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return frozenset(found)


def _is_digest(node: ast.expr, names: Names, held: frozenset[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in held
    if isinstance(node, ast.Subscript):  # the first letters of one
        return _is_digest(node.value, names, held)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        wide = isinstance(node.right, ast.Constant) and isinstance(node.right.value, int) and node.right.value > _MASK
        return wide and _is_digest(node.left, names, held)
    if not isinstance(node, ast.Call):
        return False
    full = names.full(node.func) or ""
    if full == "hash" or full.startswith(_DIGESTS):
        return True
    if full in {"int", "str", "hex"} and node.args:
        return _is_digest(node.args[0], names, held)
    return isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS


def _is_literal(node: ast.expr, names: Names) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes | int) and not isinstance(node.value, bool) and bool(node.value)
    if not isinstance(node, ast.Tuple | ast.List | ast.Set) or not node.elts:
        return False
    return all(_is_literal(names.value(element), names) for element in node.elts)
