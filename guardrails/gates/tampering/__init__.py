"""Gate `tampering`: does the change weaken what judges it, or behave for its judge?

Three parts, all by syntax: the tests of the base against those of the head, the configuration of the checkers by
meaning, and product code that cheats. What no honest change does is blocked; what a person could have a reason for is
for a person to decide. A moved, renamed or stricter test is no finding, and neither is a stricter setting.
"""

import ast
from collections.abc import Iterable

from guardrails.analysis.observation import Observation
from guardrails.analysis.oracles.comparison import compare
from guardrails.analysis.oracles.conventions import Conventions, conventions
from guardrails.analysis.oracles.sides import Side
from guardrails.analysis.products import product_packages
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.walking import walk
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile
from guardrails.gates.tampering import product, settings
from guardrails.gates.tampering.recordings import recordings
from guardrails.gates.tampering.rules_product import PRODUCT_RULES
from guardrails.gates.tampering.rules_settings import SETTING_RULES
from guardrails.gates.tampering.rules_tests import TEST_RULES
from guardrails.model.change import Change, ChangeKind, FileChange
from guardrails.model.finding import Finding
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.probes.tampering import PROBES

RULES = (*TEST_RULES, *PRODUCT_RULES, *SETTING_RULES)
_TELLING = 4  # characters of a name that is unlikely to mean another thing elsewhere
_BY_NAME = {rule.id.partition("/")[2]: rule for rule in RULES}


class TamperingGate:
    """Tests and settings that check less, and code that behaves for its judge."""

    name = "tampering"
    title = "tests and settings weakened, suppressions, code that behaves for its judge"
    cost = 0.3
    profiles = frozenset(Profile)
    alone = False
    runs_code = False
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Only an empty difference leaves nothing to do."""
        if bench.change.files:
            return None
        return Skip(SkipReason.INPUTS_UNCHANGED, "the difference between base and head is empty")

    def run(self, bench: Bench) -> Outcome:
        """Compare the tests, the settings and the product of base and head.

        Raises:
            JudgementError: expressions are nested too deeply to be compared.
        """
        try:
            return self._compare(bench)
        except RecursionError as error:
            raise JudgementError(
                "an expression of the change is nested too deeply to be compared. Write it with fewer terms."
            ) from error

    def _compare(self, bench: Bench) -> Outcome:
        base, head = Sources(bench.trees.base), Sources(bench.trees.head)
        project = bench.policy.project
        patterns = tuple(dict.fromkeys((*bench.policy.tampering.tests, *project.judges, "**/conftest.py")))
        packages = product_packages(sorted(base.paths | head.paths), project.packages, patterns)
        known = conventions(base)
        tests, compared = _tests(bench, base, head, patterns, packages, known)
        place = product.Place(
            base, head, bench.change.files, packages, project.judges, bench.policy.tampering.tests, known
        )
        found, set_up = settings.observe(bench, base, head)
        seen = [*tests, *found, *product.observe(place), *recordings(bench.change.files, project.judges, base, head)]
        files = len(bench.change.files)
        work = {"files": files, "tests": compared, "settings": set_up}
        return Outcome(work, {"files": files, "tests": compared, "settings": 0}, _findings(seen, bench.change))


def _tests(
    bench: Bench,
    base: Sources,
    head: Sources,
    patterns: tuple[str, ...],
    packages: tuple[str, ...],
    known: Conventions,
) -> tuple[tuple[Observation, ...], int]:
    """The tests of the changed files."""
    files = bench.change.files
    old = Side(base, patterns, known, (f.base_path for f in files if f.kind is not ChangeKind.ADDED))
    new = Side(head, patterns, known, (f.path for f in files if f.kind is not ChangeKind.DELETED))
    renamed = {f.base_path: f.path for f in files if f.kind is ChangeKind.RENAMED}

    def removed() -> frozenset[str]:
        kept = _defined(head, (f.path for f in files if f.path not in new.suites))
        return _defined(base, (f.base_path for f in files if f.base_path not in old.suites)) - kept

    def altered() -> frozenset[str]:
        product = [f for f in files if f.path not in new.suites and f.base_path not in old.suites]
        return _altered(base, head, product)

    result = compare(old, new, renamed, packages, removed, altered)
    return result.observations, result.tests


def _altered(base: Sources, head: Sources, files: Iterable[FileChange]) -> frozenset[str]:
    """Functions and classes whose code the change alters, by name."""
    found: set[str] = set()
    for file in files:
        was, now = (_blocks(sources, path) for sources, path in ((base, file.base_path), (head, file.path)))
        found |= {name for name, code in was.items() if now.get(name) != code}
    return frozenset(found)


def _blocks(sources: Sources, path: str) -> dict[str, str]:
    module = sources.module(path) if is_python(path) else None
    nodes = walk(module) if module is not None else ()
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name: ast.dump(node) for node in nodes if isinstance(node, kinds)}


def _defined(sources: Sources, paths: Iterable[str]) -> frozenset[str]:
    """What files offer by name: functions, methods, classes, arguments, assigned names, and names in strings."""
    found: set[str] = set()
    modules = (sources.module(path) for path in paths if is_python(path))
    for node in (n for module in modules if module for n in walk(module)):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                found.add(name)
            case ast.Constant(value=str(name)) if name.isidentifier() and len(name) >= _TELLING:
                found.add(name)
    return frozenset(found)


def _findings(seen: Iterable[Observation], change: Change) -> tuple[Finding, ...]:
    """One finding for each observation; of those with one rule, place and text the gravest."""
    kept: dict[tuple[str, str, int | None, str], Finding] = {}
    for one in seen:
        rule = _BY_NAME[one.rule]
        finding = rule.finding(
            one.what,
            path=one.path or None,
            line=one.line,
            severity=one.severity,
            reproduce=change.diff(one.path) if one.path else "",
        )
        key = (rule.id, one.path, one.line, one.what)
        if key not in kept or kept[key].severity.rank < finding.severity.rank:
            kept[key] = finding
    return tuple(kept.values())
