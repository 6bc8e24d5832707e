"""Pictures of a load run for a person: made from the evidence, bounded in size whatever was measured."""

import bisect
import itertools
import math
from collections.abc import Iterator, Sequence

from guardrails.load import growth
from guardrails.load.judgement import Evidence
from guardrails.load.recorder import latencies, pairs_of
from guardrails.load.statistics import quantile
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, SINGLE, LoadRun, LoadSlice
from guardrails.model.picture import Line, Pictures, Plot, PlotKind, Table

PERCENTS = (
    *(0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 75.0, 80.0, 85.0, 90.0, 92.5, 95.0, 96.0, 97.0, 98.0),
    *(99.0, 99.25, 99.5, 99.75, 99.9, 99.95, 99.99),
)
BINS = 40
EDGES = (0.001, 0.999)
"""Shares of the answers between which the bins of the histogram lie; what is outside counts in the outermost."""
SHORTEST, LONGEST = 1e-3, 1e9
"""Milliseconds: what is outside is drawn at the edge."""
MOST_GROUPS = 60
MOST_NAMED = 12
"""Sessions whose place is said."""


def pictures(evidence: Evidence) -> Pictures:
    """All pictures of the evidence; none where no request was answered well."""
    answers = {side: _answers(evidence.runs, side) for side in (BASE, HEAD)}
    answers = {side: times for side, times in answers.items() if times}
    if not answers:
        return Pictures()
    plots = (_percentiles(answers), _histogram(answers), *_series(evidence))
    return Pictures(tuple(plots), tuple(_tables(evidence)))


def _answers(runs: Sequence[LoadRun], side: str) -> list[float]:
    """Response times by which latency is judged, in milliseconds, sorted."""
    return sorted(min(time, LONGEST) for time in latencies(runs, side) if math.isfinite(time))


def _percentiles(answers: dict[str, list[float]]) -> Plot:
    """The latency below which a share of the answers lies. A percentile needs an answer above it."""
    lines = tuple(Line(side, tuple(_percentile(times, p) for p in PERCENTS)) for side, times in answers.items())
    known = " and ".join(f"{len(times)} answers of the {side}" for side, times in answers.items())
    said = "; ".join(
        f"{name}: " + ", ".join(f"{side} {quantile(times, share):.2f} ms" for side, times in answers.items())
        for name, share in (("At the median", 0.5), ("at p99", 0.99))
    )
    return Plot(
        PlotKind.PERCENTILES,
        "Latency by percentile",
        f"{said}. From {known}; each further nine has the same room.",
        "percentile",
        "ms",
        PERCENTS,
        lines,
    )


def _percentile(times: Sequence[float], percent: float) -> float | None:
    if len(times) * (100 - percent) < 100:
        return None
    return _rounded(quantile(times, percent / 100))


def _histogram(answers: dict[str, list[float]]) -> Plot:
    """Shares of the answers in bins that both sides have in common, each as much wider as it is later."""
    edges = _edges(answers)
    lines = tuple(Line(side, _shares(times, edges)) for side, times in answers.items())
    says = (
        f"Share of the answers in {len(edges) - 1} bins from {edges[0]:.3g} to {edges[-1]:.3g} ms, each as much wider "
        "as it lies higher. What lies outside counts in the outermost."
    )
    return Plot(PlotKind.HISTOGRAM, "Latency histogram", says, "ms", "% of answers", edges, lines)


def _edges(answers: dict[str, list[float]]) -> tuple[float, ...]:
    """Rising, positive edges of the bins."""
    # A time of nothing has no logarithm.
    low = max(SHORTEST, min(quantile(times, EDGES[0]) for times in answers.values()))
    high = max(quantile(times, EDGES[1]) for times in answers.values())
    high = max(high, low * 1.05)
    step = math.log(high / low) / BINS
    return tuple(float(f"{low * math.exp(step * n):.6g}") for n in range(BINS + 1))


def _shares(times: Sequence[float], edges: Sequence[float]) -> tuple[float | None, ...]:
    below = [0, *(bisect.bisect_left(times, edge) for edge in edges[1:-1]), len(times)]
    return tuple(_rounded(100 * (after - before) / len(times)) for before, after in itertools.pairwise(below))


def _series(evidence: Evidence) -> Iterator[Plot]:
    """What the machine did meanwhile: each side's figures pair by pair, neighbouring pairs together."""
    driven = {one.kind for run in evidence.runs for one in run.slices}
    kind = next((one for one in (SINGLE, OPEN) if one in driven), CLOSED)
    for title, value, kinds in (
        ("Median latency over the run", _median, (kind,)),
        ("Processor time a request over the run", _cpu, (SINGLE, OPEN, CLOSED)),
    ):
        sessions = [_numbered(run, kinds, paired=evidence.base is not None) for run in evidence.runs]
        numbered = [slices for session in sessions for slices in session]
        if not numbered:
            continue
        size = math.ceil(len(numbered) / MOST_GROUPS)
        starts = range(0, len(numbered), size)
        groups = [[one for slices in numbered[start : start + size] for one in slices] for start in starts]
        lines = tuple(
            Line(side, tuple(value([one for one in group if one.side == side]) for group in groups))
            for side in (BASE, HEAD)
            if any(one.side == side for group in groups for one in group)
        )
        each = f"each of up to {size} neighbouring slices of a side" if size > 1 else "one for each slice of a side"
        says = f"{len(groups)} points, {each}, in the order driven.{_begin(sessions)}"
        yield Plot(PlotKind.SERIES, title, says, "slice", "ms", tuple(start + 1.0 for start in starts), lines)


def _numbered(run: LoadRun, kinds: Sequence[str], *, paired: bool) -> list[list[LoadSlice]]:
    """The slices of some kinds in the order driven, those of a pair together."""
    if paired:
        return [[pair.base, pair.head] for pair in pairs_of([run]) if pair.base.kind in kinds]
    return [[one] for one in run.slices if one.complete and one.requests and one.kind in kinds]


def _begin(sessions: Sequence[Sequence[object]]) -> str:
    """Where the sessions after the first begin, in words."""
    places = [1 + before for before in itertools.accumulate(len(session) for session in sessions[:-1])]
    if not places:
        return ""
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return f" Services were started anew at slice {', '.join(map(str, places[:MOST_NAMED]))}{more}."


def _median(slices: Sequence[LoadSlice]) -> float | None:
    times = [time for one in slices for time in one.milliseconds if math.isfinite(time)]
    return _rounded(quantile(times, 0.5)) if times else None


def _cpu(slices: Sequence[LoadSlice]) -> float | None:
    """Processor time a request, in milliseconds."""
    requests, seconds = sum(one.requests for one in slices), math.fsum(one.cpu_seconds for one in slices)
    return _rounded(1000 * seconds / requests) if requests and math.isfinite(seconds) else None


def _tables(evidence: Evidence) -> Iterator[Table]:
    if (where := growth.table(growth.growths(evidence.runs))) is not None:
        yield where


def _rounded(value: float) -> float | None:
    """Enough digits for a picture, and few enough for a file; None for what no picture can show."""
    return float(f"{value:.4g}") if math.isfinite(value) else None
