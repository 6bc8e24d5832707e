"""A stub of a Pact Broker's links, as pact's own clients ask for them."""

import base64
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]


@dataclass
class Stub:
    """What the broker knows and was asked. `answer` replaces every answer: status, content type, body."""

    url: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    pacts: dict[str, Json] = field(default_factory=dict)
    authorization: list[str] = field(default_factory=list)
    answer: tuple[int, str, str] | None = None
    deployable: bool | None = True
    rows: list[Json] = field(default_factory=list)
    environments: tuple[str, ...] = ("production",)
    elsewhere: str = ""
    verified: set[str] = field(default_factory=set)

    def respond(self, method: str, path: str, body: Any) -> tuple[int, Json]:
        if path == "/":
            return 200, self._index()
        if (re.fullmatch(r"/pacts/provider/(.+)/consumer/(.+)/version/(.+)", path)) and method == "PUT":
            if self.pacts.get(path, body) != body:
                return 409, {"error": "Cannot change the content of the pact"}
            self.pacts[path] = body
            return 201, {**body, "_links": self._pact_links(path)}
        if method == "GET" and path in self.pacts:
            return 200, {**self.pacts[path], "createdAt": "today", "_links": self._pact_links(path)}
        if path == "/contracts/publish":
            for one in body["contracts"]:
                said = json.loads(base64.b64decode(one["content"]))
                sides = f"{one['providerName']}/consumer/{one['consumerName']}"
                self.pacts[f"/pacts/provider/{sides}/version/{body['pacticipantVersionNumber']}"] = said
            return 200, {"notices": [{"type": "success", "text": "published"}], "_links": {}}
        if path.startswith("/results"):
            self.verified |= {path.removeprefix("/results")} if body["success"] else set()
            return 201, {}
        if path.startswith("/for-verification/"):
            listed = [self._to_verify(name) for name in self.pacts]
            return 200, {"_embedded": {"pacts": listed}, "_links": {"self": {"href": self.url + path}}}
        if path.startswith("/matrix"):
            return 200, {
                "summary": {"deployable": self.deployable, "reason": "as the broker says"},
                "matrix": self.rows,
            }
        return (201, {}) if path.startswith("/deploy/") else self._pacticipant(method, path)

    def _pacticipant(self, method: str, path: str) -> tuple[int, Json]:
        """A consumer or provider, one of its versions, or a version that is put onto a branch."""
        if re.fullmatch(r"/pacticipants/([^/]+)/versions/([^/]+)", path):
            links = [{"name": name, "href": f"{self.url}/deploy/{name}"} for name in self.environments]
            return 200, {"_links": {"pb:record-deployment": links}}
        if re.fullmatch(r"/pacticipants/[^/]+", path):
            branch = f"{self.url}{path}/branches/{{branch}}/versions/{{version}}"
            return 200, {"_links": {"pb:branch-version": {"href": branch, "templated": True}}}
        if method == "PUT" and re.fullmatch(r"/pacticipants/[^/]+/branches/[^/]+/versions/[^/]+", path):
            return 201, {}
        return 404, {"error": "not found"}

    def _index(self) -> Json:
        base = self.elsewhere or self.url
        links = {
            "pb:publish-contracts": f"{base}/contracts/publish",
            "pb:provider-pacts-for-verification": f"{base}/for-verification/{{provider}}",
            "pb:pacticipant-version": f"{base}/pacticipants/{{pacticipant}}/versions/{{version}}",
        }
        return {"_links": {name: {"href": href, "templated": True} for name, href in links.items()}}

    def _pact_links(self, path: str) -> Json:
        provider = path.split("/")[3]
        return {
            "pb:publish-verification-results": {"href": f"{self.url}/results{path}"},
            "pb:provider": {"href": f"{self.url}/pacticipants/{provider}"},
        }

    def _to_verify(self, path: str) -> Json:
        notices = [{"when": "before_verification", "text": "This pact is being verified because it is new."}]
        properties = {"pending": path not in self.verified, "notices": notices}
        link = {"self": {"href": self.url + path, "name": path}}
        return {"shortDescription": "latest", "verificationProperties": properties, "_links": link}


@contextmanager
def broker_stub(**said: Any) -> Iterator[Stub]:
    """A running stub."""
    stub = Stub(**said)

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = unquote(self.path)
            stub.asked.append((self.command, path, body))
            stub.authorization.append(self.headers.get("authorization", ""))
            status, kind, text = stub.answer or (200, "", "")
            if stub.answer is None:
                status, told = stub.respond(self.command, path, body)
                kind, text = "application/hal+json", json.dumps(told)
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_PUT = do_POST = _any  # noqa: N815 - the names are the base class's

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield stub
        server.shutdown()
