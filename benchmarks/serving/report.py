"""What was found, as the page docs/benchmarks/serve.md: the figures, which aims are met, and how it was measured."""

import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.serving.client import RETURNED
from benchmarks.serving.measure import SCORE_TOLERANCE, Agreement, Tail
from benchmarks.serving.world import DIMENSIONS, NEIGHBOURS, Shape
from guardrails.load.statistics import Ratio, paired_ratio
from recsys.features.schema import SCHEMA

ALPHA = 0.025  # each bound of an interval is wrong with this probability at most: 95 % for both together
AIMED_AT = 100_000
KERNELS = ("bare kernels", "bare kernels, back to back")
LANES = ("ours", "default", "default without MMR", *KERNELS)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long is measured."""

    rounds: int
    slice_seconds: float
    load_seconds: float
    slates: int
    starts: int


@dataclass(frozen=True, slots=True)
class Found:
    """One size of catalogue. costs: seconds of processor time a request, by lane, one for each round.

    first: the same of ours, over the first visits of all users.
    """

    size: int
    shape: Shape
    first: float
    costs: dict[str, list[float]]
    tails: dict[str, Tail]
    agreed: Agreement

    def ratio(self, dear: str, cheap: str) -> Ratio:
        """How many times as dear one lane is as another, slices of one round paired."""
        return paired_ratio(self.costs[cheap], self.costs[dear], ALPHA)


@dataclass(frozen=True, slots=True)
class Once:
    """What is measured at one size: bytes of one and of two workers, seconds from start to ready."""

    size: int
    one: int
    two: int
    start: float


def typical(costs: Sequence[float]) -> float:
    """The median."""
    return statistics.median(costs)


def page(found: Sequence[Found], greater: Found | None, once: Once, plan: Plan, seconds: float) -> str:
    """The whole page."""
    everything = [*found, *([greater] if greater else [])]
    parts = [
        "# What a slate costs",
        _preface(plan, seconds),
        "## Processor time",
        _costs(everything),
        "## Latency at half of capacity",
        _tails(everything),
        "## The same slates",
        _agreements(everything),
        "## Aims",
        _aims(found, once),
        "## How it is measured",
        HOW.format(
            features=len(SCHEMA.features), returned=RETURNED, dimensions=DIMENSIONS, neighbours=NEIGHBOURS,
            rounds=plan.rounds, slice=plan.slice_seconds, load=plan.load_seconds, tolerance=SCORE_TOLERANCE,
        ),
    ]  # fmt: skip
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _preface(plan: Plan, seconds: float) -> str:
    quick = "" if plan.rounds >= 20 else "\n\n**A quick run, with few slices: to see that it works, not to quote.**"
    day = datetime.now(UTC).date().isoformat()
    return PREFACE.format(day=day, python=platform.python_version(), minutes=round(seconds / 60), quick=quick)


def _costs(found: Sequence[Found]) -> str:
    lines = [
        "| tracks | forest | what | processor time, µs a request | requests a second on a core | times ours |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        for lane in LANES:
            cost = typical(one.costs[lane])
            times = "" if lane == "ours" else _shown(one.ratio(lane, "ours"))
            rate = "" if lane in KERNELS else f"{1 / cost:,.0f}"
            lines.append(f"| {one.size:,} | {_forest(one.shape)} | {lane} | {cost * 1e6:,.0f} | {rate} | {times} |")
        visits = f"ours, first visits | {one.first * 1e6:,.0f} | {1 / one.first:,.0f}"
        lines.append(
            f"| {one.size:,} | {_forest(one.shape)} | {visits} | {one.first / typical(one.costs['ours']):.2f} |"
        )
    return "\n".join(lines)


def _tails(found: Sequence[Found]) -> str:
    lines = [
        "| tracks | forest | what | arrivals a second | requests | p50, ms | p95, ms | p99, ms | p99 over p50 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in found:
        for lane, tail in one.tails.items():
            cells = " | ".join(f"{value * 1e3:.1f}" for value in (tail.p50, tail.p95, tail.p99))
            lines.append(
                f"| {one.size:,} | {_forest(one.shape)} | {lane} | {tail.rate:.0f} | {tail.requests:,} | {cells} | "
                f"{tail.p99 / tail.p50:.1f} |"
            )
    return "\n".join(lines)


def _agreements(found: Sequence[Found]) -> str:
    lines = [
        "| tracks | forest | slates | equal, track by track | part at a tie | differ | scores, furthest apart |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in found:
        a = one.agreed
        counts = f"{a.slates} | {a.same} | {a.tied} | {a.apart}"
        lines.append(f"| {one.size:,} | {_forest(one.shape)} | {counts} | {a.score:.1e} |")
    return "\n".join(lines)


def _aims(found: Sequence[Found], once: Once) -> str:
    by_size = {one.size: one for one in found}
    lines = ["| aim | found | |", "|---|---|---|"]
    if (middle := by_size.get(AIMED_AT)) is not None:
        ratio, over = middle.ratio("default", "ours"), middle.ratio("ours", "bare kernels")
        lines += [
            _aim(f"10 times the default stack's requests a core, {AIMED_AT:,} tracks", _shown(ratio), ratio.low >= 10),
            _aim("at most 1.5 times its own kernels, run bare", _shown(over), over.high <= 1.5),
        ]
    agreed = all(one.agreed.apart == 0 and one.agreed.score <= SCORE_TOLERANCE for one in found)
    same, slates = sum(one.agreed.same for one in found), sum(one.agreed.slates for one in found)
    lines.append(_aim(f"the same slates, scores within {SCORE_TOLERANCE:g}", f"{same} of {slates} equal", agreed))
    worst = max(one.tails["ours"].p99 / one.tails["ours"].p50 for one in found)
    lines.append(_aim("p99 at most 4 times p50 at half of capacity", f"{worst:.1f} at the worst size", worst <= 4))
    if (least := by_size.get(AIMED_AT)) is not None and (most := by_size.get(1_000_000)) is not None:
        growth = typical(most.costs["ours"]) / typical(least.costs["ours"])
        lines.append(_aim("100,000 to 1,000,000 tracks: less than 4 times", f"{growth:.2f} times", growth < 4))
    ratio_two = once.two / once.one
    memory = f"{once.one / 1e6:.0f} MB and {once.two / 1e6:.0f} MB: {ratio_two:.2f} times"
    lines.append(
        _aim(f"two workers at most 1.3 times the memory of one, {once.size:,} tracks", memory, ratio_two <= 1.3)
    )
    ready = f"{once.start:.2f} s"
    lines.append(_aim(f"start to ready under 2 s, {once.size:,} tracks", ready, once.start < 2))
    return "\n".join(lines)


def _aim(aim: str, found: str, met: bool) -> str:
    return f"| {aim} | {found} | {'met' if met else '**missed**'} |"


def _forest(shape: Shape) -> str:
    return f"{shape.trees} x {shape.leaves}"


def _shown(ratio: Ratio) -> str:
    return f"{ratio.estimate:.2f} [{ratio.low:.2f}, {ratio.high:.2f}]"


PREFACE = """\
`make bench-serve` writes this page. Our service (`recsys serve`, as it ships) against a default stack: FastAPI,
pydantic, pandas joins, LightGBM `predict`, MMR in vectorised numpy, with the same model, candidates and answers. Run
on {day}, Python {python}, one core a server, {minutes} minutes. Times drift with the machine; the ratios are of slices
of one run.{quick}"""

HOW = """\
- **The world** is made up (`benchmarks/serving/world.py`) and published as a real artifact: {dimensions} dimensions,
  {neighbours} item-item responses a track, 1,000 users with about 90 tracks each. A request weighs about 500
  candidates (300 item-item, 150 popular, 50 new) by {features} features and returns {returned}. Both sides retrieve by
  the service's item-item model, which sums the rows of a history; neither computes a product over all items, so that
  an index of vectors (faiss) has nothing to do here.
- **The forest** is grown by LightGBM on the service's own features. 120 trees of 15 leaves are what `recsys train`
  grows; 200 of 31 are measured beside it.
- **Ours** is the real process over HTTP: it reads the user's events from SQLite, checks takedowns, explores, writes a
  decision record, and counts. Only its clock is held.
- **The default stack** (`benchmarks/serving/standard.py`) is spared all that. What it knows of a user is aggregated at
  its start, as from a feature store, so that it would not see an event. Ours aggregates when it first sees a user, and
  again after an event or when a play has aged: every user was asked about once before the rounds, and what these
  **first visits** cost has a row of its own. The default stack gets no loop over candidates in Python, and LightGBM and
  BLAS get one thread, which is faster for both.
- **Processor time** is read from the operating system for the process and its threads, over {rounds} rounds of slices
  of {slice} s. A round has one slice of everybody, in an order that is drawn anew; one connection asks without pause.
  Intervals: signed-rank, 95 %, slices of one round paired. Requests a second on a core: one over the processor time.
- **The bare kernels** (`benchmarks/serving/kernels.py`) are the numpy calls of a request and the encoding of an answer,
  with nothing around them. They give the same slates. They are asked for one request at a time, as the servers are, so
  that they too find a processor that has just been idle; what asking costs is not counted. The aim is held against
  these. **Back to back** they come without a pause, in caches that nothing else touches: the least that they can cost.
- **Latency** is counted from when a request was due: Poisson arrivals at half of what a core can do, for {load} s, the
  client on the other core. One server whose requests all cost exactly the same, one after the other, has a p99 of 4.34
  times its p50 at half of its capacity (M/D/1: 1 in 100 waits for 3.34 others), so 4 asks for less than such a queue.
- **The same slates** are asked of both with exploration off. Slates that are not equal must part at two tracks whose
  marginal relevance, by the default stack itself, is equal to within {tolerance:g}; any other difference is a fault.
- **Memory** is the proportional set size of all processes of the service after 600 requests: a page that two
  share counts half in each. **Start** is from the process's first instruction to `/readyz`, files in the page cache."""
