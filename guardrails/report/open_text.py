"""A run of open arrivals as text for a terminal."""

import math
from collections.abc import Iterator

from guardrails.load.scenario import Scenario
from guardrails.load.slo import Slo
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
    figures, budget = found.figures, scenario.hold.budget(slo.budget)
    if run.partial:
        yield f"PARTIAL: stopped after {len(run.answers)} of {run.planned} requests. Nothing is judged by a part."
    else:
        yield _HEADS[found.kind]
    yield ""
    yield f"{what}: {len(run.answers)} of {run.planned} planned requests, {figures.good} answered well"
    yield f"  {'':<18}{'measured':>12}{'budget':>12}"
    for name, limit in (("p50", budget.p50_ms), ("p95", budget.p95_ms), ("p99", budget.p99_ms)):
        yield _row(f"latency {name}", _number(figures.latency_ms[name], " ms"), limit and f"{limit:g} ms", _over(
            figures.latency_ms[name], limit))  # fmt: skip
    yield _row("errors", f"{figures.error_share:.2%}", f"{budget.error_share:.2%}", _over(
        figures.error_share, budget.error_share))  # fmt: skip
    for mark, share in (("empty", budget.empty_share), ("degraded", budget.degraded_share)):
        seen = figures.marks.get(mark, 0.0)
        yield _row(mark, f"{seen:.2%}", None if share is None else f"{share:.2%}", _over(seen, share))
    if run.memory:
        hold = scenario.hold
        yield _row("memory", f"{found.memory_mib:.0f} MiB", hold.memory_mib and f"{hold.memory_mib:g} MiB", _over(
            found.memory_mib, hold.memory_mib))  # fmt: skip
        yield _row("growth a request", _number(found.leak.estimate, " KiB", 2), hold.leak_kib_per_request and (
            f"{hold.leak_kib_per_request:g} KiB"), f"  {_number(found.leak.low)} to {_number(found.leak.high)}")  # fmt: skip
    yield f"  latency counts from the moment at which a request was meant to be sent; 1 in 100 was sent {_number(figures.lag_p99_ms)} ms late or later, generator at {figures.generator_share:.2f} of a core"
    yield from _list("missed", found.missed)
    yield from _list("in doubt", found.doubts)
    yield from _list("errors", [f"{count} times {why}" for why, count in sorted(run.errors.items(), key=_often)[:5]])


def _often(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _list(title: str, what: "tuple[str, ...] | list[str]") -> Iterator[str]:
    if what:
        yield f"{title}:"
        yield from (f"  {one}" for one in what)


def _row(name: str, seen: str, limit: "str | float | None", mark: str) -> str:
    return f"  {name:<18}{seen:>12}{limit or 'none':>12}{mark}".rstrip()


def _over(seen: float, limit: float | None) -> str:
    return "  missed" if limit is not None and (math.isnan(seen) or seen > limit) else ""


def _number(value: float, unit: str = "", digits: int = 1) -> str:
    return f"{value:.{digits}f}{unit}" if math.isfinite(value) else "unknown"
