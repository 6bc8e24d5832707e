"""A check in a process of its own: what it prints cannot mix with what an agent reads, and it can be ended."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from guardrails.adapters.changes import Wanted
from guardrails.cli.report import verdict_of
from guardrails.errors import JudgementError
from guardrails.model.verdict import Verdict


def command(repository: Path, profile: str, only: Sequence[str]) -> list[str]:
    """The command that judges the change of a repository, uncommitted work included, and prints `verdict.json` alone:
    no agent waits for a page that it does not read."""
    argv = [sys.executable, "-m", "guardrails", "check", "--repo", str(repository), "--profile", profile]
    return [*argv, *(["--only", ",".join(only)] if only else []), "--format", "json"]


def judged_as(
    repository: Path, wanted: Wanted, profile: str, only: Sequence[str], skip: Sequence[str], *, seconds: float
) -> Verdict:
    """The verdict on the difference between two commits.

    Raises:
        JudgementError: there is none.
    """
    sides = ["--base", wanted.base or "", "--head", wanted.head or ""]
    return _run(repository, profile, only, [*sides, *(["--skip", ",".join(skip)] if skip else [])], seconds)


def judged(repository: Path, profile: str, only: Sequence[str] = (), *, seconds: float) -> Verdict:
    """The verdict on the change of a repository.

    Raises:
        JudgementError: there is none: nothing to judge, or the check did not end in time.
    """
    return _run(repository, profile, only, [], seconds)


def _run(repository: Path, profile: str, only: Sequence[str], more: Sequence[str], seconds: float) -> Verdict:
    with tempfile.TemporaryDirectory(prefix="guardrails-agent-") as place:
        output = Path(place, "verdict.json")
        argv = [*command(repository, profile, only), *more]
        try:
            with output.open("wb") as file:
                done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
                    argv,
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.PIPE,
                    encoding="utf-8",
                    errors="replace",
                    timeout=seconds,
                )
        except subprocess.TimeoutExpired as error:
            raise JudgementError(f"the check did not end within {seconds:g} seconds") from error
        return told(output, done.stderr)


def told(source: Path, said: str) -> Verdict:
    """The verdict that a check printed into a file.

    Raises:
        JudgementError: it printed none; what it said is the message.
    """
    if not source.stat().st_size:
        lines = [line for line in said.strip().splitlines() if line.strip()]
        raise JudgementError(lines[-1].removeprefix("guardrails: ") if lines else "the check said nothing")
    return verdict_of(source)
