"""Planted violations of the `contracts` gate: a shop over the standard library's HTTP server, with one consumer."""

import json
from collections.abc import Mapping

from guardrails.model.probe import Probe

SHOP = """import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATES = {"", "the track is there"}


def track():
    return {"id": 7, "title": "Blue", "reason": "listening"}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, {} if self.path == "/readyz" else track())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.answer(200 if asked["state"] in STATES else 404, {})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("cache-control", "no-store")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int)
    ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Shop).serve_forever()
"""
# What the consumer's tests write: a stand-in for pact-python, so that a project's interpreter need not have it.
CONSUMER = """import os
import pathlib

from contracts.consumers import promise


def test_the_consumer_states_what_it_reads():
    place = pathlib.Path(os.environ["PACT_OUTPUT_DIR"])
    (place / "player-shop.json").write_text(promise.text())
"""
_POLICY = """schema = 1
[tests]
plugins = []
[contracts]
provider = "shop"
command = ["{python}", "shop.py", "--port", "{port}"]
timeout_seconds = 60
"""


def interaction(description: str = "a track", **changes: object) -> dict[str, object]:
    """What the consumer reads of a track."""
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "pending": False,
        "providerStates": [{"name": "the track is there"}],
        "request": {"method": "GET", "path": "/tracks/7"},
        "response": {
            "status": 200,
            "headers": {"cache-control": ["no-store"]},
            "body": {
                "content": {"id": 7, "title": "A Title", "reason": "listening"},
                "contentType": "application/json",
                "encoded": False,
            },
            "matchingRules": {"body": {"$.title": {"combine": "AND", "matchers": [{"match": "type"}]}}},
        },
        **changes,
    }


def pact(*interactions: dict[str, object]) -> str:
    """The consumer's pact."""
    return json.dumps(
        {
            "consumer": {"name": "player"},
            "provider": {"name": "shop"},
            "interactions": list(interactions or (interaction(),)),
            "metadata": {"pactSpecification": {"version": "4.0"}},
        },
        indent=2,
    )


def project(text: str) -> dict[str, str]:
    """A project whose consumer writes the pact `text`, which is committed."""
    return {
        "guardrails.toml": _POLICY,
        "shop.py": SHOP,
        "contracts/consumers/test_player.py": CONSUMER,
        "contracts/consumers/promise.py": f"def text():\n    return {text!r}\n",
        "contracts/pacts/player-shop.json": text,
    }


_TWO = pact(interaction(), interaction("a track again"))
BASE: Mapping[str, str] = project(_TWO)
_PACT, _PROMISE = "contracts/pacts/player-shop.json", "contracts/consumers/promise.py"
_HONEST = {"shop.py": SHOP.replace('"title": "Blue"', '"title": "Green", "year": 1971')}


def _promised(text: str) -> dict[str, str | None]:
    return {_PACT: text, _PROMISE: f"def text():\n    return {text!r}\n"}


def _probe(rule: str, bad: Mapping[str, str | None]) -> Probe:
    return Probe(f"contracts/{rule}", BASE, bad, _HONEST)


def _weaker() -> str:
    first = interaction()
    rules = {"body": {path: {"combine": "AND", "matchers": [{"match": "type"}]} for path in ("$.title", "$.reason")}}
    first["response"] = {**first["response"], "matchingRules": rules}  # type: ignore[dict-item]  # a mapping, as above
    return pact(first, interaction("a track again"))


_MESSAGE: dict[str, object] = {
    "type": "Asynchronous/Messages",
    "description": "a listen",
    "pending": False,
    "contents": {"content": {"id": 7}, "contentType": "application/json", "encoded": False},
}
PROBES: tuple[Probe, ...] = (
    _probe("mismatch", {"shop.py": SHOP.replace('"reason"', '"why"')}),
    _probe("unverified", _promised(pact(interaction(), interaction("a track again"), _MESSAGE))),
    _probe("no-state-handler", {"shop.py": SHOP.replace("the track is there", "the track was there")}),
    _probe("provider-failed", {"shop.py": "raise SystemExit('no shop')\n"}),
    _probe("pact-drift", {_PACT: _weaker()}),
    _probe("consumer-test-fails", {"contracts/consumers/test_player.py": "def test_player():\n    assert 1 == 2\n"}),
    _probe("interaction-removed", _promised(pact(interaction()))),
    _probe("interaction-weakened", _promised(_weaker())),
    _probe("pact-removed", {_PACT: None}),
    _probe("unreadable-pact", {_PACT: "{"}),
)
