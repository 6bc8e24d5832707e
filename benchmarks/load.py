"""How often the gate `load` finds what was planted, and how often it cries wolf.

    python -m benchmarks.load                                # `make bench-load`: hours on a machine of two cores
    python -m benchmarks.load --only cpu5,tail --minutes 20

Each run is the user's path: `guardrails check --only load` on a branch of a clone, with a fresh seed. The budgets are
the repository's own, loadtests/slo.toml. Every verdict is appended to a file of JSON lines, so that a benchmark that
was stopped goes on where it was; `--report` writes docs/benchmarks/load.md from it.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.changes import branch, cloned, git
from benchmarks.load_plants import PLANTS, Plant, body, edit
from benchmarks.load_report import KEPT, OUTPUT, Judged, is_wanted, load, machines, page


def judge(repo: Path, plant: Plant, seed: int, *, cores: int = 0) -> tuple[dict[str, object], float]:
    """The verdict on a plant's branch, and how many seconds it took. `cores` are kept busy meanwhile."""
    sides = ("--base", plant.base, "--head", plant.name)
    command = (sys.executable, "-m", "guardrails", "check", "--only", "load", "--profile", "pr", *sides)
    variables = {**os.environ, "PYTHONPATH": str(repo)}
    with busy(cores):
        began = time.monotonic()
        done = subprocess.run(
            (*command, "--seed", str(seed), "--format", "json"),
            cwd=repo,
            env=variables,
            check=False,
            capture_output=True,
            text=True,
        )
    if not done.stdout:
        raise SystemExit(f"no verdict: {done.stderr[-2000:]}")
    return json.loads(done.stdout), time.monotonic() - began


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Keep some cores busy with a loop that somebody else might run; it ends with us, however we end."""
    spin = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
    loops = [subprocess.Popen((sys.executable, "-c", spin)) for _ in range(cores)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def gate_of(verdict: dict[str, object]) -> dict[str, object]:
    """What the gate `load` said in a verdict."""
    gates = verdict["gates"]
    assert isinstance(gates, list)
    return next(gate for gate in gates if gate["name"] == "load")


def run(repo: Path, plant: Plant, cores: int, kept: Path, commit: str) -> Judged:
    """Judge one planted change once, and keep what was said."""
    seed = random.SystemRandom().randrange(2**31)
    verdict, seconds = judge(repo, plant, seed, cores=cores)
    gate = gate_of(verdict)
    found = gate.get("findings") or []
    assert isinstance(found, list)
    notes = [str(note) for note in gate.get("notes") or []]  # type: ignore[attr-defined] # a list of strings
    said = re.search(r"(\d+) sessions?", " ".join(notes))
    judged = Judged(
        plant=plant.name,
        busy_cores=cores,
        verdict=str(verdict["verdict"]),
        rules=tuple(sorted({str(one["rule"]) for one in found})),
        what=tuple(str(one["what"]) for one in found),
        sessions=int(said[1]) if said else 0,
        seconds=round(seconds, 1),
        load_average=round(os.getloadavg()[0], 2),
        seed=seed,
        commit=commit,
        error=str(gate.get("error") or ""),
    )
    if not is_wanted(judged):
        judged = replace(judged, notes=tuple(notes))
    with kept.open("a") as lines:
        lines.write(judged.line() + "\n")
    print(
        f"  {seconds:5.1f} s  {plant.name:8} busy {cores}  {judged.sessions} sessions  {judged.verdict}  "
        f"{', '.join(judged.rules)} {judged.error[:200]}",
        flush=True,
    )
    return judged


def prepare(repo: Path, plants: Sequence[Plant]) -> None:
    """A branch for each plant, made to the measure of this machine."""
    plain = next(one for one in PLANTS if one.name == "none")
    branch(repo, plain.name, plain.what, lambda tree: edit(tree, plain, 0.0))
    verdict, _ = judge(repo, plain, 1)
    resident = resident_mib(gate_of(verdict))
    print(f"the base: {resident:.1f} MiB resident", flush=True)
    for plant in plants:
        if plant.name != plain.name:
            name = plant.base if plant.base_body else plant.name
            branch(repo, name, plant.what, lambda tree, plant=plant: edit(tree, plant, resident))  # type: ignore[misc] # bound at once
        if plant.base_body:
            git(repo, "switch", "--quiet", "--create", plant.name, plant.base)
            body(repo, plant.body)
            git(repo, "commit", "--quiet", "--all", "--message", plant.what)
            git(repo, "switch", "--quiet", "base")


def resident_mib(gate: dict[str, object]) -> float:
    """What the service holds on the base, by a verdict's figures."""
    figures = gate.get("figures") or []
    assert isinstance(figures, list)
    found = [float(one["base"]) for one in figures if one["name"] == "resident memory"]
    if not found:
        raise SystemExit(f"the base cannot be measured: {gate.get('error') or gate.get('findings')}")
    return found[0]


def wanted(only: str, done: Sequence[Judged]) -> Iterator[tuple[Plant, int]]:
    """What is still to be judged, in turns, so that a drift of the machine meets every plant alike."""
    names = only.split(",") if only else [one.name for one in PLANTS]
    owed: list[tuple[float, str, int]] = []
    for plant in PLANTS:
        for cores in machines(plant):
            have = sum(one.plant == plant.name and one.busy_cores == cores for one in done)
            if plant.name in names:
                owed += [(number / plant.runs, plant.name, cores) for number in range(have, plant.runs)]
    by_name = {plant.name: plant for plant in PLANTS}
    for _, name, cores in sorted(owed):
        yield by_name[name], cores


def main() -> None:
    """Judge what is owed, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="plants, separated by commas (default: all)")
    parser.add_argument("--minutes", type=float, default=600.0, help="stop then, and say what is missing")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the verdicts so far")
    parser.add_argument("--report", action="store_true", help="only write the page from what is kept")
    arguments = parser.parse_args()
    arguments.kept.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + 60 * arguments.minutes
    if not arguments.report and (owed := list(wanted(arguments.only, load(arguments.kept)))):
        with cloned() as repo:
            commit = git(repo, "rev-parse", "--short", "HEAD")
            prepare(repo, sorted({plant for plant, _ in owed}, key=PLANTS.index))
            for plant, cores in owed:
                if time.monotonic() >= end:
                    break
                run(repo, plant, cores, arguments.kept, commit)
    OUTPUT.write_text(page(load(arguments.kept)))
    print(f"written: {OUTPUT}")


if __name__ == "__main__":
    main()
