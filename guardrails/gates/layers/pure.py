"""Modules that a contract keeps from clock, chance, disk and network, and code in them that touches these all the same.

The contract forbids imports. What needs none (`open`), or a module that nobody listed, is found by its syntax.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

from guardrails.analysis.impurity import Touch, families_of, touches
from guardrails.analysis.layering import Layering, module_of
from guardrails.analysis.source import Sources, is_python
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.paths import matches

IMPURE = Rule(
    "layers/impure",
    Severity.REVIEW,
    "Code that is kept from clock, chance, disk and network touches them without an import that says so",
    "What the contract forbids by name came back under another: the answer no longer follows from the question alone.",
    "Take it in as an argument, or move the code to the layer that may touch it.",
    bad="open('order.txt') in a module to which `os` and `pathlib` are forbidden",
    good="def rank(items, order): ...",
    limits="Pure are the modules to which a contract forbids modules such as os, random or time.",
)
_Kept = dict[str, frozenset[str]]


def impure(
    files: Sequence[FileChange],
    base: Sources,
    head: Sources,
    layerings: Sequence[Layering | None],
    roots: Sequence[str],
    judges: Sequence[str],
) -> Iterator[Finding]:
    """What changed files of pure modules touch and did not touch at the base, all of them together."""
    kept = _kept(layerings)
    found: list[tuple[str, Touch]] = []
    for file in files if kept else ():
        if file.kind is not ChangeKind.DELETED and is_python(file.path) and not matches(file.path, judges):
            families = _of(module_of(file.path, roots), kept)
            found += [(file.path, touch) for touch in _touches(head, file.path) if touch.what in families]
    if not found:
        return
    old = Counter(touch.text for file in files for touch in _touches(base, file.base_path))
    for path, touch in found:
        if old[touch.text] > 0:
            old[touch.text] -= 1
        else:
            what = f"`{touch.text}` in {path} touches {touch.what}, from which a contract keeps it"
            yield IMPURE.finding(what, path=path, line=touch.line)


def _kept(layerings: Sequence[Layering | None]) -> _Kept:
    """The modules that contracts keep from something, and from what."""
    kept: _Kept = {}
    for contract in (c for layering in layerings if layering is not None for c in layering.contracts):
        options = json.loads(contract.options) if contract.kind == "forbidden" else {}
        families = families_of(_listed(options.get("forbidden_modules")))
        for module in _listed(options.get("source_modules")) if families else ():
            kept[module] = kept.get(module, frozenset()) | families
    return kept


def _listed(value: object) -> list[str]:
    """An option's entries, written as a list or one a line."""
    if isinstance(value, str):
        return value.split()
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _of(module: str, kept: _Kept) -> frozenset[str]:
    """From what a module is kept, by its own name or as a part of a package."""
    return frozenset[str]().union(*(what for name, what in kept.items() if f"{module}.".startswith(f"{name}.")))


def _touches(sources: Sources, path: str) -> list[Touch]:
    module = sources.module(path) if is_python(path) else None
    return [] if module is None else list(touches(module, sources.names(path)))
