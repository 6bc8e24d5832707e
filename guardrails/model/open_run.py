"""Open arrivals: requests that come when they come, whether or not earlier ones were answered, and what was seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a schedule: `seconds` long, its rate going evenly from `begin` to `end` arrivals a second."""

    seconds: float
    begin: float
    end: float

    @property
    def arrivals(self) -> float:
        """How many arrivals are expected in it."""
        return self.seconds * (self.begin + self.end) / 2


@dataclass(frozen=True, slots=True)
class Traced:
    """A request of a recorded trace: when it came (seconds after the first), and what it was. `body` empty: none."""

    at: float
    method: str
    path: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A request that is sent once, `at` seconds into the schedule, as a cause and not as load."""

    at: float
    method: str
    path: str
    body: str = ""


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """How to send open arrivals to one service.

    `arrivals` are the intended moments in seconds after the start, ascending. Each is a request of some user of the
    locustfile at `locustfile` in the tree `root` (imports from the directories `path` of it); `personas` weighs the
    user classes by name, empty for their own weights. With a `trace` the requests are its own, and no user is asked.
    At most `users` requests are in flight and `backlog` wait for a user; what comes on top is lost and counts as an
    error, and so does what was not sent within `drain_seconds` after the last arrival. `quiet_seconds` without one good
    answer end the run.
    """

    root: Path
    locustfile: str
    path: tuple[str, ...]
    seed: int
    arrivals: tuple[float, ...]
    seconds: float
    personas: Mapping[str, int] = field(default_factory=dict)
    trace: tuple[Traced, ...] = ()
    event: Event | None = None
    users: int = 128
    backlog: int = 4096
    request_timeout_seconds: float = 10.0
    drain_seconds: float = 10.0
    quiet_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class OpenTarget:
    """The service: its address, and the process whose tree's memory is read (0 where it is not known)."""

    url: str
    pid: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One arrival. `at` is the intended moment in seconds after the start; `lag_ms` how much later it was sent because
    the generator was late (not because every user waited for the service); `ms` the time from the intended moment to
    the last byte; `good` whether the scenario accepted the answer.
    """

    at: float
    lag_ms: float
    ms: float
    good: bool


@dataclass(frozen=True, slots=True)
class Memory:
    """Memory of the service's process tree that no file backs (shared pages counted by their share), `at` seconds into
    the run, when so many requests were `done`."""

    at: float
    done: int
    kib: int


@dataclass(frozen=True, slots=True)
class OpenRun:
    """What was seen of one schedule.

    `planned` counts its arrivals, `answers` holds those that ended, good or bad. `errors` counts bad ones by reason,
    `marks` good ones that the scenario marked. `generator_share` is the share of one core that the generator used.
    `complaint` says why the run ended early, in words; `partial` that somebody stopped it. `seconds` is what it took,
    the start of the generator included.
    """

    planned: int
    answers: tuple[Answer, ...]
    errors: Mapping[str, int]
    marks: Mapping[str, int]
    memory: tuple[Memory, ...]
    generator_share: float
    seconds: float
    complaint: str = ""
    died: bool = False
    partial: bool = False
