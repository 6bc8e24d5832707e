"""What an operator sets. Read once at start, from the command line; never changed afterwards."""

from dataclasses import dataclass, field
from pathlib import Path

from recsys.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost.

    body_bytes: longest body. body_seconds: how long a body may take to arrive. page_seconds: how long the pages of a
    list may be asked for. pending_events: events that may wait for the disk before further ones are refused.
    waiting: requests that may wait for the engine before further ones are refused. wait_seconds: the longest wait.
    """

    body_bytes: int = 1 << 20
    body_seconds: float = 10.0
    page_seconds: int = 3_600
    pending_events: int = 20_000
    waiting: int = 128
    wait_seconds: float = 0.5


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
        if min(self.drain_seconds, self.stop_seconds) < 0:
            raise InvalidValueError("drain and stop seconds must not be negative")
