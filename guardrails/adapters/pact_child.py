"""Runs pact's verifier in a process of its own: its native library may crash, and must not take the judge along.

Run as `python -I pact_child.py PLAN.json` by the interpreter of the gate. The answer, one JSON object, goes to the
channel that the parent opened: pact's library writes to standard output. Between pact and the provider's harness stands
a relay, which notes what the harness answered: pact itself only says that a state could not be set, and takes a refusal
for a message.
"""

import http.client
import json
import math
import os
import re
import select
import socket
import socketserver
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LIMIT = 10_000_000
_MESSAGES = "/messages"
_PATIENCE = 30
_ROUNDS = 5
"""How often an interaction that is over its promised time is asked: noise delays one answer, and hardly all."""


def relay(plan: dict[str, Any], calls: list[dict[str, Any]]) -> ThreadingHTTPServer:
    """A server that hands on what pact asks of the provider's harness, and notes the answers in `calls`: changes of
    state at any path, messages at `/messages`."""

    class Relay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Hand one request on."""
            body = self.rfile.read(min(int(self.headers.get("content-length") or 0), _LIMIT))
            if self.path == _MESSAGES:
                status, answer, headers = _post(plan["messages_url"], body)
                call = {"message": str(json.loads(body).get("description") or "")}
            else:
                status, answer, headers = _post(plan["states_url"], body)
                asked = json.loads(body)
                call = {"state": str(asked.get("state") or ""), "action": str(asked.get("action") or "")}
            if call.get("message") or call.get("state") or not status:
                detail = "" if 200 <= status < 300 else answer[:500].decode("utf-8", "replace")
                calls.append({**call, "status": status, "detail": detail})
            elif status >= 300:
                # pact announces interactions without a state as the state ""; nobody has to know that one.
                status, answer = 200, b"{}"
            # Never a 5xx: pact asks again for those, again and again.
            self.send_response(status if 200 <= status < 300 else 422)
            for name in ("content-type", "pact-message-metadata"):
                if headers.get(name):
                    self.send_header(name, headers[name])
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Relay)


def _post(url: str, body: bytes) -> tuple[int, bytes, Mapping[str, str]]:
    """Status, body and headers of the answer; status 0 where there was none."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 - a loopback address
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            return int(answer.status), answer.read(_LIMIT), _lowered(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(_LIMIT), _lowered(error.headers)
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{type(error).__name__}: {error}".encode(), {}


def _lowered(headers: Message) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Clock(socketserver.ThreadingTCPServer):
    """Stands before the provider, hands on every byte as it is, and notes in `took` how long each answer took: from the
    last byte of the request to the last of the answer, in seconds."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        self.took: list[float] = []
        self._port = port
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - as the base class
        """Hand on one connection."""
        asked, place = 0.0, -1
        with socket.create_connection(("127.0.0.1", self._port), timeout=_PATIENCE) as provider:
            while ready := select.select([request, provider], [], [], _PATIENCE)[0]:
                source = ready[0]
                data = source.recv(65_536)
                now = time.perf_counter()
                if not data:
                    break
                if source is request:
                    asked, place = now, -1
                    provider.sendall(data)
                    continue
                if place < 0:
                    place = len(self.took)
                    self.took.append(0)
                self.took[place] = now - asked
                request.sendall(data)

    def handle_error(self, *_: object) -> None:
        """Say nothing: an answer that broke off has no time."""


def measured(plan: dict[str, Any], relay_port: int) -> list[float | None]:
    """The shortest time of each interaction that promises one; asked again only while it is over its promise."""
    clock = Clock(plan["port"])
    threading.Thread(target=clock.serve_forever, daemon=True).start()
    times: list[float | None] = []
    for one in plan["timed"]:
        best: float | None = None
        alone = {**plan, "pacts": [one["pact"]], "port": clock.server_address[1], "only": one["description"]}
        for _ in range(_ROUNDS):
            clock.took.clear()
            verified(alone, relay_port)
            if len(clock.took) == one["alike"]:
                best = min(clock.took[one["place"]], best if best is not None else math.inf)
            if best is not None and best <= one["seconds"]:
                break
        times.append(best)
    clock.shutdown()
    return times


def verified(plan: dict[str, Any], relay_port: int) -> tuple[dict[str, Any], str]:
    """Pact's results, and what it raised: it raises where an interaction fails, so the results are read afterwards."""
    from pact import Verifier

    verifier = Verifier(plan["provider"], host="127.0.0.1")
    if "only" in plan:
        verifier.filter("^" + re.escape(plan["only"]) + "$")
    verifier.add_transport(protocol="http", port=plan["port"], path="/", scheme="http")
    if plan["messages_url"]:
        verifier.add_transport(protocol="message", port=relay_port, path=_MESSAGES, scheme="http")
    for path in plan["pacts"]:
        verifier.add_source(Path(path))
    verifier.set_error_on_empty_pact(enabled=True).set_coloured_output(enabled=False)
    verifier.set_request_timeout(plan["request_timeout"])
    verifier.state_handler(f"http://127.0.0.1:{relay_port}/", teardown=True, body=True)
    raised = ""
    try:
        verifier.verify()
    except RuntimeError as error:
        raised = str(error)
    return verifier.results, raised


def main(plan_path: str) -> None:
    """Verify as the plan says."""
    channel = int(os.environ["GUARDRAILS_CHANNEL"])
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    calls: list[dict[str, Any]] = []
    server = relay(plan, calls)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if "timed" in plan:
        answer: dict[str, Any] = {"times": measured(plan, server.server_port)}
    else:
        results, raised = verified(plan, server.server_port)
        answer = {"results": results, "raised": raised, "calls": calls}
    server.shutdown()
    with os.fdopen(channel, "w", encoding="utf-8") as out:
        json.dump(answer, out)


if __name__ == "__main__":
    main(sys.argv[1])
