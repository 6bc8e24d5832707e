"""The end of a program and of all that it started: its process group, and on Linux also what left the group."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

_LINUX = sys.platform == "linux"
_PROC = "/proc"
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of <sys/prctl.h>
_POLL = 0.02
_ROUNDS = 50


def adopt_orphans() -> None:
    """Become the parent of every orphan below this process, so that a daemon cannot leave the family (Linux)."""
    if _LINUX:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


class Group:
    """A program that leads a process group. `mark` is unique in the environment of all that it starts.

    With `apart` the leader only waits for the program: it ends as the program does, and is not asked to end before it.
    """

    def __init__(self, process: subprocess.Popen[bytes], mark: str, *, apart: bool = False) -> None:
        self.process = process
        self._mark = mark
        self._apart = apart
        self._ended = False

    @property
    def exit_code(self) -> int | None:
        """The program's exit status, negative for a signal; None while it runs. A leader that waits cannot be killed
        by the program's signal, so it says 128 more, as a shell does."""
        code = self.process.returncode
        return 128 - code if code is not None and self._apart and 128 < code <= 128 + signal.SIGRTMAX else code

    def end(self, grace: float = 0) -> None:
        """Stop the group and what left it: asked to, then after `grace` seconds forced to. A second call does nothing,
        because the group's number may by then belong to somebody else."""
        if self._ended:
            return
        if grace > 0 and self._ask():
            self._wait(grace)
        for _ in range(_ROUNDS):
            alive = _signal_group(self.process.pid, signal.SIGKILL)
            for pid in _marked(self._mark):
                alive = _kill(pid) or alive
            self._reap()
            if not alive:
                break
            time.sleep(_POLL / 10)
        self._ended = True

    def _ask(self) -> bool:
        """Ask the program to end. Whether there was anybody to ask."""
        if not self._apart:
            return _signal_group(self.process.pid, signal.SIGTERM)
        inside = [pid for pid in _marked(self._mark) if pid != self.process.pid]
        return sum(_kill(pid, signal.SIGTERM) for pid in inside) > 0

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._reap()
            # A leader that stands apart ends last: what it waited for is gone, whoever is yet to collect it.
            if self.process.returncode is not None and (self._apart or not _signal_group(self.process.pid, 0)):
                return
            time.sleep(_POLL)

    def _reap(self) -> None:
        """Collect the dead of the group, so that they do not count as alive. The leader's status goes to `process`."""
        if self.process.poll() is None:
            return
        with suppress(ChildProcessError):
            while os.waitpid(-self.process.pid, os.WNOHANG)[0]:
                pass


def end_children() -> None:
    """Kill and reap every child of this process, adopted ones too: for the end of a run (Linux)."""
    for _ in range(_ROUNDS):
        children = list(_children(os.getpid()))
        for pid in children:
            _kill(pid)
        for pid in children:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)
        if not children:
            return


def _signal_group(group: int, number: int) -> bool:
    """Whether there was anybody to signal."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _kill(pid: int, number: int = signal.SIGKILL) -> bool:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _marked(mark: str) -> Iterator[int]:
    """Processes whose environment holds `mark`: those that left the group with setsid."""
    wanted, own = mark.encode(), os.getpid()
    for pid in _pids():
        with suppress(OSError):
            if pid != own and wanted in _of_process(pid, "environ"):
                yield pid


def parents() -> Iterator[tuple[int, int]]:
    """Every process with its parent (Linux)."""
    for pid in _pids():
        with suppress(OSError, ValueError, IndexError):
            # After the name, which may hold anything but ends at the last bracket: state, parent, …
            fields = _of_process(pid, "stat").rpartition(b")")[2].split()
            yield pid, int(fields[1])


def _children(parent: int) -> Iterator[int]:
    return (pid for pid, its_parent in parents() if its_parent == parent)


def _of_process(pid: int, name: str) -> bytes:
    with open(f"{_PROC}/{pid}/{name}", "rb") as file:  # noqa: PTH123 - for every process after every program
        return file.read()


def _pids() -> list[int]:
    if not _LINUX:
        return []
    with suppress(OSError):
        return [int(name) for name in os.listdir(_PROC) if name.isdecimal()]  # noqa: PTH208 - names are enough
    return []
