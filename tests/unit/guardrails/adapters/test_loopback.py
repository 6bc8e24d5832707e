"""The client that asks services: what it sends, what it takes, and what counts as no answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from guardrails.adapters.loopback import LoopbackClient
from guardrails.model.exchange import HttpAnswer, HttpRequest

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def server(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answers each connection with the next of `answers` and closes it; an empty one is never answered."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), ExitStack() as held:  # nobody came
                for answer in answers:
                    connection = held.enter_context(listening.accept()[0])
                    seen.append(connection.recv(65536))
                    if answer:
                        with suppress(OSError):  # the client has seen enough
                            connection.sendall(answer)
                        connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", seen
        if seen:
            thread.join()


def ask(url: str, *requests: HttpRequest, timeout: float = 10, whole: float = 60) -> tuple[HttpAnswer, ...]:
    return LoopbackClient().ask(url, requests, timeout=timeout, whole=whole)


GET = HttpRequest("GET", "/a?b=c")


def test_requests_are_sent_one_after_the_other_with_json_bodies() -> None:
    with server(OK, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") as (url, seen):
        assert ask(url, GET, HttpRequest("POST", "/d", b'{"k":1}')) == (HttpAnswer(200, b"{}"), HttpAnswer(404))
    assert seen[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert seen[1].startswith(b"POST /d HTTP/1.1\r\n")
    assert b"content-type: application/json\r\n" in seen[1].lower()


def test_no_redirect_is_followed() -> None:
    with server(b"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n") as (url, _):
        (answer,) = ask(url, GET)
    assert answer.status == 302


def test_what_is_no_answer_says_why() -> None:
    with server(b"nonsense\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab") as (url, _):
        garbled, silent, cut = ask(url, GET, GET, GET, timeout=0.2)
    assert [one.status for one in (garbled, silent, cut)] == [0, 0, 0]
    assert "nonsense" in garbled.trouble
    assert "no answer within 0.2 seconds" in silent.trouble
    assert cut.trouble
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        (refused,) = ask(f"http://127.0.0.1:{unused.getsockname()[1]}", GET)
    assert "refused" in refused.trouble


def test_a_body_that_ends_early_is_no_answer() -> None:
    with server(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}") as (url, _):
        (answer,) = ask(url, GET)
    assert answer.status == 0
    assert answer.trouble == "the answer ended 8 bytes early"


def test_an_answer_without_end_is_none() -> None:
    endless = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 9_000_000
    with server(endless) as (url, _):
        (answer,) = ask(url, GET)
    assert answer == HttpAnswer(0, trouble="an answer of more than 8000000 bytes")


def test_what_cannot_be_asked_in_time_is_not_asked() -> None:
    with server(OK) as (url, seen):
        assert ask(url, GET, whole=0) == ()
    assert not seen
