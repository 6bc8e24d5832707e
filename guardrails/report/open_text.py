"""A run of open arrivals as text for a terminal."""

import math
from collections.abc import Iterator, Sequence

from guardrails.load.scenario import Hold, Scenario
from guardrails.load.slo import Budget, Slo
from guardrails.load.standing import Kind, Standing
from guardrails.model.open_run import OpenRun

_HEADS = {
    Kind.HOLDS: "pass: every budget held",
    Kind.MISSES: "block: budgets were missed",
    Kind.UNCLEAR: "inconclusive: a person must decide, or the run must be repeated where the doubt is gone",
    Kind.UNKNOWN: "error: nothing can be said of the service",
}


def render(what: str, run: OpenRun, scenario: Scenario, slo: Slo, found: Standing) -> str:
    """The figures against their budgets, what was missed, and where doubt is left."""
    return "\n".join(_lines(what, run, scenario, slo, found))


def _lines(what: str, run: OpenRun, scenario: Scenario, slo: Slo, found: Standing) -> Iterator[str]:
    figures = found.figures
    if run.partial:
        yield f"PARTIAL: stopped after {len(run.answers)} of {run.planned} requests. Nothing is judged by a part."
    else:
        yield _HEADS[found.kind]
    yield ""
    yield f"{what}: {len(run.answers)} of {run.planned} planned requests, {figures.good} answered well"
    yield f"  {'':<18}{'measured':>12}{'budget':>12}"
    yield from _latencies(found, scenario.hold.budget(slo.budget))
    yield from _shares(found, scenario.hold.budget(slo.budget))
    if run.memory:
        yield from _memory(found, scenario.hold)
    yield "  latency counts from the moment at which a request was meant to be sent"
    lag = f"1 in 100 was sent {_number(figures.lag_p99_ms)} ms late or later"
    yield f"  the generator: {lag}, {figures.generator_share:.2f} of a core"
    yield from _list("missed", found.missed)
    yield from _list("in doubt", found.doubts)
    yield from _list("errors", [f"{count} times {why}" for why, count in sorted(run.errors.items(), key=_often)[:5]])


def _latencies(found: Standing, budget: Budget) -> Iterator[str]:
    for name, limit in (("p50", budget.p50_ms), ("p95", budget.p95_ms), ("p99", budget.p99_ms)):
        seen = found.figures.latency_ms[name]
        yield _row(f"latency {name}", _number(seen, " ms"), _limit(limit, " ms"), _over(seen, limit))


def _shares(found: Standing, budget: Budget) -> Iterator[str]:
    marks = found.figures.marks
    for name, seen, limit in (
        ("errors", found.figures.error_share, budget.error_share),
        ("empty", marks.get("empty", 0.0), budget.empty_share),
        ("degraded", marks.get("degraded", 0.0), budget.degraded_share),
    ):
        yield _row(name, f"{seen:.2%}", "none" if limit is None else f"{limit:.2%}", _over(seen, limit))


def _memory(found: Standing, hold: Hold) -> Iterator[str]:
    most, leak = found.memory_mib, found.leak
    yield _row("memory", f"{most:.0f} MiB", _limit(hold.memory_mib, " MiB"), _over(most, hold.memory_mib))
    bounds = f"  {_number(leak.low, digits=2)} to {_number(leak.high, digits=2)}"
    allowed = _limit(hold.leak_kib_per_request, " KiB")
    yield _row("growth a request", _number(leak.estimate, " KiB", 2), allowed, bounds)


def _often(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _list(title: str, what: Sequence[str]) -> Iterator[str]:
    if what:
        yield f"{title}:"
        yield from (f"  {one}" for one in what)


def _row(name: str, seen: str, limit: str, mark: str) -> str:
    return f"  {name:<18}{seen:>12}{limit:>12}{mark}".rstrip()


def _limit(limit: float | None, unit: str) -> str:
    return "none" if limit is None else f"{limit:g}{unit}"


def _over(seen: float, limit: float | None) -> str:
    return "  missed" if limit is not None and (math.isnan(seen) or seen > limit) else ""


def _number(value: float, unit: str = "", digits: int = 1) -> str:
    return f"{value:.{digits}f}{unit}" if math.isfinite(value) else "unknown"
