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


def command(repository: Path, profile: str, only: Sequence[str], output: Path) -> list[str]:
    """The command that judges the change of a repository, uncommitted work included."""
    argv = [sys.executable, "-m", "guardrails", "check", "--repo", str(repository), "--profile", profile]
    return [*argv, *(["--only", ",".join(only)] if only else []), "--format", "text", "--output", str(output)]


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
        output = Path(place, "out")
        argv = [*command(repository, profile, only, output), *more]
        try:
            done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
                argv, check=False, capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise JudgementError(f"the check did not end within {seconds:g} seconds") from error
        return told(output, done.stderr)


def told(output: Path, said: str) -> Verdict:
    """The verdict that a check wrote.

    Raises:
        JudgementError: it wrote none; what it said is the message.
    """
    source = output / "verdict.json"
    if not source.exists():
        lines = [line for line in said.strip().splitlines() if line.strip()]
        raise JudgementError(lines[-1].removeprefix("guardrails: ") if lines else "the check said nothing")
    return verdict_of(source)
