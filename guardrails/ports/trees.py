"""Snapshots of the repository."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Tree(Protocol):
    """One snapshot of the repository, exported to a directory of its own. Nobody writes into it."""

    @property
    def digest(self) -> str:
        """The git tree id: equal digests mean equal content."""

    @property
    def root(self) -> Path:
        """The directory of the export, absolute."""

    def paths(self) -> Sequence[str]:
        """Every tracked path, sorted, with forward slashes."""

    def read(self, path: str) -> bytes | None:
        """The content of a regular file; None where there is none (absent, a directory, a symbolic link)."""

    def link(self, path: str) -> str | None:
        """The target of a symbolic link, as it is written; None where `path` is not one."""

    def digest_of(self, patterns: Sequence[str]) -> str:
        """A digest of the paths, modes and contents that match a pattern (see `guardrails.model.paths.matches`)."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The three trees of a check. `trial` is the head's product code under the base's judges; it is `head` itself
    where the change touches no judge."""

    base: Tree
    head: Tree
    trial: Tree
