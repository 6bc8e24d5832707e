"""Canaries: small projects as pairs `base/` and `head/`, with the verdict that the whole gate must give on the change.

`expected.toml` says which: `verdict` (pass, review, block or error), `rules` (exactly those that ask for something),
`may` (those that chance adds or not), `only` (the gates that judge; default all), `profile` (default pr), `error`
(words that the reason of an error holds), `slow` (kept out of the fast suite), and `message` (of the commit).
"""

import os
import tomllib
from contextlib import nullcontext
from pathlib import Path

import msgspec

from guardrails.adapters.changes import Wanted
from guardrails.adapters.plant import BASE, CHANGE, branch, commit, replace_files, start
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine
from guardrails.cli.options import CheckOptions
from guardrails.gates.registry import GATES
from guardrails.model.finding import Severity
from guardrails.model.result import VerdictKind
from guardrails.model.verdict import Verdict

FOLDER = Path(__file__).parent / "canaries"


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The pinned verdict."""

    verdict: VerdictKind
    rules: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    profile: str = "pr"
    error: str = ""
    slow: bool = False
    message: str = "change"


def folders() -> list[Path]:
    """Every canary, by name. `catch/` holds the corpus of `tests/catching.py`."""
    return (
        sorted(path for path in FOLDER.iterdir() if path.is_dir() and path.name != "catch") if FOLDER.is_dir() else []
    )


def expected(folder: Path) -> Expected:
    """What a canary's verdict must be."""
    return msgspec.convert(tomllib.loads((folder / "expected.toml").read_text()), Expected)


def judge(folder: Path, directory: Path, cache: Path) -> Verdict:
    """The verdict on a canary, from a repository made of it in `directory`."""
    start(directory)
    replace_files(directory, folder / "base")
    commit(directory, "base")
    branch(directory)
    replace_files(directory, folder / "head")
    wish = expected(folder)
    commit(directory, wish.message)
    engine = Engine(GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=cache)
    return engine.check(
        CheckOptions(directory, Wanted(BASE, CHANGE), only=wish.only, profile=wish.profile, jobs=2, seed=1)
    )


def asking(verdict: Verdict) -> set[str]:
    """The rules that ask for something: notes change no verdict."""
    return {finding.rule for finding in verdict.findings if finding.severity is not Severity.NOTE}


def told(verdict: Verdict) -> str:
    """The verdict in a few lines, for the message of a failed test."""
    lines = [f"{verdict.kind.value}: {verdict.error}"]
    for result in verdict.results:
        if result.skip is None or result.findings:
            lines.append(f"{result.name} {result.status.value} work={dict(result.work)} {result.error}")
            lines += [f"  {f.severity.value} {f.rule} {f.place}: {f.what}" for f in result.findings]
    return "\n".join(lines)
