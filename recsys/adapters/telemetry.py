"""Counters and histograms in the text format of Prometheus.

What a request counts is noted, and added up for many requests together: the library's own bookkeeping, thirty times a
request, takes a tenth of the interpreter's time.
"""

from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

import numpy as np
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from recsys.domain.slate import Decision

LATENCY: Final = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
STAGE: Final = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1)


STAGES: Final = ("retrieve", "describe", "rank", "keep", "refill", "order")
"""Those of `recsys.pipeline.STAGES`, by name."""

MOST_NOTED: Final = 4_096


class Times(Histogram):
    """A histogram that takes many observations at once."""

    def observe_all(self, seconds: Sequence[float]) -> None:
        """Observe each."""
        self._sum.inc(sum(seconds))
        for place, count in Tally(bisect_left(self._upper_bounds, value) for value in seconds).items():
            self._buckets[place].inc(count)


Metric = TypeVar("Metric", Counter, Times)


class Labelled(Generic[Metric]):
    """One metric by labels. Remembers each child: the library's own look-up takes as long as the count itself."""

    def __init__(self, metric: Metric) -> None:
        self._metric: Metric = metric
        self._children: dict[tuple[str, ...], Metric] = {}

    def __call__(self, *labels: str) -> Metric:
        """Return the child with these labels."""
        child = self._children.get(labels)
        if child is None:
            child = self._children[labels] = self._metric.labels(*labels)
        return child


class PrometheusTelemetry:
    """One registry of its own, so that two apps in one process do not mix.

    model_version: shown as the label of `recsys_model_info`. shared: several processes write the same files under the
    directory PROMETHEUS_MULTIPROC_DIR, and any of them renders the sum: of the others, what they have settled.
    """

    def __init__(self, model_version: str, *, shared: bool = False) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped upstream; those series are noise
        own = CollectorRegistry()
        self._rendered = CollectorRegistry() if shared else own
        if shared:
            MultiProcessCollector(self._rendered)  # type: ignore[no-untyped-call]  # untyped upstream
        self._requests = Labelled(
            Counter("recsys_requests", "Answers sent.", ("route", "method", "status"), registry=own)
        )
        self._latency = Labelled(
            Times("recsys_request_seconds", "Time to answer.", ("route",), buckets=LATENCY, registry=own)
        )
        self._stage = Labelled(
            Times("recsys_stage_seconds", "Time by stage of the pipeline.", ("stage",), buckets=STAGE, registry=own)
        )
        self._candidates = Counter("recsys_candidates", "Candidates retrieved, all requests together.", registry=own)
        self._returned = Counter("recsys_slate_tracks", "Tracks returned, all requests together.", registry=own)
        self._left = Labelled(
            Counter(
                "recsys_stage_tracks", "Tracks that left a stage; the next one took them in.", ("stage",), registry=own
            )
        )
        self._removed = Labelled(
            Counter("recsys_removed", "Candidates removed by a filter.", ("reason",), registry=own)
        )
        self._degraded = Labelled(
            Counter("recsys_degraded", "Slates made without a stage that failed.", ("stage",), registry=own)
        )
        self._empty = Labelled(Counter("recsys_empty_slates", "Slates without a track.", ("surface",), registry=own))
        self._explored = Counter("recsys_explored_tracks", "Positions drawn to explore.", registry=own)
        self._asked = Labelled(
            Counter("recsys_store_calls", "Calls of the stores of state.", ("store", "call"), registry=own)
        )
        self._events = Labelled(Counter("recsys_events", "Events received.", ("outcome",), registry=own))
        self._dropped = Counter("recsys_decisions_dropped", "Decisions that the full log queue dropped.", registry=own)
        self._count_neighbours(own)
        self._renewed = Labelled(
            Counter("recsys_reloads", "Looks for another model, by what came of them.", ("outcome",), registry=own)
        )
        self._left_by_stage = [self._left(stage) for stage in STAGES]
        self._counted: deque[tuple[Counter, float]] = deque()  # appended to from any thread
        self._timed: deque[tuple[Times, float]] = deque()
        self._info = Gauge(
            "recsys_model_info", "1 for the model in service.", ("version",), registry=own, multiprocess_mode="max"
        )
        self._model = ""
        self.model(model_version)

    def _count_neighbours(self, own: CollectorRegistry) -> None:
        self._called = Labelled(
            Counter("recsys_neighbour_calls", "Calls of other services.", ("neighbour", "outcome"), registry=own)
        )
        self._waited = Labelled(
            Times(
                "recsys_neighbour_seconds",
                "Time of a call, retries included.",
                ("neighbour",),
                buckets=LATENCY,
                registry=own,
            )
        )
        self._circuits = Gauge(
            "recsys_neighbour_circuit_open",
            "1 while a service is not asked, since it failed too often.",
            ("neighbour",),
            registry=own,
            multiprocess_mode="livemax",
        )
        self._messages = Labelled(
            Counter("recsys_listen_messages", "Messages of the stream of listens.", ("outcome",), registry=own)
        )

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._counted.append((self._requests(route, method, str(status)), 1))
        self._timed.append((self._latency(route), seconds))
        if len(self._counted) > MOST_NOTED:
            self.settle()

    def stage(self, name: str, seconds: float) -> None:
        """Record the time of one stage of the pipeline."""
        self._timed.append((self._stage(name), seconds))

    def served(self, decision: Decision) -> None:
        """Count what went into a slate and what came out of it."""
        slate, note = decision.slate, self._counted.append
        scored, kept = decision.features.candidates.slots.shape[0], decision.filtered.kept.slots.shape[0]
        note((self._candidates, scored))
        note((self._returned, slate.size))
        left = (scored, scored, scored, kept, decision.pool.slots.shape[0], slate.size)
        self._counted.extend(zip(self._left_by_stage, left, strict=True))
        note((self._explored, int(np.count_nonzero(decision.explored))))
        for reason, count in slate.removed.items():
            note((self._removed(reason), count))
        for name in slate.degraded:
            note((self._degraded(name), 1))
        if not slate.size:
            note((self._empty(decision.query.surface.value), 1))

    def asked(self, store: str, call: str) -> None:
        """Count one call of a store."""
        self._counted.append((self._asked(store, call), 1))

    def stored(self, accepted: int, duplicates: int) -> None:
        """Count events."""
        self._events("accepted").inc(accepted)
        self._events("duplicate").inc(duplicates)

    def dropped(self) -> None:
        """Count a decision that the log could not take."""
        self._dropped.inc()

    def called(self, neighbour: str, outcome: str, seconds: float) -> None:
        """Count one call, with all its attempts."""
        self._called(neighbour, outcome).inc()
        self._timed.append((self._waited(neighbour), seconds))

    def circuit(self, neighbour: str, *, is_open: bool) -> None:
        """Note the state of a circuit."""
        self._circuits.labels(neighbour).set(is_open)

    def messages(self, outcome: str, count: int) -> None:
        """Count messages of the stream of listens."""
        self._messages(outcome).inc(count)

    def model(self, version: str) -> None:
        """Name the model in service."""
        if self._model:
            self._info.labels(self._model).set(0)
        self._info.labels(version).set(1)
        self._model = version

    def renewed(self, outcome: str) -> None:
        """Count one look for another model."""
        self._renewed(outcome).inc()

    def settle(self) -> None:
        """Add up what was noted. By one thread at a time, while others note."""
        counts: defaultdict[Counter, float] = defaultdict(float)
        while self._counted:
            counter, amount = self._counted.popleft()
            counts[counter] += amount
        for counter, amount in counts.items():
            counter.inc(amount)
        times: defaultdict[Times, list[float]] = defaultdict(list)
        while self._timed:
            histogram, seconds = self._timed.popleft()
            times[histogram].append(seconds)
        for histogram, all_seconds in times.items():
            histogram.observe_all(all_seconds)

    def render(self) -> bytes:
        """Return everything counted, in the text format of Prometheus."""
        self.settle()
        return generate_latest(self._rendered)
