"""Runs pact's verifier in a process of its own: its native library may crash, and must not take the judge along.

Run as `python -I pact_child.py PLAN.json` by the interpreter of the gate. The answer, one JSON object, goes to the
channel that the parent opened: pact's library writes to standard output. Between pact and the provider's state handler
stands a relay, which notes what the handler answered; pact itself only says that a state could not be set.
"""

import json
import os
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LIMIT = 1_000_000
_PATIENCE = 30


def relay(states_url: str, calls: list[dict[str, Any]]) -> ThreadingHTTPServer:
    """A server that hands state changes on to `states_url` and notes the answers in `calls`."""

    class Relay(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Hand one state change on."""
            body = self.rfile.read(min(int(self.headers.get("content-length") or 0), _LIMIT))
            status, answer = _post(states_url, body)
            asked = json.loads(body)
            state, action = str(asked.get("state") or ""), str(asked.get("action") or "")
            if state or not status:
                detail = "" if status < 300 else answer[:500].decode("utf-8", "replace")
                calls.append({"state": state, "action": action, "status": status, "detail": detail})
            elif status >= 300:
                # pact announces interactions without a state as the state ""; nobody has to know that one.
                status, answer = 200, b"{}"
            # Never a 5xx: pact asks again for those, again and again.
            self.send_response(status if 200 <= status < 300 else 422)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Relay)


def _post(url: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer; status 0 where there was none."""
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310 - a loopback address
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            return int(answer.status), answer.read(_LIMIT)
    except urllib.error.HTTPError as error:
        return error.code, error.read(_LIMIT)
    except OSError as error:
        return 0, str(error).encode()


def verified(plan: dict[str, Any], states_url: str) -> tuple[dict[str, Any], str]:
    """Pact's results, and what it raised: it raises where an interaction fails, so the results are read afterwards."""
    from pact import Verifier

    verifier = Verifier(plan["provider"], host="127.0.0.1")
    verifier.add_transport(protocol="http", port=plan["port"], path="/", scheme="http")
    for path in plan["pacts"]:
        verifier.add_source(Path(path))
    verifier.set_error_on_empty_pact(enabled=True).set_coloured_output(enabled=False)
    verifier.set_request_timeout(plan["request_timeout"])
    verifier.state_handler(states_url, teardown=True, body=True)
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
    server = relay(plan["states_url"], calls)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    results, raised = verified(plan, f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    with os.fdopen(channel, "w", encoding="utf-8") as answer:
        json.dump({"results": results, "raised": raised, "calls": calls}, answer)


if __name__ == "__main__":
    main(sys.argv[1])
