"""The gate against the plain sequence of tools that a team would run today, on a change to one file of `recsys/`.

    python -m benchmarks.gate

The plain sequence runs cold, one tool after another: ruff, mypy, import-linter, pytest over the same paths without the
slow tests, the consumers' tests with a verification of the pacts, and locust. The gate runs warm, as it does from the
second change on. All times are wall times of one run of this program; only ratios count. What is found is compared on
the bad change of `make demo`: by each tool's exit status, and by the gate's rules.
"""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.changes import ROOT, bad, branch, cloned, git, one_file
from benchmarks.verify import serving

OUTPUT = ROOT / "docs/benchmarks/gate.md"
LOAD_SECONDS = 30
TESTS = ("tests/unit", "tests/repo", "tests/property")


@dataclass(frozen=True)
class Timed:
    """One measured step: its name, its wall seconds, and its exit status."""

    name: str
    seconds: float
    status: int


def run(name: str, command: Sequence[str], where: Path, **environment: str) -> Timed:
    """Run to the end, quietly; time it."""
    began = time.monotonic()
    variables = {**os.environ, "PYTHONPATH": str(where), "PACT_DO_NOT_TRACK": "true", **environment}
    done = subprocess.run(
        command, cwd=where, env=variables, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    timed = Timed(name, time.monotonic() - began, done.returncode)
    print(f"  {timed.seconds:7.1f} s  status {timed.status}  {name}", flush=True)
    return timed


def plain(tree: Path, *, load: bool = True) -> Iterator[Timed]:
    """The tools that a team would run, one after another, nothing cached."""
    python = sys.executable
    with TemporaryDirectory(prefix="plain-") as scratch:
        yield run("ruff check", (python, "-m", "ruff", "check", "--no-cache", "."), tree)
        yield run("ruff format --check", (python, "-m", "ruff", "format", "--no-cache", "--check", "."), tree)
        yield run("mypy", (python, "-m", "mypy", "--cache-dir", f"{scratch}/mypy"), tree)
        yield run("lint-imports", (str(Path(python).with_name("lint-imports")), "--no-cache"), tree)
        yield run("pytest", (python, "-m", "pytest", "-q", "-m", "not slow", *TESTS), tree)
        pacts = f"{scratch}/pacts"
        yield run("consumer tests", (python, "-m", "pytest", "-q", "contracts/consumers"), tree, PACT_OUTPUT_DIR=pacts)
        yield run("pact verification", (python, "-m", "benchmarks.verify", pacts), tree)
        if not load:
            return
        artifact = f"{scratch}/artifact"
        train = (python, "-m", "recsys", "train", "--users", "800", "--tracks", "2000", "--output", artifact)
        yield run("train for load", train, tree)
        with serving(
            (python, "-m", "recsys", "serve", "--artifact", artifact, "--state", f"{scratch}/state"), tree
        ) as url:
            locust = ("-f", "loadtests/locustfile.py", "--headless", "-u", "4", "-t", f"{LOAD_SECONDS}s", "--host", url)
            yield run("locust, one side", (python, "-m", "locust", *locust), tree)


@contextmanager
def changed() -> Iterator[Path]:
    """A clone with a small change and a bad one, each on a branch of that name; the small one is checked out."""
    with cloned() as repo:
        branch(repo, "bad", "Speed up the takedown filter; skip a flaky test", bad)
        branch(repo, "small", "Name a value for what it is", one_file)
        git(repo, "switch", "--quiet", "small")
        yield repo


def gate(repo: Path, head: str, name: str, *options: str) -> Timed:
    """One run of the gate on a change."""
    command = (sys.executable, "-m", "guardrails", "check", "--repo", str(repo), "--base", "base", "--head", head)
    return run(name, (*command, *options), ROOT)


def rules(repo: Path, head: str) -> list[str]:
    """The rules by which the gate does not let a change pass."""
    with TemporaryDirectory(prefix="verdict-") as place:
        gate(repo, head, "everything but load, on the bad change", "--skip", "load", "--output", place)
        verdict = json.loads(Path(place, "verdict.json").read_text(encoding="utf-8"))
    findings = [finding for one in verdict["gates"] for finding in one["findings"]]
    return sorted({finding["rule"] for finding in findings if finding["severity"] != "note"})


def table(sequence: Sequence[Timed], gates: Mapping[str, Sequence[Timed]]) -> str:
    """The result as Markdown."""
    whole = sum(step.seconds for step in sequence)
    without = sum(step.seconds for step in sequence if step.name not in ("train for load", "locust, one side"))
    lines = ["| plain sequence, cold | seconds |", "|---|---|"]
    lines += [f"| {step.name} | {step.seconds:.1f} |" for step in sequence]
    lines += [f"| **all but load** | **{without:.1f}** |", f"| **all** | **{whole:.1f}** |", ""]
    lines += ["| the gate, warm | seconds (median, all) | against the plain sequence |", "|---|---|---|"]
    for name, runs in gates.items():
        seconds = median(r.seconds for r in runs)
        against = whole if name == "pr" else without
        every = ", ".join(f"{r.seconds:.1f}" for r in runs)
        lines.append(f"| `{name}` | {seconds:.1f} ({every}) | {against / seconds:.1f} times faster |")
    return "\n".join(lines)


def found(sequence: Sequence[Timed], by_gate: Sequence[str]) -> str:
    """What both say of the bad change, as Markdown."""
    failed = ", ".join(step.name for step in sequence if step.status) or "nothing"
    return (
        "On the bad change (a takedown filter that removes nothing, and the test that shows it skipped) these tools of "
        f"the plain sequence fail: {failed}. The gate finds: {', '.join(by_gate)}."
    )


def main() -> int:
    """Measure, print, and write the page."""
    with changed() as repo:
        print("the gate, to warm up", flush=True)
        gate(repo, "small", "everything but load", "--skip", "load")
        print("the gate, warm", flush=True)
        gates = {
            "fast": [gate(repo, "small", "fast", "--profile", "fast") for _ in range(3)],
            "pr, without load": [gate(repo, "small", "pr, without load", "--skip", "load") for _ in range(2)],
            "pr": [gate(repo, "small", "pr") for _ in range(1)],
        }
        print("the plain sequence", flush=True)
        sequence = list(plain(repo))
        print("both on the bad change", flush=True)
        by_gate = rules(repo, "bad")
        git(repo, "switch", "--quiet", "bad")
        comparison = found(list(plain(repo, load=False)), by_gate)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    measured = f"Measured by `make bench-gate` on {machine}."
    text = "\n\n".join((__doc__.strip(), measured, table(sequence, gates), comparison))
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(f"# How long a verdict takes\n\n{text}\n", encoding="utf-8")
    print(f"{table(sequence, gates)}\n\n{comparison}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
