"""Real suites and processes over trees from dictionaries: for the recorder and the gates that run code."""

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from guardrails.adapters.mutations import PytestMutations
from guardrails.adapters.pact import NativePactVerifier
from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.suites import PytestSuites
from guardrails.gates.base import Bench
from guardrails.ports import CaseRecord, SuiteRun, Tree
from tests.judge_fakes import Content, DirStore, FakeTree, bench_of

CALLER = {"PATH": "/usr/bin:/bin"}


def processes_in(tmp_path: Path) -> ProcessRunner:
    """A runner of programs that keeps what it needs below `tmp_path`."""
    return ProcessRunner(Path(tempfile.mkdtemp(dir=tmp_path, prefix="runs-")), CALLER)


def suites_in(
    tmp_path: Path, *, plugins: Sequence[str] = (), markers: str = "", collect_seconds: float = 120
) -> PytestSuites:
    """Suites run by this interpreter. No plugin by default: pytest starts three times as fast without."""
    store, nowhere = DirStore(tmp_path / "suites"), Path("/nonexistent")
    return PytestSuites(
        processes_in(tmp_path),
        store,
        sys.executable,
        repository=nowhere,
        plugins=plugins,
        markers=markers,
        collect_seconds=collect_seconds,
    )


def run_tree(
    tmp_path: Path,
    files: Mapping[str, Content],
    *,
    timeout: float = 60,
    workers: int = 1,
    seed: int | None = None,
    plugins: Sequence[str] = (),
) -> SuiteRun:
    """What the suite below `tests` of a tree does."""
    tree = FakeTree(Path(tempfile.mkdtemp(dir=tmp_path, prefix="tree-")), files)
    suites = suites_in(tmp_path, plugins=plugins)
    return suites.run(tree, ["tests"], timeout, workers=workers, hypothesis_seed=seed)


def running_bench(
    tmp_path: Path, base: Mapping[str, Content], head: Mapping[str, Content | None], *, plugins: Sequence[str] = ()
) -> Bench:
    """A bench as `bench_of` makes it, on which tests and servers run."""
    bench, processes = bench_of(tmp_path, base, head), processes_in(tmp_path)
    verifier = NativePactVerifier(processes, bench.store, sys.executable)
    suites = suites_in(tmp_path, plugins=plugins)
    return replace(bench, suites=suites, processes=processes, pacts=verifier, mutations=PytestMutations(suites))


@dataclass(frozen=True)
class Asked:
    """One call of `ScriptedSuites`. `side` is base, head or trial."""

    side: str
    paths: tuple[str, ...]
    only: tuple[str, ...] | None = None
    seed: int | None = None
    collect: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


class ScriptedSuites:
    """`guardrails.ports.Suites` that answers from a script: gates can be tested without running anything."""

    def __init__(self, answer: Callable[[Asked], SuiteRun]) -> None:
        self._answer = answer
        self.asked: list[Asked] = []

    def collect(self, tree: Tree, paths: Sequence[str], timeout: float) -> SuiteRun:
        return self._told(Asked(tree.root.name, tuple(paths), collect=True))

    def run(
        self,
        tree: Tree,
        paths: Sequence[str],
        timeout: float,
        *,
        workers: int = 1,
        hypothesis_seed: int | None = None,
        only: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        writes: Sequence[Path] = (),
    ) -> SuiteRun:
        named = None if only is None else tuple(only)
        return self._told(Asked(tree.root.name, tuple(paths), named, hypothesis_seed, env=dict(env or {})))

    def environment(self) -> str:
        return "one"

    def _told(self, asked: Asked) -> SuiteRun:
        self.asked.append(asked)
        run = self._answer(asked)
        kept = {name: record for name, record in run.records.items() if asked.only is None or name in asked.only}
        return replace(run, records={} if asked.collect else kept)


def suite_run(outcomes: Mapping[str, str], **more: object) -> SuiteRun:
    """A whole run in which each id had an outcome; an id with an empty one was collected and has no record."""
    records = {
        name: CaseRecord(name, outcome, message=f"AssertionError: {name.rpartition('_')[2]}")
        for name, outcome in outcomes.items()
        if outcome
    }
    return replace(SuiteRun(tuple(outcomes), records), **more)  # type: ignore[arg-type]  # fields of the run


def property_run(drawn: Mapping[str, tuple[int, int]], **more: object) -> SuiteRun:
    """A whole run of properties that passed: id to the examples that it judged and rejected."""
    records = {
        name: CaseRecord(name, "passed", examples=examples, rejected=rejected, is_property=True)
        for name, (examples, rejected) in drawn.items()
    }
    return replace(SuiteRun(tuple(drawn), records), **more)  # type: ignore[arg-type]  # fields of the run
