"""What the static gates say of ordinary commits of other projects, which nobody wrote to slip past them.

    python -m benchmarks.histories REPO... [--last N] [--only GATE,...] [--json]

Each of the last N commits of every git repository named is judged against its first parent as a user's change would be,
without a policy and without the project's dependencies. A block of an ordinary commit is a false alarm unless a test
really was weakened: each is listed, to be looked at.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.catch import share
from guardrails.adapters.changes import Wanted
from guardrails.adapters.terminal import Quiet
from guardrails.cli.engine import Engine
from guardrails.cli.options import CheckOptions
from guardrails.errors import GuardrailsError
from guardrails.gates.registry import GATES
from guardrails.model.finding import Severity

GATES_WANTED = ("scope", "tampering")


@dataclass(frozen=True)
class Judged:
    """What became of one commit. `blocking` and `reviewing`: a line for each finding of that severity."""

    project: str
    commit: str
    subject: str
    verdict: str
    seconds: float
    blocking: tuple[str, ...] = ()
    reviewing: tuple[str, ...] = ()
    error: str = ""


def commits(repository: Path, last: int) -> list[tuple[str, str]]:
    """The newest commits that have a parent, with their subjects, the newest first."""
    command = ["git", "-C", str(repository), "log", "--first-parent", f"--max-count={last + 1}", "--format=%H %P%x09%s"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = [line.partition("\t") for line in done.stdout.splitlines()]
    return [(ids.split()[0], subject) for ids, _, subject in lines if len(ids.split()) > 1][:last]


def judge(one: tuple[Path, str, str], gates: Sequence[str], cache: Path) -> Judged:
    """The verdict of the gates on one commit."""
    repository, commit, subject = one
    engine = Engine(GATES, os.environ, lambda _: nullcontext(Quiet()), own_judge=True, cache=cache)
    wanted = Wanted(f"{commit}^1", commit)
    began = time.monotonic()
    try:
        verdict = engine.check(CheckOptions(repository, wanted, only=tuple(gates), profile="fast", jobs=1, seed=1))
    except GuardrailsError as error:
        return Judged(repository.name, commit, subject, "error", time.monotonic() - began, error=str(error))
    told = {
        severity: tuple(f"{f.rule} {f.place}: {f.what}" for f in verdict.findings if f.severity is severity)
        for severity in (Severity.BLOCK, Severity.REVIEW)
    }
    errors = "; ".join(result.error for result in verdict.results if result.error)
    seconds = time.monotonic() - began
    row = Judged(
        repository.name,
        commit,
        subject,
        verdict.kind.value,
        seconds,
        told[Severity.BLOCK],
        told[Severity.REVIEW],
        errors,
    )
    print(f"{seconds:6.1f} s  {row.verdict:6}  {row.project} {subject}", file=sys.stderr, flush=True)
    return row


def table(rows: Sequence[Judged]) -> str:
    """Verdicts by project, as Markdown."""
    lines = ["| project | commits | pass | review | block | error | median s |", "|---|---|---|---|---|---|---|"]
    for project in [*dict.fromkeys(row.project for row in rows), ""]:
        some = [row for row in rows if project in ("", row.project)]
        count = Counter(row.verdict for row in some)
        verdicts = [str(count[kind]) for kind in ("pass", "review", "block", "error")]
        seconds = f"{median(row.seconds for row in some):.2f}"
        lines.append(f"| {project or '**all**'} | {len(some)} | {' | '.join(verdicts)} | {seconds} |")
    blocked = sum(row.verdict == "block" for row in rows)
    return "\n".join([*lines, "", f"Blocked: {share(blocked, len(rows))}."])


def rules(rows: Sequence[Judged]) -> str:
    """By rule, how many commits it stopped and how many it sent to a person, with 95 % intervals, as Markdown."""
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        found.update({(text.split()[0], "block") for text in row.blocking})
        found.update({(text.split()[0], "review") for text in row.reviewing})
    lines = ["| rule | commits blocked | commits sent to a person |", "|---|---|---|"]
    for rule in sorted({rule for rule, _ in found}):
        blocked, asked = (share(found[rule, severity], len(rows)) for severity in ("block", "review"))
        lines.append(f"| `{rule}` | {blocked} | {asked} |")
    return "\n".join(lines)


def blocks(rows: Sequence[Judged]) -> str:
    """Every block and error, with what was found."""
    lines: list[str] = []
    for row in rows:
        if row.blocking or row.error:
            lines.append(f"- {row.project}, {row.subject}")
            lines += [f"  - {text}" for text in (*row.blocking, *([row.error] if row.error else []))]
    return "\n".join(lines) or "- none"


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the histories and print the tables. 0: nothing was blocked or could not be judged."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.histories", description=__doc__.split("\n")[0])
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPO", help="a git repository")
    parser.add_argument("--last", type=int, default=50, metavar="N", help="commits of each (default: %(default)s)")
    parser.add_argument("--only", default=",".join(GATES_WANTED), help="the gates (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print every commit as JSON instead of the tables")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="commits at once")
    options = parser.parse_args(arguments)
    wanted = [(repo, *one) for repo in options.repositories for one in commits(repo, options.last)]
    with TemporaryDirectory(prefix="histories-") as cache, ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(partial(judge, gates=options.only.split(","), cache=Path(cache)), wanted))
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        print(f"{table(rows)}\n\n{rules(rows)}\n\n## Blocked, or not judged\n\n{blocks(rows)}")
    return 1 if any(row.verdict in {"block", "error"} for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
