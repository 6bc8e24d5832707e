"""Latency by the rate of arrivals, from the steps of a search for the capacity: where a service gives way."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from guardrails.model.load_run import BASE, HEAD
from guardrails.model.picture import MOST_POINTS, Line, Plot, PlotKind


@dataclass(frozen=True, slots=True)
class Step:
    """One step: so many arrivals a second for some seconds, and the p99 of the answers in milliseconds."""

    side: str
    rate: float
    p99_ms: float


def pictures(steps: Sequence[Step], budget_ms: float | None) -> tuple[Plot, ...]:
    """The latency of each side at the rates that were tried, the median where one was tried more than once, beside the
    budget; nothing unless some side was tried at two rates or more."""
    rates = sorted({_rounded(one.rate) for one in steps})
    # The rungs of the ladder are fewer; what a longer one had beyond these is left out, lowest first.
    rates = rates[-MOST_POINTS:]
    lines = [Line(side, tuple(_at(steps, side, rate) for rate in rates)) for side in (BASE, HEAD)]
    lines = [line for line in lines if any(value is not None for value in line.values)]
    if not any(sum(value is not None for value in line.values) > 1 for line in lines):
        return ()
    if budget_ms is not None:
        lines.append(Line("budget", (budget_ms,) * len(rates)))
    says = (
        f"{len(steps)} steps of the search for the highest rate at which the budgets hold, with arrivals that do not "
        "wait for answers. Where a rate was tried more than once, the median."
    )
    return (Plot(PlotKind.CURVE, "Latency p99 by rate", says, "arrivals a second", "ms", tuple(rates), tuple(lines)),)


def _at(steps: Sequence[Step], side: str, rate: float) -> float | None:
    found = [one.p99_ms for one in steps if one.side == side and _rounded(one.rate) == rate]
    return _rounded(median(found)) if found else None


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
