"""The backend bubblewrap: namespaces and a file system of its own for each run."""

from collections.abc import Sequence
from pathlib import Path

from guardrails.adapters.sandbox.limits import Limits
from guardrails.adapters.sandbox.view import View

_PRIVATE = ("/tmp", "/var/tmp")  # noqa: S108 - empty ones, for this run alone
# The shell sets the bounds of each process. `-p` is dash's word for the number of processes, `-u` that of others.
_LIMITED = (
    'ulimit -c 0; ulimit -f "$1" 2>/dev/null; ulimit -v "$2" 2>/dev/null; '
    '[ "$3" = 0 ] || ulimit -p "$3" 2>/dev/null || ulimit -u "$3" 2>/dev/null; shift 3; exec "$@"'
)


def wrapped(
    bwrap: str, extra: Sequence[str], view: View, limits: Limits, cwd: Path, *, network: bool
) -> tuple[str, ...]:
    """What stands before a program: bubblewrap with its options. `extra` are options that only some machines need.

    bubblewrap itself keeps the program from new privileges, and covers what is dangerous below /proc.
    """
    size = str(limits.shared)
    options = [bwrap, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts", *extra]
    options += ["--cap-drop", "ALL", *([] if network else ["--unshare-net"])]
    options += ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"]  # noqa: S108
    for place in view.hidden:
        options += ["--perms", "1777" if str(place) in _PRIVATE else "0755", "--size", size, "--tmpfs", str(place)]
    for parent in _parents(view):
        options += ["--perms", "0755", "--dir", str(parent)]
    for place in view.empty:
        options += ["--perms", "0755", "--dir", str(place)]
    for place in view.reads:
        options += ["--ro-bind", str(place), str(place)]
    for place in view.writes:
        options += ["--bind", str(place), str(place)]
    for place in view.hidden:
        options += [] if str(place) in _PRIVATE else ["--remount-ro", str(place)]
    return (*options, "--remount-ro", "/dev", "--chdir", str(cwd), "--")


def limited(limits: Limits) -> tuple[str, ...]:
    """What stands before a program to bound each of its processes."""
    blocks, kilobytes = limits.written // 512, limits.address_space // 1024
    return ("/bin/sh", "-c", _LIMITED, "sh", str(blocks), str(kilobytes), str(limits.kernel_tasks))


def _parents(view: View) -> list[Path]:
    """The directories between a hidden place and what stands out of it, the upper ones first."""
    shown = (*view.reads, *view.writes, *view.empty)
    return sorted({up for place in shown for up in place.parents if any(one in up.parents for one in view.hidden)})
