"""One server under measurement: a process of its own, pinned to one core, read from outside."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.serving.client import Connection
from benchmarks.serving.world import NOW, World
from guardrails.adapters.loadgen.meter import tree

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
SERVER_CORE = 0
MOMENT = datetime.fromtimestamp(NOW, UTC).isoformat()
START_SECONDS = 120.0
NO_EXPLORATION = """\
[[layer]]
name = "benchmark"
salt = "benchmark"

[[layer.experiment]]
name = "no-exploration"
salt = "no-exploration"

[[layer.experiment.arm]]
name = "off"
overrides = { epsilon = 0.0 }
"""


class Server:
    """A running server. started: seconds from the start of the process to its first ready answer."""

    def __init__(self, process: subprocess.Popen[str], port: int, started: float) -> None:
        self.process, self.port, self.started = process, port, started

    def pss(self) -> int:
        """Memory of the process and its descendants in bytes, a shared page counted by its share."""
        return sum(_pss(pid) for pid in tree(self.process.pid))


def ours(world: World, state: Path, *options: str) -> list[str]:
    """The command of the real service, as an operator starts it; only the clock is held."""
    command = [sys.executable, "-m", "recsys", "serve", "--artifact", str(world.artifact), "--port", "0"]
    return [*command, "--state", str(state), "--now", MOMENT, "--hold-clock", "--drain-seconds", "0", *options]


def standard(world: World, *options: str) -> list[str]:
    """The command of the default stack."""
    return [sys.executable, "-m", "benchmarks.serving.standard", str(world.directory), *options]


@contextlib.contextmanager
def exploring_off() -> Iterator[tuple[str, ...]]:
    """Options that turn exploration off."""
    with TemporaryDirectory(prefix="bench-serve-") as directory:
        file = Path(directory) / "experiments.toml"
        file.write_text(NO_EXPLORATION, encoding="utf-8")
        yield "--experiments", str(file)


@contextlib.contextmanager
def pinned(command: list[str], stdin: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Start a process on the servers' core, its arithmetic on one thread; end it at the end."""
    process = subprocess.Popen(
        command,
        env=os.environ | dict.fromkeys(ONE_THREAD, "1"),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=_pin,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextlib.contextmanager
def running(command: list[str], ready: str = "/readyz") -> Iterator[Server]:
    """Start a server, wait until it is ready, stop it at the end."""
    began = time.monotonic()
    with pinned(command) as process:
        port = _port(process)
        _until_ready(port, ready, began + START_SECONDS)
        yield Server(process, port, time.monotonic() - began)


def _pin() -> None:
    os.sched_setaffinity(0, {SERVER_CORE})


def _port(process: subprocess.Popen[str]) -> int:
    for line in process.stdout or ():
        if line.startswith("listening on "):
            return int(line.rsplit(":", 1)[1])
    raise SystemExit(f"{' '.join(process.args)} ended with status {process.wait()} before it listened")


def _until_ready(port: int, path: str, until: float) -> None:
    with contextlib.closing(Connection(port)) as connection:
        while connection.get(path) != 200:
            if time.monotonic() > until:
                raise SystemExit(f"the server on port {port} did not become ready")


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
