"""The launcher: restricts itself as it is told, and becomes the program. Nothing of it stays in the program's way.

Run by path with `python -I -S -B`: `launch.py ORDER PROGRAM ARGUMENT…`, where ORDER is JSON (see `Order`). Ends with
status 125 and a sentence where a restriction does not hold: the program is then not run at all.
"""

import json
import os
import resource
import sys
from typing import TypedDict


class Order(TypedDict):
    """What to hold. `reads` None: the file system is somebody else's part. `network` is `none` (a namespace without
    one), `ports` (only these), or `tcp` (TCP as it is). Limits are bytes and numbers, 0 for none."""

    reads: list[str] | None
    writes: list[str]
    namespaces: bool
    network: str
    binds: list[int]
    connects: list[int]
    file_bytes: int
    shared_bytes: int
    address_space: int
    tasks: int


_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm")
_FAILED = 125


def main(arguments: list[str]) -> None:
    """Restrict this process and execute the program. Does not return."""
    try:
        order: Order = json.loads(arguments[0])
        _restrict(order)
        os.execve(arguments[1], arguments[1:], os.environ)  # noqa: S606 - a list of arguments, a path that was looked up
    except OSError as error:
        sys.stderr.write(f"the sandbox does not hold: {error}\n")
        sys.stderr.flush()
        os._exit(_FAILED)


def _restrict(order: Order) -> None:
    from guardrails.adapters.sandbox import landlock, namespaces, seccomp

    if order["namespaces"]:
        shared = order["network"] != "none"
        namespaces.enter(network=shared, writes=order["writes"], size=order["shared_bytes"])
    namespaces.give_up_privileges()
    _limit(order)
    rules = landlock.Ruleset(files=order["reads"] is not None, network=order["network"] == "ports")
    if order["reads"] is not None:
        rules.allow([*order["reads"], "/proc"], landlock.READ)
        rules.allow(order["writes"], landlock.WRITE)
        rules.allow([f"/dev/{name}" for name in _DEVICES], landlock.DEVICE)
        rules.allow(["/dev/shm"], landlock.WRITE)  # noqa: S108 - where semaphores between processes live
    rules.allow_ports(order["binds"], connect=False)
    rules.allow_ports(order["connects"], connect=True)
    rules.restrict()
    if order["network"] != "none":
        seccomp.only_tcp()


def _limit(order: Order) -> None:
    bounds = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, order["file_bytes"]),
        (resource.RLIMIT_AS, order["address_space"]),
        (resource.RLIMIT_NPROC, order["tasks"]),
    )
    for kind, bound in bounds:
        if bound or kind == resource.RLIMIT_CORE:
            hard = resource.getrlimit(kind)[1]
            least = bound if hard == resource.RLIM_INFINITY else min(bound, hard)
            resource.setrlimit(kind, (least, least))


if __name__ == "__main__":
    sys.path.insert(0, os.path.abspath(f"{__file__}/../../../.."))  # noqa: PTH100 - one module less to import
    main(sys.argv[1:])
