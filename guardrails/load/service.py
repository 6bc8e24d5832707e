"""A side of a comparison: what it serves is made once for each content, and it runs only as long as it is measured."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guardrails.errors import JudgementError
from guardrails.ports import Command, Confinement, Processes, Service, Store, Tree

KIND = "load-artifact"
QUOTED = 2_000


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make what a service serves, and how to start it: the table `section` of guardrails.toml.

    `environment` is a digest of the interpreter and of what is installed: another one makes the artifact anew.
    """

    python: str
    path: tuple[str, ...]
    prepare: tuple[str, ...]
    command: tuple[str, ...]
    inputs: tuple[str, ...]
    environment: str
    ready_path: str
    ready_seconds: float
    prepare_seconds: float
    section: str = "load"

    def env(self, tree: Tree) -> Mapping[str, str]:
        """The import path of a tree's own code."""
        return {"PYTHONPATH": ":".join(str(tree.root / part) for part in self.path)}


def artifact(tree: Tree, recipe: Recipe, processes: Processes, store: Store) -> Path | None:
    """The directory that `prepare` makes of a tree, from the store if it was made before; None without `prepare`.

    Raises:
        JudgementError: the command failed, did not end in time, or made nothing.
    """
    if not recipe.prepare:
        return None
    key = _key(tree, recipe)
    if (known := store.get(KIND, key)) is not None:
        return known
    with store.scratch() as scratch:
        made = scratch / "artifact"
        argv = filled(recipe.prepare, {"python": recipe.python, "artifact": str(made)})
        alone = Confinement((scratch,))
        done = processes.run(Command(argv, tree.root, recipe.env(tree), recipe.prepare_seconds, confined=alone))
        # A link could lead out of the sandbox, and what it points to would be shown to the service.
        whole = made.is_dir() and not made.is_symlink()
        if done.exit_code != 0 or not whole:
            how = (
                f"did not end within {recipe.prepare_seconds:g} seconds"
                if done.timed_out
                else f"ended with exit status {done.exit_code}" + ("" if whole else " and made no artifact")
            )
            last = (done.stdout + done.stderr).strip()[-QUOTED:] or "nothing"
            raise JudgementError(
                f"{recipe.section}.prepare ({' '.join(recipe.prepare)}) {how}. Its output ends: {last}"
            )
        return store.put(KIND, key, made)


def _key(tree: Tree, recipe: Recipe) -> str:
    """The content that the artifact is made of, and by what."""
    content = tree.digest_of(recipe.inputs) if recipe.inputs else tree.digest
    parts = (content, recipe.environment, recipe.python, *recipe.path, "", *recipe.prepare)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@contextmanager
def serving(
    tree: Tree,
    made: Path | None,
    recipe: Recipe,
    processes: Processes,
    state: Path,
    *,
    with_neighbour: bool = False,
    env: Mapping[str, str] | None = None,
) -> Iterator[Service]:
    """A service of a tree, with `state` as its private directory. `with_neighbour` gives it a second port,
    `{neighbour_port}`, for a program that it starts and asks; `env` are variables besides its import path.

    Raises:
        JudgementError: it ended or did not answer in time.
    """
    values = {"python": recipe.python, "artifact": str(made or ""), "state": str(state)}
    confined = Confinement((state,), (made,) if made else (), calls_itself=with_neighbour)
    ports = {"neighbour_port": processes.free_port()} if with_neighbour else None
    variables = {**(env or {}), **recipe.env(tree)}
    command = Command(filled(recipe.command, values), tree.root, variables, confined=confined)
    ready, seconds = recipe.ready_path, recipe.ready_seconds
    with processes.serve(command, ready_path=ready, ready_timeout=seconds, ports=ports) as service:
        yield service


def filled(argv: tuple[str, ...], values: Mapping[str, str]) -> tuple[str, ...]:
    """`argv` with each `{name}` of `values` replaced."""
    for name, value in values.items():
        argv = tuple(part.replace(f"{{{name}}}", value) for part in argv)
    return argv
