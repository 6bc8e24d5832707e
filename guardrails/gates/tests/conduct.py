"""How the code of a change behaved while it was tested: whether it lied, searched, or imported past the layers."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from guardrails.analysis.contract_edges import configuration, contracts
from guardrails.analysis.left_alone import SuiteSources, file_of
from guardrails.analysis.runtime_imports import Ground, RuntimeBreach, breaches
from guardrails.analysis.source import Sources
from guardrails.gates.base import Bench
from guardrails.gates.tests.rules import FORGED, RUNTIME_IMPORT, SEARCHED
from guardrails.model.finding import Finding, Severity
from guardrails.model.paths import matches
from guardrails.ports import SuiteRun, Tree

_EXAMINED = 50


@dataclass(frozen=True, slots=True)
class Conduct:
    """What the runs of a suite show of the code besides outcomes.

    `owed` is what the base collects; `at_base` runs some tests of the base at the base, which is asked only where there
    is something to compare.
    """

    bench: Bench
    sources: SuiteSources
    owed: SuiteRun
    at_base: Callable[[Sequence[str]], SuiteRun]
    reproduce: str

    def findings(self, run: SuiteRun) -> Iterator[Finding]:
        """What is wrong with one run."""
        yield from self._forged(run)
        yield from self._searched(run)
        yield from self._imported(run)

    def _forged(self, run: SuiteRun) -> Iterator[Finding]:
        names = sorted(run.forged)
        known = [name for name in names if name in self.owed.collected][:_EXAMINED]
        before = self.at_base(known).forged if known else {}
        for name in names:
            if name not in before:
                place = self.sources.place(name)
                what = f"{name}: {run.forged[name]}"
                yield FORGED.finding(what, path=place.path, line=place.line, reproduce=self.reproduce)

    def _searched(self, run: SuiteRun) -> Iterator[Finding]:
        for search in run.searches:
            if search.path in self.bench.change.paths and not self._is_judge(search.path):
                what = f"{search.path} uses {search.what} while the tests run"
                yield SEARCHED.finding(what, path=search.path, line=search.line, reproduce=self.reproduce)

    def _imported(self, run: SuiteRun) -> Iterator[Finding]:
        found = [breach for breach in self._breaches(run, self.bench.trees.head) if self._has_part(breach)]
        old = self._old_imports(found) if found else set()
        for breach in found:
            if (breach.importer, breach.imported) in old:
                continue
            seen = breach.seen
            own = seen.direct and seen.importer in self.bench.change.paths
            by = "" if seen.direct else ", through a library"
            what = f"{breach.importer} imports {breach.imported}{by}: against the contract {breach.contract!r}"
            during = f" (seen while {seen.during} ran)" if seen.during else ""
            severity = None if own else Severity.REVIEW
            yield RUNTIME_IMPORT.finding(
                what + during, path=seen.importer, line=seen.line, severity=severity, reproduce=self.reproduce
            )

    def _breaches(self, run: SuiteRun, tree: Tree) -> list[RuntimeBreach]:
        """By the contracts of the base."""
        base = Sources(self.bench.trees.base)
        path = configuration(base, self.bench.policy.layers.config) if run.imports else None
        if path is None:
            return []
        roots = tuple(dict.fromkeys((*self.bench.policy.environment.path, "src", "lib")))
        rules = contracts(base.text(path) or "", path)
        return breaches(run, Ground(Sources(tree), roots, self.bench.policy.project.judges, rules))

    def _has_part(self, breach: RuntimeBreach) -> bool:
        """Whether product code that the change touches did it, or called for it."""
        return any(one in self.bench.change.paths and not self._is_judge(one) for one in breach.seen.through)

    def _old_imports(self, found: Sequence[RuntimeBreach]) -> set[tuple[str, str]]:
        """Which of them the base shows as well, in the same tests."""
        names = []
        for breach in found:
            during = breach.seen.during
            alike = [name for name in self.owed.collected if during and file_of(name) == file_of(during)]
            names += [during] if during in alike else alike[:1]
        if not names:
            return set()
        run = self.at_base(list(dict.fromkeys(names))[:_EXAMINED])
        return {(one.importer, one.imported) for one in self._breaches(run, self.bench.trees.base)}

    def _is_judge(self, path: str) -> bool:
        return matches(path, self.bench.policy.project.judges)
