"""The root of all errors of a project's own: to catch it is to catch every one of them."""

import ast
import re
from collections.abc import Iterable, Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.sign import Sign
from guardrails.analysis.source import Sources
from guardrails.analysis.swallowing import KINDS, tells
from guardrails.analysis.walking import unparse, walk

_DIRECT = re.compile(r"^class (\w+)\((?:\w+\.)*(?:Base)?Exception(?:Group)?\b", re.MULTILINE)
_CAUGHT = re.compile(r"\bexcept\b|\bsuppress\(")
_SEVERAL = 3  # built-in kinds of error, around the project's own code
_FEWEST = 2  # errors below one that make it a root


def may_catch(text: str) -> bool:
    """Whether a source catches anything at all."""
    return _CAUGHT.search(text) is not None


def roots(sources: Sources, paths: Iterable[str]) -> frozenset[str]:
    """The names of classes from which all errors of their module descend, and that are no kind of error themselves."""
    found: set[str] = set()
    for path in paths:
        module = sources.module(path) if _DIRECT.search(sources.text(path) or "") else None
        if module is not None:
            found |= set(_roots(module))
    return frozenset(found)


def _roots(module: ast.Module) -> Iterator[str]:
    parents = {
        n.name: [unparse(base).rpartition(".")[2] for base in n.bases]
        for n in module.body
        if isinstance(n, ast.ClassDef)
    }
    direct = [name for name, bases in parents.items() if {"Exception", "BaseException"} & set(bases)]
    for name in direct:
        below = {other for other in parents if other != name and _descends(other, name, parents, frozenset())}
        if len(below) >= _FEWEST and all(other == name or other in below for other in direct):
            yield name


def _descends(name: str, above: str, parents: dict[str, list[str]], seen: frozenset[str]) -> bool:
    bases = parents.get(name, [])
    return above in bases or any(
        _descends(base, above, parents, seen | {name}) for base in bases if base not in seen and base != name
    )


def swallowed_roots(module: ast.Module, names: Names, known: frozenset[str], packages: Iterable[str]) -> Iterator[Sign]:
    """Every place that takes all of the project's own errors and says nothing."""
    tops = {package.partition(".")[0] for package in packages}
    yield from _many_kinds_around(module, names, tops)
    for node in walk(module):
        if isinstance(node, ast.ExceptHandler) and node.type is not None and not tells(node):
            kinds = [node.type]
        elif isinstance(node, ast.Call) and names.full(node.func) == "contextlib.suppress":
            kinds = node.args
        else:
            continue
        parts = [
            part for kind in map(names.value, kinds) for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])
        ]
        if any(_is_root(part, names, known, tops) for part in parts):
            text = " ".join(unparse(node).split())[:100]
            yield Sign("errors-swallowed", text, f"swallows every error of the project's own: `{text}`", node.lineno)


def _is_root(node: ast.expr, names: Names, known: frozenset[str], tops: set[str]) -> bool:
    full = names.full(node) or ""
    first, dot, _ = full.partition(".")
    return full.rpartition(".")[2] in known and (not dot or first in tops or not first)


def _many_kinds_around(module: ast.Module, names: Names, tops: set[str]) -> Iterator[Sign]:
    """Several built-in kinds around what the project itself does; around `int(text)` they are what parsing raises."""
    ours = {n for n, full in names.imports.items() if full.partition(".")[0] in {*tops, ""}}
    for node in walk(module):
        if not isinstance(node, ast.Try) or not ours & {_called(n) for part in node.body for n in walk(part)}:
            continue
        for handler in node.handlers:
            kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else []
            builtin = {names.full(kind) or "" for kind in kinds} & KINDS
            if len(builtin) >= _SEVERAL and not tells(handler):
                text = " ".join(unparse(handler).split())[:100]
                yield Sign("errors-swallowed", text, f"swallows nearly every error: `{text}`", handler.lineno)


def _called(node: ast.AST) -> str:
    """The first name of what is called."""
    function = node.func if isinstance(node, ast.Call) else None
    while isinstance(function, ast.Attribute):
        function = function.value
    return function.id if isinstance(function, ast.Name) else ""
