"""Merges of branches in a repository of their own: yours is only read, its work tree, index and branches stay."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guardrails.adapters.git import Git, Repository, open_repository
from guardrails.adapters.scratch import scratch_directory
from guardrails.errors import RepositoryError, UsageError

_LEAST_GIT = (2, 38)
_NOBODY = {
    "GIT_AUTHOR_NAME": "guardrails queue", "GIT_AUTHOR_EMAIL": "guardrails@localhost",
    "GIT_COMMITTER_NAME": "guardrails queue", "GIT_COMMITTER_EMAIL": "guardrails@localhost",
    "GIT_AUTHOR_DATE": "2000-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2000-01-01T00:00:00Z",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conflict:
    """Branches that git cannot merge, with the paths that it stumbles over."""

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """The scratch repository. `base` is the commit that everything is merged onto."""

    root: Path
    git: Git
    base: str

    def tip(self, branch: str) -> str:
        """The commit of a branch."""
        return self.git.text("rev-parse", "--verify", f"refs/queue/{branch}^{{commit}}")

    def contains(self, one: str, other: str) -> bool:
        """Whether the branch `one` holds all of `other`."""
        return self.git.attempt("merge-base", "--is-ancestor", self.tip(other), self.tip(one))[0] == 0

    def merged(self, branches: Sequence[str]) -> str | Conflict:
        """The commit that holds the branches one after the other, or where git could not go on."""
        commit = self.base
        for branch in branches:
            tip = self.tip(branch)
            if self.git.attempt("merge-base", "--is-ancestor", tip, commit)[0] == 0:
                continue
            status, output, complaint = self.git.attempt("merge-tree", "--write-tree", "--name-only", commit, tip)
            told = os.fsdecode(output).split("\n")
            if status == 1:
                paths = told[1 : told.index("")] if "" in told else told[1:]
                return Conflict(tuple(dict.fromkeys(path for path in paths if path)))
            if status != 0:
                raise RepositoryError(f"git cannot merge {branch}: {complaint}")
            commit = self.git.text("commit-tree", told[0], "-p", commit, "-p", tip, "-m", f"Merge {branch}")
        return commit


@contextmanager
def bench(repository: Repository, base: str | None, branches: Sequence[str], place: Path) -> Iterator[Bench]:
    """A scratch repository that borrows the objects of `repository` and holds its branches.

    Raises:
        UsageError: no such branch, one that is named twice or holds nothing new, no common ancestor, a git too old.
    """
    _check_git(repository.git)
    twice = [name for name in dict.fromkeys(branches) if branches.count(name) > 1]
    if twice:
        raise UsageError(f"{', '.join(twice)}: named twice. Name each branch once.")
    onto = _commit(repository, base or _default(repository), "--base")
    tips = {name: _commit(repository, name, "the branch") for name in branches}
    for name, tip in tips.items():
        if repository.git.attempt("merge-base", onto, tip)[0] != 0:
            raise UsageError(f"{name} has no commit in common with the base, so it cannot be merged.")
        if repository.git.attempt("merge-base", "--is-ancestor", tip, onto)[0] == 0:
            raise UsageError(f"{name} holds nothing that the base does not have: it is merged already.")
    with scratch_directory(place) as scratch:
        root = scratch / repository.root.name
        objects = repository.git.text("rev-parse", "--git-path", "objects")
        repository.git.run("init", "--quiet", str(root))
        here = open_repository(root)
        alternates = here.git_directory / "objects" / "info" / "alternates"
        alternates.write_text(f"{(repository.git.directory / objects).resolve()}\n", encoding="utf-8")
        git = here.git.with_environment(**_NOBODY)
        for name, tip in tips.items():
            git.run("update-ref", f"refs/queue/{name}", tip)
        git.run("update-ref", "refs/heads/base", onto)
        environment = repository.root / ".venv"
        if environment.exists():
            (root / ".venv").symlink_to(environment, target_is_directory=True)
        yield Bench(root, git, onto)


def _check_git(git: Git) -> None:
    text = git.text("--version").split()[-1]
    parts = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if parts < _LEAST_GIT:
        raise UsageError(f"git {text} cannot merge without a work tree. Install git 2.38 or later.")


def _default(repository: Repository) -> str:
    for name in ("refs/remotes/origin/HEAD", "refs/heads/main", "refs/heads/master"):
        if repository.git.attempt("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")[0] == 0:
            return name
    raise UsageError("there is no default branch. Name what to merge onto with --base.")


def _commit(repository: Repository, name: str, what: str) -> str:
    status, output, _ = repository.git.attempt("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if status != 0 or name.startswith("-"):
        raise UsageError(f"{what} {name!r} is no commit of this repository. git branch --all lists what there is.")
    return output.decode().strip()
