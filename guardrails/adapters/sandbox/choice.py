"""Which backend encloses untrusted programs here: the first that works, found by trying, once, when first needed."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from guardrails.adapters.sandbox import bubblewrap, landlock, seccomp
from guardrails.adapters.sandbox.launch import Order
from guardrails.adapters.sandbox.limits import Limits
from guardrails.adapters.sandbox.view import View, hidden_places, view_of
from guardrails.adapters.sandbox.words import Held, notes
from guardrails.errors import ToolMissingError
from guardrails.ports import Confinement

BUBBLEWRAP, NAMESPACES, LANDLOCK, NONE = "bubblewrap", "landlock and namespaces", "landlock", "none"
BACKENDS = (BUBBLEWRAP, NAMESPACES, LANDLOCK)
_LAUNCHER = Path(__file__).with_name("launch.py")
_PACKAGE = Path(__file__).resolve().parents[2]
_PATIENCE = 20
_INSTALL = "Install bubblewrap (apt-get install bubblewrap), or allow unprivileged user namespaces"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A program as it is started: `command` is all of it, what encloses the program comes first.

    `limits` are to be held from outside, over it and the directories `writes`. `apart` says that the first process
    stays outside, waits, and ends with what the program ended with.
    """

    command: tuple[str, ...]
    limits: Limits | None = None
    writes: tuple[Path, ...] = ()
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Backend:
    """A way to enclose programs that works here. `extra` are bubblewrap's options that only this machine needs."""

    name: str
    program: str = ""
    extra: tuple[str, ...] = ()

    @property
    def separate(self) -> bool:
        """Whether a program has processes, and if it needs none a network, of its own."""
        return self.name in (BUBBLEWRAP, NAMESPACES)


@dataclass(slots=True)
class Sandbox:
    """Encloses the untrusted programs of one check, and remembers what held.

    `places` are directories to hide beside the usual ones, `reads` what the policy lets programs read nevertheless.
    With `required`, a program that cannot be kept from the network and the disk is not run.
    """

    limits: Limits
    repository: Path = Path("/nonexistent")
    places: tuple[Path, ...] = ()
    reads: tuple[Path, ...] = ()
    required: bool = False
    backends: Sequence[str] = BACKENDS
    path: str = os.defpath
    _held: dict[Held, None] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _hidden: tuple[Path, ...] | None = None

    @property
    def backend(self) -> Backend:
        """The backend of this check."""
        return backend(tuple(self.backends), self.path)

    def notes(self) -> tuple[str, ...]:
        """What held for the programs that were run, in sentences; nothing where none was."""
        return notes(tuple(self._held), self.limits)

    def enclose(self, argv: Sequence[str], asked: Confinement, private: Path, cwd: Path) -> Enclosed:
        """How to start a program. The directories that it may write to are there.

        Raises:
            ToolMissingError: the policy requires isolation, and not all of it holds here.
        """
        chosen, writes = self.backend, (*asked.writes, private)
        self._note(held := Held.of(chosen.name, bool(asked.ports), self.required))
        if self.required and held.lacking:
            lacking = "; ".join(held.lacking)
            raise ToolMissingError(f"isolation.mode is 'required', and here untrusted code has {lacking}. {_INSTALL}.")
        if chosen.name == NONE:
            return Enclosed(tuple(argv), self.limits, writes, apart=False)
        view = self._view(Path(argv[0]), asked, writes, cwd)
        before = _bubblewrap(chosen, view, self.limits, cwd, held) if chosen.program else ()
        before += () if before and held.network == "none" else _launcher(chosen, view, self.limits, asked, held)
        return Enclosed((*before, *argv), self.limits, writes, chosen.separate)

    def _view(self, program: Path, asked: Confinement, writes: Sequence[Path], cwd: Path) -> View:
        with self._guard:
            if self._hidden is None:
                self._hidden = hidden_places((*self.places, self.repository))
        tools = () if not asked.ports and self.backend.name == BUBBLEWRAP else _tools()
        reads = (*self.reads, *asked.reads, *tools, cwd)
        return view_of(self._hidden, Path(os.path.realpath(self.repository)), program, reads, writes)

    def _note(self, held: Held) -> None:
        with self._guard:
            self._held[held] = None


def sandbox_of(
    *, memory_mb: int, processes: int, file_mb: int, required: bool, reads: Sequence[str], repository: Path,
    places: Sequence[Path], caller: Mapping[str, str], backends: Sequence[str] = BACKENDS,
) -> Sandbox:  # fmt: skip
    """The sandbox of one check, from its policy and its surroundings.

    `places` are hidden beside the caller's home. A relative path of `reads` is relative to the repository.
    """
    home = caller.get("HOME", "")
    hidden = (*places, *([Path(home)] if home.startswith("/") else []))
    return Sandbox(
        Limits.of(memory_mb=memory_mb, processes=processes, file_mb=file_mb),
        repository,
        hidden,
        tuple(repository / Path(read).expanduser() for read in reads),
        required,
        backends,
        path=caller.get("PATH", os.defpath),
    )


@cache
def backend(wanted: tuple[str, ...], path: str) -> Backend:
    """The first of the wanted backends that works."""
    for name in wanted if sys.platform == "linux" else ():
        for candidate in _candidates(name, path):
            if _works(candidate):
                return candidate
    return Backend(NONE)


def _candidates(name: str, path: str) -> list[Backend]:
    """A backend, with the options to try. Root needs no user namespace, unless it is root in name alone."""
    if name != BUBBLEWRAP:
        return [Backend(name)] if landlock.version() >= landlock.LEAST and seccomp.is_known() else []
    found = shutil.which("bwrap", path=path)
    return [Backend(name, found, extra) for extra in ((), ("--unshare-user",))] if found else []


def _works(candidate: Backend) -> bool:
    """Whether a program that does nothing can be run that way."""
    limits, program = Limits.of(memory_mb=4096, processes=64, file_mb=64), Path("/bin/true").resolve()
    hidden = hidden_places(())
    view, held = view_of(hidden, Path("/nonexistent"), program, _tools(), ()), Held.of(candidate.name, False, False)  # noqa: FBT003
    before = _bubblewrap(candidate, view, limits, Path("/"), held) if candidate.program else ()
    before += () if before else _launcher(candidate, view, limits, Confinement(), held)
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments of our own
            (*before, str(program)), cwd="/", env={}, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=_PATIENCE,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _bubblewrap(chosen: Backend, view: View, limits: Limits, cwd: Path, held: Held) -> tuple[str, ...]:
    alone = held.network == "none"
    before = bubblewrap.wrapped(chosen.program, chosen.extra, view, limits, cwd, network=not alone)
    return (*before, *(bubblewrap.limited(limits) if alone else ()))


def _launcher(chosen: Backend, view: View, limits: Limits, asked: Confinement, held: Held) -> tuple[str, ...]:
    """The launcher with its order; inside bubblewrap only the network is left to it."""
    inside = bool(chosen.program)
    reads = None if inside else [str(place) for place in view.granted()]
    order: Order = {
        "reads": reads,
        "writes": [str(place) for place in view.writes],
        "namespaces": chosen.name == NAMESPACES,
        "network": held.network,
        "binds": list(asked.ports),
        "connects": list(asked.ports) if asked.calls_itself else [],
        "file_bytes": limits.written,
        "shared_bytes": limits.shared,
        "address_space": limits.address_space,
        "tasks": limits.kernel_tasks if chosen.separate else 0,
    }
    return (sys.executable, "-I", "-S", "-B", str(_LAUNCHER), json.dumps(order))


@cache
def _tools() -> tuple[Path, ...]:
    """What the launcher is made of."""
    prefixes = (sys.prefix, sys.base_prefix, sys.exec_prefix, str(_PACKAGE), sys.executable)
    return tuple(Path(prefix) for prefix in dict.fromkeys(prefixes))
