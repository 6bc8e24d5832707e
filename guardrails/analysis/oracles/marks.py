"""What keeps a test from running, or its failure from counting: skips, expected failures, retries, conditions."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from guardrails.analysis.names import Names, truth
from guardrails.analysis.oracles.collected import Function, Suite, TestCase
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_SKIPPING = frozenset(
    {
        "pytest.mark.skip", "pytest.mark.xfail", "unittest.skip", "unittest.expectedFailure", "pytest.mark.skipif",
        "unittest.skipIf", "unittest.skipUnless",
    }
)  # fmt: skip
_CALLS = frozenset({"pytest.skip", "pytest.xfail", "pytest.importorskip", "unittest.SkipTest", "pytest.skip.Exception"})
_RETRYING = frozenset({"pytest.mark.flaky", "flaky.flaky", "pytest.mark.repeat", "pytest.mark.rerun"})
_HARMLESS = (
    "pytest.", "unittest.mock.", "mock.", "hypothesis.", "functools.", "contextlib.", "staticmethod", "classmethod",
    "typing.", "tests.", "freezegun.", "respx.", "responses.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """One decorator or one entry of a `pytestmark` that holds for a test. `where` names what it stands on."""

    full: str
    text: str
    line: int
    where: str
    call: ast.Call | None


def marks_of(test: TestCase, suite: Suite) -> list[Mark]:
    """All marks that hold for a test: of the module, of its classes, its own."""
    found = list(_module_marks(suite.module, suite.names))
    for node in test.classes:
        where = f"the class {node.name}"
        found += _decorators(node.decorator_list, test.names, where)
        found += _assigned(node.body, test.names, where)
    return [*found, *_decorators(test.node.decorator_list, test.names, test.name)]


def _module_marks(module: ast.Module, names: Names) -> Iterator[Mark]:
    yield from _assigned(module.body, names, "the whole module")


def _decorators(nodes: Iterable[ast.expr], names: Names, where: str) -> Iterator[Mark]:
    for node in nodes:
        value = names.value(node)  # a mark that has a name: `slow = pytest.mark.skipif(...)`
        call = value if isinstance(value, ast.Call) else None
        full = names.full(call.func if call else value) or unparse(value)
        yield Mark(full, unparse(value), node.lineno, where, call)


def _assigned(body: Iterable[ast.stmt], names: Names, where: str) -> Iterator[Mark]:
    for statement in body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "pytestmark" for t in statement.targets
        ):
            value = statement.value
            entries = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
            yield from _decorators(entries, names, where)


def new_marks(before: tuple[TestCase, Suite], after: tuple[TestCase, Suite]) -> Iterator[Weakening]:
    """Marks that a test has now and did not have, as far as they keep it from running or from counting."""
    old = Counter((mark.full, mark.text) for mark in marks_of(*before))
    test = after[0]
    for mark in marks_of(*after):
        if old[mark.full, mark.text] > 0:
            old[mark.full, mark.text] -= 1
            continue
        weakening = _of_mark(mark, test, after[1].left_out)
        if weakening is not None:
            yield weakening
    if isinstance(test.node, ast.AsyncFunctionDef) and isinstance(before[0].node, ast.FunctionDef):
        what = f"{test.name} is now a coroutine, which pytest runs only with a plugin"
        yield Weakening("test-wrapped", what, test.path, test.line)
    given = (_defaults(test.node) - _defaults(before[0].node)) & _arguments(before[0].node)
    for name in sorted(given):
        what = f"{test.name} no longer takes the fixture `{name}`: its argument has a default"
        yield Weakening("test-wrapped", what, test.path, test.line)
    added = [c for c in test.conditions if c not in before[0].conditions]
    if added:
        what = f"{test.name} is now defined only if `{added[0]}`"
        yield Weakening("test-conditional", what, test.path, test.line)


def _arguments(node: Function) -> set[str]:
    return {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}


def _defaults(node: Function) -> set[str]:
    """Arguments that have a default: pytest gives them no fixture."""
    last = node.args.args[len(node.args.args) - len(node.args.defaults) :]
    named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return {a.arg for a in last} | {a.arg for a, default in named if default is not None}


def _of_mark(mark: Mark, test: TestCase, left_out: frozenset[str]) -> Weakening | None:
    """What a new mark does to a test."""
    place = (test.path, mark.line)
    if mark.full.startswith("pytest.mark.") and mark.full.rpartition(".")[2] in left_out:
        what = f"{mark.where} is now left out by the suite's own call of pytest: @{mark.text}"
        return Weakening("test-skipped", what, *place, Severity.REVIEW)
    if mark.full in _RETRYING:
        return Weakening("test-retried", f"{mark.where} is now run again when it fails: @{mark.text}", *place)
    if mark.full in _SKIPPING:
        return _of_skip(mark, test)
    own = mark.full.partition("(")[0]
    if own.startswith(_HARMLESS) or mark.where == "the whole module":
        return None
    return Weakening("test-wrapped", f"{mark.where} now runs through @{mark.text[:80]}", *place)


def _of_skip(mark: Mark, test: TestCase) -> Weakening | None:
    """A skip or an expected failure: for a person to decide where a condition of the machine stands in it."""
    condition = _condition(mark)
    known = truth(condition, test.names) if condition is not None else True
    if mark.full == "unittest.skipUnless" and condition is not None:
        known = None if known is None else not known
    if known is False:
        return None
    verb = "is now expected to fail" if "xfail" in mark.full or "Failure" in mark.full else "is now skipped"
    what = f"{mark.where} {verb}: @{mark.text[:120]}"
    severity = Severity.REVIEW if known is None else None
    return Weakening("test-skipped", what, test.path, mark.line, severity)


def _condition(mark: Mark) -> ast.expr | None:
    """The condition of a mark, or None for one that always holds."""
    if mark.call is None or mark.full in {"pytest.mark.skip", "unittest.skip"}:
        return None
    given = [k.value for k in mark.call.keywords if k.arg == "condition"]
    return next(iter([*given, *mark.call.args]), None)


Skip = tuple[str, str, int]  # the full name of what is called, its text, its line


def _skip(node: ast.AST, names: Names) -> Skip | None:
    """The skip that a call is, or None."""
    full = (names.full(node.func) or "") if isinstance(node, ast.Call) else ""
    if full in _CALLS or full.endswith(".skipTest"):
        return full, unparse(node), getattr(node, "lineno", 0)
    return None


def skip_calls(body: ast.AST, names: Names) -> list[Skip]:
    """Every call that skips."""
    return [skip for node in walk(body) if (skip := _skip(node, names))]


def new_skip_calls(before: TestCase, after: TestCase) -> Iterator[Weakening]:
    """Skips inside the body: block those that always happen, ask about those under a condition."""
    old = Counter(full for full, _, _ in skip_calls(before.node, before.names))
    always = _unconditional(after)
    for full, text, line in skip_calls(after.node, after.names):
        if old[full] > 0:
            old[full] -= 1
            continue
        severity = None if line in always and full != "pytest.importorskip" else Severity.REVIEW
        yield Weakening("test-skipped", f"{after.name} now skips itself: `{text[:100]}`", after.path, line, severity)


def _unconditional(test: TestCase) -> set[int]:
    """Lines of the statements that run each time the test runs."""
    lines: set[int] = set()
    todo = list(test.node.body)
    while todo:
        statement = todo.pop()
        entered = isinstance(statement, ast.If) and truth(statement.test, test.names) is True
        if entered or isinstance(statement, ast.With | ast.AsyncWith):
            todo += statement.body  # type: ignore[attr-defined]  # an If or a With
        elif isinstance(statement, ast.Expr | ast.Raise):
            lines.add(statement.lineno)
    return lines


def module_skips(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """Skips in what runs besides the tests: at import, in fixtures and helpers."""
    old = Counter(full for full, _, _ in _outside(before)) if before else Counter()
    for full, text, line in _outside(after):
        if old[full] > 0:
            old[full] -= 1
            continue
        top = any(isinstance(s, ast.Expr | ast.Raise) and s.lineno == line for s in after.module.body)
        severity = None if top and full != "pytest.importorskip" else Severity.REVIEW
        what = f"{after.path} now skips {'as a whole' if top else 'outside its tests'}: `{text[:100]}`"
        yield Weakening("test-skipped", what, after.path, line, severity)


def _outside(suite: Suite) -> list[Skip]:
    """The calls that skip and stand in no test."""
    inside = {id(node) for test in suite.tests for node in walk(test.node)}
    outside = (node for node in walk(suite.module) if id(node) not in inside)
    return [skip for node in outside if (skip := _skip(node, suite.names))]
