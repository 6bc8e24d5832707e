"""The cases that a test runs through: parametrisation, and loops over written lists."""

import ast
import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.analysis.names import Names, number
from guardrails.analysis.oracles.collected import TestCase
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk

_ALIKE = 0.5  # how alike two cases must be for one to be what became of the other
_MOST_PAIRS = 10_000  # past it cases are not looked at for likeness
_Parts = tuple[str | None, tuple[str, ...]]  # the inputs, and all values
_OFF = frozenset({"pytest.mark.skip", "pytest.mark.xfail", "pytest.mark.skipif"})


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one parametrisation or loop: its arguments, each case as text, those that are switched off."""

    arguments: str
    cases: tuple[str, ...]
    off: frozenset[str]
    line: int
    size: int


def cases_of(test: TestCase) -> list[Cases]:
    """Every written-out list of cases of a test, its class's too."""
    decorators = [d for node in (*test.classes, test.node) for d in node.decorator_list]
    found: list[Cases] = []
    for decorator in decorators:
        call = test.names.value(decorator)
        if (
            isinstance(call, ast.Call)
            and test.names.full(call.func) == "pytest.mark.parametrize"
            and len(call.args) > 1
        ):
            found += _listed(call.args[0], call.args[1], test.names)
    for node in walk(test.node):
        if isinstance(node, ast.For):
            found += _listed(node.target, node.iter, test.names)
    return found


def _listed(arguments: ast.expr, values: ast.expr, names: Names) -> Iterator[Cases]:
    """The cases, if they are written out or counted by `range`."""
    values = names.value(values)
    key = _arguments(arguments)
    if isinstance(values, ast.List | ast.Tuple | ast.Set):
        entries = [_case(e, names) for e in values.elts]
        off = frozenset(text for text, switched in entries if switched)
        yield Cases(key, tuple(text for text, _ in entries), off, values.lineno, len(entries))
    elif isinstance(values, ast.Dict):
        texts = tuple(unparse(k) for k in values.keys if k is not None)
        yield Cases(key, texts, frozenset(), values.lineno, len(texts))
    elif isinstance(values, ast.Call) and names.full(values.func) == "range" and values.args:
        bounds = [number(a, names) for a in values.args]
        if None not in bounds:
            size = int((bounds[-1] or 0) - ((bounds[0] or 0) if len(bounds) > 1 else 0))
            yield Cases(key, (), frozenset(), values.lineno, size)


def _arguments(node: ast.expr) -> str:
    """Names of arguments in one form, written as a string, a list or a loop's target."""
    if isinstance(node, ast.Constant):
        return ",".join(part.strip() for part in str(node.value).split(","))
    if isinstance(node, ast.List | ast.Tuple):
        return ",".join(_arguments(e) for e in node.elts)
    return unparse(node)


def _case(node: ast.expr, names: Names) -> tuple[str, bool]:
    """One case as text, and whether it is switched off by a mark of its own."""
    if isinstance(node, ast.Call) and names.full(node.func) == "pytest.param":
        marks = next((k.value for k in node.keywords if k.arg == "marks"), None)
        inner = list(walk(marks)) if marks is not None else []
        off = any(isinstance(n, ast.Attribute) and names.full(n) in _OFF for n in inner)
        values = node.args
        text = unparse(values[0]) if len(values) == 1 else unparse(ast.Tuple(list(values), ast.Load()))
        return text, off
    return unparse(node), False


def fewer_cases(before: TestCase, after: TestCase) -> Iterator[Weakening]:
    """Cases that are gone, switched off, or expect another value."""
    old, new = cases_of(before), cases_of(after)
    for cases in old:
        partner = _partner(cases, old, new)
        if partner is None:
            if not new and cases.size > 1:
                what = f"{after.name} no longer runs through its {cases.size} cases of {cases.arguments}"
                yield Weakening("cases-removed", what, after.path, after.line)
            continue
        new.remove(partner)
        yield from _compared(cases, partner, after)


def _partner(cases: Cases, old: Sequence[Cases], new: Sequence[Cases]) -> Cases | None:
    """The same parametrisation in the head: by its arguments, else the only one there is."""
    same = next((c for c in new if c.arguments == cases.arguments), None)
    return same or (new[0] if len(old) == len(new) == 1 else None)


def _compared(before: Cases, after: Cases, test: TestCase) -> Iterator[Weakening]:
    place = (test.path, after.line)
    off = after.off - before.off
    if off & set(before.cases):
        case = sorted(off & set(before.cases))[0]
        yield Weakening("test-skipped", f"the case {case[:80]} of {test.name} is switched off", *place)
    if before.arguments != after.arguments or not (before.cases or after.cases):
        if after.size < before.size:
            what = f"{test.name} runs {after.size} cases of {before.arguments}, and ran {before.size}"
            yield Weakening("cases-removed", what, *place)
        return
    gone = list((Counter(before.cases) - Counter(after.cases)).elements())
    come = list((Counter(after.cases) - Counter(before.cases)).elements())
    twins = _twins(gone, come)
    for place_in_list, case in enumerate(gone):
        if place_in_list in twins:
            what = f"the case {case[:80]} of {test.name} became {twins[place_in_list][:80]}"
            yield Weakening("expected-value-changed", what, *place)
        else:
            yield Weakening("cases-removed", f"the case {case[:100]} of {test.name} is gone", *place)


def _twins(gone: Sequence[str], come: Sequence[str]) -> dict[int, str]:
    """What became of the cases that are gone, the likest pairs first: the same inputs, else a case that is much alike.

    All are paired before one is called gone, so that a case is not given to the first that it resembles.
    """
    parts = {case: (_inputs(case), _values(case)) for case in (*gone, *come)}
    few = len(gone) * len(come) <= _MOST_PAIRS
    scored = []
    for i, case in enumerate(gone):
        for j, other in enumerate(come if few else ()):
            likeness = _likeness(parts[case], parts[other], case, other)
            if likeness >= _ALIKE:
                scored.append((-likeness, abs(i - j), i, j))
    found: dict[int, str] = {}
    taken: set[int] = set()
    for _, _, i, j in sorted(scored):
        if i not in found and j not in taken:
            found[i] = come[j]
            taken.add(j)
    return found


def _likeness(one: _Parts, other: _Parts, text: str, other_text: str) -> float:
    """How sure it is that two cases are one that was edited, from 0 to 2."""
    if one[0] == other[0]:
        return 2.0
    if len(one[1]) != len(other[1]):
        return 0.0
    same = sum(a == b for a, b in zip(one[1], other[1], strict=True)) / len(one[1])
    return max(same, difflib.SequenceMatcher(None, text, other_text, autojunk=False).ratio())


def _values(case: str) -> tuple[str, ...]:
    """The values of a case as text."""
    node = _parsed(case)
    return tuple(map(unparse, node.elts)) if isinstance(node, ast.Tuple) else (case,)


def _inputs(case: str) -> str | None:
    """All of a case but its last value, which is what is expected; None for a case of one value."""
    node = _parsed(case)
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        return unparse(ast.Tuple(node.elts[:-1], ast.Load()))
    return None


def _parsed(case: str) -> ast.expr:
    """A case's text as an expression; one with a star is read as part of a list."""
    whole = ast.parse(f"[{case}]" if case.startswith("*") else case, mode="eval")
    return whole.body


def literals_of(test: TestCase) -> frozenset[str]:
    """Every literal that stands in a test's cases, as text: where checks went that became cases."""
    texts: set[str] = set()
    for cases in cases_of(test):
        for case in cases.cases:
            texts |= {unparse(n) for n in walk(_parsed(case)) if isinstance(n, ast.expr)}
    return frozenset(texts)
