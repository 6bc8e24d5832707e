"""The service in process, on stores that a test can reach."""

import asyncio
from collections.abc import Coroutine, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar

import httpx
import numpy as np

from recsys.adapters.clock import ManualClock
from recsys.adapters.memory import MemoryDecisions, MemoryEvents, MemoryTakedowns, MemoryUsers
from recsys.bootstrap import in_memory
from recsys.domain.config import DEFAULT, Config
from recsys.domain.events import EventColumns
from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.domain.packed import PackedStrings
from recsys.domain.published import Published
from recsys.experiments.definitions import Layer
from recsys.ports import Outside
from recsys.serving.app import App, build
from recsys.settings import Limits
from tests.recsys_fakes import NOW, random_model

Value = TypeVar("Value")
INSTANT = "2024-10-04T01:00:00Z"  # NOW, as the wire writes it


def no_histories(model: Model) -> Histories:
    """Nobody is known to training."""
    none = np.zeros(0, dtype=np.int8)
    columns = EventColumns.of((), model.catalogue)
    return Histories(PackedStrings.of(()), model.catalogue.markets, none, none, np.zeros(1, dtype=np.int64), columns)


@cache
def small_outside() -> Outside:
    """An `Outside` of 300 random tracks; its search index is costly, so it is made once. Use `harness` instead."""
    model = random_model(300)
    return in_memory(Published(model, no_histories(model), {}), clock=ManualClock(NOW), seed=1)


class Client:
    """Requests to an ASGI app, its lifespan run, without a socket. One event loop, which stands still in between."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._runner = asyncio.Runner()
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")
        self._asked: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._told: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()

    def __enter__(self) -> "Client":
        assert self.run(self._start())["type"] == "lifespan.startup.complete"
        return self

    def __exit__(self, *_: object) -> None:
        assert self.run(self._stop())["type"] == "lifespan.shutdown.complete"
        self._runner.close()

    async def _start(self) -> MutableMapping[str, Any]:
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}}
        self._lifespan = asyncio.create_task(self._app(scope, self._asked.get, self._told.put))
        await self._asked.put({"type": "lifespan.startup"})
        return await self._told.get()

    async def _stop(self) -> MutableMapping[str, Any]:
        await self._http.aclose()
        await self._asked.put({"type": "lifespan.shutdown"})
        await self._lifespan
        return await self._told.get()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Run on the client's loop."""
        return self._runner.run(work)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.run(self._http.request(method, path, **options))

    def raw(
        self,
        method: str = "POST",
        path: str = "/v1/events",
        query: bytes = b"",
        headers: Sequence[tuple[bytes, bytes]] = ((b"content-type", b"application/json"),),
        chunks: Sequence[bytes] = (),
        end: str = "done",
    ) -> list[MutableMapping[str, Any]]:
        """Send a body in chunks, then end: "done", "gone" (the client left) or "late" (nothing more, ever).

        Returns the ASGI messages that came back.
        """
        left = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        last = {"done": {"type": "http.request", "body": b"", "more_body": False}, "gone": {"type": "http.disconnect"}}
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            if not left and end == "late":
                await asyncio.Event().wait()
            return left.pop(0) if left else last[end]

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": list(headers)}
        self.run(self._app(scope, receive, send))
        return sent

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@dataclass
class Harness:
    """The app, a client, and every store behind it."""

    app: App
    client: "Client"
    outside: Outside
    events: MemoryEvents
    users: MemoryUsers
    policy: MemoryTakedowns
    decisions: MemoryDecisions
    clock: ManualClock

    def recommend(self, **fields: Any) -> dict[str, Any]:
        """Ask for a slate and return the answer."""
        return answered(self.client.post("/v1/recommendations", json={"user_id": "u", **fields}))

    def report(self, *events: Mapping[str, Any]) -> dict[str, Any]:
        """Send events of user u, numbered, and return the answer."""
        filled = [{"event_id": str(n), "user_id": "u", "occurred_at": INSTANT, **e} for n, e in enumerate(events)]
        return answered(self.client.post("/v1/events", json={"events": filled}))


@contextmanager
def harness(
    limits: Limits | None = None, config: Config = DEFAULT, layers: tuple[Layer, ...] = (), **changes: Any
) -> Iterator[Harness]:
    """Run the service with fresh stores. changes: parts of `Outside` to replace."""
    events, users, policy, decisions = MemoryEvents(), MemoryUsers(), MemoryTakedowns(), MemoryDecisions()
    clock = ManualClock(NOW)
    stores = {"events": events, "users": users, "policy": policy, "decisions": decisions, "clock": clock}
    outside = replace(small_outside(), **(stores | changes))
    app = build(outside, limits=limits, config=config, layers=layers)
    with Client(app) as client:
        yield Harness(app, client, outside, events, users, policy, decisions, clock)


def answered(response: httpx.Response) -> dict[str, Any]:
    """The body of an answer that must be a success."""
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def refused(response: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem document of an answer that must be a refusal."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["type"] == f"urn:problem-type:recsys:{kind}"
    assert body["status"] == status
    assert body["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    assert set(body) <= {"type", "title", "status", "detail", "instance", "errors"}
    return body


def ids(answer: Mapping[str, Any]) -> Sequence[str]:
    """The track ids of an answer."""
    return [item["track_id"] for item in answer["items"]]
