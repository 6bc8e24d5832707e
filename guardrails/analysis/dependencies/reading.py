"""Which files of a tree declare or lock packages, each read at most once and only when somebody asks."""

import fnmatch
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from guardrails.analysis.dependencies import locks, older, pyproject, requirements
from guardrails.analysis.dependencies.declared import Declared, Lock
from guardrails.analysis.source import Sources
from guardrails.model.paths import matches

_BY_NAME: Mapping[str, Callable[[str, str], Declared]] = {
    "pyproject.toml": pyproject.parse,
    "setup.cfg": older.setup_cfg,
    "setup.py": older.setup_py,
    "Pipfile": older.pipfile,
    "environment.yml": older.environment_yml,
    "environment.yaml": older.environment_yml,
    "pip.conf": older.tool_configuration,
    "pip.ini": older.tool_configuration,
    "uv.toml": older.tool_configuration,
}
_REQUIREMENTS = (
    "*requirements*.txt",
    "*requirements*.in",
    "*constraints*.txt",
    "requirements/*.txt",
    "requirements/*.in",
)


def is_manifest(path: str) -> bool:
    """Whether a file declares requirements, by its name."""
    directory, _, name = path.rpartition("/")
    if name in _BY_NAME:
        return True
    tail = f"{directory.rpartition('/')[2]}/{name}"
    return any(fnmatch.fnmatchcase(text, pattern) for text in (name, tail) for pattern in _REQUIREMENTS)


class Side:
    """What one side of a change declares and locks. `locks` and `ignore` are patterns of paths."""

    def __init__(self, sources: Sources, lock_patterns: Sequence[str], ignore: Sequence[str]) -> None:
        self.sources = sources
        self._locks: dict[str, Lock] = {}
        self.unreadable: dict[str, str] = {}
        kept = [p for p in sorted(sources.paths) if not matches(p, ignore)]
        self.lock_paths = tuple(p for p in kept if self._is_lock(p, lock_patterns))
        self.manifests = tuple(p for p in kept if is_manifest(p) and p not in self.lock_paths)

    def _is_lock(self, path: str, patterns: Sequence[str]) -> bool:
        """A lock by its name, or a requirements file that is written from a `.in` beside it."""
        beside = path.endswith(".txt") and is_manifest(path) and path[:-4] + ".in" in self.sources.paths
        return matches(path, patterns) or beside

    @cached_property
    def declared(self) -> Declared:
        """What all files of the tree declare together."""
        found, waiting, done = Declared(), list(self.manifests), set[str]()
        while waiting:
            path = waiting.pop(0)
            if path in done or path in self.lock_paths:
                continue
            done.add(path)
            one, others = self._read(path)
            found.add(one)
            waiting += others
        found.unreadable |= {p: why for p, why in self.unreadable.items() if p not in self.lock_paths}
        return found

    def _read(self, path: str) -> tuple[Declared, list[str]]:
        text = self.sources.text(path)
        if text is None:
            return Declared(), []
        reader = _BY_NAME.get(path.rpartition("/")[2])
        try:
            if reader is None:
                return requirements.parse(path, text, constraint="constraint" in path.rpartition("/")[2])
            return reader(path, text), []
        except (ValueError, tomllib.TOMLDecodeError, RecursionError) as error:
            self.unreadable[path] = str(error)
            return Declared(), []

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that is required somewhere, and the tree's own."""
        return frozenset(r.name for r in self.declared.requirements) | self.declared.own

    def lock(self, path: str) -> Lock | None:
        """A lock file; None where there is none, or where it cannot be read."""
        if path not in self.lock_paths:
            return None
        if path not in self._locks:
            try:
                self._locks[path] = locks.parse(path, self.sources.text(path) or "")
            except (ValueError, tomllib.TOMLDecodeError, json.JSONDecodeError, RecursionError) as error:
                self.unreadable[path] = str(error)
                self._locks[path] = Lock(path, ())
        return self._locks[path]

    def all_locks(self) -> Iterable[Lock]:
        """Every lock of the tree."""
        return [lock for path in self.lock_paths if (lock := self.lock(path)) is not None]

    @cached_property
    def locked(self) -> frozenset[str]:
        """Every name that a lock holds."""
        return frozenset(name for lock in self.all_locks() for name in lock.names())
