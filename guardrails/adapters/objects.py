"""New git objects without a write to the repository: a private object directory that borrows the repository's own.

The tree of uncommitted work and the trial tree are made here. The user's index, objects and refs stay as they are.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from guardrails.adapters.git import Git, Repository
from guardrails.errors import RepositoryError


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One path of a git tree: its mode, the id of its blob (of its commit, for a submodule), and where it stands."""

    mode: int
    oid: str
    path: str


@dataclass(frozen=True, slots=True)
class Objects:
    """The repository with a private place for new objects. `empty` is a directory that stays empty."""

    repository: Repository
    directory: Path
    empty: Path
    _index: Path

    @property
    def git(self) -> Git:
        """Git at the top of the work tree; what it makes goes to the private place."""
        return self.repository.git.with_environment(GIT_OBJECT_DIRECTORY=str(self.directory))

    def commit(self, ref: str) -> str | None:
        """The id of the commit that `ref` names, or None."""
        if not ref or ref.startswith("-"):
            return None
        status, output, _ = self.git.attempt(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        return output.decode().strip() if status == 0 else None

    def tree_and_subject(self, commit: str) -> tuple[str, str]:
        """The id of a commit's tree, and the first line of its message."""
        tree, _, subject = self.git.run("log", "-1", "--format=%T%n%s", commit).partition(b"\n")
        return tree.decode(), subject.decode(errors="replace").strip()

    def entries(self, tree: str) -> tuple[TreeEntry, ...]:
        """Every path of a tree, sorted by path."""
        listing = self.git.run("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")[:-1]
        return tuple(sorted((_entry(record) for record in listing), key=lambda entry: entry.path))

    def make_tree(self, entries: Iterable[TreeEntry]) -> str:
        """The id of the tree of these entries."""
        records = b"".join(b"%06o %s\t%s\0" % (e.mode, e.oid.encode(), os.fsencode(e.path)) for e in entries)
        self._index.unlink(missing_ok=True)
        git = self.git.with_environment(GIT_INDEX_FILE=str(self._index))
        git.run("update-index", "-z", "--index-info", stdin=records)
        return git.text("write-tree", "--missing-ok")

    def uncommitted(self) -> str:
        """The id of the tree that a commit of everything in the work tree would have, ignored files left out.

        Raises:
            RepositoryError: a merge with conflicts is in progress, or a file cannot be read.
        """
        source = self.repository.git_directory / "index"
        self._index.unlink(missing_ok=True)
        if source.exists():
            # With its time stamp: git compares it with those of the files to see which may have changed unnoticed.
            shutil.copy2(source, self._index)
        git = self.git.with_environment(GIT_INDEX_FILE=str(self._index))
        if unmerged := git.run("ls-files", "--unmerged", "-z"):
            path = os.fsdecode(unmerged.split(b"\0")[0].split(b"\t", 1)[1])
            raise RepositoryError(f"{path} has conflicts. Finish or abort the merge, then run this again.")
        status, _, complaint = git.attempt("add", "--all", "--", ":/")
        if status != 0:
            raise RepositoryError(f"git cannot read the uncommitted work: {complaint}. Commit it, or repair the file.")
        return git.text("write-tree")


def private_objects(repository: Repository, scratch: Path) -> Objects:
    """Objects whose new ones go below `scratch`, a private directory that the caller removes."""
    directory, empty = scratch / "objects", scratch / "empty"
    (directory / "info").mkdir(parents=True)
    empty.mkdir()
    lender = str(repository.objects).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    (directory / "info" / "alternates").write_bytes(os.fsencode(f'"{lender}"\n'))
    return Objects(repository, directory, empty, scratch / "index")


def _entry(record: bytes) -> TreeEntry:
    head, _, path = record.partition(b"\t")
    mode, _, oid = head.split(b" ", 2)
    return TreeEntry(int(mode, 8), oid.decode(), os.fsdecode(path))
