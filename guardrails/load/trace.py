"""A recorded trace: one request a line, as JSON, with the moment at which it came."""

from collections.abc import Iterator

import msgspec

from guardrails.errors import ConfigurationError
from guardrails.load.arrivals import MOST
from guardrails.model.open_run import Traced

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MOST_SHOWN = 5


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    offset_ms: float
    method: str
    path: str
    body: msgspec.Raw = msgspec.Raw()


def read(text: str, source: str) -> tuple[Traced, ...]:
    """The requests of a trace, by the time at which they came; the first comes at once.

    A `body` that is a JSON string is sent as it is, any other value as its JSON. Empty lines are passed over.

    Raises:
        ConfigurationError: a line is wrong (each is named by its number), nothing is in it, or too much.
    """
    found: list[Traced] = []
    wrong: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        if len(found) >= MOST:
            raise ConfigurationError(f"{source} has more than {MOST} requests. Give a part of it.")
        try:
            found.append(_request(line))
        except (msgspec.DecodeError, ValueError) as error:
            wrong.append(f"line {number}: {error}")
    if wrong:
        raise ConfigurationError(f"{source}: {_some(wrong)}. Correct the lines, or leave them out.")
    if not found:
        raise ConfigurationError(
            f'{source} holds no request. Write lines like {{"offset_ms": 0, "method": "GET", "path": "/"}}.'
        )
    return tuple(_from_zero(found))


def _request(line: str) -> Traced:
    one = msgspec.json.decode(line, type=_Line)
    if not 0 <= one.offset_ms < float("inf"):
        raise ValueError(f"offset_ms is {one.offset_ms:g}, and must not be negative")
    if one.method not in METHODS:
        raise ValueError(f"method is {one.method!r}; known are {', '.join(METHODS)}")
    if not one.path.startswith("/") or one.path.startswith("//") or any(ord(c) <= 32 or ord(c) > 126 for c in one.path):
        raise ValueError(f"path is {one.path!r}, and must begin with one / and be percent-encoded")
    return Traced(one.offset_ms / 1000, one.method, one.path, _body(one.body))


def _body(raw: msgspec.Raw) -> str:
    if bytes(raw) in (b"", b"null"):
        return ""
    value = msgspec.json.decode(raw)
    return value if isinstance(value, str) else bytes(raw).decode()


def _from_zero(found: list[Traced]) -> Iterator[Traced]:
    ordered = sorted(found, key=lambda one: one.at)
    for one in ordered:
        yield Traced(one.at - ordered[0].at, one.method, one.path, one.body)


def _some(wrong: list[str]) -> str:
    more = f"; and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else ""
    return "; ".join(wrong[:MOST_SHOWN]) + more
