"""The services that recsys asks, in memory, in one server: for trying things out, and for tests.

It is held to recsys' own pacts by a test, so that what works against it works against whoever keeps them. Its state is
set over HTTP, as the pacts' provider states or whole: `PUT /_takedowns`, `PUT /_restricted`,
`PUT /_profile?user_id=ID`, `POST /_listens`, and `PUT /_down` with the paths that are to answer 503.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Params = Mapping[str, Any]
WHEN = "2025-10-30T12:00:00Z"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. body: None for none."""

    status: int
    body: object = None
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def problem(service: str, name: str, status: int) -> Answer:
    """A problem document (RFC 9457)."""
    return Answer(status, {"type": f"urn:problem-type:{service}:{name}", "status": status}, "application/problem+json")


def listened(event_id: str = "e-1", kind: str = "listen", user: str = "u-1") -> dict[str, object]:
    """A message about a track that was played."""
    played = {"track_id": "t12", "ms_played": 31_000}
    return {"type": kind, "event_id": event_id, "user_id": user, "occurred_at": WHEN, **played}


@dataclass(slots=True)
class Neighbourhood:
    """What the services know. first: the place of the first message that is still kept."""

    takedowns: dict[str, list[str]] = field(default_factory=lambda: {"tracks": [], "artists": []})
    restricted: list[dict[str, Any]] = field(default_factory=list)
    profiles: dict[str, dict[str, Any]] = field(default_factory=dict)
    messages: list[object] = field(default_factory=list)
    first: int = 0
    down: set[str] = field(default_factory=set)
    etags: dict[str, str] = field(default_factory=dict)
    """ETags that a state fixed, by path; every other one is a digest of the body."""
    said: dict[str, object] = field(default_factory=dict)
    """The messages that a state had emitted, by their names in the pacts."""
    changed: threading.Condition = field(default_factory=threading.Condition)

    def get(self, path: str, asked: Mapping[str, str], etag: str) -> Answer:
        """Answer a question of recsys."""
        if path in self.down:
            return Answer(503, headers=(("retry-after", "1"),))
        match path:
            case "/readyz":
                return Answer(200, {})
            case "/v1/takedowns":
                return self._tagged(path, self.takedowns, etag)
            case "/v1/tracks/restricted":
                return self._tagged(path, {"tracks": self.restricted}, etag)
            case "/v1/profile":
                profile = self.profiles.get(asked.get("user_id", ""))
                return self._tagged(path, profile, etag) if profile else problem("profiles", "unknown-user", 404)
            case "/v1/listens":
                return self._listens(asked)
            case _:
                return Answer(404)

    def _tagged(self, path: str, body: object, etag: str) -> Answer:
        current = self.etags.get(path) or '"' + blake2b(json.dumps(body).encode(), digest_size=8).hexdigest() + '"'
        tag = (("etag", current),)
        return Answer(304, headers=tag) if etag == current else Answer(200, body, headers=tag)

    def _listens(self, asked: Mapping[str, str]) -> Answer:
        after, limit = int(asked.get("after", self.first)), int(asked.get("limit", "100"))
        if after < self.first:
            return problem("listens", "place-gone", 410)
        end = monotonic() + min(float(asked.get("wait", "0")), 30.0)
        with self.changed:
            self.changed.wait_for(lambda: self.first + len(self.messages) > after, max(0.0, end - monotonic()))
            page = self.messages[after - self.first :][:limit]
        return Answer(200, {"messages": page, "next": str(after + len(page))})

    def emit(self, *messages: object) -> None:
        """Put messages at the end of the stream."""
        with self.changed:
            self.messages += messages
            self.changed.notify_all()

    # --- Provider states: what the pacts of recsys speak of -----------------------------------------------------------

    def change(self, state: str, action: str, params: Params) -> None:
        """Put a state up, or take it down: then everything is as at the start. Raises `LookupError` for no state."""
        setup = self._setups().get(state)
        if setup is None:
            raise LookupError(f"no handler for the provider state {state!r}; known: {', '.join(self._setups())}")
        self._empty()
        if action != "teardown":
            setup(params)

    def _empty(self) -> None:
        fresh = Neighbourhood()
        self.takedowns, self.profiles, self.messages = fresh.takedowns, fresh.profiles, fresh.messages
        self.first, self.down, self.etags, self.said, self.restricted = 0, set(), {}, {}, []

    def _setups(self) -> Mapping[str, Callable[[Params], None]]:
        return {
            "": _nothing,
            "nothing was taken down": _nothing,
            "nobody knows the user": _nothing,
            "a track and an artist were taken down": self._taken_down,
            "the list of takedowns has the ETag": lambda params: self.etags.update({"/v1/takedowns": params["etag"]}),
            "a track is restricted": self._restricts,
            "no track is restricted": _nothing,
            "the list of takedowns cannot be read": lambda _: self.down.add("/v1/takedowns"),
            "the user has a profile": self._profiled,
            "the user has set nothing": lambda params: self.profiles.update({params["user"]: blank()}),
            "the profile of the user has the ETag": self._profile_tagged,
            "profiles cannot be read": lambda _: self.down.add("/v1/profile"),
            "a user did a listen": lambda _: self.said.update({"a listen": listened()}),
            "a user did a skip": lambda _: self.said.update({"a skip": listened(kind="skip")}),
            "a user blocked an artist": lambda _: self.said.update({"a block of an artist": _block()}),
            "there are messages after the place": self._emitted,
            "the place is no longer kept": lambda params: self._forgotten(int(params["place"])),
        }

    def _taken_down(self, params: Params) -> None:
        self.takedowns = {"tracks": [params["track"]], "artists": [params["artist"]]}

    def _restricts(self, params: Params) -> None:
        self.restricted = [{"track_id": params["track"], "withheld_in": [params["market"]], "explicit": True}]

    def _profiled(self, params: Params) -> None:
        blocked = {"blocked_tracks": [params["track"]], "blocked_artists": [params["artist"]]}
        self.profiles[params["user"]] = {"market": "SE", "allow_explicit": False, **blocked}

    def _profile_tagged(self, params: Params) -> None:
        self.profiles[params["user"]] = blank()
        self.etags["/v1/profile"] = params["etag"]

    def _emitted(self, params: Params) -> None:
        self.first = int(params["place"])
        self.emit(listened())

    def _forgotten(self, place: int) -> None:
        self.first = place + 1


def blank() -> dict[str, Any]:
    """The profile of a user who has set nothing."""
    return {"market": None, "allow_explicit": None, "blocked_tracks": [], "blocked_artists": []}


def _block() -> dict[str, object]:
    return {
        "type": "block",
        "event_id": "e-1",
        "user_id": "u-1",
        "occurred_at": WHEN,
        "artist_id": "amber-2000s",
    }


def _nothing(_: Params) -> None:
    return None


def handler(known: Neighbourhood) -> type[BaseHTTPRequestHandler]:
    """The HTTP side."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(known.get(parts.path, dict(parse_qsl(parts.query)), self.headers.get("if-none-match", "")))

        def do_PUT(self) -> None:
            self._told()

        def do_POST(self) -> None:
            self._told()

        def _told(self) -> None:
            parts = urlsplit(self.path)
            try:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                self._answer(told(known, parts.path, dict(parse_qsl(parts.query)), body))
            except (LookupError, TypeError, ValueError) as error:
                self._answer(Answer(400, {"error": f"{type(error).__name__}: {error}"}))

        def _answer(self, answer: Answer) -> None:
            data = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            if answer.body is not None:
                self.send_header("content-type", answer.kind)
            if answer.status != 304:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            del format, args

    return Handler


def told(known: Neighbourhood, path: str, asked: Mapping[str, str], body: Any) -> Answer:  # noqa: ANN401 - JSON
    """Take what a test or a person sets. Raises `LookupError`, `TypeError` or `ValueError` for what makes no sense."""
    match path:
        case "/_states":
            known.change(body["state"], body["action"], body.get("params") or {})
        case "/_messages":
            return Answer(200, known.said[body["description"]])
        case "/_takedowns":
            known.takedowns = {"tracks": list(body["tracks"]), "artists": list(body["artists"])}
        case "/_restricted":
            known.restricted = list(body["tracks"])
        case "/_profile":
            known.profiles[asked["user_id"]] = blank() | body
        case "/_listens":
            known.emit(*body)
        case "/_down":
            known.down = set(body)
        case _:
            return Answer(404)
    return Answer(200, {})


def server(known: Neighbourhood, port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that does not run yet. port: 0 for any free one."""
    made = ThreadingHTTPServer(("127.0.0.1", port), handler(known))
    made.daemon_threads = True
    return made
