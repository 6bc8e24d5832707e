"""A request to a service and its answer, as they go over the wire."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request to a service. `body` is JSON in UTF-8, None for none."""

    method: str
    path: str
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer. `status` is 0 where none came, and `trouble` says why in words."""

    status: int
    body: bytes = b""
    trouble: str = ""
