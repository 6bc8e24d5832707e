"""What a run of open arrivals shows, held against budgets. What the generator itself spoilt is never called good."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.load.recorder import PERCENTILES
from guardrails.load.slo import Budget
from guardrails.load.statistics import quantile
from guardrails.model.open_run import Answer, OpenRun

SATURATED = 0.9
"""Share of a core above which the generator, and not the service, may be what was measured."""
LEAST_LAG_MS = 10.0
LAG_SHARE = 0.25
"""The generator was too late where 1 in 100 arrivals was sent later than this share of the budget of p99 (and later
than `LEAST_LAG_MS`) after its moment."""
WINDOW = 20
"""A second with fewer arrivals is judged together with those after it."""
LATE_SHARE = 0.05
"""In a calm second at most so many are late or fail: 1 in 100 of 20 cannot be told from none."""
QUOTED = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures of a run. Latencies are of good answers, in milliseconds from the intended moment; NaN without one.
    `error_share` counts what was planned and never ended as failed, unless somebody stopped the run."""

    answers: int
    good: int
    latency_ms: Mapping[str, float]
    error_share: float
    marks: Mapping[str, float]
    lag_p99_ms: float
    generator_share: float


def shown(run: OpenRun) -> Shown:
    """The figures of a run."""
    good = [one.ms for one in run.answers if one.good]
    owed = len(run.answers) if run.partial or run.complaint else max(run.planned, len(run.answers))
    return Shown(
        answers=len(run.answers),
        good=len(good),
        latency_ms={name: quantile(good, share) if good else math.nan for name, share in PERCENTILES.items()},
        error_share=(owed - len(good)) / owed if owed else 0.0,
        marks={mark: count / max(1, len(good)) for mark, count in run.marks.items()},
        lag_p99_ms=quantile([one.lag_ms for one in run.answers], 0.99) if run.answers else math.nan,
        generator_share=run.generator_share,
    )


def saturation(figures: Shown, budget: Budget) -> str:
    """Why the figures may be the generator's own, in words; empty where they are the service's."""
    if figures.generator_share >= SATURATED:
        return f"the generator used {figures.generator_share:.2f} of its core"
    limit = max(LEAST_LAG_MS, LAG_SHARE * (budget.p99_ms or 0.0))
    if figures.lag_p99_ms > limit:
        return (
            f"the generator sent 1 in 100 requests {figures.lag_p99_ms:.0f} ms late or later ({limit:.0f} ms is borne)"
        )
    return ""


def missed(run: OpenRun, budget: Budget, calm_from: float | None = None) -> tuple[str, ...]:
    """What of the budgets does not hold, in words; nothing where all do."""
    figures = shown(run)
    if not run.answers:
        return (run.complaint or "not one request was answered or failed",)
    return tuple(_missed(run, figures, budget, calm_from))


def _missed(run: OpenRun, figures: Shown, budget: Budget, calm_from: float | None) -> Iterator[str]:
    if run.complaint:
        yield run.complaint
    if figures.error_share > budget.error_share:
        yield (
            f"{figures.error_share:.2%} of the requests failed, and {budget.error_share:.2%} are allowed{reasons(run)}"
        )
    for name, limit in budget.latency_ms().items():
        if figures.latency_ms[name] > limit:
            yield f"latency {name} is {figures.latency_ms[name]:.1f} ms, and {limit:g} ms is allowed"
    for mark, limit in budget.shares().items():
        if (share := figures.marks.get(mark, 0.0)) > limit:
            yield f"{share:.2%} of the answers are {mark}, and {limit:.2%} are allowed"
    if calm_from is not None and not run.complaint:
        yield from unrecovered(run.answers, budget, calm_from)


def reasons(run: OpenRun) -> str:
    """The commonest reasons of failures, as the end of a sentence."""
    common = sorted(run.errors.items(), key=lambda item: (-item[1], item[0]))[:QUOTED]
    return ": " + "; ".join(f"{count} times {why}" for why, count in common) if common else ""


def unrecovered(answers: Sequence[Answer], budget: Budget, calm_from: float) -> Iterator[str]:
    """The first second after `calm_from` in which more than a few requests were late or failed."""
    limit = budget.p99_ms or math.inf
    window: list[Answer] = []
    for one in sorted((one for one in answers if one.at >= calm_from), key=lambda one: one.at):
        if len(window) >= WINDOW and one.at - window[0].at >= 1.0:
            if words := _late(window, limit):
                yield words
                return
            window = []
        window.append(one)
    if len(window) >= WINDOW and (words := _late(window, limit)):
        yield words


def _late(window: Sequence[Answer], limit: float) -> str:
    late = sum(not one.good or one.ms > limit for one in window)
    if late <= LATE_SHARE * len(window):
        return ""
    return (
        f"it has not recovered: from second {window[0].at:.1f} to {window[-1].at:.1f}, {late} of {len(window)} "
        f"requests failed or took longer than {limit:g} ms"
    )
