"""What was seen: raw response times and processor time, as pairs of slices and as totals of a side."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from guardrails.load.statistics import quantile
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, SINGLE, LoadRun, LoadSlice

PERCENTILES: Mapping[str, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
KNOWN = 10
"""Base answers of a name from which it is known how long they usually take."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two neighbouring slices with the same requests, one for each side."""

    base: LoadSlice
    head: LoadSlice


@dataclass(frozen=True, slots=True)
class Totals:
    """All that one side did. Times are of the good answers within whole slices, in milliseconds.

    `answers` counts those. `cpu_ms` is processor time for each request, in milliseconds. Without an answer the times
    are NaN.
    """

    requests: int
    answers: int
    errors: Mapping[str, int]
    marks: Mapping[str, int]
    died: bool
    cpu_ms: float
    latency_ms: Mapping[str, float]

    @property
    def error_share(self) -> float:
        """Errors by requests, at most 1; 0 where nothing was sent."""
        return min(1.0, sum(self.errors.values()) / self.requests) if self.requests else 0.0

    def mark_share(self, mark: str) -> float:
        """Answers that the scenario marked, by requests."""
        return self.marks.get(mark, 0) / self.requests if self.requests else 0.0


def pairs_of(runs: Iterable[LoadRun]) -> tuple[Pair, ...]:
    """The pairs of which both slices are whole, in the order in which they were driven."""
    pairs: list[Pair] = []
    for run in runs:
        whole = {(one.pair, one.side): one for one in run.slices if one.complete and one.requests}
        pairs += [
            Pair(whole[number, BASE], whole[number, HEAD])
            for number in sorted({number for number, _ in whole})
            if (number, BASE) in whole and (number, HEAD) in whole
        ]
    return tuple(pairs)


def latencies(runs: Iterable[LoadRun], side: str, kind: str = "") -> tuple[float, ...]:
    """The response times of one side, in milliseconds, of slices of one kind. Without a kind: of the single slices, or
    else of the open ones, or else of the closed ones."""
    return tuple(time for one in _timed(runs, side, kind) for time in one.milliseconds)


def _timed(runs: Iterable[LoadRun], side: str, kind: str) -> list[LoadSlice]:
    slices = [one for run in runs for one in run.slices if one.side == side and one.complete]
    kinds = {one.kind for one in slices}
    kind = kind or next((one for one in (SINGLE, OPEN) if one in kinds), CLOSED)
    return [one for one in slices if one.kind == kind]


def alike(run: LoadRun, kind: str = "") -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The response times of base and head (as `latencies` has them) as if requests of every name usually took as long.

    From each the base's median for its name is taken, and the base's median of all is added. Else the slowest requests
    alone are the tail, and what befalls a quick one is not seen in it. Fewer than `KNOWN` answers lie closer to their
    own median than those of the head could: for such a name the median of both sides is taken. Where there are no names
    the times stay.
    """
    named = {
        side: [(name, time) for one in _timed([run], side, kind) for name, time in _named(one)] for side in (BASE, HEAD)
    }
    if not named[BASE] or not any(name for name, _ in named[BASE]):
        return latencies([run], BASE, kind), latencies([run], HEAD, kind)
    by_name: dict[str, dict[str, list[float]]] = {}
    for side, times in named.items():
        for name, time in times:
            by_name.setdefault(name, {BASE: [], HEAD: []})[side].append(time)
    middle = median(time for _, time in named[BASE])
    usual = {
        name: median(one[BASE] if len(one[BASE]) >= KNOWN else one[BASE] + one[HEAD]) if one[BASE] else middle
        for name, one in by_name.items()
    }
    base, head = (tuple(time - usual[name] + middle for name, time in named[side]) for side in (BASE, HEAD))
    return base, head


def _named(one: LoadSlice) -> Iterable[tuple[str, float]]:
    return zip(one.names or ("",) * len(one.milliseconds), one.milliseconds, strict=True)


def totals(runs: Iterable[LoadRun], side: str) -> Totals:
    """The totals of one side over all runs."""
    runs = tuple(runs)
    slices = [one for run in runs for one in run.slices if one.side == side and one.complete]
    times = latencies(runs, side)
    sent = sum(one.requests for one in slices)
    tallies = [run.tallies[side] for run in runs]
    errors: Counter[str] = Counter()
    marks: Counter[str] = Counter()
    for tally in tallies:
        errors.update(tally.errors)
        marks.update(tally.marks)
    return Totals(
        requests=sum(tally.requests for tally in tallies),
        answers=sum(len(one.milliseconds) for one in slices),
        errors=errors,
        marks=marks,
        died=any(tally.died for tally in tallies),
        cpu_ms=1000 * sum(one.cpu_seconds for one in slices) / sent if sent else math.nan,
        latency_ms={name: quantile(times, share) if times else math.nan for name, share in PERCENTILES.items()},
    )
