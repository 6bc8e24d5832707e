"""What is compared: one value of each metric for each session, a run with services that were started for it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from guardrails.load.recorder import PERCENTILES, Pair, alike, latencies, pairs_of
from guardrails.load.statistics import quantile, trimmed_ratio
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, OPEN_SHARE, SINGLE, LoadRun

LEAST_ANSWERS = 20
"""Answers of each side without which a session says nothing of a percentile."""

COUNTED = "calls of "
"""How the key of a service's own counter begins."""
NO_CALL = 0.1
"""Calls a request that are added to both sides, so that a side that makes none has a ratio."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of both sides. `prior` is the standard deviation that one session's value has where the sides are the
    same, by experience with small machines: as the logarithm of a ratio, or of the difference itself where
    `is_difference`. `is_wanted` says that a comparison without it is no comparison."""

    key: str
    name: str
    unit: str
    prior: float
    is_difference: bool = False
    is_wanted: bool = True

    @property
    def neutral(self) -> float:
        """The ratio or the difference of two equal sides."""
        return 0.0 if self.is_difference else 1.0

    def shown(self, value: float) -> float:
        """A mean of values of sessions as people read it."""
        return value if self.is_difference else math.exp(value)

    def margin(self, budget: float) -> float:
        """Half of the budget: what an estimate must exceed to count."""
        return budget / 2 if self.is_difference else math.sqrt(budget)


@dataclass(frozen=True, slots=True)
class Value:
    """A metric in one session: what it was on each side, and how the sides differ (a logarithm, or a difference)."""

    base: float
    head: float
    differs: float


METRICS: Mapping[str, Metric] = {
    one.key: one
    for one in (
        Metric("cpu", "processor time a request", "ms", 0.012),
        Metric("throughput", "time for each answer among many", "ms", 0.04),
        Metric("p50", "latency p50", "ms", 0.03),
        Metric("p95", "latency p95", "ms", 0.06),
        Metric("p99", "latency p99", "ms", 0.12),
        Metric("arrivals", "latency p95 when requests wait for no answer", "ms", 0.2, is_wanted=False),
        Metric("calls", "reads and writes a request", "", 0.02, is_wanted=False),
        Metric("memory", "resident memory", "MiB", 0.01, is_wanted=False),
        Metric("leak", "memory kept of each request", "KiB", 0.15, is_difference=True, is_wanted=False),
    )
}


def metric_of(key: str) -> Metric:
    """The metric of a key, which may be that of a counter."""
    if key.startswith(COUNTED):
        # The name is the head's own word too: shown as a quotation.
        return Metric(key, f"calls a request of {key.removeprefix(COUNTED)!r}", "", 0.02, is_wanted=False)
    return METRICS[key]


def counters_of(run: LoadRun) -> tuple[str, ...]:
    """The keys of the counters that either side shows in a session; none unless both sides tell."""
    if set(run.counts) < {BASE, HEAD}:
        return ()
    return tuple(COUNTED + name for name in sorted({*run.counts[BASE], *run.counts[HEAD]}))


def value_of(metric: str, run: LoadRun) -> Value | None:
    """A metric in a session; None where the session does not show it."""
    if metric.startswith(COUNTED):
        return _counted(run, metric.removeprefix(COUNTED))
    if metric in PERCENTILES:
        return _latency(run, PERCENTILES[metric])
    return _READERS[metric](run)


def _ratio(base: float, head: float, ratio: float | None = None) -> Value | None:
    if not (0 < base < math.inf and 0 < head < math.inf):
        return None
    return Value(base, head, math.log(ratio or head / base))


def _per_pair(pairs: Sequence[Pair], seconds: Callable[[Pair], tuple[float, float]]) -> Value | None:
    """Milliseconds a request, by the totals of each side and by the ratio of all pairs but the farthest out."""
    # A clock that counts in steps can stand still during a short slice.
    known = [(pair, *both) for pair in pairs if min(both := seconds(pair)) > 0]
    if not known:
        return None
    base, head = sum(base for _, base, _ in known), sum(head for _, _, head in known)
    sent = sum(pair.base.requests for pair, _, _ in known), sum(pair.head.requests for pair, _, _ in known)
    # The slices of a pair hold as many requests, so the ratio of the times is that of the times a request.
    ratio = trimmed_ratio([base for _, base, _ in known], [head for _, _, head in known])
    return _ratio(1000 * base / sent[0], 1000 * head / sent[1], ratio)


def _cpu(run: LoadRun) -> Value | None:
    """Processor time for each request, pair by pair."""
    return _per_pair(pairs_of([run]), lambda pair: (pair.base.cpu_seconds, pair.head.cpu_seconds))


def _together(run: LoadRun) -> Value | None:
    """The time that each answer takes when many ask at once, beyond what one alone, or its processor time, grew by.

    A service that computes more is slower among many too, and that is processor time; one whose requests wait for each
    other is slower among many alone. Both sides are in milliseconds.
    """
    pairs = pairs_of([run])
    crowd = _took([pair for pair in pairs if pair.base.kind == CLOSED])
    if crowd is None:
        return None
    others = (_took([pair for pair in pairs if pair.base.kind == SINGLE]), _cpu(run))
    explained = max(0.0, *(other.differs for other in others if other is not None))
    return Value(crowd.base, crowd.head, crowd.differs - explained)


def _took(pairs: Sequence[Pair]) -> Value | None:
    """How long a slice takes for each of its requests."""
    return _per_pair(pairs, lambda pair: (pair.base.seconds, pair.head.seconds))


def _latency(run: LoadRun, share: float, kind: str = "") -> Value | None:
    """A percentile over the session, of the slices by which latency is judged or of those of a kind. In the tail every
    request is held against what is usual for its name."""
    tail = share > PERCENTILES["p50"]
    base, head = alike(run, kind) if tail else (latencies([run], BASE, kind), latencies([run], HEAD, kind))
    if min(len(base), len(head)) < LEAST_ANSWERS:
        return None
    return _ratio(quantile(base, share), quantile(head, share))


def _calls(run: LoadRun) -> Value | None:
    """System calls that read or write, for each request."""
    pairs = [pair for pair in pairs_of([run]) if pair.base.calls is not None and pair.head.calls is not None]
    if not pairs:
        return None
    base = sum(pair.base.calls or 0 for pair in pairs) / sum(pair.base.requests for pair in pairs)
    head = sum(pair.head.calls or 0 for pair in pairs) / sum(pair.head.requests for pair in pairs)
    return _called(base, head)


def _counted(run: LoadRun, name: str) -> Value | None:
    """What the services themselves count; a side that does not have the counter has made no such call."""
    if set(run.counts) < {BASE, HEAD}:
        return None
    return _called(run.counts[BASE].get(name, 0.0), run.counts[HEAD].get(name, 0.0))


def _called(base: float, head: float) -> Value:
    return Value(base, head, math.log((max(0.0, head) + NO_CALL) / (max(0.0, base) + NO_CALL)))


def _memory(run: LoadRun) -> Value | None:
    if set(run.memory) < {BASE, HEAD}:
        return None
    return _ratio(run.memory[BASE].resident / 1024, run.memory[HEAD].resident / 1024)


def _leak(run: LoadRun) -> Value | None:
    """How much private memory each side has kept of each request, in KiB. A service that fills its caches grows too:
    only the difference to the base says something."""
    if set(run.memory) < {BASE, HEAD} or not all(one.requests for one in run.memory.values()):
        return None
    grown = {side: (one.private_after - one.private_before) / one.requests for side, one in run.memory.items()}
    return Value(grown[BASE], grown[HEAD], grown[HEAD] - grown[BASE])


_READERS: Mapping[str, Callable[[LoadRun], Value | None]] = {
    "cpu": _cpu,
    "throughput": _together,
    "arrivals": lambda run: _latency(run, OPEN_SHARE, OPEN),
    "calls": _calls,
    "memory": _memory,
    "leak": _leak,
}
