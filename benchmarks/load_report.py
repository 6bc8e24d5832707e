"""The page of `benchmarks.load`, from the verdicts that were kept."""

import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from benchmarks.changes import ROOT
from benchmarks.load_plants import PLANTS, Plant

OUTPUT = ROOT / "docs/benchmarks/load.md"
KEPT = ROOT / "docs/benchmarks/load.jsonl"


@dataclass(frozen=True)
class Judged:
    """One verdict on one planted change."""

    plant: str
    busy_cores: int
    verdict: str
    rules: tuple[str, ...]
    what: tuple[str, ...]
    sessions: int
    seconds: float
    load_average: float
    seed: int
    commit: str
    notes: tuple[str, ...] = ()
    error: str = ""

    def line(self) -> str:
        """It as a line of JSON."""
        return json.dumps(asdict(self))


def load(kept: Path) -> list[Judged]:
    """The verdicts so far."""
    if not kept.exists():
        return []
    rows = [json.loads(line) for line in kept.read_text().splitlines()]
    tuples = ("rules", "what", "notes")
    return [Judged(**{key: tuple(value) if key in tuples else value for key, value in row.items()}) for row in rows]


def machines(plant: Plant) -> tuple[int, ...]:
    """How many cores another process uses meanwhile: what is the same is compared on a quiet and on a busy machine."""
    return (0,) if plant.rules else (0, 1)


def is_alarm(one: Judged) -> bool:
    """Whether the gate blocked."""
    return one.verdict == "block"


def is_found(one: Judged, plant: Plant) -> bool:
    """Whether it blocked by a rule that names what was planted."""
    return is_alarm(one) and bool(plant.rules & set(one.rules))


def page(judged: Sequence[Judged]) -> str:
    """The page."""
    return "\n".join(_lines(judged)) + "\n"


def _lines(judged: Sequence[Judged]) -> Iterator[str]:
    yield "# Does the load gate tell a slower head from a noisy machine?"
    yield ""
    yield "Written by `make bench-load`. Each row is the user's path, `guardrails check --only load`, on a clone of"
    yield "this repository with a change of which the cost is known, with a fresh seed each time. The budgets are the"
    yield "repository's own (`loadtests/slo.toml`): 1.05 for processor time. The services are started anew for each"
    yield "session. Processor time is planted as a share of what each request uses. A row holds for the judge of its"
    yield "commit."
    yield ""
    yield f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, 2 cores."
    yield ""
    yield "| planted | machine | commit | runs | found | blocked | person | error | seconds (median, most) | sessions |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for plant in PLANTS:
        for cores in machines(plant):
            rows = [one for one in judged if one.plant == plant.name and one.busy_cores == cores]
            for commit in dict.fromkeys(one.commit for one in rows):
                yield _row(plant, cores, [one for one in rows if one.commit == commit])
    yield ""
    yield from _owed(judged)
    yield from _misses(judged)


def _owed(judged: Sequence[Judged]) -> Iterator[str]:
    """What is too little to hold the figures that are aimed at."""
    short = []
    for plant in PLANTS:
        for cores in machines(plant):
            have = sum(one.plant == plant.name and one.busy_cores == cores for one in judged)
            if have < plant.runs:
                short.append(f"{plant.what}{' (busy)' * cores}, {have} of {plant.runs} runs")
    if short:
        yield f"**Too few runs for a rate:** {'; '.join(short)}. `make bench-load` goes on where it was stopped."
        yield ""


def _row(plant: Plant, cores: int, rows: Sequence[Judged]) -> str:
    found = sum(is_found(one, plant) for one in rows)
    kinds = [sum(one.verdict == kind for one in rows) for kind in ("block", "review", "error")]
    seconds = [one.seconds for one in rows]
    machine = "nothing else of ours" if not cores else "another process on one core"
    machine += f" (load {median(one.load_average for one in rows):.1f})"
    cells = [plant.what, machine, rows[0].commit, len(rows), found if plant.rules else "-", *kinds]
    cells += [f"{median(seconds):.0f}, {max(seconds):.0f}", f"{median(one.sessions for one in rows):g}"]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def is_wanted(one: Judged) -> bool:
    """Whether a verdict is as it should be: no alarm where nothing was planted, and what was planted by its name."""
    plant = next(plant for plant in PLANTS if plant.name == one.plant)
    return is_found(one, plant) if plant.rules else not is_alarm(one)


def _misses(judged: Sequence[Judged]) -> Iterator[str]:
    """What was not as it should be, one by one."""
    wrong = [one for one in judged if not is_wanted(one)]
    yield "## Not as wanted"
    yield ""
    yield from (
        f"- {one.plant}, commit {one.commit}, seed {one.seed}, {one.sessions} sessions, load {one.load_average}:"
        f" {one.verdict}"
        f" {', '.join(one.rules)} {'; '.join(one.what)}{one.error}"[:400]
        for one in wrong
    )
    if not wrong:
        yield "Nothing."
