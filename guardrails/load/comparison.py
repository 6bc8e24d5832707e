"""Head against base, metric by metric: slower, not slower, or not to be told today."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guardrails.load.metrics import Metric, Value, metric_of, value_of
from guardrails.load.statistics import UNKNOWN, Mean, Ratio, moderated_mean, student_quantile
from guardrails.model.load_run import LoadRun
from guardrails.model.result import Figure

FAMILY = 0.05
"""How often a head that is the same as its base may raise an alarm on any metric at any look. An alarm is no finding:
sessions that come after it must agree, and would by chance at most once in 20, so 1 check in 400 is wrong."""
MISS = 0.01
"""Error rate of each of the bounds that are shown, and by which a slowdown as large as the budget is ruled out."""
PRIOR_WEIGHT = 4
"""How many sessions the standard deviation that experience expects is worth."""
LEAST_SESSIONS = 2
"""With one session nothing is known of how much sessions differ."""
POWER = 0.95


class Outcome(StrEnum):
    """What a comparison says."""

    SLOWER = "slower"
    """Surely more than the base, and by more than the margin."""
    NOT_SLOWER = "not slower"
    UNCLEAR = "unclear"
    """A difference as large as the budget could have been missed, and is not ruled out."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric over some sessions. `base` and `head` are in the metric's unit.

    `ratio` is head to base (a difference where the metric is one) with bounds that are each wrong once in 100; `surely`
    is the lower bound at the level of an alarm. `budget` is what must not be missed, `margin` half of it: an estimate
    below it is no matter. `detectable` is the smallest ratio that these sessions would have found 19 times in 20.
    """

    metric: str
    base: float
    head: float
    ratio: Ratio
    budget: float
    margin: float
    detectable: float
    surely: float

    @property
    def of(self) -> Metric:
        """What is compared."""
        return metric_of(self.metric)

    @property
    def outcome(self) -> Outcome:
        """What it says."""
        if self.surely > self.of.neutral and self.ratio.estimate > self.margin:
            return Outcome.SLOWER
        missed = self.detectable > self.budget and self.ratio.high >= self.budget
        return Outcome.UNCLEAR if missed else Outcome.NOT_SLOWER

    @property
    def is_ruled_out(self) -> bool:
        """Whether a difference as large as the budget is."""
        return self.ratio.high < self.budget


def alarm_level(metrics: int, looks: int) -> float:
    """The error rate of one alarm: FAMILY is shared out evenly among the metrics and the looks (Bonferroni)."""
    return FAMILY / metrics / looks


def compare(sessions: Sequence[LoadRun], budgets: Mapping[str, float], alarm: float) -> tuple[Comparison, ...]:
    """Every metric of `budgets` that the sessions show or that is wanted; `alarm` is the error rate of `surely`."""
    found = []
    for key, budget in budgets.items():
        values = [value for session in sessions if (value := value_of(key, session)) is not None]
        if values or metric_of(key).is_wanted:
            found.append(_comparison(metric_of(key), values, budget, alarm))
    return tuple(found)


def _comparison(metric: Metric, values: Sequence[Value], budget: float, alarm: float) -> Comparison:
    base = sum(value.base for value in values) / len(values) if values else math.nan
    head = sum(value.head for value in values) / len(values) if values else math.nan
    margin = metric.margin(budget)
    if len(values) < LEAST_SESSIONS:
        return Comparison(metric.key, base, head, UNKNOWN, budget, margin, math.inf, -math.inf)
    mean = moderated_mean([value.differs for value in values], metric.prior, PRIOR_WEIGHT)
    within = mean.bound(MISS)
    ratio = Ratio(*(metric.shown(value) for value in (mean.value, mean.value - within, mean.value + within)))
    surely = metric.shown(mean.value - mean.bound(alarm))
    return Comparison(metric.key, base, head, ratio, budget, margin, _detectable(metric, mean, margin, alarm), surely)


def _detectable(metric: Metric, mean: Mean, margin: float, alarm: float) -> float:
    """The smallest true ratio (or difference) that would have raised an alarm with probability POWER."""
    threshold = max(margin if metric.is_difference else math.log(margin), mean.bound(alarm))
    return metric.shown(threshold + student_quantile(POWER, mean.freedom) * mean.error)


def figures(comparisons: Sequence[Comparison]) -> tuple[Figure, ...]:
    """The comparisons of ratios for a picture; a ratio or a bound that is not known is None."""
    return tuple(
        Figure(
            c.of.name,
            c.of.unit,
            c.base,
            c.head,
            None if c.ratio == UNKNOWN else c.ratio.estimate,
            c.ratio.low or None,
            None if math.isinf(c.ratio.high) else c.ratio.high,
            c.budget,
        )
        for c in comparisons
        if not c.of.is_difference and not math.isnan(c.base)
    )


def table(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """The comparisons as lines of text, a heading first: what was measured and what could have been seen."""
    rows = [("metric", "base", "head", "ratio", "interval", "budget", "detectable", "")]
    rows += [
        (
            c.of.name.removesuffix(" a request"),
            f"{c.base:.3f} {c.of.unit}".rstrip(),
            f"{c.head:.3f} {c.of.unit}".rstrip(),
            "unknown" if c.ratio == UNKNOWN else _signed(c, c.ratio.estimate),
            interval(c),
            _signed(c, c.budget, digits=2),
            _signed(c, c.detectable),
            c.outcome.value,
        )
        for c in comparisons
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return tuple("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def interval(comparison: Comparison) -> str:
    """The bounds of a ratio or a difference, for people."""
    if comparison.ratio == UNKNOWN:
        return "unknown"
    return f"{_signed(comparison, comparison.ratio.low)} to {_signed(comparison, comparison.ratio.high)}"


def _signed(comparison: Comparison, value: float, digits: int = 3) -> str:
    if math.isinf(value):
        return "unknown"
    return f"{value:+.{digits}f}" if comparison.of.is_difference else f"{value:.{digits}f}"
