"""What an operator sets. Read once at start, from the command line; never changed afterwards."""

from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Budgets:
    """The time of a request for a slate, in seconds from its last byte: a share for each stage, and together the whole.

    A stage ends by the sum up to its own, so that what one leaves is passed on. profile: the profile service. wait: for
    the engine. state: stores and takedowns. sources: all of them. ranker: the ranker. rest: parsing, features, filters,
    re-ranking and rendering, which do not wait for anything.
    """

    whole: float = 1.5
    profile: float = 0.2
    wait: float = 0.5
    state: float = 0.25
    sources: float = 0.3
    ranker: float = 0.15
    rest: float = 0.1

    def __post_init__(self) -> None:
        shares = (self.profile, self.wait, self.state, self.sources, self.ranker, self.rest)
        if min(shares) <= 0 or sum(shares) > self.whole + 1e-9:
            raise InvalidValueError(
                f"the budgets of the stages, {', '.join(f'{share:g}' for share in shares)} s, must be positive and add "
                f"up to at most the whole, {self.whole:g} s"
            )

    @property
    def until_state(self) -> float:
        """Seconds from the start by which the stores have answered."""
        return self.profile + self.wait + self.state

    @property
    def until_sources(self) -> float:
        """Seconds from the start by which the sources have answered."""
        return self.until_state + self.sources

    @property
    def until_ranker(self) -> float:
        """Seconds from the start by which the ranker has answered."""
        return self.until_sources + self.ranker


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost.

    body_bytes: longest body. body_seconds: how long a body may take to arrive. page_seconds: how long the pages of a
    list may be asked for. pending_events: events that may wait for the disk before further ones are refused.
    waiting: requests that may wait for the engine before further ones are refused. budgets: the time of its stages.
    store_seconds: the longest wait for events to be on disk.
    """

    body_bytes: int = 1 << 20
    body_seconds: float = 10.0
    page_seconds: int = 3_600
    pending_events: int = 20_000
    waiting: int = 128
    budgets: Budgets = Budgets()
    store_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How `recsys serve` runs.

    state: directory of the event store, None for memory. redis: address of the store that instances on several machines
    share, in place of the one in `state`. takedowns: the policy file, None for the one in `state`.
    experiments: the file of experiments, None for none.
    catalogue, profiles, listens: addresses of the services that are asked, None for none. stale_takedowns: seconds for
    which the catalogue's takedowns are trusted when it cannot be asked.
    port: 0 for any free one. market: of users and requests without one, None for the catalogue's first.
    seed: given to every request, None for a new one each. now: unix seconds that the clock starts at, None for today's.
    watch_seconds: time between two looks for another model in `artifact`; 0: only when a SIGHUP asks for it.
    hold_clock: the clock stays at `now`. With a seed, answers then depend on the requests before them and nothing else.
    drain_seconds: from SIGTERM, how long the service says "not ready" and still answers. stop_seconds: how long
    requests in flight may take after that. full_decisions: one in how many logged decisions has all candidates, or 0.
    """

    artifact: Path
    host: str = "127.0.0.1"
    port: int = 8080
    state: Path | None = None
    redis: str | None = None
    takedowns: Path | None = None
    experiments: Path | None = None
    catalogue: str | None = None
    profiles: str | None = None
    listens: str | None = None
    stale_takedowns: float = 60.0
    workers: int = 1
    market: str | None = None
    seed: int | None = None
    now: int | None = None
    hold_clock: bool = False
    watch_seconds: float = 0.0
    drain_seconds: float = 1.0
    stop_seconds: float = 10.0
    full_decisions: int = 100
    access_log: bool = False
    json_log: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.workers < 1 or not 0 <= self.port < 1 << 16 or self.full_decisions < 0:
            raise InvalidValueError(
                f"workers {self.workers}, port {self.port} and full_decisions {self.full_decisions}: want at least 1, "
                "0 to 65535, at least 0"
            )
        if self.workers > 1 and self.state is None:
            raise InvalidValueError("several workers cannot share state in memory: name a directory with --state")
        if self.hold_clock and self.now is None:
            raise InvalidValueError("a clock that is held needs a time to stand at: name it with --now")
        if not 5 <= self.stale_takedowns <= 86_400:
            raise InvalidValueError(f"takedowns may be stale for 5 to 86400 seconds, not {self.stale_takedowns:g}")
        if min(self.drain_seconds, self.stop_seconds, self.watch_seconds) < 0:
            raise InvalidValueError("drain, stop and watch seconds must not be negative")
