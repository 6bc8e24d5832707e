"""Test suites that are run and recorded from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from guardrails.model.conduct import RuntimeImport, Search
from guardrails.model.mutation import Observation, TrialRun, Trials, Watch
from guardrails.ports.trees import Tree


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """What became of one test. `outcome` is passed, failed, skipped, xfailed, xpassed or error.

    `message` is the crash line with the exception, `longrepr` the end of the traceback, `examples` the number of
    Hypothesis examples that were run (0 for an ordinary test).
    """

    id: str
    outcome: str
    seconds: float = 0.0
    message: str = ""
    longrepr: str = ""
    examples: int = 0
    rejected: int = 0
    line: int = 0
    """Where the test stands in its file, from 1; 0 where unknown."""
    example: str = ""
    """What Hypothesis says of the shortest counterexample."""
    is_property: bool = False
    """Whether Hypothesis draws its arguments."""


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """A run of a test suite, as it was recorded outside the process that ran the tests.

    `collected` are the ids that pytest found, `records` one entry for each test that ended. An id without a record
    did not end: its process died or was stopped. `errors` are collection errors (path, message). `relations` counts,
    per invariant id, the examples that `guardrails.invariants` judged. `ended` says that the recorder saw the session
    finish; `complaint` says in words what went wrong with the run as a whole. `deselected` were collected and then left
    out by the project's own configuration. `toothless` says in words which planted tests did not do what they must: a
    sentence in it means that the suite's answers are worth nothing. `forged` maps tests to words: a body that was run
    under the name of the test must fail, and was reported to pass.
    """

    collected: tuple[str, ...]
    records: Mapping[str, CaseRecord]
    errors: tuple[tuple[str, str], ...] = ()
    relations: Mapping[str, int] = field(default_factory=dict)
    ended: bool = True
    complaint: str = ""
    seconds: float = 0.0
    output: str = ""
    deselected: tuple[str, ...] = ()
    toothless: tuple[str, ...] = ()
    forged: Mapping[str, str] = field(default_factory=dict)
    imports: tuple[RuntimeImport, ...] = ()
    searches: tuple[Search, ...] = ()


class Suites(Protocol):
    """Runs pytest suites in processes of their own and records outcomes outside them."""

    def collect(self, tree: Tree, paths: Sequence[str], timeout: float) -> SuiteRun:
        """Collect without running. A path that the tree does not have is left out; none left: nothing collected."""

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
        """Run a copy of the tree's suite, in `workers` processes at once that share the files out between them.

        With `hypothesis_seed` the properties draw fresh examples from that seed, not derandomised ones. `only` names
        the ids to run (all are collected, the others are not run); `env` is added to the environment. The
        tests may write to `writes` besides the copy.
        """

    def environment(self) -> str:
        """A digest of the interpreter and of what is installed for it: part of the key of any stored answer."""


class Mutations(Protocol):
    """Watches which lines tests execute, and tries mutants against the tests that execute them."""

    def observe(self, tree: Tree, watch: Watch) -> Observation:
        """Run tests of a copy of the tree and note what each executes."""

    def judge(self, tree: Tree, trials: Trials) -> TrialRun:
        """Try mutants, each in a process of its own."""
