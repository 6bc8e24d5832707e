"""The decision log: one JSON line a slate, written by a thread of its own behind a bounded queue.

Every line has the request with its seed, all versions, who asked as the engine knew them, the digest of the answer, and
the slate with the features of what it returned (NaN for a backfilled track, which was never a candidate): `recsys
replay` gives the same answer from it. One in `full_every` requests, chosen by a hash of the request id, also
has every candidate with its features, and what the filters and the re-ranking saw. Features and candidates are
little-endian columns in base64, exact to the bit.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import Full, Queue
from threading import Event, Thread
from typing import Any, Final, Protocol, TypeAlias
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
from numpy.typing import NDArray

from recsys.adapters.columns import packed
from recsys.adapters.policies import PolicyArchive
from recsys.adapters.records import user_columns
from recsys.domain.arrays import Singles
from recsys.domain.chance import hash64
from recsys.domain.query import PolicySnapshot, UserState
from recsys.domain.slate import Decision, Exchange
from recsys.errors import StoreUnavailableError

FORMAT: Final = 1
MAX_BYTES: Final = 64 << 20
KEPT_FILES: Final = 8
CAPACITY: Final = 1_000
PAUSE_SECONDS: Final = 0.05
LOG: Final = logging.getLogger(__name__)


class Sink(Protocol):
    """Takes encoded lines."""

    def write(self, line: bytes) -> None:
        """Write one line. Raises `OSError`."""
        ...

    def close(self) -> None:
        """Flush and close."""
        ...


class RotatingFile:
    """Lines in `path`; at `max_bytes` it becomes `path.1`, and so on: at most `kept` files stay on disk.

    Raises `StoreUnavailableError` when the file cannot be opened.
    """

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, kept: int = KEPT_FILES) -> None:
        self._path, self._max_bytes, self._kept = path, max_bytes, kept
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
        except OSError as error:
            raise StoreUnavailableError(f"decision log {path} cannot be written: {error}") from error

    def write(self, line: bytes) -> None:
        """Write one line and hand it to the operating system."""
        if self._file.tell() + len(line) > self._max_bytes and self._file.tell():
            self._rotate()
        self._file.write(line)
        self._file.flush()

    def _rotate(self) -> None:
        self._file.close()
        for number in range(self._kept - 1, 0, -1):
            older = self._numbered(number - 1)
            if older.exists():
                older.replace(self._numbered(number))
        self._file = self._path.open("wb")

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path

    def close(self) -> None:
        """Close the file."""
        self._file.close()


Line: TypeAlias = Callable[[], bytes]
Prepare: TypeAlias = Callable[[Decision, Exchange], Line]
"""What of a line can be done at once; the rest, which may wait for a disk, is the line's own."""


class QueuedDecisions:
    """Takes decisions without waiting. dropped: called for each one that a full queue, or a full disk, lost.

    A line is prepared by whoever writes it, while the processor's caches hold what it is made of: another thread would
    take three times as long, and the interpreter from the next request meanwhile.
    """

    def __init__(
        self,
        sink: Sink,
        prepare: Prepare,
        dropped: Callable[[], None],
        capacity: int = CAPACITY,
    ) -> None:
        self._sink, self._prepare, self._dropped = sink, prepare, dropped
        self._queue: Queue[Line | None] = Queue(capacity)
        self._closing = Event()
        self._thread = Thread(target=self._run, name="decisions", daemon=True)
        self._thread.start()

    def write(self, decision: Decision, exchange: Exchange) -> None:
        """Queue one decision, or drop and count it."""
        self.queue(self._prepare(decision, exchange))

    def queue(self, line: Line) -> None:
        """Queue one line, or drop and count it."""
        try:
            self._queue.put_nowait(line)
        except Full:
            self._dropped()

    def close(self, seconds: float = 5.0) -> None:
        """Write what is queued and stop, within about `seconds`."""
        self._closing.set()
        try:
            self._queue.put(None, timeout=seconds)
        except Full:
            LOG.warning("the decision log is stuck; what is queued is lost")
        self._thread.join(seconds)
        self._sink.close()

    def _run(self) -> None:
        """Write what is queued, then rest for a moment: what comes meanwhile is written together.

        A thread that waited on the queue would be woken for every line, in the middle of the next request.
        """
        while (line := self._queue.get()) is not None:
            self._written(line)
            if self._queue.empty():
                self._closing.wait(PAUSE_SECONDS)

    def _written(self, line: Line) -> None:
        try:
            self._sink.write(line())
        except OSError as error:
            self._dropped()
            LOG.warning("a decision could not be logged: %s", error)


@dataclass(frozen=True, slots=True)
class OtherModel:
    """The queue and the file of `log`, for decisions of another model than its own."""

    log: QueuedDecisions
    prepare: Prepare

    def write(self, decision: Decision, exchange: Exchange) -> None:
        """Queue one decision, or drop and count it."""
        self.log.queue(self.prepare(decision, exchange))


class JsonDecisions:
    """Encodes decisions about the tracks `ids`.

    full_every: 1 in how many has all candidates; 0 for none. policies: keeps the takedowns that they were made under.
    """

    def __init__(self, ids: tuple[str, ...], full_every: int = 100, policies: PolicyArchive | None = None) -> None:
        self._ids, self._full_every, self._policies = ids, full_every, policies
        self._encoder = msgspec.json.Encoder()
        self._users: WeakKeyDictionary[UserState, msgspec.Raw] = WeakKeyDictionary()  # encoded, as long as they are

    def __call__(self, decision: Decision, exchange: Exchange) -> bytes:
        """Return one line, its end included. Raises `OSError` when the takedowns cannot be kept."""
        return self.prepared(decision, exchange)()

    def prepared(self, decision: Decision, exchange: Exchange) -> Line:
        """Encode one line; it keeps the takedowns when it is called."""
        return partial(self._kept, decision.policy, self._encoded(decision, exchange))

    def _kept(self, policy: PolicySnapshot, line: bytes) -> bytes:
        if self._policies is not None:
            self._policies.keep(policy)
        return line

    def _encoded(self, decision: Decision, exchange: Exchange) -> bytes:
        line = self._line(decision) | {
            "route": exchange.route,
            "request": msgspec.Raw(exchange.request),
            "answer_sha256": exchange.digest,
            "user": self._user(decision.user),
        }
        if self._full_every and hash64(decision.query.request_id) % self._full_every == 0:
            line["candidates"] = _candidates(decision)
        return self._encoder.encode_lines((line,))

    def _user(self, user: UserState) -> msgspec.Raw:
        """Return the columns of a state, which stays the same until an event comes."""
        found = self._users.get(user)
        if found is None:
            found = self._users[user] = msgspec.Raw(self._encoder.encode(user_columns(user)))
        return found

    def _line(self, decision: Decision) -> dict[str, Any]:
        slate = decision.slate
        return {
            "format": FORMAT,
            "request_id": slate.request_id,
            "query": decision.query,
            "snapshot": slate.snapshot,
            "config": decision.config,
            "arms": dict(slate.arms),
            "degraded": slate.degraded,
            "removed": dict(slate.removed),
            "tracks": list(map(self._ids.__getitem__, slate.slots.tolist())),
            "positions": slate.positions.tolist(),
            "scores": slate.scores.tolist(),
            "tiers": slate.tier.tolist(),
            "sources": slate.sources,
            "provenance": slate.provenance.tolist(),
            "propensities": slate.propensities.tolist(),
            "relaxed": decision.relaxed.tolist(),
            "explored": decision.explored.tolist(),
            "features": packed(_returned_features(decision)),
        }


def _returned_features(decision: Decision) -> Singles:
    slots, values = decision.features.candidates.slots, decision.features.values
    returned = np.full((decision.slate.size, values.shape[1]), np.nan, dtype=np.float32)
    if slots.shape[0]:
        rows = np.minimum(slots.searchsorted(decision.slate.slots), slots.shape[0] - 1)
        found = slots[rows] == decision.slate.slots
        if found.all():
            return np.asarray(values.T.take(rows, axis=1).T)
        returned[found] = values[rows[found]]
    return returned


def _candidates(decision: Decision) -> dict[str, Any]:
    candidates, filtered, pool = decision.features.candidates, decision.filtered, decision.pool
    columns: dict[str, NDArray[Any]] = {
        "slots": candidates.slots,
        "provenance": candidates.provenance,
        "source_scores": candidates.source_scores,
        "features": decision.features.values,
        "kept": filtered.kept.slots,
        "kept_scores": filtered.kept.scores,
        "removed": filtered.removed,
        "reasons": filtered.reasons,
        "pool": pool.slots,
        "pool_scores": pool.scores,
    }
    return {name: packed(values) for name, values in columns.items()}
