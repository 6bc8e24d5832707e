"""Where the time went, by the service's own metrics: read at both ends of a run, in the text format of Prometheus.

A service writes these figures itself, so a head can lie in them. They explain a verdict and have no part in it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guardrails.model.exchange import HttpRequest
from guardrails.model.load_run import LoadRun, LoadTarget, StageTimes
from guardrails.ports import HttpClient

SECONDS = 3.0
"""What one reading of one service may take."""
MOST_BYTES = 2_000_000
MOST_SAMPLES = 1000
MOST_STAGES = 64
MOST_LETTERS = 60
MOST_LINE = 2000
"""Letters of a sample; the parser's time grows with their square."""


Reading = Mapping[str, float] | str
"""Seconds by stage since the service started, or why there are none."""
Readings = Mapping[str, Reading]
"""By side."""


class UnusableError(ValueError):
    """The metrics say nothing that could be used, and why."""


@dataclass(frozen=True, slots=True)
class StageWatch:
    """Reads `metric` at `path` of each service: a histogram or summary of seconds, by the label `label`."""

    http: HttpClient
    path: str
    metric: str
    label: str

    def read(self, targets: Sequence[LoadTarget]) -> Readings:
        """What each side has counted so far, in seconds by stage; or why there is nothing, in words."""
        return {target.side: self._one(target) for target in targets}

    def _one(self, target: LoadTarget) -> Reading:
        try:
            return counted(body_of(self.http, target, self.path), self.metric, self.label)
        except UnusableError as error:
            return f"{self.path} of the {target.side} {error}"

    def noted(self, run: LoadRun, before: Readings, targets: Sequence[LoadTarget]) -> LoadRun:
        """The run with what each side spent in it by stage; `before` is what `read` said at its start."""
        after = self.read(targets)
        return replace(run, stages={side: self._spent(side, before[side], after[side]) for side in after})

    def _spent(self, side: str, before: Reading, after: Reading) -> StageTimes:
        if not after:
            return StageTimes({}, f"{self.path} of the {side} has no {self.metric}_sum with the label {self.label}")
        return spent(before, after)


def body_of(http: HttpClient, target: LoadTarget, path: str) -> bytes:
    """What a service shows at a path.

    Raises:
        UnusableError: it shows nothing.
    """
    answers = http.ask(target.url, [HttpRequest("GET", path)], timeout=SECONDS, whole=SECONDS)
    if not answers or answers[0].status != 200:
        why = (answers[0].trouble or f"status {answers[0].status}") if answers else "no answer"
        raise UnusableError(f"could not be read ({why[:200]})")
    return answers[0].body


def counted(body: bytes, metric: str, label: str) -> dict[str, float]:
    """The seconds of `metric` by the value of `label`, all other labels together; nothing before the first request.

    Raises:
        UnusableError: too much, or not the text format.
    """
    seconds: dict[str, float] = {}
    for labels, value in samples(body, f"{metric}_sum"):
        if label in labels:
            stage = labels[label][:MOST_LETTERS]
            seconds[stage] = seconds.get(stage, 0.0) + value
    return dict(sorted(seconds.items(), key=lambda item: (-item[1], item[0]))[:MOST_STAGES])


def samples(body: bytes, name: str) -> list[tuple[Mapping[str, str], float]]:
    """The samples of a name that have labels, each with its value, if that is finite and not negative.

    Raises:
        UnusableError: too many, or not the text format.
    """
    if len(body) > MOST_BYTES:
        raise UnusableError(f"answers with {len(body)} bytes; at most {MOST_BYTES} are read")
    # Only these lines are parsed: a service may have a great many others.
    lines = [line for line in body.decode("utf-8", "replace").split("\n") if line.startswith(f"{name}{{")]
    if len(lines) > MOST_SAMPLES:
        raise UnusableError(f"has {len(lines)} samples of {name}; at most {MOST_SAMPLES} are read")
    if any(len(line) > MOST_LINE for line in lines):
        raise UnusableError(f"has a sample of {name} of more than {MOST_LINE} letters")
    return [(labels, value) for labels, value in _parsed(lines, name) if math.isfinite(value) and value >= 0]


def _parsed(lines: Sequence[str], name: str) -> list[tuple[Mapping[str, str], float]]:
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError as error:
        raise UnusableError("was not parsed: install recsys-guardrails[load]") from error
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnusableError(f"is not in the text format of Prometheus ({str(error)[:200]})") from error
    return [(one.labels, one.value) for family in families for one in family.samples if one.name == name]


def spent(before: Reading, after: Reading) -> StageTimes:
    """What was spent between two readings, in milliseconds. A stage that began later counts from nothing."""
    if isinstance(before, str) or isinstance(after, str):
        return StageTimes({}, before if isinstance(before, str) else str(after))
    took = {stage: 1000 * (seconds - before.get(stage, 0.0)) for stage, seconds in after.items()}
    if any(value < 0 for value in took.values()):
        return StageTimes({}, "a stage's time went backwards during the run")
    return StageTimes(took)
