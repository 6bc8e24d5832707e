"""A scenario as data: the shape of the arrivals, who comes, for how long, and what must hold.

Every key names its unit. Reading is strict: an unknown key is an error that names the nearest known one.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from guardrails.errors import ConfigurationError
from guardrails.load.slo import Budget, Count, Positive, Share
from guardrails.model.open_run import Event, Segment
from guardrails.model.strict import decode

SCHEMA = 1
Shape = Literal[
    "steady",
    "ramp",
    "spike",
    "soak",
    "herd_after_restart",
    "cold_start",
    "slow_dependency",
    "artifact_reload",
]
SHAPES: tuple[str, ...] = get_args(Shape)
RESTARTS = ("herd_after_restart", "cold_start")
"""Shapes that begin with a service that has just started; nothing warms it up."""
Factor = Annotated[float, Meta(gt=1, le=1000)]
Moment = Annotated[float, Meta(ge=0)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: immutable, strict."""


class Ramp(_Section, frozen=True):
    """Where the rate goes: evenly from `rate_per_second` to this one."""

    to_rate_per_second: Positive = 100.0


class Spike(_Section, frozen=True):
    """A crowd: the rate is `times` as high for `lasts_seconds`, beginning after `after_seconds`."""

    times: Factor = 4.0
    after_seconds: Positive = 5.0
    lasts_seconds: Positive = 3.0


class Herd(_Section, frozen=True):
    """What piled up while the service was away comes within `within_seconds`, besides those who come anyway."""

    outage_seconds: Positive = 10.0
    within_seconds: Positive = 1.0


class Cause(_Section, frozen=True):
    """A request that is sent once, `at_seconds` into the schedule: it makes the service load its artifact again.

    Without a `path` none is sent: `service.command` does it by itself, about then.
    """

    at_seconds: Moment = 5.0
    method: Literal["GET", "POST", "PUT"] = "POST"
    path: str = ""
    body: str = ""


class Service(_Section, frozen=True):
    """How this scenario starts the service, where it is not `load.command` of guardrails.toml: for a slow dependency,
    a program that starts one and has the service ask it. The same `{...}` are replaced, and `{neighbour_port}`."""

    command: tuple[str, ...] = ()


class Hold(_Section, frozen=True):
    """What must hold. A budget that is left out is that of slo.toml; latency counts from the intended moment."""

    p50_ms: Positive | None = None
    p95_ms: Positive | None = None
    p99_ms: Positive | None = None
    error_share: Share | None = None
    empty_share: Share | None = None
    degraded_share: Share | None = None
    recovers_within_seconds: Positive | None = None
    """After a spike, a herd or a reload: from then on every second of the schedule holds the budgets by itself."""
    leak_kib_per_request: Positive | None = None
    memory_mib: Positive | None = None

    def budget(self, slo: Budget) -> Budget:
        """The budgets of slo.toml with what this scenario says in their place."""
        own = {name: value for name in slo.__struct_fields__ if (value := getattr(self, name, None)) is not None}
        return msgspec.structs.replace(slo, **own)


class Scenario(_Section, frozen=True):
    """One scenario. `rate_per_second` is that of open arrivals, `length_seconds` of the whole schedule; `personas`
    weighs the user classes of the locustfile by name, empty for their own weights."""

    schema: int = SCHEMA
    title: str = ""
    shape: Shape = "steady"
    rate_per_second: Positive = 20.0
    length_seconds: Positive = 20.0
    personas: dict[str, Count] = {}
    ramp: Ramp | None = None
    spike: Spike | None = None
    herd: Herd | None = None
    cause: Cause | None = None
    service: Service = Service()
    hold: Hold = Hold()

    def at(self, rate_per_second: float, length_seconds: float) -> "Scenario":
        """The same scenario at another rate and length; what happens in it keeps its place and its proportions."""
        speed, stretch = rate_per_second / self.rate_per_second, length_seconds / self.length_seconds
        ramp = self.ramp and Ramp(to_rate_per_second=self.ramp.to_rate_per_second * speed)
        spike = self.spike and msgspec.structs.replace(
            self.spike,
            after_seconds=self.spike.after_seconds * stretch,
            lasts_seconds=self.spike.lasts_seconds * stretch,
        )
        cause = self.cause and msgspec.structs.replace(self.cause, at_seconds=self.cause.at_seconds * stretch)
        return msgspec.structs.replace(
            self,
            rate_per_second=rate_per_second,
            length_seconds=length_seconds,
            ramp=ramp,
            spike=spike,
            cause=cause,
        )

    def segments(self) -> tuple[Segment, ...]:
        """The rate over time."""
        rate, length = self.rate_per_second, self.length_seconds
        if self.ramp:
            return (Segment(length, rate, self.ramp.to_rate_per_second),)
        if self.spike:
            one = self.spike
            rest = length - one.after_seconds - one.lasts_seconds
            peak = rate * one.times
            return Segment(one.after_seconds, rate, rate), Segment(one.lasts_seconds, peak, peak), _flat(rest, rate)
        if self.herd:
            burst = rate * (1 + self.herd.outage_seconds / self.herd.within_seconds)
            return _flat(self.herd.within_seconds, burst), _flat(length - self.herd.within_seconds, rate)
        return (_flat(length, rate),)

    def calm_from(self) -> float | None:
        """The second from which each by itself must hold the budgets; None where nothing was disturbed."""
        if self.hold.recovers_within_seconds is None:
            return None
        disturbed = 0.0
        if self.spike:
            disturbed = self.spike.after_seconds + self.spike.lasts_seconds
        elif self.herd:
            disturbed = self.herd.within_seconds
        elif self.cause:
            disturbed = self.cause.at_seconds
        return disturbed + self.hold.recovers_within_seconds

    def event(self) -> Event | None:
        """What is done to the service during the schedule."""
        one = self.cause
        return Event(one.at_seconds, one.method, one.path, one.body) if one and one.path else None


def _flat(seconds: float, rate: float) -> Segment:
    return Segment(seconds, rate, rate)


NEEDS: Mapping[str, str] = {
    "ramp": "ramp",
    "spike": "spike",
    "herd_after_restart": "herd",
    "artifact_reload": "cause",
}
"""The table that a shape needs, and that no other shape may have."""


def parse(text: str, source: str) -> Scenario:
    """The scenario in `text`; `source` names it in errors.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong type or unit, or a shape that does not fit its tables.
    """
    try:
        made = decode(text, Scenario, source)
    except ConfigurationError as error:
        known = f" Shapes are {', '.join(SHAPES)}." if str(error).endswith(" at shape. Correct the value.") else ""
        raise ConfigurationError(f"{error}{known}") from error
    if made.schema != SCHEMA:
        raise ConfigurationError(
            f"{source}: schema is {made.schema}; this gate reads {SCHEMA}. Install the version that matches."
        )
    for shape, table in NEEDS.items():
        has = getattr(made, table) is not None
        if has != (made.shape == shape):
            what = f"lacks the table [{table}]" if not has else f"has the table [{table}], which is for {shape}"
            raise ConfigurationError(f"{source}: a scenario of shape {made.shape!r} {what}. Correct the file.")
    if made.shape == "slow_dependency" and not made.service.command:
        raise ConfigurationError(
            f"{source}: the shape 'slow_dependency' lacks service.command, which starts the service with the slow one."
        )
    if made.cause and not made.cause.path.startswith("/") and (made.cause.path or not made.service.command):
        raise ConfigurationError(
            f"{source}: cause.path is {made.cause.path!r}, and must begin with /. Correct it, or have service.command "
            "do what it does, and leave it out."
        )
    if any(one.seconds <= 0 for one in made.segments()):
        raise ConfigurationError(
            f"{source}: length_seconds is {made.length_seconds:g}, and what happens in it takes longer. Lengthen it."
        )
    return made
