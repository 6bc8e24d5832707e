"""What no service can do to the generator: keep it waiting, or fill its memory."""

import resource
from typing import Any

import gevent
from geventhttpclient.response import HTTPParseError, HTTPSocketResponse

MOST_BYTES = 16_000_000
"""The longest answer, head and body, that is read."""
MOST_MEMORY = 6 << 30
"""Address space of the generator, for what comes past the bound on one answer."""


def bound_answers() -> None:
    """Make geventhttpclient give up on an answer without end: by itself it reads until memory is full."""
    feed = HTTPSocketResponse.feed

    def bounded(self: Any, data: bytes) -> None:  # noqa: ANN401 - a class without types
        fed = getattr(self, "guardrails_fed", 0) + len(data)
        self.guardrails_fed = fed
        if fed > MOST_BYTES:
            raise HTTPParseError(f"an answer of more than {MOST_BYTES} bytes")
        feed(self, data)

    HTTPSocketResponse.feed = bounded  # type: ignore[method-assign,assignment] # there is no setting


def bound_memory() -> None:
    """The generator ends rather than the machine."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = MOST_MEMORY if hard == resource.RLIM_INFINITY else min(MOST_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


class LateError(Exception):
    """A request took longer than it may as a whole, however busily the service was sending."""


def within(seconds: float, request: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the client answers
    """The answer of `request`.

    Raises:
        LateError: it was not whole within `seconds`.
    """
    late = gevent.Timeout(seconds)
    late.start()
    try:
        return request(*args, **kwargs)
    except gevent.Timeout as error:
        if error is not late:
            raise
        raise LateError(f"no whole answer within {seconds:g} s") from None
    finally:
        late.close()
