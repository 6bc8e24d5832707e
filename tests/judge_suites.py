"""Real suites and processes over trees from dictionaries: for the recorder and the gates that run code."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.suites import PytestSuites
from guardrails.gates.base import Bench
from guardrails.ports import SuiteRun
from tests.judge_fakes import Content, DirStore, FakeTree, bench_of

CALLER = {"PATH": "/usr/bin:/bin"}


def processes_in(tmp_path: Path) -> ProcessRunner:
    """A runner of programs that keeps what it needs below `tmp_path`."""
    return ProcessRunner(Path(tempfile.mkdtemp(dir=tmp_path, prefix="runs-")), CALLER)


def suites_in(tmp_path: Path, *, plugins: Sequence[str] = (), repository: str = "/nonexistent") -> PytestSuites:
    """Suites run by this interpreter. No plugin by default: pytest starts three times as fast without."""
    store = DirStore(tmp_path / "suites")
    return PytestSuites(
        processes_in(tmp_path), store, sys.executable, repository=Path(repository), plugins=tuple(plugins)
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
    bench = bench_of(tmp_path, base, head)
    return replace(bench, suites=suites_in(tmp_path, plugins=plugins), processes=processes_in(tmp_path), cores=1)
