"""Limits that are held from outside: on all processes of a run together, root's too, whom the kernel lets off."""

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from guardrails.adapters.killing import parents
from guardrails.adapters.sandbox.limits import Limits

_EVERY, _DISK_EVERY, _WALK_EVERY = 0.05, 0.5, 2.0
_WALK_SHARE = 100
_PAGE = os.sysconf("SC_PAGE_SIZE")
_BLOCK = 512
_KERNEL_TELLS = Path(f"/proc/self/task/{os.getpid()}/children").exists()


class Watch:
    """Looks after one run: the family of the process `leader`, and the directories that it may write to."""

    def __init__(self, leader: int, limits: Limits, writes: Sequence[Path]) -> None:
        self._leader = leader
        self._limits = limits
        self._writes = tuple(writes)
        self._began = time.time() - 1  # coarser clocks stamp files
        self._free = _free(self._writes)
        self._next = self._next_disk = 0.0
        self._next_walk = time.monotonic() + _WALK_EVERY

    def exceeded(self) -> str:
        """What the run has used too much of, in words; empty while all is well. Cheap to ask often."""
        now = time.monotonic()
        if now < self._next:
            return ""
        self._next = now + _EVERY
        if now >= self._next_disk:
            self._next_disk = now + _DISK_EVERY
            if trouble := self._disk(now):
                return trouble
        return self._family()

    def _family(self) -> str:
        tasks, memory, pids = 0, 0, []
        for pid, threads in family(self._leader, self._limits.tasks * 4):
            pids.append(pid)
            tasks += threads
            memory += _resident(pid)
        if tasks > self._limits.tasks:
            return f"it had more than {self._limits.tasks} processes and threads (isolation.processes)"
        # Memory that processes share counts once for each in the cheap sum.
        if memory > self._limits.memory and sum(map(_share, pids)) > self._limits.memory:
            return f"it used more than {self._limits.memory >> 20} MB of memory (isolation.memory_mb)"
        return ""

    def _disk(self, now: float) -> str:
        """A walk over what was written: where so much is gone that it can matter, else so seldom that it costs little.

        Others write and remove as well, so what is free says only when to look.
        """
        gone = max((before - left for before, left in zip(self._free, _free(self._writes), strict=True)), default=0)
        if gone <= self._limits.written and now < self._next_walk:
            return ""
        written = sum(_written(place, self._began) for place in self._writes)
        written += sum(_unlinked(pid) for pid, _ in family(self._leader, self._limits.tasks * 4))
        took = time.monotonic() - now
        self._next_walk = now + max(_WALK_EVERY, _WALK_SHARE * took)
        self._next_disk = now + max(_DISK_EVERY, _WALK_SHARE * took / 10)
        if written <= self._limits.written:
            return ""
        return f"it wrote more than {self._limits.written >> 20} MB (isolation.file_mb)"


def family(leader: int, most: int) -> Iterator[tuple[int, int]]:
    """A process and its descendants, `most` of them, each with its number of threads (Linux)."""
    children_of = _told_by_kernel if _KERNEL_TELLS else _searched()
    waiting, seen = [leader], 0
    while waiting and seen < most:
        pid = waiting.pop()
        seen += 1
        with suppress(OSError, ValueError):
            threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - many times a second
            waiting += children_of(pid, threads)
            yield pid, len(threads)


def _told_by_kernel(pid: int, threads: Sequence[str]) -> list[int]:
    found: list[int] = []
    for thread in threads:
        with suppress(OSError), open(f"/proc/{pid}/task/{thread}/children", "rb") as file:  # noqa: PTH123
            found += map(int, file.read().split())
    return found


def _searched() -> Callable[[int, Sequence[str]], list[int]]:
    """The same for a kernel that does not list children: from one look at every process there is."""
    found: dict[int, list[int]] = {}
    for pid, parent in parents():
        found.setdefault(parent, []).append(pid)
    return lambda pid, _: found.get(pid, [])


def _resident(pid: int) -> int:
    """The memory of a process that no file stands behind, in bytes."""
    with suppress(OSError, ValueError, IndexError), open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123
        fields = file.read().split()
        return (int(fields[1]) - int(fields[2])) * _PAGE
    return 0


def _share(pid: int) -> int:
    """The same with its fair share of what it shares, in bytes."""
    with suppress(OSError, ValueError), open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
        return sum(int(line.split()[1]) for line in file if line.startswith((b"Pss_Anon:", b"Pss_Shmem:"))) * 1024
    return _resident(pid)


def _free(places: Sequence[Path]) -> tuple[int, ...]:
    """Free bytes where the places lie."""
    found = []
    for place in places:
        with suppress(OSError):
            told = os.statvfs(place)
            found.append(told.f_bavail * told.f_frsize)
            continue
        found.append(0)
    return tuple(found)


def _written(place: Path, since: float) -> int:
    """Bytes of the files below a directory that were changed since a time."""
    total = 0
    for root, _, names in os.walk(place):
        for name in names:
            with suppress(OSError):
                found = os.lstat(os.path.join(root, name))  # noqa: PTH118 - thousands of them
                total += found.st_blocks * _BLOCK if found.st_ctime >= since else 0
    return total


def _unlinked(pid: int) -> int:
    """Bytes of files that only a process still holds."""
    total = 0
    with suppress(OSError):
        for name in os.listdir(f"/proc/{pid}/fd"):  # noqa: PTH208 - names are enough
            with suppress(OSError):
                found = os.stat(f"/proc/{pid}/fd/{name}")  # noqa: PTH116 - through the link, to the file itself
                if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                    total += found.st_blocks * _BLOCK
    return total
