"""The tests of the base against the tests of the head: everything by which the head's check less."""

import ast
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.analysis.observation import Observation
from guardrails.analysis.oracles.answering import looser_answers
from guardrails.analysis.oracles.cases import fewer_cases, literals_of
from guardrails.analysis.oracles.checks import Check, Strength
from guardrails.analysis.oracles.collected import Function, Hidden, Suite, TestCase
from guardrails.analysis.oracles.doubles import (
    fixture_doubles,
    newly_replaced,
    no_longer_called,
    shadowed_imports,
    subjects_of,
)
from guardrails.analysis.oracles.hooks import (
    equal_to_everything,
    loosely_equal,
    new_exits,
    new_hooks,
    patched_tools,
    uncollected_paths,
)
from guardrails.analysis.oracles.hypotheses import less_tried, new_profiles, smaller_strategies
from guardrails.analysis.oracles.marks import module_skips, new_marks, new_skip_calls
from guardrails.analysis.oracles.pairing import Pairing, body_of, hidden_twin, pair
from guardrails.analysis.oracles.runtime_names import changed_at_run_time
from guardrails.analysis.oracles.sides import Side
from guardrails.analysis.oracles.undercut import undercut, undercut_file
from guardrails.analysis.oracles.weakening import Weakening, no_longer_counts, weakenings
from guardrails.analysis.walking import same, unparse, walk
from guardrails.model.finding import Severity

_TELLING = 4  # words of a name, besides `test`, that two tests do not share by chance


@dataclass(frozen=True, slots=True)
class Compared:
    """What was seen, and how many tests of the base were compared."""

    observations: tuple[Observation, ...]
    tests: int


def compare(
    base: Side,
    head: Side,
    renamed: Mapping[str, str],
    packages: Sequence[str],
    removed: Callable[[], frozenset[str]],
    altered: Callable[[], frozenset[str]] = frozenset,
) -> Compared:
    """Compare two sides.

    `renamed` maps the base's paths to the head's, `packages` are the product's, `removed` finds the names that
    the change takes out of the product, `altered` the functions and classes of it that the change alters.
    """
    lost = {renamed.get(path, path) for path in head.unreadable}
    old = [test for test in base.tests if renamed.get(test.path, test.path) not in lost]
    found = pair(old, head.tests, renamed)
    seen: list[Observation] = []
    moved = _checks_of_new(found.new, head) if found.new else Counter[Hashable]()
    for before, after in found.pairs:
        seen += _observed(_pair(before, after, base, head, packages, moved))
    if found.gone:
        seen += _gone(found, base, head, renamed, packages, removed(), altered())
    for path, suite in head.suites.items():
        former = next((p for p in base.suites if renamed.get(p, p) == path), None)
        seen += _observed(_file(base.suites.get(former) if former else None, suite, base, head, packages))
    seen += [
        Observation("unreadable", path, None, f"{path} cannot be read by this Python's grammar, so it was not compared")
        for path in [*head.unreadable, *(p for p in base.unreadable if renamed.get(p, p) in head.suites)]
    ]
    return Compared(tuple(dict.fromkeys(seen)), len(base.tests))


def _observed(found: Iterator[Weakening]) -> list[Observation]:
    return [Observation(w.rule, w.path, w.line, w.what, w.severity) for w in found]


def _checks_of_new(tests: Sequence[TestCase], head: Side) -> Counter[Hashable]:
    """What new tests check, so far as they run: an assertion may have moved there."""
    running = [
        t for t in tests if not any("skip" in unparse(d) or "xfail" in unparse(d) for d in t.node.decorator_list)
    ]
    return Counter(check.signature for test in running for check in head.of_test(test) if not check.dead)


def _pair(
    before: TestCase, after: TestCase, base: Side, head: Side, packages: Sequence[str], moved: Counter[Hashable]
) -> Iterator[Weakening]:
    """One test on both sides. `moved` are the checks of new tests, of which each can be what one of the base became."""
    suites = base.suites[before.path], head.suites[after.path]
    yield from new_marks((before, suites[0]), (after, suites[1]))
    if _same(before, after):  # what its helpers lost is seen where they stand
        return
    yield from new_skip_calls(before, after)
    yield from fewer_cases(before, after)
    yield from newly_replaced(before, after, packages)
    yield from no_longer_called(before, after, packages)
    yield from undercut(before, after, packages)
    yield from less_tried(before, after)
    checks = base.of_test(before), head.of_test(after)
    living = [check for check in checks[1] if not check.dead]
    if any(not check.dead for check in checks[0]) and not living:
        emptied = f"{after.name} checked {len(checks[0])} things and checks nothing now"
        only_warned = all("warns" in check.text or "deprecated_call" in check.text for check in checks[0])
        gone = Weakening("test-emptied", emptied, after.path, after.line, Severity.REVIEW if only_warned else None)
        yield no_longer_counts(checks[1][0]) if checks[1] else gone
        return
    known = literals_of(after) - literals_of(before)
    for weakening in weakenings(*checks):
        if weakening.rule == "assertion-removed" and _became_case(weakening, checks[0], living, known):
            continue
        if weakening.rule == "assertion-removed" and _moved(weakening, checks[0], moved):
            continue
        placed = weakening.what if after.name in weakening.what else f"in {after.name} {weakening.what}"
        yield Weakening(
            weakening.rule, placed, weakening.path or after.path, weakening.line or after.line, weakening.severity
        )


def _same(before: TestCase, after: TestCase) -> bool:
    """Whether two tests are the same to the letter, in the constants of their modules too."""
    if before.bare != after.bare or not same(before.node, after.node):
        return False
    used = {n.id for n in walk(before.node) if isinstance(n, ast.Name)}
    constants = [
        {name: ast.dump(value) for name, value in test.names.constants.items() if name in used}
        for test in (before, after)
    ]
    imports = [{name: full for name, full in test.names.imports.items() if name in used} for test in (before, after)]
    return constants[0] == constants[1] and imports[0] == imports[1]


def _became_case(weakening: Weakening, before: Sequence[Check], living: Sequence[Check], known: frozenset[str]) -> bool:
    """Whether an assertion that is gone became a case of a parametrised one."""
    check = next((c for c in before if f"`{c.text}` is gone" == weakening.what), None)
    if check is None or not known:
        return False
    strong = any(other.strength >= check.strength and check.words & other.words for other in living)
    return strong and (check.expected in known or not check.literal)


def _moved(weakening: Weakening, before: Sequence[Check], moved: Counter[Hashable]) -> bool:
    """Whether an assertion that is gone stands in a new test, one for one."""
    check = next((c for c in before if f"`{c.text}` is gone" == weakening.what and moved[c.signature] > 0), None)
    if check is None:
        return False
    moved[check.signature] -= 1
    return True


def _namesake(test: TestCase, new: Sequence[TestCase], head: Side) -> str:
    """The file of the one new test that has the telling name of a test that is gone, and checks something."""
    alike = [other for other in new if other.bare == test.bare and test.bare.count("_") >= _TELLING]
    checks = [check for other in alike for check in head.of_test(other) if not check.dead]
    return alike[0].path if len(alike) == 1 and checks else ""


def _gone(
    found: Pairing,
    base: Side,
    head: Side,
    renamed: Mapping[str, str],
    packages: Sequence[str],
    removed: frozenset[str],
    altered: frozenset[str],
) -> Iterator[Observation]:
    """Tests of the base that the head does not collect any more."""
    hidden = [h for suite in head.suites.values() for h in suite.hidden if not _was_hidden(h, base, renamed)]
    bodies = _bodies(head)
    collected = {id(test.node) for test in head.tests}
    replaced = {path for path in {t.path for t in found.new} if _replaced(path, base, head, renamed)}
    others = [*found.new, *(after for before, after in found.pairs if not _same(before, after))]
    for test in found.gone:
        path = renamed.get(test.path, test.path)
        twin = hidden_twin(test, hidden, renamed)
        if twin is not None:
            what = f"{test.name} is no longer collected: {twin.reason}"
            yield Observation("never-collected", twin.path, twin.node.lineno, what)
        elif _absorbed(test, base, head, others):
            continue
        elif (place := bodies.get(body_of(test.node))) is not None:
            if id(place[1]) in collected:
                continue  # one of two tests with the same body
            what = f"{test.name} is no longer collected: it is now called {place[1].name}"
            yield Observation("never-collected", place[0], place[1].lineno, what)
        else:
            subjects = subjects_of(test, packages) | _named(test.node)
            with_it = sorted(subjects & removed)
            why = ""
            if with_it:
                why = f", and so is {with_it[0]}, which it used"
            elif changed := sorted(subjects_of(test, packages) & altered):
                why = f"; the change alters {changed[0]}, which it tested"
            elif path in replaced:
                why = ", and other tests of the same file take its place"
            elif elsewhere := _namesake(test, found.new, head):
                why = f"; {elsewhere}:{test.bare} may be what became of it"
            what = f"{test.name} in {test.path} is gone{why}"
            yield Observation("test-deleted", path, None, what, Severity.REVIEW if why else None)


def _bodies(head: Side) -> dict[str, tuple[str, Function]]:
    """Every function of the head's tests by its body: one with a test's body and no test's name is a test renamed."""
    return {
        body_of(node): (suite.path, node)
        for suite in head.suites.values()
        for node in walk(suite.module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _was_hidden(hidden: Hidden, base: Side, renamed: Mapping[str, str]) -> bool:
    """Whether the base had the same function, and did not collect it either."""
    return any(
        renamed.get(h.path, h.path) == hidden.path and h.name == hidden.name and body_of(h.node) == body_of(hidden.node)
        for suite in base.suites.values()
        for h in suite.hidden
    )


def _named(node: ast.AST) -> frozenset[str]:
    """Attributes, keyword arguments and words in strings that a test uses."""
    found: set[str] = set()
    for inner in walk(node):
        match inner:
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)) | ast.Constant(value=str(name)):
                found.add(name)
    return frozenset(found)


def _absorbed(test: TestCase, base: Side, head: Side, others: Sequence[TestCase]) -> bool:
    """Whether a new or changed test makes all the checks of a test that is gone, if need be as its cases."""
    checks = [check for check in base.of_test(test) if not check.dead]
    if not checks:
        return False
    for other in others:
        theirs = [check for check in head.of_test(other) if not check.dead]
        known = literals_of(other)
        if all(_made_by(check, theirs, known) for check in checks):
            return True
    return False


def _made_by(check: Check, theirs: Sequence[Check], known: frozenset[str]) -> bool:
    if any(check.signature == other.signature for other in theirs):
        return True
    strong = any(other.strength >= check.strength and check.words & other.words for other in theirs)
    return strong and check.literal and check.expected in known


def _replaced(path: str, base: Side, head: Side, renamed: Mapping[str, str]) -> bool:
    """Whether a file with new tests has at least half of the weight of its checks still.

    Tests that are written anew often check in one place what several checked before; a person sees them together.
    """
    before = [c for t in base.tests if renamed.get(t.path, t.path) == path for c in base.of_test(t)]
    after = [c for t in head.tests if t.path == path for c in head.of_test(t) if not c.dead]
    weight = [sum(check.strength for check in checks) for checks in (before, after)]
    return 2 * weight[1] >= weight[0]


def _file(before: Suite | None, after: Suite, base: Side, head: Side, packages: Sequence[str]) -> Iterator[Weakening]:
    """What a file of tests does besides its tests."""
    everywhere = before is not None or after.path.endswith(("conftest.py", "__init__.py"))
    if after.mentions("def pytest_") or (before is not None and before.mentions("def pytest_")):
        yield from new_hooks(before, after)
    if after.mentions("collect_ignore", "pytest_plugins"):
        yield from uncollected_paths(before, after)
    if after.mentions("exit", "quit", "abort", "SystemExit", "kill", "execv", "raise_signal"):
        yield from new_exits(before, after)
    yield from _equal(before, after)
    yield from patched_tools(before, after)
    yield from changed_at_run_time(before, after)
    if everywhere and after.mentions("skip", "xfail"):
        yield from module_skips(before, after)
    if everywhere and any(after.mentions(package) for package in packages):
        yield from fixture_doubles(before, after, packages)
    if before is not None:
        yield from shadowed_imports(before, after, packages)
        yield from undercut_file(before, after, base.shared_fixtures, packages)
        tests = frozenset(test.node.name for test in after.tests)
        if before.mentions("hypothesis"):
            yield from smaller_strategies(before.module, after.module, after.path, tests)
        yield from _helpers(before, after, base, head, packages)
    if everywhere and after.mentions("load_profile"):
        yield from new_profiles(before.module if before else None, after.module, after.path)
    names = {t.name for t in before.tests} if before is not None else set()
    for test in after.tests:
        if test.name not in names:
            yield from _without_oracle(test, head, packages)


def _equal(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """Classes of a file of tests that equal everything."""
    if not after.mentions("__eq__", "__ne__", "__contains__", "type(ANY", "mock.ANY)", "_ANY"):
        return
    for method, line in loosely_equal(before.module if before else None, after.module):
        if method.endswith(("__eq__", "__ne__")):
            what = f"{method} in {after.path} takes things for equal that are not the same"
            yield Weakening("equal-to-everything", what, after.path, line, Severity.REVIEW)
    for method, value, line in equal_to_everything(before.module if before else None, after.module):
        if value in {"True", "False"} and method.endswith(("__eq__", "__ne__", "__contains__")):
            what = f"{method} in {after.path} answers {value} whatever it is compared with"
            yield Weakening("equal-to-everything", what, after.path, line, Severity.REVIEW)


def _helpers(before: Suite, after: Suite, base: Side, head: Side, packages: Sequence[str]) -> Iterator[Weakening]:
    """Functions of a file of tests that are no tests, fixtures too, by what they check."""
    tests = {id(t.node) for suite in (before, after) for t in suite.tests}
    old, new = base.helpers(before.path), head.helpers(after.path)
    for name, (path, node, names) in old.items():
        partner = new.get(name)
        if partner is None or id(node) in tests or id(partner[1]) in tests or body_of(node) == body_of(partner[1]):
            continue
        if node in before.module.body and partner[1] in after.module.body:
            yield from looser_answers((node, names), partner[1:], after.path, packages)
        for weakening in weakenings(base.checks(path, node, names), head.checks(*partner)):
            what = f"in {name} {weakening.what}"
            yield Weakening(
                weakening.rule, what, weakening.path, weakening.line or partner[1].lineno, weakening.severity
            )


_PRESENCE = frozenset({"kind", "not-none", "always"})
_NO_RESULT = ("smoke", "import", "not_raise", "not_fail", "no_error", "without_error", "no_crash", "does_not", "doesnt")


def _without_oracle(test: TestCase, head: Side, packages: Sequence[str]) -> Iterator[Weakening]:
    """A new test that calls the product and checks nothing of what comes back."""
    checks = [check for check in head.of_test(test) if not check.dead]
    if any(word in test.bare for word in _NO_RESULT):
        return
    if any(check.strength > Strength.NOTHING for check in checks):
        if all(check.kind in _PRESENCE for check in checks) and subjects_of(test, packages):
            what = f"the new test {test.name} checks only that there is something: `{checks[0].text}`"
            yield Weakening("no-oracle", what, test.path, test.line)
    elif checks:
        what = f"the new test {test.name} checks only what always holds: `{checks[0].text}`"
        yield Weakening("no-oracle", what, test.path, test.line)
    elif _only_calls(test.node) and subjects_of(test, packages):
        what = f"the new test {test.name} calls the product and checks nothing"
        yield Weakening("no-oracle", what, test.path, test.line)


def _only_calls(node: Function) -> bool:
    """Whether a body is assignments and calls only: nothing in it could check by other means."""
    return all(_only_acts(statement) for statement in node.body)


def _only_acts(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Pass():
            return True
        case ast.Expr(value=ast.Call() | ast.Constant() | ast.Await()):
            return True
        case ast.For(body=body) | ast.AsyncFor(body=body) | ast.While(body=body) | ast.If(body=body):
            return all(_only_acts(inner) for inner in [*body, *statement.orelse])
    return False
