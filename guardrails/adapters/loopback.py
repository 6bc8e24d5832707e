"""A plain HTTP client for services that a check started: one request after the other, each on its own connection."""

import http.client
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from guardrails.model.exchange import HttpAnswer, HttpRequest

_MOST_BYTES = 8_000_000
_CHUNK = 65_536


class LoopbackClient:
    """`HttpClient` over the standard library: it knows no proxy, follows nothing and repeats nothing."""

    def ask(self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float) -> tuple[HttpAnswer, ...]:
        """The answers to as many requests as can be asked in time."""
        until = time.monotonic() + whole
        answers: list[HttpAnswer] = []
        for request in requests:
            left = until - time.monotonic()
            if left <= 0:
                break
            answers.append(_answer(url, request, min(timeout, left)))
        return tuple(answers)


def _answer(url: str, request: HttpRequest, seconds: float) -> HttpAnswer:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)
    headers = {"Accept": "application/json", "Connection": "close"}
    if request.body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(request.method, request.path, request.body, headers)
        with connection.getresponse() as response:
            return _read(response, seconds)
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = f"no answer within {seconds:g} seconds" if isinstance(error, TimeoutError) else str(error)
        return HttpAnswer(0, trouble=words or type(error).__name__)
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, seconds: float) -> HttpAnswer:
    """The whole body: a server that sends it drop by drop, or without end, has not answered."""
    until = time.monotonic() + seconds
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > _MOST_BYTES:
            return HttpAnswer(0, trouble=f"an answer of more than {_MOST_BYTES} bytes")
        if time.monotonic() > until:
            return HttpAnswer(0, trouble=f"the answer was not complete after {seconds:g} seconds")
    if response.length:  # what the server promised and did not send; `read1` does not complain
        return HttpAnswer(0, trouble=f"the answer ended {response.length} bytes early")
    return HttpAnswer(response.status, bytes(body))
