"""How often a service asked its stores, by its own counters: read at both ends of a run, in the format of Prometheus.

A service writes these figures itself: they name a call that is made too often, and a head that leaves one uncounted
is left to the processor time that the call costs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guardrails.load.stages import UnusableError, body_of, samples
from guardrails.model.load_run import LoadRun, LoadTarget
from guardrails.ports import HttpClient

MOST_COUNTERS = 64
MOST_LETTERS = 80

Counts = Mapping[str, float]
"""By counter, since the service started."""


@dataclass(frozen=True, slots=True)
class CallWatch:
    """Reads the counters `metrics` at `path` of each service, each of their label sets by itself."""

    http: HttpClient
    path: str
    metrics: tuple[str, ...]

    def read(self, targets: Sequence[LoadTarget]) -> Mapping[str, Counts | None]:
        """What each side has counted so far; None where it could not be read."""
        return {target.side: self._one(target) for target in targets}

    def _one(self, target: LoadTarget) -> Counts | None:
        try:
            return counters(body_of(self.http, target, self.path), self.metrics)
        except UnusableError:
            return None

    def noted(self, run: LoadRun, before: Mapping[str, Counts | None], targets: Sequence[LoadTarget]) -> LoadRun:
        """The run with the calls a request of each side; `before` is what `read` said at its start."""
        after = self.read(targets)
        each = {side: _each(run, side, before[side], after[side]) for side in after}
        return replace(run, counts={side: counts for side, counts in each.items() if counts is not None})


def counters(body: bytes, metrics: Sequence[str]) -> dict[str, float]:
    """The value of every counter of the names `metrics`, by `name label label`; nothing before the first request.

    Raises:
        UnusableError: too much, or not the text format.
    """
    found: dict[str, float] = {}
    for metric in metrics:
        for labels, value in samples(body, metric):
            name = " ".join((metric.removesuffix("_total"), *(labels[key] for key in sorted(labels))))[:MOST_LETTERS]
            found[name] = found.get(name, 0.0) + value
    if len(found) > MOST_COUNTERS:
        raise UnusableError(f"has {len(found)} counters of {', '.join(metrics)}; at most {MOST_COUNTERS} are read")
    return found


def _each(run: LoadRun, side: str, before: Counts | None, after: Counts | None) -> Counts | None:
    """Calls a request, the warm-up included as the counters include it."""
    sent = run.tallies[side].requests if side in run.tallies else 0
    if before is None or after is None or not sent:
        return None
    return {name: (value - before.get(name, 0.0)) / sent for name, value in after.items()}
