"""What the judge needs from outside: one Protocol for each outside thing, one adapter each in `guardrails.adapters`.

Gates see only these, so they can be tested with fakes, and untrusted code has one door to come in by.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from guardrails.model.mutation import Observation, TrialRun, Trials, Watch


class Tree(Protocol):
    """One snapshot of the repository, exported to a directory of its own. Nobody writes into it."""

    @property
    def digest(self) -> str:
        """The git tree id: equal digests mean equal content."""

    @property
    def root(self) -> Path:
        """The directory of the export, absolute."""

    def paths(self) -> Sequence[str]:
        """Every tracked path, sorted, with forward slashes."""

    def read(self, path: str) -> bytes | None:
        """The content of a regular file; None where there is none (absent, a directory, a symbolic link)."""

    def link(self, path: str) -> str | None:
        """The target of a symbolic link, as it is written; None where `path` is not one."""

    def digest_of(self, patterns: Sequence[str]) -> str:
        """A digest of the paths, modes and contents that match a pattern (see `guardrails.model.paths.matches`)."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The three trees of a check. `trial` is the head's product code under the base's judges; it is `head` itself
    where the change touches no judge."""

    base: Tree
    head: Tree
    trial: Tree


class Signatures(Protocol):
    """Signatures of SSH keys over texts, each in a namespace."""

    def is_intact(self, text: str, signature: str, namespace: str) -> bool:
        """Whether the signature is over this text, whoever made it.

        Raises:
            ToolMissingError: there is no ssh-keygen.
        """

    def is_by(self, text: str, signature: str, namespace: str, *, principal: str, signers: str) -> bool:
        """Whether it is `principal`'s, by the text of an allowed-signers file.

        Raises:
            ToolMissingError: there is no ssh-keygen.
        """


@dataclass(frozen=True, slots=True)
class Confinement:
    """Says that a program runs code of the change, and what it needs. It gets nothing else.

    It may write to the directories `writes` (made if they are not there), to its home and its temporary directory; it
    may read the system, its interpreter, its working directory and `reads`. A program has no network, unless it is a
    service (`Processes.serve`): then its own `ports` are open, which it may also call if `calls_itself`.
    """

    writes: tuple[Path, ...] = ()
    reads: tuple[Path, ...] = ()
    ports: tuple[int, ...] = ()
    calls_itself: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A program to run on a tree. `env` is added to a clean environment: no secret of the caller's gets in.

    `timeout` is in seconds; past it the whole process group is killed. Output past `output_limit` bytes a stream is
    thrown away and said to be. With a `channel_limit` the program inherits the writing end of a pipe, whose file
    descriptor stands in its environment as `GUARDRAILS_CHANNEL`; up to that many bytes of what it wrote there come
    back. What went into a pipe can be added to, never rewritten. Whoever runs code of the change says so with
    `confined`.
    """

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300.0
    output_limit: int = 4_000_000
    channel_limit: int = 0
    confined: Confinement | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended. `exit_code` is None when it was killed at its time-out, negative for a signal.

    `channel` is what it wrote into the pipe of `Command.channel_limit`. `stopped` says in words which limit it was
    killed at, if one.
    """

    exit_code: int | None
    stdout: str
    stderr: str
    seconds: float
    truncated: bool = False
    channel: bytes = b""
    stopped: str = ""

    @property
    def timed_out(self) -> bool:
        """Whether it was killed at its time-out."""
        return self.exit_code is None


@dataclass(frozen=True, slots=True)
class Service:
    """A server that runs: its loopback address, port and process id."""

    url: str
    port: int
    pid: int


class Processes(Protocol):
    """Runs programs, each in a process group of its own that dies with the run."""

    def run(self, command: Command) -> Completed:
        """Run to the end.

        Raises:
            ToolMissingError: the program is not there.
        """

    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> AbstractContextManager[Service]:
        """Start a server and wait until `GET ready_path` answers 200.

        `{port}` in `argv` is replaced by a free loopback port (and each `{name}` of `ports` by its number); the server
        and all that it started are stopped on leaving.

        Raises:
            JudgementError: it ended or did not answer in time; the message quotes the end of its output.
        """

    def free_port(self) -> int:
        """A loopback port that is free now."""


class Store(Protocol):
    """A cache of directories, keyed by content. An entry is complete or absent; nobody changes one in place."""

    def get(self, kind: str, key: str) -> Path | None:
        """The directory of an entry."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A private empty directory that is removed on leaving."""

    def put(self, kind: str, key: str, directory: Path) -> Path:
        """Move a finished directory into the cache; if the entry is there already, the first one stays."""

    def copy(self, source: Path, target: Path) -> None:
        """Copy a directory's content into `target`, which is created if absent."""

    def write(self, path: Path, text: str) -> None:
        """Write a text file inside a scratch directory, making its parents."""

    def read(self, path: Path) -> str | None:
        """Read a text file of a cache entry or a scratch directory; None where absent."""


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
    sentence in it means that the suite's answers are worth nothing.
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


BASE, HEAD = "base", "head"
"""The sides of a load run."""


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """A side that is driven: its name, the address of its service, and the process whose tree's time is read."""

    side: str
    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How to drive one or two services with one scenario.

    `root` is the tree that the locustfile at `locustfile` comes from; the directories `path` of it (all relative) are
    where the scenario imports from. In a slice each of `users` sends the same number of requests to one side,
    `concurrency` of them at a time, about `slice_seconds` long; in a pair each side has one slice, in an order that
    `seed` decides. There are as many pairs as `seconds_per_side` allows, but at most `pairs` and, within three times
    the planned time, at least `least_pairs`.
    """

    root: Path
    locustfile: str
    path: tuple[str, ...]
    seed: int
    pairs: int
    users: int
    concurrency: int
    slice_seconds: float
    seconds_per_side: float
    warmup_seconds: float
    request_timeout_seconds: float
    least_pairs: int = 12


@dataclass(frozen=True, slots=True)
class LoadSlice:
    """What one side did in one slice.

    `requests` were sent and ended within the slice; `milliseconds` are the raw response times of those that were
    answered well. `cpu_seconds` is processor time of the side's whole process tree during its own slice and during the
    other side's slice of the same pair, so that deferred work is charged to its owner. `complete` says that the slice
    was not cut short.
    """

    side: str
    pair: int
    requests: int
    seconds: float
    cpu_seconds: float
    milliseconds: tuple[float, ...]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class LoadTally:
    """What one side did in a whole run, the warm-up included.

    `errors` counts failed requests by message. `marks` counts the good answers that the scenario marked in the
    request's context (`empty`, `degraded`). `died` says that the process was gone at the end.
    """

    side: str
    requests: int
    errors: Mapping[str, int]
    marks: Mapping[str, int]
    died: bool = False


@dataclass(frozen=True, slots=True)
class LoadRun:
    """A run of a scenario. `generator_share` is the share of one core that the generator used during the slices.

    A run that ended early names in `ended_by` the side because of which it did, and in `complaint` why, in words.
    """

    slices: tuple[LoadSlice, ...]
    tallies: Mapping[str, LoadTally]
    generator_share: float
    ended_by: str = ""
    complaint: str = ""


class LoadRig(Protocol):
    """Sends a scenario's requests to services and measures them from outside."""

    def drive(self, plan: LoadPlan, targets: Sequence[LoadTarget]) -> LoadRun:
        """Drive the targets in alternating slices.

        Raises:
            ToolMissingError: the generator is not installed.
            JudgementError: the scenario cannot be loaded, or the generator crashed or did not end.
        """


@dataclass(frozen=True, slots=True)
class PactMismatch:
    """One way in which an answer is not what a consumer expects.

    `kind` is pact's (BodyMismatch, StatusMismatch, HeaderMismatch, …), `path` where in the answer (`$.items[0].id`, a
    header's name), `message` pact's sentence.
    """

    kind: str
    message: str
    path: str = ""
    expected: str = ""
    actual: str = ""


@dataclass(frozen=True, slots=True)
class InteractionResult:
    """What became of one interaction: good if there is neither a mismatch nor an error."""

    consumer: str
    description: str
    states: tuple[str, ...]
    mismatches: tuple[PactMismatch, ...] = ()
    error: str = ""

    @property
    def good(self) -> bool:
        """Whether the provider did what the consumer expects."""
        return not self.mismatches and not self.error


@dataclass(frozen=True, slots=True)
class StateCall:
    """One request to the provider's state handler. `status` is its HTTP status, 0 where it did not answer."""

    state: str
    action: str
    status: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """One run of pact's verifier. `complaint` says in words why it ended without results; empty for a whole run."""

    results: tuple[InteractionResult, ...]
    states: tuple[StateCall, ...] = ()
    complaint: str = ""


class PactVerifier(Protocol):
    """Replays the interactions of pact files against a running provider."""

    def verify(self, provider: str, pacts: Sequence[str], *, url: str, states_url: str, timeout: float) -> Verification:
        """Verify the pacts (their texts) against the provider at `url`, with its state handler at `states_url`.

        Raises:
            ToolMissingError: pact is not installed.
        """

    def written(self, directory: Path) -> Mapping[str, str]:
        """The pact files that consumers' tests wrote into a directory, by name."""


@dataclass(frozen=True, slots=True)
class SecretHit:
    """What looks like a credential on one line. `kind` is what it is of (`AWS Access Key`), `family` one of `token`,
    `private key`, `address` (a password in one) and `word` (a value beside a word such as `password`). `value` is never
    shown: it stands in no representation and must not reach a report.
    """

    line: int
    kind: str
    family: str
    value: str = field(repr=False)


class SecretScanner(Protocol):
    """Finds what looks like a credential."""

    def scan(self, path: str, lines: Sequence[tuple[int, str]]) -> Sequence[SecretHit]:
        """What stands on the lines (number and text) of a file, by the line.

        Raises:
            ToolMissingError: the library is not installed.
        """
