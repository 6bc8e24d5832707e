"""What is driven under load, how, and what was seen of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

BASE, HEAD = "base", "head"
"""The sides of a load run."""


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
    where the scenario imports from. In a slice each of `users` sends the same number of requests to one side,
    `concurrency` of them at a time, about `slice_seconds` long; in a pair each side has one slice, in an order that
    `seed` decides. There are as many pairs as `seconds_per_side` allows, but at most `pairs` and, within three times
    the planned time, at least `least_pairs`.
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


@dataclass(frozen=True, slots=True)
class LoadSlice:
    """What one side did in one slice.

    `requests` were sent and ended within the slice; `milliseconds` are the raw response times of those that were
    answered well. `cpu_seconds` is processor time of the side's whole process tree during its own slice and during the
    other side's slice of the same pair, so that deferred work is charged to its owner. `complete` says that the slice
    was not cut short.
    """

    side: str
    pair: int
    requests: int
    seconds: float
    cpu_seconds: float
    milliseconds: tuple[float, ...]
    complete: bool = True


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
    """A run of a scenario. `generator_share` is the share of one core that the generator used during the slices.

    A run that ended early names in `ended_by` the side because of which it did, and in `complaint` why, in words.
    `stages` holds the sides whose own metrics were asked for; it explains, and decides nothing.
    """

    slices: tuple[LoadSlice, ...]
    tallies: Mapping[str, LoadTally]
    generator_share: float
    ended_by: str = ""
    complaint: str = ""
    stages: Mapping[str, StageTimes] = field(default_factory=dict)
