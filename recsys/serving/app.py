"""The HTTP API as an ASGI app: parse, call the service, render."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Final

import msgspec
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.domain.config import DEFAULT, Config
from recsys.domain.events import Event
from recsys.domain.slate import Decision, Exchange
from recsys.errors import PolicyUnavailableError, StoreUnavailableError
from recsys.experiments.definitions import Layer
from recsys.ports import Outside, UserProfile
from recsys.serving import openapi, wire
from recsys.serving.admission import Admission
from recsys.serving.background import beside
from recsys.serving.deadline import Aside, Deadline
from recsys.serving.edge import Call, Edge, Reply, route
from recsys.serving.lifecycle import Lifecycle, Phase
from recsys.serving.parse import QueryParser, check_json, decode, read_body
from recsys.serving.replay import digest
from recsys.serving.service import Service
from recsys.serving.translate import events_of
from recsys.serving.wire import RECOMMENDATIONS, SIMILAR
from recsys.serving.writer import EventWriter
from recsys.settings import Limits

LOG: Final = logging.getLogger("recsys.serving")
PROMETHEUS: Final = b"text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class App:
    """The ASGI app, its lifecycle, which the server advances when it drains, and the queue of events.

    prepare: makes all that another model needs, in any thread, and returns what puts it in service, to be called on the
    event loop. Raises `VersionMismatchError` for a model of another feature schema.
    """

    asgi: ASGIApp
    lifecycle: Lifecycle
    writer: EventWriter
    prepare: Callable[[Outside], Callable[[], None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI app."""
        await self.asgi(scope, receive, send)


def build(
    outside: Outside, *, limits: Limits | None = None, config: Config = DEFAULT, layers: tuple[Layer, ...] = ()
) -> App:
    """Build the app on any ports: `recsys.bootstrap.production` makes those of the real service, a test its own.

    To set the state of a provider in a test, keep hold of the stores that go in: append events, put settings, replace
    the takedowns, move a `ManualClock`. The app reads them at every request, so nothing needs to be restarted, and the
    app itself has no door for it. The lifespan must run for /readyz to say ready.

    Raises `VersionMismatchError` for a model of another feature schema.
    """
    limits = limits or Limits()
    service = Service(outside, config, layers, limits.page_seconds)
    writer = EventWriter(outside.events, limits.pending_events)
    lifecycle = Lifecycle()

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        service.warm_up()
        async with beside(outside.neighbours, writer.append):
            lifecycle.advance(Phase.READY)
            yield
            lifecycle.advance(Phase.DRAINING)
        await writer.close(limits.store_seconds)
        handlers.close()

    def prepare(fresh: Outside) -> Callable[[], None]:
        prepared = Service(fresh, config, layers, limits.page_seconds)
        prepared.warm_up()
        return partial(handlers.serve_from, prepared)

    handlers = Handlers(outside, service, writer, lifecycle, limits)
    routes = [
        route(RECOMMENDATIONS, "POST", handlers.recommendations),
        route("/v1/events", "POST", handlers.events),
        route("/v1/search", "GET", handlers.search),
        route(SIMILAR, "GET", handlers.similar),
        route("/healthz", "GET", handlers.health),
        route("/readyz", "GET", handlers.ready),
        route("/metrics", "GET", handlers.metrics),
        route("/openapi.json", "GET", handlers.openapi),
    ]
    router = Router(routes, redirect_slashes=False, lifespan=lifespan)
    return App(Edge(router, outside, lifecycle), lifecycle, writer, prepare)


class Handlers:
    """One method an endpoint."""

    def __init__(
        self, outside: Outside, service: Service, writer: EventWriter, lifecycle: Lifecycle, limits: Limits
    ) -> None:
        self._outside, self._service, self._writer = outside, service, writer
        self._lifecycle, self._limits = lifecycle, limits
        self._admission = Admission(limits.waiting, limits.budgets.wait)
        self._aside = Aside()
        self._encoder = msgspec.json.Encoder()
        self._recommendation = msgspec.json.Decoder(wire.RecommendationRequest)
        self._events = msgspec.json.Decoder(wire.EventsRequest)
        self._search = QueryParser(wire.SearchRequest)
        self._similar = QueryParser(wire.SimilarRequest)
        self._openapi = openapi.text().encode()

    def serve_from(self, service: Service) -> None:
        """Answer from another model, from the next turn on."""
        self._service = service
        self._outside.telemetry.model(service.model_version)

    async def recommendations(self, call: Call) -> Reply:
        """Answer with a slate."""
        body = await self._body(call)
        time = self._deadline()
        request = decode(self._recommendation, body)
        profile = await self._profile(request.user_id)
        async with self._admission.turn() as breadth:
            service = self._service
            answer, decision = service.recommend(request, call.request_id, breadth, profile, time)
        return self._decided(service, answer, decision, RECOMMENDATIONS, request)

    async def events(self, call: Call) -> Reply:
        """Store events; the answer comes when they are on disk."""
        events = events_of(decode(self._events, await self._body(call)), self._outside.clock.now())
        new = await self._stored(events)
        accepted, duplicates = sum(new), len(new) - sum(new)
        self._outside.telemetry.stored(accepted, duplicates)
        return self._reply(wire.EventsAnswer(accepted=accepted, duplicates=duplicates))

    async def search(self, call: Call) -> Reply:
        """Find tracks by title and artist."""
        time = self._deadline()
        request = self._search.parse(call.query)
        async with self._admission.turn():
            return self._reply(self._service.search(request, call.request_id, time))

    async def similar(self, call: Call) -> Reply:
        """Find tracks like one."""
        time, track_id = self._deadline(), call.parameters["track_id"]
        request = self._similar.parse(call.query)
        async with self._admission.turn() as breadth:
            service = self._service
            answer, decision = service.similar(track_id, request, call.request_id, breadth, time)
        return self._decided(service, answer, decision, SIMILAR, request)

    async def health(self, _: Call) -> Reply:
        """Tell that the process is alive, whatever else holds."""
        return self._reply(wire.HealthAnswer(status="alive"))

    async def ready(self, _: Call) -> Reply:
        """Tell whether to send traffic here."""
        self._lifecycle.check_ready()
        return self._reply(self._service.ready(self._deadline()))

    async def metrics(self, _: Call) -> Reply:
        """Tell what was counted."""
        return Reply(self._outside.telemetry.render(), media_type=PROMETHEUS)

    async def openapi(self, _: Call) -> Reply:
        """Describe this API."""
        return Reply(self._openapi)

    async def _body(self, call: Call) -> bytes:
        check_json(call.headers)
        return await read_body(call.receive, call.headers, self._limits.body_bytes, self._limits.body_seconds)

    def _deadline(self) -> Deadline:
        """Return the time of a request that is all here by now."""
        return Deadline(self._aside, self._limits.budgets, monotonic())

    async def _profile(self, user_id: str) -> UserProfile | None:
        profiles = self._outside.neighbours.profiles
        if profiles is None:
            return None
        try:
            async with asyncio.timeout(self._limits.budgets.profile):
                return await profiles.profile(user_id)
        except TimeoutError:
            raise PolicyUnavailableError(
                f"the profile did not come within {self._limits.budgets.profile:g} s"
            ) from None

    async def _stored(self, events: tuple[Event, ...]) -> tuple[bool, ...]:
        """Store events. Past the time they may be stored all the same; sent again, they count once."""
        try:
            async with asyncio.timeout(self._limits.store_seconds):
                return await self._writer.append(events)
        except TimeoutError:
            raise StoreUnavailableError(
                f"{len(events)} events were not on disk after {self._limits.store_seconds:g} s"
            ) from None

    def close(self) -> None:
        """Give back what the handlers hold."""
        self._aside.close()

    def _reply(self, answer: wire.Answer) -> Reply:
        return Reply(self._encoder.encode(answer))

    def _decided(
        self, service: Service, answer: wire.Answer, decision: Decision, template: str, request: wire.Request
    ) -> Reply:
        body = self._encoder.encode(answer)

        def log() -> None:
            self._log(service, decision, Exchange(template, self._encoder.encode(request), digest(body)))

        return Reply(body, after=log)

    def _log(self, service: Service, decision: Decision, exchange: Exchange) -> None:
        for failure in decision.failures:
            LOG.warning("a slate went without %s: %s", failure.name, failure.error)
        self._outside.telemetry.served(decision)
        service.decisions.write(decision, exchange)  # its own: slots are of its model
