"""The outermost ASGI layer: names the request, turns every failure into a problem document, counts, and logs.

Routing is Starlette's. An endpoint gets a `Call` and returns a `Reply`, which is sent in one piece: a failure can never
cut an answer short. No failure leaves this layer.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import Final, TypeAlias

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from recsys.ports import Outside
from recsys.serving.lifecycle import Lifecycle, Phase
from recsys.serving.logs import REQUEST_ID
from recsys.serving.parse import Disconnected, RawHeaders
from recsys.serving.problems import MEDIA_TYPE, ProblemType, Refusal, document, refusal_of

LOG: Final = logging.getLogger("recsys.serving")
ACCESS: Final = logging.getLogger("recsys.serving.access")
JSON: Final = b"application/json"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
REPLY: Final = "recsys.reply"
CLIENT_CLOSED: Final = 499  # what others count a client as that did not wait


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer. after: called once it is sent, off the path of the client."""

    body: bytes
    status: int = 200
    media_type: bytes = JSON
    headers: tuple[tuple[str, str], ...] = ()
    after: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request. parameters: from the path. query: the raw query string."""

    request_id: str
    parameters: dict[str, str]
    query: bytes
    headers: RawHeaders
    receive: Receive


Handler: TypeAlias = Callable[[Call], Awaitable[Reply]]


class Endpoint:
    """A handler as an ASGI app, so that Starlette routes to it without building a request object."""

    def __init__(self, path: str, handler: Handler) -> None:
        self.path = path.replace(":path", "")  # as the API's description writes it
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, _: Send) -> None:
        """Leave the reply in the scope; the edge sends it."""
        call = Call(
            request_id=REQUEST_ID.get(),
            parameters=scope["path_params"],
            query=scope["query_string"],
            headers=scope["headers"],
            receive=receive,
        )
        scope[REPLY] = await self._handler(call)


class AnyText(Convertor[str]):
    """A parameter of a path that may be any text, slashes and line ends included: what is no id is told as such."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        """Take it as it is."""
        return value

    def to_string(self, value: str) -> str:
        """Give it as it is."""
        return value


register_url_convertor("text", AnyText())


def route(path: str, method: str, handler: Handler) -> Route:
    """Return the route of one handler."""
    # Starlette's own `path` stops at a line end, and the answer would be of a path that does not exist.
    return Route(path.replace(":path", ":text"), Endpoint(path, handler), methods=[method], name=path)


class Edge:
    """The ASGI app."""

    def __init__(self, router: Router, outside: Outside, lifecycle: Lifecycle) -> None:
        self._router, self._outside, self._lifecycle = router, outside, lifecycle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        started, request_id = perf_counter(), self._outside.chance.request_id()
        named = REQUEST_ID.set(request_id)
        try:
            reply = await self._replied(scope, receive, send, request_id)
            if reply is not None:
                await self._send(scope, send, reply, request_id)
            self._count(scope, reply.status if reply else CLIENT_CLOSED, perf_counter() - started)
            if reply is not None and reply.after is not None:
                reply.after()
        finally:
            REQUEST_ID.reset(named)

    async def _replied(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> Reply | None:
        try:
            scope["app"] = self  # has Starlette raise what it would otherwise answer in plain text
            await self._router(scope, receive, send)
        except Disconnected:
            return None
        except HTTPException as error:
            return _problem(_routing(error, scope), request_id)
        except Exception as error:  # noqa: BLE001  the last resort: every failure is logged and becomes a document
            return _problem(_logged(error), request_id)
        reply: Reply = scope[REPLY]
        return reply

    async def _send(self, scope: Scope, send: Send, reply: Reply, request_id: str) -> None:
        headers = [
            (b"content-type", reply.media_type),
            (b"content-length", str(len(reply.body)).encode()),
            (b"x-request-id", request_id.encode()),
            *((name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers),
        ]
        if self._lifecycle.phase is Phase.DRAINING:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else reply.body})

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        endpoint = scope.get("endpoint")
        template = endpoint.path if isinstance(endpoint, Endpoint) else "unmatched"
        self._outside.telemetry.answered(template, method, status, seconds)
        if ACCESS.isEnabledFor(logging.INFO):
            ACCESS.info("%s %s %d %.1f ms", method, ascii(scope["path"])[1:-1], status, seconds * 1_000)


def _problem(refusal: Refusal, request_id: str) -> Reply:
    return Reply(document(refusal, request_id), refusal.kind.status, MEDIA_TYPE, refusal.headers)


def _routing(error: HTTPException, scope: Scope) -> Refusal:
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
        return Refusal(ProblemType.METHOD_NOT_ALLOWED, f"this path answers to {allowed}", headers=(("allow", allowed),))
    return Refusal(ProblemType.NOT_FOUND, f"{scope['path'][:200]!r} is not a path of this API; see /openapi.json")


def _logged(error: Exception) -> Refusal:
    refusal = refusal_of(error)
    if refusal.kind is ProblemType.INTERNAL:
        LOG.error("a request failed", exc_info=error)
    elif not isinstance(error, Refusal) and refusal.kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        LOG.error("%s: %s", type(error).__name__, error)
    return refusal
