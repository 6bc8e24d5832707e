"""Real git repositories for tests, and a fingerprint of all that a check must leave as it was."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
    "LC_ALL": "C",
    "PATH": os.environ["PATH"],
}


@dataclass(frozen=True)
class Repo:
    """A repository with a work tree at `root`."""

    root: Path

    def git(self, *arguments: str, check: bool = True) -> str:
        """The output of a git command, as its user would run it."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=_ENVIRONMENT, capture_output=True, check=False, stdin=None
        )
        if check and done.returncode != 0:
            raise AssertionError(f"git {' '.join(arguments)}: {done.stderr.decode()}")
        return os.fsdecode(done.stdout).strip()

    def write(self, files: Mapping[str, str | bytes | None]) -> None:
        """Write files; None deletes one."""
        for path, content in files.items():
            target = self.root / path
            if content is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, files: Mapping[str, str | bytes | None] | None = None, message: str = "change") -> str:
        """Write files and commit everything; the id of the commit."""
        self.write(files or {})
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str) -> None:
        """Go on to a new branch."""
        self.git("checkout", "--quiet", "-b", name)


def new_repo(root: Path, files: Mapping[str, str | bytes | None] | None = None) -> Repo:
    """A repository on `main` with one commit of `files`."""
    root.mkdir(parents=True, exist_ok=True)
    repo = Repo(root)
    repo.git("init", "--quiet", "--initial-branch=main", "--template=")
    repo.commit({"a.py": "x = 1\n", **(files or {})}, "base")
    return repo


def fingerprint(root: Path) -> dict[str, str]:
    """Every file below a directory, `.git` with its index, refs, objects and stash included: content, mode and time.

    Not the times of objects: git marks those that it meets as fresh, so that they are not collected as garbage.
    """
    found = {}
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        content = b"" if path.is_dir() or path.is_symlink() else path.read_bytes()
        if path.is_dir():
            found[str(path.relative_to(root))] = f"{state.st_mode:o}"
        else:
            digest = hashlib.sha256(content).hexdigest()
            time = 0 if "objects" in path.parts else state.st_mtime_ns
            found[str(path.relative_to(root))] = f"{state.st_mode:o} {time} {digest}"
    return found
