"""Which tests this process runs: the files that it claims, and planted tests among them."""

from __future__ import annotations

import ast
import hashlib
import os
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import audit

import pytest
from _pytest.assertion import rewrite

from guardrails.adapters.recorder.channel import RECORD

_HARMLESS = frozenset({"parametrize", "hypothesis"})
"""Marks that change nothing of how a test without arguments is run."""


@dataclass(frozen=True)
class Entry:
    """One test to run. `kind` is `test`, `planted` or `twin`; `body` the number of a twin's body."""

    item: pytest.Item
    kind: str = "test"
    body: int = 0


@dataclass(frozen=True)
class Planted:
    """Tests that the parent wrote: source, and name and whether once a process is enough. Which must pass, and what the
    bodies of twins come to, the parent alone knows."""

    source: str
    tests: tuple[tuple[str, bool], ...]
    twins: list[str]

    def items(self, group: list[pytest.Item], number: int) -> list[Entry]:
        """The tests as items of the module that a group stands in, so that its hooks and fixtures apply to them."""
        beside = next((item for item in reversed(group) if isinstance(item, pytest.Function)), None)
        module = None if beside is None else beside.getparent(pytest.Module)
        if beside is None or module is None:
            return []
        bodies: dict[str, object] = {}
        tree = ast.parse(self.source)
        # As the project's own tests are: that nobody has taken the teeth out of it shows here.
        rewrite.rewrite_asserts(tree, self.source.encode(), str(beside.path), beside.config)
        exec(compile(tree, str(beside.path), "exec"), bodies)  # noqa: S102 - the parent wrote it, for this run
        wanted = [name for name, once in self.tests if not (once and number)]
        return [
            Entry(pytest.Function.from_parent(module, name=f"{name}_{number}", callobj=bodies[name]), "planted")
            for name in wanted
        ]

    def twin(self, item: pytest.Item) -> Entry | None:
        """A test with the name, the place and the surroundings of another, and a body of the parent's.

        None where it would not surely be run as the other is: marks, classes and items of other kinds.
        """
        if type(item) is not pytest.Function or not self.twins:
            return None
        if any(mark.name not in _HARMLESS for mark in item.own_markers):
            return None
        if any(True for name in ("skip", "skipif", "xfail") for _ in item.iter_markers(name)):
            return None
        body = int(hashlib.sha256(f"{self.source}{item.nodeid}".encode()).hexdigest(), 16) % len(self.twins)
        made: dict[str, types.FunctionType] = {}
        name = item.originalname
        if not name.isidentifier():
            return None
        exec(compile(f"def {name}(*_):\n    {self.twins[body]}\n", str(item.path), "exec"), made)  # noqa: S102 - as above
        function = made[name]
        try:
            call = function if item.cls is None else types.MethodType(function, item.cls())
            twin = pytest.Function.from_parent(item.parent, name=item.name, callobj=call)
        except Exception:  # noqa: BLE001 - whatever a class of the project does when it is made
            return None
        twin.repr_failure = lambda *_: "the planted body"  # type: ignore[method-assign]  # a traceback takes long
        return Entry(twin, "twin", body)


@dataclass(frozen=True)
class Schedule:
    """The order of work. `claims` is a directory that processes share; empty: this process runs everything.

    With `in_order` files are run in the order in which they were asked for, not the largest first.
    """

    claims: str
    only: frozenset[str] | None
    planted: Planted
    in_order: bool = False

    def entries(self, items: list[pytest.Item], may_twin: Callable[[], bool]) -> Iterator[Entry]:
        """Each test to run, file by file, with what is planted beside it; twins while there is time for them."""
        files: dict[str, list[pytest.Item]] = {}
        for item in items:
            files.setdefault(str(item.nodeid).partition("::")[0], []).append(item)
        directories: set[str] = set()
        # The largest first: what is claimed last decides how long the slowest process takes.
        by_size = bool(self.claims) and not self.in_order
        for file, group in sorted(files.items(), key=lambda entry: -len(entry[1])) if by_size else files.items():
            if not self._claim(file):
                continue
            for item in group:
                if self.only is None or str(item.nodeid) in self.only:
                    yield Entry(item)
                    twin = self.planted.twin(item) if may_twin() else None
                    if twin is not None:
                        yield twin
            directory = str(Path(file).parent)
            planted = self.planted.items(group, len(directories)) if directory not in directories else []
            if planted:
                directories.add(directory)
            yield from planted

    def _claim(self, file: str) -> bool:
        """Whether this process runs the file: the first to make its mark does."""
        if self.claims:
            mark = Path(self.claims) / hashlib.sha256(file.encode()).hexdigest()
            try:
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return False
        audit(RECORD, "claimed", {"file": file})
        return True
