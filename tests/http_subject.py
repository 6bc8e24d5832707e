"""The service as a subject of the invariants, over real HTTP: uvicorn on a free loopback port, worlds put in behind it.

One server runs for all worlds; each world brings its own app. What HTTP does not show (what is eligible, a score alone)
is asked of the engine in this process, which must agree with what the wire says.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import httpx
import uvicorn
from hypothesis.strategies import SearchStrategy
from starlette.types import Receive, Scope, Send

from guardrails.invariants.strategies import worlds
from guardrails.invariants.world import Answer, Entry, Event, EventKind, Request, World
from recsys.adapters.clock import ManualClock
from recsys.adapters.memory import (
    MemoryDecisions,
    MemoryEvents,
    MemoryTakedowns,
    MemoryUsers,
    NoSearch,
    NoTelemetry,
)
from recsys.domain.arrays import SCORE_SCALE
from recsys.domain.published import Published
from recsys.ports import Outside, Takedowns, UserSettings
from recsys.serving.app import App, build
from tests.recsys_subject import EngineRecommender, EngineSubject, model_of, recsys_event
from tests.serving_fakes import no_histories

TIERS = {"scored": 0, "fallback": 1}
WIRE = {
    EventKind.LISTEN: ("listen", "track_id"),
    EventKind.LIKE: ("like", "track_id"),
    EventKind.SKIP: ("skip", "track_id"),
    EventKind.BLOCK_ITEM: ("block", "track_id"),
    EventKind.BLOCK_ARTIST: ("block", "artist_id"),
}


@dataclass
class HeldChance:
    """Seeds that the test sets: over HTTP a client cannot."""

    held: int = 0

    def request_id(self) -> str:
        """One id for all: the bytes of two answers must be equal."""
        return "00000000-0000-4000-8000-000000000000"

    def seed(self) -> int:
        """The seed that is held."""
        return self.held


@dataclass
class Switch:
    """An ASGI app that stands for whichever app is current."""

    app: App | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer through the current app."""
        assert self.app is not None
        await self.app(scope, receive, send)


@dataclass
class Server:
    """A running uvicorn, and a client of it."""

    switch: Switch
    http: httpx.Client

    def ask(self, app: App, method: str, path: str, body: Mapping[str, Any]) -> httpx.Response:
        """Send a request to `app`; fail on anything but success."""
        self.switch.app = app
        response = self.http.request(method, path, json=body)
        assert response.status_code == 200, response.text
        return response


@contextmanager
def serving() -> Iterator[Server]:
    """A server on a free loopback port, stopped on leaving."""
    switch, ready = Switch(), threading.Event()

    class Announcing(uvicorn.Server):
        async def startup(self, sockets: list[Any] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    config = uvicorn.Config(switch, host="127.0.0.1", port=0, lifespan="off", log_level="critical", access_log=False)
    server = Announcing(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(30), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
        yield Server(switch, client)
    server.should_exit = True
    thread.join()


@dataclass(frozen=True)
class HttpRecommender:
    """The service over one world, as a client sees it."""

    server: Server
    engine: EngineRecommender
    posted: tuple[Event, ...] = ()
    chance: HeldChance = field(default_factory=HeldChance)

    def app(self, *, rerank: bool, explore: bool) -> App:
        """The service with fresh stores, all events posted over HTTP."""
        world, model = self.engine.world, self.engine.model
        config = self.engine.config if rerank else self.engine.config.classic()
        config = config if explore else config.replaced({"epsilon": 0.0})
        events, users = MemoryEvents(), MemoryUsers()
        events.append([recsys_event(event) for event in world.history])
        for user in world.users:
            users.put(user, UserSettings(None, user not in world.no_explicit))
        gone = self.engine.gone | {item.id for item in world.items if item.taken_down}
        outside = Outside(
            published=Published(model, no_histories(model), {}),
            events=events,
            users=users,
            policy=MemoryTakedowns(Takedowns("held", frozenset(gone))),
            search=NoSearch(),
            decisions=MemoryDecisions(),
            clock=ManualClock(world.now),
            chance=self.chance,
            telemetry=NoTelemetry(),
            market=world.markets[0],
        )
        app = build(outside, config=config)
        if self.posted:
            self.server.ask(app, "POST", "/v1/events", {"events": [wire_event(e) for e in self.posted]})
        return app

    def recommend(self, request: Request) -> Answer:
        """Ask over HTTP."""
        self.chance.held = request.seed
        if request.k == 0:
            return Answer((), b"")
        body: dict[str, Any] = {"user_id": request.user, "k": request.k, "market": request.market}
        body |= {
            name: value for name in ("allow_explicit", "allow_repeats") if (value := getattr(request, name)) is not None
        }
        app = self.app(rerank=request.rerank, explore=request.explore)
        response = self.server.ask(app, "POST", "/v1/recommendations", body)
        items = response.json()["items"]
        entries = [Entry(i["track_id"], i["score"] * SCORE_SCALE, TIERS[i["tier"]], i["propensity"]) for i in items]
        return Answer(tuple(entries), response.content)

    def eligible(self, request: Request) -> frozenset[str]:
        """Asked of the engine: the wire does not show it."""
        return replace(self.engine, events=self.posted).eligible(request)

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        """Asked of the engine: the wire does not show it."""
        return replace(self.engine, events=self.posted).scores(request, items)

    def after(self, events: Sequence[Event]) -> "HttpRecommender":
        """Events are posted before the next request."""
        return replace(self, posted=(*self.posted, *events))

    def without(self, items: frozenset[str]) -> "HttpRecommender":
        """Takedowns are in force at the next request."""
        return replace(self, engine=self.engine.without(items))


def wire_event(event: Event) -> dict[str, Any]:
    """The event as a client sends it."""
    kind, target = WIRE[event.kind]
    at = datetime.fromtimestamp(event.at, UTC).isoformat()
    return {"type": kind, "event_id": event.id, "user_id": event.user, "occurred_at": at, target: event.target}


class HttpSubject:
    """Builds `HttpRecommender`s on one server, which `start` provides."""

    config = EngineSubject.config

    @property
    def offers(self) -> type:
        """See `guardrails.invariants.protocol.Subject`."""
        return HttpRecommender

    def worlds(self) -> SearchStrategy[World]:
        """See `guardrails.invariants.protocol.Subject`."""
        return worlds()

    def build(self, world: World) -> HttpRecommender:
        """See `guardrails.invariants.protocol.Subject`."""
        return HttpRecommender(running(), EngineRecommender(world, model_of(world), self.config))


@lru_cache(maxsize=1)
def _holder() -> dict[str, Server]:
    return {}


def running() -> Server:
    """The server that the fixture started."""
    return _holder()["server"]


@contextmanager
def started() -> Iterator[None]:
    """Start the server for `HttpSubject`; stop it on leaving."""
    with serving() as server:
        _holder()["server"] = server
        yield
    _holder().clear()
