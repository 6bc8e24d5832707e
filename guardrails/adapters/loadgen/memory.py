"""How much memory a service holds, read from outside it."""

from pathlib import Path

import psutil  # type: ignore[import-untyped] # it comes with locust, and its stubs are not installed

from guardrails.adapters.loadgen.meter import tree

_OWN = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")


def tree_kib(pid: int) -> int:
    """Memory of the process and its descendants in KiB that is their own: no file backs it. 0 where they are gone.

    What several processes share is counted by their share, so that workers do not count what they have in common again
    and again. Mapped files (libraries, arrays of a model) are left out: the share of those that is charged to a process
    moves with whoever else on the machine happens to map them, which looks like growth. Where the system does not tell,
    the resident size stands in.
    """
    return sum(_kib(one) for one in tree(pid))


def tree_resident_kib(pid: int) -> int:
    """Resident memory of the process and its descendants in KiB, mapped files too, what several share counted by their
    share. 0 where they are gone."""
    return sum(_kib(one, ("Pss:",)) for one in tree(pid))


def _kib(pid: int, keys: tuple[str, ...] = _OWN) -> int:
    try:
        lines = [line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()]
        found = [int(line[1]) for line in lines if line[0] in keys]
        if len(found) == len(keys):
            return sum(found)
    except (OSError, ValueError, IndexError):
        pass
    try:
        return int(psutil.Process(pid).memory_info().rss) // 1024
    except psutil.Error:
        return 0
