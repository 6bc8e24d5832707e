"""Scratch repositories: a base and a change to it as two commits, the same in every place and at every time."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from guardrails.adapters.git import Git
from guardrails.model.probe import Executable, LinkTo

BASE, CHANGE = "main", "change"
"""The branches: the default one, and the one with the change, which is checked out."""

_IDENTITY = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "guardrails"), ("EMAIL", "guardrails@localhost"), ("DATE", "2026-01-01T00:00:00Z"))
}


def plant(directory: Path, base: Mapping[str, str], change: Mapping[str, str | None], message: str = "change") -> None:
    """Make a repository in `directory` with `base` on `main` and `change` (None deletes a file) on top of it.

    `message` is that of the commit with the change.

    Raises:
        RepositoryError: git refused.
    """
    start(directory)
    write_files(directory, base)
    commit(directory, "base")
    branch(directory)
    write_files(directory, change)
    commit(directory, message)


def start(directory: Path) -> None:
    """An empty repository on the branch `main`."""
    directory.mkdir(parents=True, exist_ok=True)
    _git(directory).run("init", "--quiet", f"--initial-branch={BASE}", "--template=")


def branch(directory: Path) -> None:
    """Go on to the branch `change`."""
    _git(directory).run("checkout", "--quiet", "-b", CHANGE)


def commit(directory: Path, message: str) -> None:
    """Commit everything, files that an ignore file names too."""
    git = _git(directory)
    git.run("add", "--all", "--force")
    git.run("commit", "--quiet", "--allow-empty", "--no-verify", f"--message={message}")


def write_files(directory: Path, files: Mapping[str, str | None]) -> None:
    """Write each file, link or program; delete it where the text is None."""
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text is None or isinstance(text, LinkTo):
            target.unlink(missing_ok=text is not None)
        if isinstance(text, LinkTo):
            target.symlink_to(str(text))
        elif text is not None:
            target.write_text(text, encoding="utf-8", newline="\n")
            target.chmod(0o755 if isinstance(text, Executable) else 0o644)


def replace_files(directory: Path, source: Path) -> None:
    """Make the work tree of a repository a copy of another directory."""
    for child in directory.iterdir():
        if child.name != ".git":
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    shutil.copytree(source, directory, symlinks=True, dirs_exist_ok=True)


def _git(directory: Path) -> Git:
    """Git without the user's own configuration: no signing, no template, no line-ending conversion."""
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return Git(directory, {**settings, **_IDENTITY})
