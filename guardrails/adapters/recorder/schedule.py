"""Which tests this process runs: the files that it claims, and planted tests among them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from guardrails.adapters.recorder.channel import Say


@dataclass(frozen=True)
class Planted:
    """Tests that the parent wrote: source, and name, whether it must pass, and whether once a process is enough."""

    source: str
    tests: tuple[tuple[str, bool, bool], ...]

    def items(self, group: list[pytest.Item], number: int) -> list[tuple[pytest.Item, bool]]:
        """The tests as items of the module that a group stands in, so that its hooks and fixtures apply to them."""
        beside = next((item for item in reversed(group) if isinstance(item, pytest.Function)), None)
        module = None if beside is None else beside.getparent(pytest.Module)
        if beside is None or module is None:
            return []
        bodies: dict[str, object] = {}
        exec(compile(self.source, str(beside.path), "exec"), bodies)  # noqa: S102 - the parent wrote it, for this run
        wanted = [(name, must) for name, must, once in self.tests if not (once and number)]
        return [
            (pytest.Function.from_parent(module, name=f"{name}_{number}", callobj=bodies[name]), must)
            for name, must in wanted
        ]


@dataclass(frozen=True)
class Schedule:
    """The order of work. `claims` is a directory that processes share; empty: this process runs everything.

    With `in_order` files are run in the order in which they were asked for, not the largest first.
    """

    say: Say
    claims: str
    only: frozenset[str] | None
    planted: Planted
    in_order: bool = False

    def entries(self, items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, bool | None]]:
        """Each test to run, file by file, with None, or for a planted one whether it must pass."""
        files: dict[str, list[pytest.Item]] = {}
        for item in items:
            files.setdefault(str(item.nodeid).partition("::")[0], []).append(item)
        directories: set[str] = set()
        # The largest first: what is claimed last decides how long the slowest process takes.
        by_size = bool(self.claims) and not self.in_order
        for file, group in sorted(files.items(), key=lambda entry: -len(entry[1])) if by_size else files.items():
            if not self._claim(file):
                continue
            yield from ((item, None) for item in group if self.only is None or str(item.nodeid) in self.only)
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
        self.say("claimed", file=file)
        return True
