"""`slo.toml`: how a service is driven, what it must hold by itself, and how much slower than its base it may be.

Every key names its unit. Reading is strict: an unknown key, a wrong type or a value out of range is an error.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from guardrails.errors import ConfigurationError
from guardrails.model.strict import decode

SCHEMA = 1

Count = Annotated[int, Meta(ge=1)]
Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Ratio = Annotated[float, Meta(gt=1, le=10)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: immutable, strict."""


class Drive(_Section, frozen=True):
    """How the requests are sent: without think times, one side at a time, in sessions of fresh processes."""

    users: Count = 16
    """Who send in one closed or single slice, dealt anew for each from a crowd in the scenario's proportions."""
    concurrency: Count = 2
    """Requests in flight at once in closed slices. A lock shows only with more than one."""
    single_share: Share = 0.5
    """Share of the time in which one request is in flight: p50, p95 and p99 are measured there. 0: in the open slices,
    or else in the closed ones."""
    open_share: Share = 0.25
    """Share of the time in which requests come by a schedule that waits for no answer."""
    arrivals_share: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    """How many come then, by how many a saturated service answers."""
    arrivals_ms: Positive = 120.0
    """Length of an open slice."""
    pinned: bool = True
    """Hold each side on a core of its own, where there are two, and swap them so that a pair is answered on one."""
    least_sessions: Annotated[int, Meta(ge=2, le=50)] = 3
    most_sessions: Annotated[int, Meta(ge=2, le=50)] = 8
    """Both services are started anew for each session. It ends early when every metric is certain."""
    slice_ms: Positive = 50.0
    """Length of a slice. Short ones follow a machine whose speed drifts; see loadtests/README.md."""
    seconds_per_side: Positive = 2.0
    """In one session."""
    release_seconds_per_side: Positive = 8.0
    warmup_seconds: Positive = 1.5
    """For each side, before anything is measured."""
    request_timeout_seconds: Positive = 10.0
    minimum_requests: Count = 1000
    """Both sides together; below it the gate reports an error."""
    leak_requests: Annotated[int, Meta(ge=0, le=100_000)] = 800
    """Requests to each side in a session that looks for a leak; half as many come before anything is measured. 0: none
    is looked for."""


class Budget(_Section, frozen=True):
    """What the head must hold by itself. A budget that is left out is not checked."""

    p50_ms: Positive | None = None
    p95_ms: Positive | None = None
    p99_ms: Positive | None = None
    error_share: Share = 0.001
    empty_share: Share | None = None
    degraded_share: Share | None = None
    memory_mib: Positive | None = None
    """Resident memory of the whole process tree at the end of a session."""

    def latency_ms(self) -> dict[str, float]:
        """The latency budgets that are set, in milliseconds, by percentile."""
        limits = {"p50": self.p50_ms, "p95": self.p95_ms, "p99": self.p99_ms}
        return {name: limit for name, limit in limits.items() if limit is not None}

    def shares(self) -> dict[str, float]:
        """The budgets of marked answers that are set, by mark."""
        limits = {"empty": self.empty_share, "degraded": self.degraded_share}
        return {mark: limit for mark, limit in limits.items() if limit is not None}


class Regression(_Section, frozen=True):
    """The ratio of head to base that must not be missed."""

    cpu_ratio: Ratio = 1.10
    """Processor time a request."""
    p50_ratio: Ratio = 1.15
    p95_ratio: Ratio = 1.25
    p99_ratio: Ratio = 1.40
    arrivals_ratio: Ratio = 2.0
    """The 95th percentile of latency, counted from the intended moment, when requests wait for no answer."""
    throughput_ratio: Ratio = 1.25
    """Time for each answer when as many ask at once as `concurrency` lets, beyond what one alone grew by."""
    calls_ratio: Ratio = 1.50
    """System calls that read or write, for each request."""
    memory_ratio: Ratio = 1.20
    """Resident memory at the end of a session."""
    leak_kib: Positive = 1.0
    """KiB that a request leaves behind, more than on the base."""
    inconclusive: Literal["review", "note"] = "review"
    """What it is when a check could not have seen such a difference: a person decides, or it is only said."""

    def budgets(self) -> dict[str, float]:
        """The budgets by metric."""
        ratios = {"cpu": self.cpu_ratio, "throughput": self.throughput_ratio}
        latency = {"p50": self.p50_ratio, "p95": self.p95_ratio, "p99": self.p99_ratio, "arrivals": self.arrivals_ratio}
        held = {"calls": self.calls_ratio, "memory": self.memory_ratio, "leak": self.leak_kib}
        return {**ratios, **latency, **held}


class Release(_Section, frozen=True):
    """What a release is asked under open arrivals, beyond the comparison."""

    seconds: Positive = 240.0
    """For all of it: the search for the capacity and the scenarios, both sides together."""
    capacity_ratio: Ratio = 1.25
    """The base may hold at most so many times the rate that the head holds."""
    first_rate_per_second: Positive = 20.0
    step_seconds: Positive = 3.0
    scenarios: tuple[str, ...] = ()
    """Names of scenarios in load.scenarios, in their order."""


class Slo(_Section, frozen=True):
    """All of `slo.toml`."""

    schema: int = SCHEMA
    drive: Drive = Drive()
    budget: Budget = Budget()
    regression: Regression = Regression()
    release: Release | None = None
    """Left out: a release is compared with its base, and nothing else."""


def parse(text: str, source: str) -> Slo:
    """The objectives in `text`; `source` names it in errors.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong type, a value out of range, or an unknown schema.
    """
    slo = decode(text, Slo, source)
    if slo.schema != SCHEMA:
        raise ConfigurationError(
            f"{source}: schema is {slo.schema}; this gate reads {SCHEMA}. Install the version that matches."
        )
    return slo
