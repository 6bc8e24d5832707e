"""How much of the machine one run of untrusted code may take."""

import os
from dataclasses import dataclass

_MB = 1 << 20
_ADDRESS_SPACE = 4
_SPARE_TASKS = 8
_COUNTS_APART = (5, 14)


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run, all of its processes together. `memory` and `written` are bytes; `tasks` are processes and
    threads."""

    memory: int
    tasks: int
    written: int

    @classmethod
    def of(cls, *, memory_mb: int, processes: int, file_mb: int) -> "Limits":
        """Limits as the policy writes them."""
        return cls(memory_mb * _MB, processes, file_mb * _MB)

    @property
    def address_space(self) -> int:
        """What one process may map, in bytes: more than it may use, because allocators reserve much that they never
        touch. It is the bound for a process that grows faster than the watch looks."""
        return self.memory * _ADDRESS_SPACE

    @property
    def shared(self) -> int:
        """What a file system in memory may hold, in bytes: it counts for no process."""
        return min(self.written, self.memory // 4)

    @property
    def kernel_tasks(self) -> int:
        """The limit that the kernel is to hold, or 0 where it would count wrongly: it lets root off, and before Linux
        5.14 it counted all programs of the user."""
        if os.geteuid() == 0 or _release() < _COUNTS_APART:
            return 0
        return self.tasks + _SPARE_TASKS

    @property
    def words(self) -> str:
        """The limits for a reader."""
        memory, written = self.memory // _MB, self.written // _MB
        return f"{memory} MB of memory, {self.tasks} processes and threads, {written} MB written"


def _release() -> tuple[int, int]:
    try:
        major, minor = os.uname().release.split(".")[:2]
        return int(major), int(minor)
    except ValueError:
        return (0, 0)
