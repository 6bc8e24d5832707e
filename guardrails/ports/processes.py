"""Programs that are run, and what they are kept from."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


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
