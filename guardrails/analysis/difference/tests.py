"""Test functions that came, went or moved, from plain text; the gates `tampering` and `tests` judge them."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from guardrails.analysis.source import Sources
from guardrails.model.change import Change
from guardrails.model.difference import Swap
from guardrails.model.paths import matches

MOST = 500
_TEST = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)[ \t]*\(", re.MULTILINE)


def test_functions(change: Change, base: Sources, head: Sources, patterns: Sequence[str]) -> tuple[Swap, ...]:
    """Each with its file before and after; a name that left one file and entered another was moved."""
    gone: dict[str, list[str]] = {}
    new: dict[str, list[str]] = {}
    for file in change.files:
        if not any(matches(path, patterns) for path in (file.path, file.base_path)):
            continue
        old, now = _names(base, file.base_path), _names(head, file.path)
        for name in sorted(old - now):
            gone.setdefault(name, []).append(file.base_path)
        for name in sorted(now - old):
            new.setdefault(name, []).append(file.path)
    swaps = []
    for name in sorted({*gone, *new}):
        before, after = gone.get(name, []), new.get(name, [])
        swaps += [Swap(name, old, now) for old, now in zip_longest(before, after, fillvalue="")]
    return tuple(sorted(swaps, key=lambda swap: (bool(swap.after), bool(swap.before), swap.name)))[:MOST]


def _names(sources: Sources, path: str) -> set[str]:
    return set(_TEST.findall(sources.text(path) or ""))
