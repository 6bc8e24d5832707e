"""The index over HTTP, against a server that answers in every way that a server can."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from guardrails.adapters import package_index
from guardrails.adapters.package_index import SimpleIndex
from guardrails.errors import ConfigurationError


class Handler(BaseHTTPRequestHandler):
    """Answers by the name that is asked for."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        name = self.path.split("/")[2]
        if name == "gone":
            self.send_error(404)
        elif name == "away":
            self.send_response(302)
            self.send_header("Location", "http://packages.invalid/")
            self.end_headers()
        elif name == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"{")
            self.close_connection = True
        elif name == "huge":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 5_000)
        else:
            body = self.headers["Accept"].encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)


@contextmanager
def serving() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/simple"
        finally:
            server.shutdown()


def test_every_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_index, "_MOST_BYTES", 4_000)
    with serving() as index:
        answers = SimpleIndex().ask(index, ["scipy", "gone", "away", "cut", "huge", "a/b"], whole=20)
    assert (answers["scipy"].status, answers["scipy"].body) == (200, b"application/vnd.pypi.simple.v1+json")
    assert (answers["gone"].status, answers["gone"].trouble) == (404, "")
    assert (answers["huge"].status, answers["huge"].trouble) == (0, "an answer of more than 4000 bytes")
    for name in ("away", "cut"):
        assert answers[name].status == 0
        assert answers[name].trouble
    assert answers["a/b"].status == 200


def test_no_time_is_no_answer() -> None:
    with serving() as index:
        assert SimpleIndex().ask(index, ["scipy"], whole=0) == {}


def test_nobody_there() -> None:
    with serving() as index:
        pass
    assert "refused" in SimpleIndex().ask(index, ["scipy"], whole=20)["scipy"].trouble


@pytest.mark.parametrize(
    ("index", "says"),
    [
        ("http://packages.example.org/simple", "not encrypted"),
        ("ftp://packages.example.org/simple", "not encrypted"),
        ("https://user:hush@packages.example.org/simple", "no plain address"),
        ("https:///simple", "no plain address"),
        ("https://packages.example.org/simple?x=1", "no plain address"),
    ],
)
def test_an_address_that_may_not_be_asked(index: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        SimpleIndex().ask(index, ["scipy"], whole=20)
