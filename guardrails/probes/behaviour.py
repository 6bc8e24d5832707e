"""Planted violations for the gate `behaviour`: a tiny recommender of the standard library that answers otherwise."""

import json
from collections.abc import Mapping

from guardrails.model.probe import Probe

_MAIN = '''\
"""Answers GET /slate?user=N: `python -m service PORT`."""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from service.rank import slate


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        user = int(parse_qs(urlsplit(self.path).query).get("user", ["0"])[0])
        try:
            status, answer = 200, {"items": [{"id": f"t{item}"} for item in slate(user)]}
        except KeyError:
            status, answer = 500, {}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
'''

_RANK = """\
ITEMS = range(60)


def score(user, item):
    return (item * (user + 7)) % 61


def slate(user):
    return sorted(ITEMS, key=lambda item: -score(user, item))[:10]
"""

_POLICY = """\
[project]
packages = ["service"]

[behaviour]
requests = "requests.jsonl"
command = ["{python}", "-m", "service", "{port}"]
inputs = ["service/**"]
minimum_requests = 5
"""

PROJECT: Mapping[str, str] = {
    "guardrails.toml": _POLICY,
    "requests.jsonl": "".join(json.dumps({"path": f"/slate?user={user}"}) + "\n" for user in range(8)),
    "service/__init__.py": "",
    "service/__main__.py": _MAIN,
    "service/rank.py": _RANK,
}
"""A service and the requests that it answers."""

_REWRITTEN = _RANK.replace("sorted(ITEMS, key=lambda item: -score(user, item))", "best(user)").replace(
    "def slate",
    "def best(user):\n    return sorted(ITEMS, key=lambda item: score(user, item), reverse=True)\n\n\ndef slate",
)
_REVERSED = _RANK.replace("-score", "score")
_SWAPPED = _RANK.replace("% 61", "% 61 // 2")
_FAILING = _RANK.replace("    return sorted", "    if user == 3:\n        raise KeyError(user)\n    return sorted")


_TEST = {"tests/test_rank.py": "from service.rank import slate\n\n\ndef test_ten():\n    assert len(slate(1)) == 10\n"}


def _probe(rule: str, worse: str, message: str = "change", more: Mapping[str, str] | None = None) -> Probe:
    bad, honest = {"service/rank.py": worse, **(more or {})}, {"service/rank.py": _REWRITTEN}
    return Probe(f"behaviour/{rule}", PROJECT, bad, honest, message, message)


PROBES: tuple[Probe, ...] = (
    _probe("does-not-start", "import missing_module\n"),
    _probe("changed", _SWAPPED, "Split the ranking\n\nIntent: refactor"),
    _probe("answers-lost", _FAILING),
    _probe("large-change", _REVERSED),
    _probe("untested", _SWAPPED),
    _probe("differs", _SWAPPED, more=_TEST),
)
