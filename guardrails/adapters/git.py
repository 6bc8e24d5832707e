"""Git, read-only.

Every call has a clean environment, so that no setting of the caller's shell or of the change steers the judge.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from guardrails.errors import RepositoryError, ToolMissingError

# Configuration that would run a program, write into the repository, or change the form of the output.
_SETTINGS = (
    "core.quotepath=off",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.splitIndex=false",
    "core.pager=cat",
    "advice.addEmbeddedRepo=false",
    "color.ui=false",
    "diff.orderFile=/dev/null",
    "gc.auto=0",
    "log.showSignature=false",
    "submodule.recurse=false",
)
_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a git call: no `GIT_*` of the caller's, English messages, no lock taken, nothing asked.

    HOME stays, because the user's own ignore file and `safe.directory` are read from there.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    fixed = {
        "LC_ALL": "C.UTF-8",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ATTR_NOSYSTEM": "1",
    }
    return {**kept, **fixed, **(extra or {})}


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git in `directory`, with `extra` added to the clean environment."""

    directory: Path
    extra: Mapping[str, str] | None = None

    def with_environment(self, **extra: str) -> "Git":
        """The same with more variables."""
        return Git(self.directory, {**(self.extra or {}), **extra})

    def _argv(self, arguments: tuple[str, ...]) -> list[str]:
        return ["git", *(part for setting in _SETTINGS for part in ("-c", setting)), *arguments]

    def attempt(self, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
        """Exit status, output and complaint of one call.

        Raises:
            ToolMissingError: there is no git.
            RepositoryError: the directory is not there.
        """
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
                self._argv(arguments),
                cwd=self.directory,
                env=clean_environment(self.extra),
                input=stdin,
                capture_output=True,
                check=False,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._cannot_start(error) from error
        return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """The output of one call.

        Raises:
            RepositoryError: git refused; the message quotes it.
            ToolMissingError: there is no git.
        """
        status, output, complaint = self.attempt(*arguments, stdin=stdin)
        if status != 0:
            raise RepositoryError(f"git {arguments[0]} failed in {self.directory}: {complaint or f'exit {status}'}")
        return output

    def text(self, *arguments: str) -> str:
        """The output of one call as text without the final newline; bytes that are not UTF-8 survive in a path."""
        return os.fsdecode(self.run(*arguments)).removesuffix("\n")

    @contextmanager
    def stream(self, *arguments: str, stdin: IO[bytes] | None = None) -> Iterator[IO[bytes]]:
        """The output of one call while it runs, for what may be large; a failure raises RepositoryError at the end."""
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                self._argv(arguments),
                cwd=self.directory,
                env=clean_environment(self.extra),
                stdin=stdin or subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._cannot_start(error) from error
        assert process.stdout is not None
        try:
            with process.stdout as output:
                yield output
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait() != 0:
            raise RepositoryError(f"git {arguments[0]} failed in {self.directory}: exit {process.returncode}")

    def _cannot_start(self, error: OSError) -> RepositoryError | ToolMissingError:
        if not self.directory.is_dir():
            return RepositoryError(f"{self.directory} is not a directory. Name the repository with --repo.")
        return ToolMissingError(f"git cannot be started ({error.strerror}). Install git 2.30 or later, on PATH.")


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository. `root` is the top of its work tree (the git directory itself if it is bare)."""

    root: Path
    git_directory: Path
    common_directory: Path
    bare: bool
    shallow: bool

    @property
    def git(self) -> Git:
        """Git at the top of the work tree."""
        return Git(self.root)

    @property
    def objects(self) -> Path:
        """Where the repository keeps its objects. Only ever read."""
        return self.common_directory / "objects"


def open_repository(directory: Path) -> Repository:
    """The repository that `directory` lies in.

    Raises:
        RepositoryError: it lies in none, or git does not trust its owner.
        ToolMissingError: there is no git.
    """
    answers = _ask(directory, "--is-bare-repository", "--is-shallow-repository", "--absolute-git-dir")
    bare, shallow, git_directory = answers.split("\n", 2)
    return Repository(
        root=Path(git_directory if bare == "true" else _ask(directory, "--show-toplevel")),
        git_directory=Path(git_directory),
        common_directory=_common(Path(git_directory)),
        bare=bare == "true",
        shallow=shallow == "true",
    )


def _common(git_directory: Path) -> Path:
    """The git directory that linked work trees share: the file `commondir` names it, relative to their own."""
    try:
        named = (git_directory / "commondir").read_text(errors="surrogateescape").removesuffix("\n")
    except FileNotFoundError:
        return git_directory
    return (git_directory / named).resolve()


def _ask(directory: Path, *questions: str) -> str:
    status, output, complaint = Git(directory).attempt("rev-parse", *questions)
    if status != 0:
        raise RepositoryError(_refusal(directory.absolute(), complaint))
    return os.fsdecode(output).removesuffix("\n")


def _refusal(directory: Path, complaint: str) -> str:
    if "dubious ownership" in complaint:
        return (
            f"git does not trust {directory}: another user owns it. If you do, run "
            f"git config --global --add safe.directory '{directory.resolve()}'."
        )
    if "not a git repository" in complaint:
        return f"{directory} is not in a git repository. Run this inside one, or name one with --repo."
    if "must be run in a work tree" in complaint:
        return f"{directory} lies inside a git directory. Name the top of the work tree with --repo."
    return f"git cannot read {directory}: {complaint}"
