"""The trees of a check: the base, the head, and the trial tree, each exported to a directory of the cache."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from guardrails.adapters.export import FILES, changed_files, is_intact, write_export
from guardrails.adapters.objects import Objects, TreeEntry
from guardrails.errors import RepositoryError
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE
from guardrails.model.paths import matches
from guardrails.ports import Store

_KIND = "tree"
_ATTEMPTS = 100


class GitTree:
    """A `Tree` that git holds under `digest` and that is exported below `directory`."""

    def __init__(self, digest: str, entries: Sequence[TreeEntry], directory: Path) -> None:
        self.digest = digest
        self.entries = tuple(entries)
        self._directory = directory

    @property
    def root(self) -> Path:
        """The directory of the export, absolute."""
        return self._directory / FILES

    @cached_property
    def _by_path(self) -> Mapping[str, TreeEntry]:
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def _paths(self) -> tuple[str, ...]:
        return tuple(entry.path for entry in self.entries)

    def paths(self) -> Sequence[str]:
        """Every tracked path, sorted, with forward slashes; links and submodules too."""
        return self._paths

    def read(self, path: str) -> bytes | None:
        """The content of a regular file; None where there is none (absent, a directory, a symbolic link)."""
        entry = self._by_path.get(path)
        if entry is None or entry.mode in {SYMLINK_MODE, SUBMODULE_MODE}:
            return None
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return None

    def link(self, path: str) -> str | None:
        """The target of a symbolic link, as it is written; None where `path` is not one."""
        entry = self._by_path.get(path)
        if entry is None or entry.mode != SYMLINK_MODE:
            return None
        try:
            return os.readlink(self.root / path)  # noqa: PTH115 - as it is written, not as a path
        except OSError:
            return None

    def digest_of(self, patterns: Sequence[str]) -> str:
        """A digest of the paths, modes and contents that match a pattern."""
        digest = hashlib.sha256()
        for entry in self.entries:
            if matches(entry.path, patterns):
                digest.update(b"%o %s " % (entry.mode, entry.oid.encode()) + os.fsencode(entry.path) + b"\0")
        return digest.hexdigest()

    def changed(self) -> list[str]:
        """Tracked files that something has changed since the export was checked out: none, if all is well."""
        found = changed_files(self._directory)
        return ["every file"] if found is None else found


class Exporter:
    """Exports git trees into the store and hands out each once."""

    def __init__(self, objects: Objects, store: Store) -> None:
        self._objects = objects
        self._store = store
        self._made: dict[str, GitTree] = {}

    def export(self, digest: str) -> GitTree:
        """The tree `digest`, exported.

        Raises:
            RepositoryError: git lacks an object, or the disk cannot hold the tree.
        """
        if digest not in self._made:
            entries = self._objects.entries(digest)
            self._made[digest] = GitTree(digest, entries, self._directory(digest, entries))
        return self._made[digest]

    def trial(self, base: GitTree, head: GitTree, judges: Sequence[str]) -> GitTree:
        """The head's product code under the base's judges: what matches `judges` comes from the base alone."""
        entries = trial_entries(base.entries, head.entries, judges)
        if entries == head.entries:
            return head
        return self.export(self._objects.make_tree(entries))

    def _directory(self, digest: str, entries: Sequence[TreeEntry]) -> Path:
        """An intact export. One that a program has written into is left to those who use it, and to the pruning."""
        for attempt in range(_ATTEMPTS):
            key = digest if attempt == 0 else f"{digest}-{attempt}"
            found = self._store.get(_KIND, key)
            if found is None:
                with self._store.scratch() as scratch:
                    write_export(self._objects.git, entries, scratch)
                    found = self._store.put(_KIND, key, scratch)
            if is_intact(found):
                return found
        raise RepositoryError(
            f"{_ATTEMPTS} exports of tree {digest} in the cache have been written into. Empty the "
            "cache ($GUARDRAILS_CACHE, else ~/.cache/guardrails) and look for the program that writes there."
        )


def trial_entries(base: Sequence[TreeEntry], head: Sequence[TreeEntry], judges: Sequence[str]) -> tuple[TreeEntry, ...]:
    """The entries of the trial tree, sorted by path.

    Where a judge of the base and a product file of the head cannot stand side by side (one's path is a directory of
    the other's), the judge stays.
    """
    judging = [entry for entry in base if matches(entry.path, judges)]
    taken = {entry.path for entry in judging}
    parents = {parent for path in taken for parent in _parents(path)}
    product = [
        entry
        for entry in head
        if not matches(entry.path, judges) and entry.path not in parents and taken.isdisjoint(_parents(entry.path))
    ]
    return tuple(sorted([*judging, *product], key=lambda entry: entry.path))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]
