"""The corpus of bad and honest changes in `tests/canaries/catch/`, and the judging of one of them.

Each case is one file of edits to the small project beside it: `title`, `why`, the `rules` that must be among the
findings, and `[[edit]]` tables. An edit replaces the one place of `old` by `new`, writes `text`, adds `append`, moves
the file `to` another path, or `delete`s it. A bad case stands in the directory of its class.
"""

import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import msgspec

from guardrails.adapters.changes import Wanted
from guardrails.adapters.plant import BASE, CHANGE, branch, commit, replace_files, start
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine
from guardrails.cli.options import CheckOptions
from guardrails.gates.registry import GATES
from guardrails.model.verdict import Verdict

FOLDER = Path(__file__).parent / "canaries" / "catch"
PROJECT = FOLDER / "project"
STATIC = tuple(gate.name for gate in GATES if not gate.runs_code)


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One edit of one file."""

    path: str
    old: str = ""
    new: str = ""
    text: str | None = None
    append: str = ""
    to: str = ""
    delete: bool = False


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One change.

    `profile` fast: it is caught without running code. `needs`: a gate or a rule without which it is not caught.
    `protected`: an honest change of a protected path. `review`: why an honest change is for a person all the same.
    """

    title: str
    why: str = ""
    message: str = ""
    rules: tuple[str, ...] = ()
    profile: str = "fast"
    needs: str = ""
    protected: bool = False
    review: str = ""
    edits: tuple[Edit, ...] = msgspec.field(name="edit", default=())
    name: str = ""
    kind: str = ""
    against: str = "project"

    @property
    def pending(self) -> bool:
        """Whether the gate or the rule that it needs does not exist yet."""
        known = {gate.name for gate in GATES} | {rule.id for gate in GATES for rule in gate.rules}
        return bool(self.needs) and self.needs not in known


def bad_cases() -> list[Case]:
    """Every bad change, by class and name; its `kind` is the class."""
    return [_read(path, path.parent.name) for path in sorted((FOLDER / "bad").glob("*/*.toml"))]


def honest_cases() -> list[Case]:
    """Every honest change; its `kind` is the sort of work."""
    return [_read(path, path.parent.name) for path in sorted((FOLDER / "honest").glob("*/*.toml"))]


def recsys_cases() -> list[Case]:
    """Every bad change to the recommender of this repository; its `kind` is the class."""
    return [_read(path, path.parent.name, "recsys") for path in sorted((FOLDER / "recsys").glob("*/*.toml"))]


def _read(path: Path, kind: str, against: str = "project") -> Case:
    case = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Case)
    return msgspec.structs.replace(case, name=path.stem, kind=kind, against=against)


def apply(edits: Sequence[Edit], root: Path) -> None:
    """Make the edits in a directory.

    Raises:
        LookupError: what is to be replaced does not stand there exactly once: the case must be brought up to date.
    """
    for edit in edits:
        target = root / edit.path
        if edit.delete:
            target.unlink()
        elif edit.to:
            (root / edit.to).parent.mkdir(parents=True, exist_ok=True)
            target.rename(root / edit.to)
        elif edit.text is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(edit.text, encoding="utf-8")
        else:
            target.write_text(_edited(target.read_text(encoding="utf-8"), edit), encoding="utf-8")


def _edited(text: str, edit: Edit) -> str:
    if edit.old and text.count(edit.old) != 1:
        raise LookupError(f"{edit.path} holds {edit.old!r} {text.count(edit.old)} times")
    return (text.replace(edit.old, edit.new) if edit.old else text) + edit.append


def repository(case: Case, directory: Path) -> Path:
    """A repository with the project, and the case's change on top of it."""
    start(directory)
    if case.against == "recsys":
        _export(directory)
    else:
        replace_files(directory, PROJECT)
    commit(directory, "base")
    branch(directory)
    apply(case.edits, directory)
    commit(directory, case.message or case.title)
    return directory


def _export(directory: Path) -> None:
    """What git tracks here, uncommitted work included."""
    root = FOLDER.parents[2]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True).stdout
    for name in filter(None, listed.decode().split("\0")):
        if (root / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, directory / name)


def judge(repo: Path, cache: Path, profile: str, only: Sequence[str] = (), jobs: int = 1) -> Verdict:
    """The verdict on the change of a repository."""
    engine = Engine(GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=cache)
    return engine.check(CheckOptions(repo, Wanted(BASE, CHANGE), only=tuple(only), profile=profile, jobs=jobs, seed=1))
