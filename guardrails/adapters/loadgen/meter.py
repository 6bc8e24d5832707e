"""What a service costs, read from outside it: nothing that the service does can change these figures."""

import os
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped] # it comes with locust, and its stubs are not installed

HASTE = -10
"""The nice value of what is measured and of what measures."""


def tree(pid: int) -> tuple[int, ...]:
    """A process and its descendants; nothing where it is gone."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        # Another system, or a process that just ended.
        try:
            children = [child.pid for child in psutil.Process(pid).children()]
        except psutil.Error:
            return ()
    return (pid, *(one for child in children for one in tree(child)))


def tree_seconds(pid: int) -> float:
    """Processor time that the process and its descendants have used so far, in seconds.

    A descendant that was given away to another parent is not seen.
    """
    return sum(process_seconds(one) for one in tree(pid))


def process_seconds(pid: int) -> float:
    """Processor time of one process, its threads (those that ended too) and its children that ended, in seconds."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    ended = float(getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0))
    try:
        # The clock of another process, as clock_getcpuclockid(3) makes it: nanoseconds, where cpu_times counts 10 ms
        # and /proc/PID/schedstat lags by a tick and forgets threads that ended.
        return ended + time.clock_gettime((~pid << 3) | 2)
    except (OSError, AttributeError):
        return ended + float(times.user + times.system)


def is_alive(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def tree_calls(pid: int) -> int | None:
    """System calls that read or wrote (files and pipes; of sockets only those by read and write), of the whole tree.

    None where the system does not tell.
    """
    return _summed(pid, "io", ("syscr", "syscw"))


def _summed(pid: int, file: str, keys: tuple[str, ...]) -> int | None:
    """The sum of some lines `key: number` of a file of each process of the tree."""
    total, seen = 0, 0
    for one in tree(pid):
        try:
            lines = Path(f"/proc/{one}/{file}").read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        for line in lines:
            key, _, rest = line.partition(":")
            if key in keys:
                total, seen = total + int(rest.split()[0]), seen + 1
    return total if seen else None


def pin(pid: int, core: int) -> bool:
    """Hold every thread of a process and its descendants on one core; whether that was allowed."""
    try:
        for one in tree(pid):
            for task in Path(f"/proc/{one}/task").iterdir():
                os.sched_setaffinity(int(task.name), {core})
    except (OSError, AttributeError):
        return False
    return True


def hasten(pid: int) -> bool:
    """Let every thread of a process and its descendants go before programs of ordinary priority; whether that was
    allowed, as it is to root. What another program does to a head and to its base then differs less."""
    try:
        for one in tree(pid):
            for task in Path(f"/proc/{one}/task").iterdir():
                os.setpriority(os.PRIO_PROCESS, int(task.name), HASTE)
            # Where sessions are scheduled as groups, a nice value counts within its session alone. One that others
            # belong to is left as it is.
            if os.getsid(one) == one and (session := Path(f"/proc/{one}/autogroup")).exists():
                session.write_text(str(HASTE))
    except (OSError, AttributeError):
        return False
    return True


def cores() -> tuple[int, ...]:
    """The cores that this process may use."""
    try:
        return tuple(sorted(os.sched_getaffinity(0)))
    except AttributeError:
        return ()
