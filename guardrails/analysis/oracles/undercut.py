"""Tests whose assertions stay while the ground under them is taken away: their data, their fixtures, what they set."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from guardrails.analysis.names import Names, dotted
from guardrails.analysis.oracles.collected import Suite, TestCase
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_MARKING = frozenset({"applymarker", "add_marker"})
_EMPTYING = frozenset({"clear", "pop", "popitem", "remove"})
_DOUBLES = frozenset({"create_autospec", "Mock", "MagicMock", "AsyncMock"})
REVIEW = Severity.REVIEW


def undercut(before: TestCase, after: TestCase, packages: Sequence[str]) -> Iterator[Weakening]:
    """What one test does now, and did not, that leaves its assertions with nothing to say."""
    was, now = Counter(_acts(before, packages)), Counter(_acts(after, packages))
    for rule, what in (now - was).elements():
        yield Weakening(rule, f"{after.name} {what}", after.path, after.line, REVIEW)


def _acts(test: TestCase, packages: Sequence[str]) -> Iterator[tuple[str, str]]:
    given = {a.arg for a in walk(test.node.args) if isinstance(a, ast.arg)}
    drawn = given if any("given" in unparse(d) for d in test.node.decorator_list) else set()
    asserted = _Asserted(test.node)
    for node in walk(test.node):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _MARKING:
                yield "test-skipped", f"marks itself as it runs: `{unparse(node)[:80]}`"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if (
                owner in drawn and name in _EMPTYING
            ):
                yield "property-narrowed", f"empties what was drawn for it: `{unparse(node)[:80]}`"
            case ast.Call(func=function, args=[subject, *_]) if (dotted(function) or "").rpartition(".")[2] in _DOUBLES:
                if (test.names.full(subject) or "").partition(".")[0] in packages:
                    yield "subject-mocked", f"makes a double of what it tests: `{unparse(node)[:80]}`"
            case ast.Call(
                func=ast.Attribute(attr="setattr"), args=[ast.Name(id=owner), ast.Constant(value=str(name)), *_]
            ):
                if f"{owner}.{name}" in asserted:
                    yield "subject-mocked", f"sets what it asserts: `{unparse(node)[:80]}`"
            case ast.Assign(targets=[target], value=value) if drawn or _may_undercut(value):
                yield from _assigned(unparse(target), value, asserted, drawn)


class _Asserted:
    """Everything that stands in an assertion of a test, as text; written out when it is first asked for."""

    def __init__(self, node: ast.AST) -> None:
        self._node = node

    @cached_property
    def _texts(self) -> frozenset[str]:
        asserts = (n for n in walk(self._node) if isinstance(n, ast.Assert))
        return frozenset(unparse(n) for a in asserts for n in walk(a.test))

    def __contains__(self, text: str) -> bool:
        return text in self._texts


def _may_undercut(value: ast.expr) -> bool:
    """Whether `_assigned` could have anything to say of such a value."""
    return isinstance(value, ast.Constant | ast.Call | ast.Subscript)


def _assigned(target: str, value: ast.expr, asserted: _Asserted, drawn: set[str]) -> Iterator[tuple[str, str]]:
    if target in drawn:
        yield "property-narrowed", f"puts something else in the place of what was drawn: `{target}`"
    elif "." in target and isinstance(value, ast.Constant) and target in asserted:
        yield "subject-mocked", f"sets what it asserts: `{target} = {unparse(value)}`"
    elif _makes_coarser(target, value) and target in asserted:
        yield "assertion-weakened", f"looks at `{target}` through `{unparse(value)[:60]}`"


def _makes_coarser(name: str, value: ast.expr) -> bool:
    """`ranked = sorted(ranked)`: what is asserted of it afterwards holds whatever the order was."""
    match value:
        case ast.Call(func=ast.Name(id="sorted" | "set" | "frozenset" | "len" | "bool" | "round"), args=[inner, *_]):
            return unparse(inner) == name
        case ast.Subscript(value=inner, slice=ast.Slice()):
            return unparse(inner) == name
    return False


def undercut_file(
    before: Suite | None, after: Suite, fixtures: Mapping[str, str], packages: Sequence[str]
) -> Iterator[Weakening]:
    """What a file of tests does to the data, the fixtures and the imports of its tests.

    `fixtures` maps the names of the base's fixtures in conftest.py to where they stand.
    """
    if before is None:
        return
    used = Counter(n.id for test in after.tests for n in walk(test.node) if isinstance(n, ast.Name))
    for name, value in before.names.constants.items():
        now = after.names.constants.get(name)
        if now is not None and used[name] and _is_other_data(value, now, before.names):
            what = f"the data {name} of {after.path}, which tests use, is other data now"
            yield Weakening("expected-value-changed", what, after.path, now.lineno, REVIEW)
    old = {n.name for n in before.module.body if isinstance(n, ast.FunctionDef)}
    tried = {unparse(n) for n in before.module.body if isinstance(n, ast.Try)}
    for node in after.module.body:
        if isinstance(node, ast.FunctionDef) and node.name not in old and node.name in fixtures and _is_fixture(node):
            what = f"{after.path} puts its own fixture {node.name} in the place of that of {fixtures[node.name]}"
            yield Weakening("subject-mocked", what, after.path, node.lineno, REVIEW)
        elif isinstance(node, ast.Try) and unparse(node) not in tried and (named := _imports_product(node, packages)):
            what = f"{after.path} takes {named} from another place where that can be imported"
            yield Weakening("subject-mocked", what, after.path, node.lineno, REVIEW)


def _is_other_data(old: ast.expr, new: ast.expr, names: Names) -> bool:
    """Whether written data lost or changed a part; what only grew is no finding."""
    if unparse(old) == unparse(new) or "hypothesis" in (names.full(old) or ""):
        return False
    match old, new:
        case (ast.List() | ast.Tuple() | ast.Set(), ast.List() | ast.Tuple() | ast.Set()):
            return bool(Counter(map(unparse, old.elts)) - Counter(map(unparse, new.elts)))
        case (ast.Dict(), ast.Dict()):
            pairs = [{(unparse(k), unparse(v)) for k, v in zip(d.keys, d.values, strict=True) if k} for d in (old, new)]
            return bool(pairs[0] - pairs[1])
        case (ast.Call(), ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.Constant() | ast.IfExp()):
            return True  # what was read or made is written down, or read only sometimes
    return False


def _is_fixture(node: ast.FunctionDef) -> bool:
    return any("fixture" in unparse(decorator) for decorator in node.decorator_list)


def _imports_product(node: ast.Try, packages: Sequence[str]) -> str:
    """The product's names that a `try` imports from more than one place, or an empty string."""
    handlers = [statement for handler in node.handlers for statement in handler.body]
    found = [
        {
            alias.asname or alias.name
            for n in body
            if isinstance(n, ast.ImportFrom) and _of(n, packages)
            for alias in n.names
        }
        for body in (node.body, handlers)
    ]
    return ", ".join(sorted(found[0] & found[1]))


def _of(node: ast.ImportFrom, packages: Sequence[str]) -> bool:
    return (node.module or "").partition(".")[0] in packages
