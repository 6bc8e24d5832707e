"""What is driven under load, how, and what was seen of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BASE, HEAD = "base", "head"
"""The sides of a load run."""
CLOSED, SINGLE, OPEN = "closed", "single", "open"
"""The kinds of a slice. Closed: every user sends its next request when it has the answer to the last one, all at once,
which shows how many are answered. Single: one request is in flight, which shows how long one takes. Open: requests come
when they come, whether or not the ones before them were answered, which shows how long people wait."""
OPEN_SHARE = 0.95
"""The percentile by which open slices are compared, and at which the generator's own lateness counts."""


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """A side that is driven: its name, the address of its service, and the process whose tree's time is read."""

    side: str
    url: str
    pid: int


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How to drive one or two services with one scenario.

    `root` is the tree that the locustfile at `locustfile` comes from; the directories `path` of it (all relative) are
    where the scenario imports from. In a pair each side has one slice, in an order that `seed` decides. In a closed
    slice each of `users`, dealt from a greater crowd, sends the same number of requests to one side, `concurrency` of
    them at a time, about `slice_seconds` long. In an open one requests come at random at `arrivals_share` of the rate
    at which closed slices are answered, for about `arrivals_seconds`. A single slice is a closed one with one request
    at a time. Open slices take `open_share` of the time and single ones `single_share`. There are as many pairs as
    `seconds_per_side` allows, but at most `pairs` and, within three times the planned time, at least `least_pairs`.
    Where `pinned`, each side is held on a core of its own, and the cores are swapped every few pairs.
    With `leak_requests` nothing is timed and there are no slices: all sides answer at once, each half as many requests
    and then so many, over which its memory is measured.
    """

    root: Path
    locustfile: str
    path: tuple[str, ...]
    seed: int
    pairs: int
    users: int
    concurrency: int
    slice_seconds: float
    seconds_per_side: float
    warmup_seconds: float
    request_timeout_seconds: float
    least_pairs: int = 12
    arrivals_share: float = 0.5
    arrivals_seconds: float = 0.12
    open_share: float = 0.0
    single_share: float = 0.0
    pinned: bool = False
    leak_requests: int = 0


@dataclass(frozen=True, slots=True)
class LoadSlice:
    """What one side did in one slice.

    `requests` were sent and ended within the slice; `milliseconds` are the raw response times of those that were
    answered well, in an open slice from the moment at which the request was to come. `cpu_seconds` is processor time of
    the side's whole process tree during its own slice and during the other side's slice of the same pair, so that
    deferred work is charged to its owner. `calls` are the system calls that read or wrote during the pair, None where
    the system does not tell. `complete` says that the slice was not cut short. `names` are what the scenario calls the
    requests of `milliseconds`, one by one.
    """

    side: str
    pair: int
    requests: int
    seconds: float
    cpu_seconds: float
    milliseconds: tuple[float, ...]
    complete: bool = True
    kind: str = CLOSED
    calls: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadMemory:
    """Memory of one side, in KiB: what it shares with others counted in part (`resident`), and what is its own and
    backed by no file (`private`), at the start and at the end of what is measured, between which `requests` ended."""

    resident: float
    private_before: float
    private_after: float
    requests: int


@dataclass(frozen=True, slots=True)
class LoadTally:
    """What one side did in a whole run, the warm-up included.

    `errors` counts failed requests by message. `marks` counts the good answers that the scenario marked in the
    request's context (`empty`, `degraded`). `died` says that the process was gone at the end.
    """

    side: str
    requests: int
    errors: Mapping[str, int]
    marks: Mapping[str, int]
    died: bool = False


@dataclass(frozen=True, slots=True)
class StageTimes:
    """What a side's own metrics say that it spent in a whole run, the warm-up included, in milliseconds by stage;
    or in `silence` why they say nothing."""

    milliseconds: Mapping[str, float]
    silence: str = ""


@dataclass(frozen=True, slots=True)
class LoadRun:
    """A run of a scenario. `generator_share` is the share of one core that the generator used during the closed slices,
    `generator_lag_ms` how late it sent one of twenty requests of the open ones, by its own fault.

    `cold_ms` are the response times of each side's first requests after its start. `memory` is empty where the system
    does not tell. A run that ended early names in `ended_by` the side because of which it did, and in `complaint` why,
    in words.
    `counts` are the calls a request that each side says it made, by name. `stages` holds the sides whose own metrics
    were asked for; it explains, and decides nothing.
    """

    slices: tuple[LoadSlice, ...]
    tallies: Mapping[str, LoadTally]
    generator_share: float
    ended_by: str = ""
    complaint: str = ""
    stages: Mapping[str, StageTimes] = field(default_factory=dict)
    counts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    generator_lag_ms: float = 0.0
    cold_ms: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    memory: Mapping[str, LoadMemory] = field(default_factory=dict)
    pinned: bool = False
