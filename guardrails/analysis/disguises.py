"""Inputs of the tests that a product file names in disguise: encoded, spelt backwards, as numbers, or by a pattern."""

import ast
import re
from base64 import b64decode
from binascii import Error as NotEncoded
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.walking import unparse

IDENTITY = re.compile(r"(?i)(^|[._])(user|item|track|account|customer|session|request)(_?id)?s?$|_id$")
_ID = re.compile(r"^[A-Za-z]+[-_:]?[0-9]+$")
_CLASSES = re.compile(r"\\[dDwWsSbB]|\[[^\]]*\]|\{[\d,]*\}")
_MATCHERS = frozenset({"re.fullmatch", "re.match", "re.search"})
_SHORTEST = 2


def is_id(value: object) -> bool:
    """Letters and a number, or a number of several figures: what names somebody or something."""
    if isinstance(value, str):
        return _ID.match(value) is not None
    return isinstance(value, int) and not isinstance(value, bool) and value >= 10


def disguised(node: ast.AST, names: Names) -> Iterator[tuple[ast.expr, tuple[str, ...]]]:
    """Comparisons with an id that is not written as one: the node, and the ids that it stands for."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In):
        for side in (node.left, node.comparators[0]):
            if meant := tuple(_meant(names.value(side))):
                yield node, meant


def pattern_of(node: ast.AST, names: Names) -> str:
    """The written pattern by which somebody's id is matched and that holds figures of its own, or an empty string."""
    match node:
        case ast.Call(args=[ast.Constant(value=str(pattern)), subject]) if names.full(node.func) in _MATCHERS:
            of_ids = IDENTITY.search(unparse(subject)) and any(c.isdigit() for c in _CLASSES.sub("", pattern))
            return pattern if of_ids else ""
    return ""


def _meant(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str() | bytes() as value):
            yield from _decoded(value)
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            codes = [e.value for e in elements if isinstance(e, ast.Constant) and isinstance(e.value, int)]
            if len(codes) == len(elements) >= _SHORTEST and all(32 <= code < 127 for code in codes):
                yield from filter(is_id, ["".join(map(chr, codes))])
            elif not codes:
                yield from (meant for element in elements for meant in _meant(element))
        case ast.Call(func=ast.Attribute(value=ast.Name(id="bytes"), attr="fromhex"), args=[inner]):
            yield from _meant(inner)


def _decoded(value: str | bytes) -> Iterator[str]:
    """What a text says in base64, in hexadecimal digits or backwards, where that is an id and the text is none."""
    text = value if isinstance(value, str) else value.decode("latin-1")
    if is_id(text):
        return
    found = [text[::-1]]
    for decode in (_base64, bytes.fromhex):
        try:
            found.append(decode(text).decode("ascii"))
        except (ValueError, NotEncoded):
            continue
    yield from (one for one in found if is_id(one))


def _base64(text: str) -> bytes:
    return b64decode(text.encode("ascii", "replace"), validate=True)
