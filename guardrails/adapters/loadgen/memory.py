"""How much memory a service holds, read from outside it."""

from pathlib import Path

import psutil  # type: ignore[import-untyped] # it comes with locust, and its stubs are not installed

from guardrails.adapters.loadgen.meter import tree


def tree_kib(pid: int) -> int:
    """Resident memory of the process and its descendants in KiB; 0 where it is gone.

    Pages that several processes share are counted by their share (PSS), so that worker processes do not count what they
    have in common again and again. Where the system does not tell, the resident size stands in.
    """
    return sum(_kib(one) for one in tree(pid))


def _kib(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    try:
        return int(psutil.Process(pid).memory_info().rss) // 1024
    except psutil.Error:
        return 0
