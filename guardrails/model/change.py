"""A change: the difference between the merge base and the head."""

import shlex
from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What happened to one file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


SYMLINK_MODE = 0o120000
SUBMODULE_MODE = 0o160000


@dataclass(frozen=True, slots=True)
class Hunk:
    """One run of changed lines: `base_count` lines from `base_start` became `head_count` lines from `head_start`."""

    base_start: int
    base_count: int
    head_start: int
    head_count: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file of a change. `path` is the head's path (the base's if deleted); `old_path` is set on a rename.

    Modes are git's file modes, 0 where the side lacks the file. `added` and `removed` count lines and are 0 for binary
    files, whose `binary` is true.
    """

    path: str
    kind: ChangeKind
    old_path: str | None = None
    base_mode: int = 0
    head_mode: int = 0
    added: int = 0
    removed: int = 0
    binary: bool = False
    hunks: tuple[Hunk, ...] = ()

    @property
    def base_path(self) -> str:
        """Where the file stands in the base."""
        return self.old_path or self.path

    @property
    def changed_lines(self) -> int:
        """Lines added and removed."""
        return self.added + self.removed


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One side of a change. `commit` is None for uncommitted work; `tree` is the id of its git tree."""

    ref: str
    commit: str | None
    tree: str
    subject: str = ""

    @property
    def label(self) -> str:
        """A short name for people: the ref and the abbreviated commit."""
        where = self.commit[:12] if self.commit else "uncommitted work"
        return where if self.ref == self.commit else f"{self.ref} ({where})"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be judged. `uncommitted` says that the head is the work tree rather than a commit."""

    base: Snapshot
    head: Snapshot
    files: tuple[FileChange, ...]
    uncommitted: bool = False
    messages: tuple[str, ...] = ()

    @property
    def paths(self) -> frozenset[str]:
        """Every path that either side of the change names."""
        return frozenset(p for f in self.files for p in (f.path, f.base_path))

    def file(self, path: str) -> FileChange | None:
        """The change of the file at `path` in the head or the base, if it changed."""
        return next((f for f in self.files if path in (f.path, f.base_path)), None)

    def diff(self, *paths: str, options: str = "") -> str:
        """The command that shows the change, or these paths of it, in the user's repository."""
        sides = [side.commit for side in (self.base, self.head) if side.commit]
        words = ["git", "diff", *options.split(), *sides, *(("--", *paths) if paths else ())]
        return shlex.join(words)
