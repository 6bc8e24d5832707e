"""The judge itself comes from the base: a change to the gate is not judged by what it made of the gate."""

import hashlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import guardrails
from guardrails.ports import Tree

PACKAGE = "guardrails/"
_SIGN = "guardrails/gates/registry.py"
_MARKER = "GUARDRAILS_JUDGE"
"""Set to the base's tree while its gate runs, so that a gate which differs from its own export does not start again."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the judge must come from: `root` is the base's tree if its gate must take over, else None."""

    root: Path | None = None
    tree: str = ""
    notes: tuple[str, ...] = ()


def judge_of(base: Tree, head: Tree, environment: Mapping[str, str]) -> Origin:
    """Whether the running gate may judge a change to the repository with these trees."""
    if _SIGN not in base.paths():
        if _SIGN not in head.paths():
            return Origin()
        return Origin(notes=("The base has no gate of its own: the one that is running judges.",))
    different = _first_difference(base)
    if different is None:
        return Origin()
    if environment.get(_MARKER) == base.digest:
        return Origin(
            notes=(f"The running gate is not the base's: {different} differs. What it says may be the change's doing.",)
        )
    return Origin(base.root, base.digest)


def take_over(origin: Origin, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Replace this process by the base's gate with the same arguments. Does not return."""
    sys.stdout.flush()
    sys.stderr.flush()
    # -P: neither the directory that this is run in nor that of a script may stand before the base's package. No byte
    # code: nobody writes into an exported tree.
    argv = [sys.executable, "-P", "-B", "-m", "guardrails", *arguments]
    os.execve(sys.executable, argv, {**environment, "PYTHONPATH": str(origin.root), _MARKER: origin.tree})  # noqa: S606


def gate_digest() -> str:
    """The sha256 of the running gate: every file of its package with its name, byte code apart."""
    root, digest = Path(guardrails.__file__).resolve().parent, hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _first_difference(base: Tree) -> str | None:
    """A file of the gate's package that is not byte for byte the base's, or None."""
    running = Path(guardrails.__file__).resolve().parent
    expected = {path for path in base.paths() if path.startswith(PACKAGE)}
    for path in sorted(expected):
        try:
            content = (running / path.removeprefix(PACKAGE)).read_bytes()
        except OSError:
            return path
        if content != base.read(path):
            return path
    present = {f"{PACKAGE}{path.relative_to(running).as_posix()}" for path in running.rglob("*.py")}
    return min(present - expected, default=None)
