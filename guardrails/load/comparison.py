"""Head against base, metric by metric: slower, not slower, or not to be told today."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guardrails.load.recorder import PERCENTILES, Pair, Totals, windows
from guardrails.load.statistics import UNKNOWN, Ratio, detectable, paired_ratio, quantile
from guardrails.model.result import Figure

ALPHA = 0.01
"""Error rate of one bound of one metric, for a head that is slower by exactly the margin: 4 % over the four metrics.
For a head that is not slower the margin and the second run bring it far down."""
WINDOW = {"p50": (1, 1), "p95": (20, 60), "p99": (100, 200)}
"""Least and most answers of each side in a window: at least one above the percentile, better three."""
WINDOWS = 12
"""Windows that are wanted; with fewer than 7 there is no bound at ALPHA."""
NAMES = {"cpu": "processor time a request", "p50": "latency p50", "p95": "latency p95", "p99": "latency p99"}


class Outcome(StrEnum):
    """What a comparison says."""

    SLOWER = "slower"
    """The lower bound of the ratio is above the margin."""
    NOT_SLOWER = "not slower"
    UNCLEAR = "unclear"
    """A ratio as large as the budget could have been missed, and is not ruled out."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric. `base` and `head` are in milliseconds; `budget` is the ratio that must not be missed.

    `margin` is half of the budget (its square root): what a lower bound must exceed to count, so that the luck of where
    a process lies in memory does not. `detectable` is the smallest ratio that this run would have found 19 times in 20.
    """

    metric: str
    base: float
    head: float
    ratio: Ratio
    budget: float
    margin: float
    detectable: float

    @property
    def outcome(self) -> Outcome:
        """What it says."""
        if self.ratio.low > self.margin:
            return Outcome.SLOWER
        missed = self.detectable > self.budget and self.ratio.high >= self.budget
        return Outcome.UNCLEAR if missed else Outcome.NOT_SLOWER


def compare(
    pairs: Sequence[Pair], base: Totals, head: Totals, budgets: Mapping[str, float], alpha: float
) -> tuple[Comparison, ...]:
    """Every metric of `budgets` (`cpu`, `p50`, `p95`, `p99`), each with bounds at the one-sided level `alpha`."""
    found = []
    for metric, budget in budgets.items():
        ratio = _cpu_ratio(pairs, alpha) if metric == "cpu" else _latency_ratio(pairs, metric, alpha)
        margin = math.sqrt(budget)
        values = (base.cpu_ms, head.cpu_ms) if metric == "cpu" else (base.latency_ms[metric], head.latency_ms[metric])
        found.append(Comparison(metric, *values, ratio, budget, margin, detectable(ratio, margin, alpha)))
    return tuple(found)


def _cpu_ratio(pairs: Sequence[Pair], alpha: float) -> Ratio:
    """Processor time for each request, pair by pair."""
    costs = [(p.base.cpu_seconds / p.base.requests, p.head.cpu_seconds / p.head.requests) for p in pairs]
    # A clock that counts in steps can stand still during a short slice.
    return _ratio([(base, head) for base, head in costs if base > 0 and head > 0], alpha)


def _latency_ratio(pairs: Sequence[Pair], metric: str, alpha: float) -> Ratio:
    """A percentile, window by window: a burst of noise spoils one window, not the answer."""
    share, (least, most) = PERCENTILES[metric], WINDOW[metric]
    answers = min(sum(len(p.base.milliseconds) for p in pairs), sum(len(p.head.milliseconds) for p in pairs))
    size = max(least, min(most, answers // WINDOWS))
    return _ratio([(quantile(base, share), quantile(head, share)) for base, head in windows(pairs, size)], alpha)


def _ratio(values: Sequence[tuple[float, float]], alpha: float) -> Ratio:
    if not values:
        return UNKNOWN
    return paired_ratio([base for base, _ in values], [head for _, head in values], alpha)


def figures(comparisons: Sequence[Comparison]) -> tuple[Figure, ...]:
    """The comparisons for a picture; a ratio or a bound that is not known is None."""
    return tuple(
        Figure(
            NAMES[c.metric],
            "ms",
            c.base,
            c.head,
            None if c.ratio == UNKNOWN else c.ratio.estimate,
            c.ratio.low or None,
            None if math.isinf(c.ratio.high) else c.ratio.high,
            c.budget,
        )
        for c in comparisons
    )


def table(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """The comparisons as lines of text, a heading first: what was measured and what could have been seen."""
    rows = [("metric", "base ms", "head ms", "ratio", "interval", "budget", "detectable", "")]
    rows += [
        (
            NAMES[c.metric].removesuffix(" a request"),
            f"{c.base:.3f}",
            f"{c.head:.3f}",
            "unknown" if c.ratio == UNKNOWN else f"{c.ratio.estimate:.3f}",
            interval(c.ratio),
            f"{c.budget:.2f}",
            _number(c.detectable),
            c.outcome.value,
        )
        for c in comparisons
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return tuple("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def interval(ratio: Ratio) -> str:
    """The bounds of a ratio, for people."""
    return f"{_number(ratio.low)} to {_number(ratio.high)}"


def _number(value: float) -> str:
    return "unknown" if math.isinf(value) or value == 0 else f"{value:.3f}"
