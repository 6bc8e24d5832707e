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
        if self.path == "/_messages":
            self.answer(200 if asked["description"] == "a listen" else 404, {"id": 7, "at": 1.5})
        else:
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


def project(text: str, policy: str = "") -> dict[str, str]:
    """A project whose consumer writes the pact `text`, which is committed. `policy` is added to its policy."""
    return {
        "guardrails.toml": _POLICY + policy,
        "shop.py": SHOP,
        "contracts/consumers/test_player.py": CONSUMER,
        "contracts/consumers/promise.py": f"def text():\n    return {text!r}\n",
        "contracts/pacts/player-shop.json": text,
    }


def _described(**title: object) -> str:
    """The shop's OpenAPI document, with what stands at the title of a track."""
    properties = {"id": {"type": "integer"}, "title": {"type": "string", **title}, "reason": {"type": "string"}}
    schema = {"type": "object", "required": ["id", "title"], "properties": properties}
    answer = {"200": {"description": "A track", "content": {"application/json": {"schema": schema}}}}
    return json.dumps({"openapi": "3.1.0", "paths": {"/tracks/{id}": {"get": {"responses": answer}}}}, indent=1)


def _event(**of_id: object) -> str:
    """The schema of the shop's event, with what stands at its id."""
    return json.dumps({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", **of_id}}})


_TWO = pact(interaction(), interaction("a track again"))
_OPENAPI, _EVENT = "contracts/openapi.json", "contracts/events/listen.json"
BASE: Mapping[str, str] = project(_TWO)
_WITH_DOCUMENTS = {**BASE, _OPENAPI: _described(), _EVENT: _event()}
_PACT, _PROMISE = "contracts/pacts/player-shop.json", "contracts/consumers/promise.py"
_HONEST = {"shop.py": SHOP.replace('"title": "Blue"', '"title": "Green", "year": 1971')}


def _promised(text: str) -> dict[str, str | None]:
    return {_PACT: text, _PROMISE: f"def text():\n    return {text!r}\n"}


def _probe(rule: str, bad: Mapping[str, str | None]) -> Probe:
    return Probe(f"contracts/{rule}", BASE, bad, _HONEST)


def _shop(old: str, new: str) -> dict[str, str | None]:
    """The shop with something changed in it."""
    return {"shop.py": SHOP.replace(old, new)}


def _document(rule: str, path: str, bad: str, honest: str) -> Probe:
    return Probe(f"contracts/{rule}", _WITH_DOCUMENTS, {path: bad}, {path: honest})


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
_LISTENING = project(pact(interaction(), _MESSAGE), policy='messages_path = "/_messages"\n')
# The shop is itself a consumer, of a depot; its adapter is its product.
DEPOT = """def headers():
    return {"if-none-match": "1"}


def stock(answer):
    return answer["stock"]
"""
_ASKING = """import os
import pathlib

import depot
from contracts.consumers.shop import promise


def test_the_shop_asks_the_depot():
    assert depot.headers() == {"if-none-match": "1"}
    assert depot.stock({"stock": 3}) == 3
    (pathlib.Path(os.environ["PACT_OUTPUT_DIR"]) / "shop-depot.json").write_text(promise.text())
"""
_DEPOT_PACT, _DEPOT_PROMISE = "contracts/pacts/shop-depot.json", "contracts/consumers/shop/promise.py"
_DEPOT_TEST = "contracts/consumers/shop/test_depot.py"


def depot_pact(**fields: object) -> str:
    """What the shop asks of the depot. `fields` are further ones of the answer."""
    said = interaction("the stock", request={"method": "GET", "path": "/stock"}, providerStates=[])
    body = {"content": {"stock": 3, **fields}, "contentType": "application/json", "encoded": False}
    text = pact({**said, "response": {"status": 200, "body": body}})
    return text.replace('"shop"', '"depot"').replace('"player"', '"shop"')


def asking(text: str) -> dict[str, str]:
    """The files of the shop as a consumer whose pact is `text`."""
    promise = f"def text():\n    return {text!r}\n"
    return {"depot.py": DEPOT, _DEPOT_TEST: _ASKING, _DEPOT_PROMISE: promise, _DEPOT_PACT: text}


_ASKS = {**BASE, **asking(depot_pact())}
# The adapter leaves its pact, and the test goes along with it.
_LEFT = {
    "depot.py": DEPOT.replace('"if-none-match": "1"', ""),
    _DEPOT_TEST: _ASKING.replace('{"if-none-match": "1"}', "{}"),
}
_MORE = asking(depot_pact(shelf="A"))
_SAME = {**_HONEST, "depot.py": DEPOT + "\n\nUNIT = 'pieces'\n", _DEPOT_TEST: _ASKING + "    assert depot.UNIT\n"}
_SOON = interaction("a track soon", comments={"answers-within-ms": 300})
_TIMELY = project(pact(interaction(), _SOON))
_SLOW = SHOP.replace("import argparse\n", "import argparse\nimport time\n").replace(
    "self.answer(200, {} if", "time.sleep(0.4 if self.path != '/readyz' else 0)\n        self.answer(200, {} if"
)
_SLOW_ONCE = SHOP.replace("import argparse\n", "import argparse\nimport time\n").replace(
    "    def do_GET(self):\n",
    "    waits = [0.4, 0, 0]\n\n    def do_GET(self):\n"
    "        if self.path != '/readyz' and self.waits:\n            time.sleep(self.waits.pop())\n",
)
_LATER = {"deprecated": True, "x-sunset": "2099-01-01"}
PROBES: tuple[Probe, ...] = (
    _probe("mismatch", _shop('"reason"', '"why"')),
    _probe("mismatch", _shop('"Blue"', "1971")),
    _probe("mismatch", _shop('"Blue"', "None")),
    _probe("mismatch", _shop("self.answer(200, {} if", "self.answer(200 if self.path == '/readyz' else 201, {} if")),
    _probe("mismatch", _shop("cache-control", "x-cache-control")),
    Probe("contracts/mismatch", _LISTENING, _shop('"id": 7, "at"', '"track": 7, "at"'), _HONEST),
    Probe("contracts/late", _TIMELY, {"shop.py": _SLOW}, {"shop.py": _SLOW_ONCE}),
    _probe("unverified", _promised(pact(interaction(), interaction("a track again"), _MESSAGE))),
    _probe("no-state-handler", _shop("the track is there", "the track was there")),
    _probe("provider-failed", {"shop.py": "raise SystemExit('no shop')\n"}),
    _probe("pact-drift", {_PACT: _weaker()}),
    _probe("consumer-test-fails", {"contracts/consumers/test_player.py": "def test_player():\n    assert 1 == 2\n"}),
    _probe("interaction-removed", _promised(pact(interaction()))),
    _probe("interaction-weakened", _promised(_weaker())),
    _probe("interaction-weakened", _promised(pact(interaction(providerStates=[]), interaction("a track again")))),
    _probe("pact-removed", {_PACT: None}),
    Probe("contracts/adapter-fails", _ASKS, _LEFT, _SAME),
    Probe("contracts/asks-more", _ASKS, _MORE, _SAME),
    _probe("unreadable-pact", {_PACT: "{"}),
    _document("openapi-breaks", _OPENAPI, _described(type="integer"), _described(maxLength=80)),
    _document("schema-breaks", _EVENT, _event(type="string"), _event(minimum=0)),
    _document("no-sunset", _OPENAPI, _described(deprecated=True), _described(**_LATER)),
)
