"""What of the planted changes the gate catches, and whether it leaves honest ones alone.

    python -m benchmarks.catch [--only CLASS] [--json] [--no-recsys] [--jobs N]

Each case of `tests/canaries/catch/` is judged as a user's change would be. A bad one is judged by the fast profile,
which runs none of its code, and by the profile `pr` where that lets it pass; the time is that of both together. An
honest one is judged by the profile `pr`. Beside it stands what ruff, mypy, import-linter and pytest say of the head
alone, which is what a team without a gate would see. A case whose gate or rule does not exist yet is pending: it is
counted as not caught. `load` is left out: it needs a quiet machine.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from math import sqrt
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.changes import ROOT
from guardrails.gates.registry import GATES
from guardrails.model.finding import Finding, Severity
from guardrails.model.result import VerdictKind
from tests.catching import Case, bad_cases, honest_cases, judge, recsys_cases, repository

OUTPUT = ROOT / "docs/benchmarks/catch.md"
PR = tuple(gate.name for gate in GATES if gate.name != "load")
TOOLS = ("ruff", "mypy", "import-linter", "pytest")
STOPPED = (VerdictKind.BLOCK, VerdictKind.REVIEW)


@dataclass(frozen=True)
class Row:
    """What became of one case. `plain` names the tools that fail on the head alone."""

    kind: str
    name: str
    title: str
    verdict: str
    seconds: float
    rules: tuple[str, ...]
    right_reason: bool = True
    fast: bool = False
    pending: bool = False
    protected: bool = False
    plain: tuple[str, ...] = ()
    against: str = "project"

    @property
    def caught(self) -> bool:
        """Whether it did not pass, and could be judged."""
        return self.verdict in {kind.value for kind in STOPPED}


def bad(case: Case, cache: Path) -> Row:
    """Judge a bad change, the cheap gates first."""
    with TemporaryDirectory(prefix="catch-") as place:
        repo = repository(case, Path(place, "repo"))
        plain = tuple(tool for tool in TOOLS if fails(tool, repo, case))
        began = time.monotonic()
        verdict = judge(repo, cache, "fast")
        fast = verdict.kind in STOPPED and _named(case, verdict.findings)
        if not fast:
            verdict = judge(repo, cache, "pr", only=PR)
        seconds = time.monotonic() - began
    return Row(
        kind=case.kind,
        name=case.name,
        title=case.title,
        verdict=verdict.kind.value,
        seconds=seconds,
        rules=_asking(verdict.findings),
        right_reason=_named(case, verdict.findings),
        fast=fast,
        pending=case.pending,
        plain=plain,
        against=case.against,
    )


def honest(case: Case, cache: Path) -> Row:
    """Judge an honest change."""
    with TemporaryDirectory(prefix="catch-") as place:
        repo = repository(case, Path(place, "repo"))
        began = time.monotonic()
        verdict = judge(repo, cache, "pr", only=PR)
        seconds = time.monotonic() - began
    return Row(
        kind=case.kind,
        name=case.name,
        title=case.title,
        verdict=verdict.kind.value,
        seconds=seconds,
        rules=_asking(verdict.findings),
        protected=case.protected,
    )


def _asking(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(sorted({f.rule for f in findings if f.severity is not Severity.NOTE}))


def _named(case: Case, findings: Iterable[Finding]) -> bool:
    return set(case.rules) <= set(_asking(findings))


def fails(tool: str, repo: Path, case: Case) -> bool:
    """Whether a tool, run over the head with the head's own settings, ends with a failure."""
    python = sys.executable
    suites = ("-m", "not slow", "tests/unit/recsys", "tests/property") if case.against == "recsys" else ()
    commands = {
        "ruff": (python, "-m", "ruff", "check", "--quiet", "."),
        "mypy": (python, "-m", "mypy", "--cache-dir", os.devnull),
        "import-linter": (str(Path(python).with_name("lint-imports")), "--no-cache"),
        "pytest": (python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites),
    }
    environment = {**os.environ, "PYTHONPATH": str(repo), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(commands[tool], cwd=repo, env=environment, check=False, capture_output=True)
    return done.returncode != 0


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, spread = hits / of, z * z / of
    middle, half = share + spread / 2, z * sqrt(share * (1 - share) / of + spread / (4 * of))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def share(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits}/{of} ({100 * low:.0f} to {100 * high:.0f} %)"


def bad_table(rows: Sequence[Row]) -> str:
    """Caught and planted by class, as Markdown."""
    head = (
        "| class | caught of planted | for the right reason | without running code | plain tools | median s | pending |"
    )
    lines = [head, "|---|---|---|---|---|---|---|"]
    for kind in [*dict.fromkeys(row.kind for row in rows), ""]:
        some = [row for row in rows if kind in ("", row.kind)]
        name = kind or "**all**"
        count = len(some)
        columns = (
            share(sum(row.caught for row in some), count),
            f"{sum(row.caught and row.right_reason for row in some)}/{count}",
            f"{sum(row.fast for row in some)}/{count}",
            f"{sum(bool(row.plain) for row in some)}/{count}",
            f"{median(row.seconds for row in some):.1f}",
            str(sum(row.pending for row in some) or ""),
        )
        lines.append(f"| {name} | {' | '.join(columns)} |")
    return "\n".join(lines)


def honest_table(rows: Sequence[Row]) -> str:
    """What became of the honest changes, as Markdown."""
    lines = ["| work | changes | passed | for a person | of these a protected path | blocked or not judged |"]
    lines.append("|---|---|---|---|---|---|")
    for kind in [*dict.fromkeys(row.kind for row in rows), ""]:
        some = [row for row in rows if kind in ("", row.kind)]
        reviewed = [row for row in some if row.verdict == "review"]
        passed = sum(row.verdict == "pass" for row in some)
        columns = (
            len(some),
            passed,
            len(reviewed),
            sum(r.protected for r in reviewed),
            len(some) - passed - len(reviewed),
        )
        lines.append(f"| {kind or '**all**'} | {' | '.join(map(str, columns))} |")
    bothered = sum(row.verdict == "review" and not row.protected for row in rows)
    text = f"Bothered without a protected path: {share(bothered, len(rows))}."
    return "\n".join([*lines, "", text])


def exceptions(rows: Sequence[Row], caught: Sequence[Row]) -> str:
    """The cases that did not go as they should, one a line."""
    lines = [
        f"- {row.kind}/{row.name}: {row.verdict} by {', '.join(row.rules) or '-'}{' (pending)' if row.pending else ''}"
        for row in rows
        if not (row.caught and row.right_reason)
    ]
    lines += [
        f"- honest {row.kind}/{row.name}: {row.verdict} by {', '.join(row.rules) or '-'}"
        for row in caught
        if row.verdict != "pass" and not (row.protected and row.verdict == "review")
    ]
    return "\n".join(lines) or "- none"


RECOMMENDER = "## Bad changes to the recommender"


def page(rows: Sequence[Row], left_alone: Sequence[Row], recommender: str = "") -> str:
    """The whole page. `recommender` is the part about the changes to recsys/, which take minutes each."""
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    text = "\n".join(line for line in __doc__.strip().split("\n") if not line.startswith("    "))
    parts = [f"# What the gate catches\n\n{text}", f"Measured by `make bench-catch` on {machine}."]
    parts += [f"## Bad changes\n\n{bad_table(rows)}"] if rows else []
    parts += [f"## Honest changes\n\n{honest_table(left_alone)}"] if left_alone else []
    parts.append(f"## What did not go as it should\n\n{exceptions(rows, left_alone)}")
    parts += [recommender.rstrip()] if recommender else []
    return "\n\n".join(parts) + "\n"


def about_recommender(rows: Sequence[Row]) -> str:
    """The part of the page about the changes to recsys/."""
    return f"{RECOMMENDER}\n\n{bad_table(rows)}\n\nNot as it should:\n\n{exceptions(rows, ())}\n"


def _as_it_was() -> str:
    """That part of the page that is there."""
    old = OUTPUT.read_text(encoding="utf-8") if OUTPUT.exists() else ""
    return RECOMMENDER + old.partition(RECOMMENDER)[2] if RECOMMENDER in old else ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the cases, print the tables, and write the page where all of them were judged."""
    parser = argparse.ArgumentParser(prog="make bench-catch", description=__doc__.split("\n")[0])
    parser.add_argument("--only", default="", help="a class of bad changes, or a sort of honest ones")
    parser.add_argument("--json", action="store_true", help="print every case as JSON instead of the tables")
    parser.add_argument(
        "--no-recsys", action="store_true", help="leave that part of the page as it was: it takes minutes a change"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="cases at once")
    options = parser.parse_args(arguments)
    planted = [*bad_cases(), *([] if options.no_recsys else recsys_cases())]
    wanted = [case for case in planted if options.only in ("", case.kind)]
    fair = [case for case in honest_cases() if options.only in ("", case.kind)]
    if not wanted and not fair:
        kinds = sorted({case.kind for case in (*planted, *honest_cases())})
        parser.error(f"--only {options.only}: there is no such class. There are: {', '.join(kinds)}")
    with TemporaryDirectory(prefix="catch-cache-") as cache, ThreadPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(partial(_told, bad, Path(cache)), wanted))
        left_alone = list(pool.map(partial(_told, honest, Path(cache)), fair))
    rows.sort(key=lambda row: (row.kind, row.name))
    ours = [row for row in rows if row.against == "recsys"]
    small = [row for row in rows if row.against != "recsys"]
    recommender = about_recommender(ours) if ours else _as_it_was()
    if options.json:
        print(json.dumps([asdict(row) for row in (*rows, *left_alone)], indent=1))
    else:
        print(page(small, left_alone, recommender), end="")
    if not options.only:
        OUTPUT.parent.mkdir(parents=True, exist_ok=True)
        OUTPUT.write_text(page(small, left_alone, recommender), encoding="utf-8")
    wrong = [row for row in rows if not row.caught and not row.pending]
    return 1 if wrong or any(row.verdict in {"block", "error"} for row in left_alone) else 0


def _told(judged: Callable[[Case, Path], Row], cache: Path, case: Case) -> Row:
    """Judge one case and say so on standard error. One that cannot be judged is an error of its own row."""
    try:
        row = judged(case, cache)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the other cases are still to be judged
        what = f"{type(error).__name__}: {error}"
        row = Row(case.kind, case.name, case.title, "error", 0.0, (what,), right_reason=False, protected=case.protected)
    print(f"{row.seconds:6.1f} s  {row.verdict:6}  {row.kind}/{row.name}", file=sys.stderr, flush=True)
    return row


if __name__ == "__main__":
    sys.exit(main())
