"""Requests as JSON lines: recorded ones, and those that a generator prints."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from guardrails.analysis.answers.documents import JSON, at
from guardrails.errors import ConfigurationError
from guardrails.model.exchange import HttpRequest

_KEYS = frozenset({"method", "path", "body"})
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_WORDS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `body` is the JSON document that is sent, None for none."""

    method: str
    path: str
    body: JSON = None

    @property
    def request(self) -> HttpRequest:
        """The request as it is sent: equal documents give equal bytes."""
        body = None if self.body is None else json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()
        return HttpRequest(self.method, self.path, body)

    @property
    def words(self) -> str:
        """The request in one short line."""
        body = "" if self.body is None else f" {json.dumps(self.body, ensure_ascii=False)}"
        text = f"{self.method} {self.path}{body}"
        return text if len(text) <= _WORDS else f"{text[: _WORDS - 1]}…"

    def explained(self, field: str) -> "Asked":
        """The same request, with the wish to be told why: in its body where that is an object, else in its query."""
        if isinstance(self.body, Mapping):
            return replace(self, body={**self.body, field: True})
        return replace(self, path=f"{self.path}{'&' if '?' in self.path else '?'}{field}=true")

    def user(self, way: tuple[str, ...]) -> str | None:
        """Whose request it is, by the place of the user's id in the body; None where there is none."""
        found = at(self.body, way) if way else None
        return str(found[0]) if found and isinstance(found[0], str | int) else None


def parse(text: str, source: str) -> tuple[Asked, ...]:
    """The requests of JSON lines: `{"method": "POST", "path": "/v1/…", "body": {…}}`, the method GET by default.

    Raises:
        ConfigurationError: a line is no request; `source` and the line's number name it.
    """
    lines = enumerate(text.split("\n"), 1)
    return tuple(_asked(line, f"{source}, line {number}") for number, line in lines if line.strip())


def _asked(line: str, place: str) -> Asked:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{place} is not JSON: {error}. Write one request a line.") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"{place} is no object. Write {{'method': …, 'path': …, 'body': …}}.")
    if unknown := sorted(set(value) - _KEYS):
        raise ConfigurationError(f"{place}: unknown key {unknown[0]!r}. Known here: {', '.join(sorted(_KEYS))}.")
    method, path = value.get("method", "GET"), value.get("path")
    if method not in _METHODS:
        raise ConfigurationError(f"{place}: the method is {method!r}. Write one of {', '.join(sorted(_METHODS))}.")
    if not isinstance(path, str) or not path.startswith("/") or not path.isascii() or any(c <= " " for c in path):
        raise ConfigurationError(f"{place}: the path is {path!r}. Write a path from /, percent-encoded.")
    return Asked(method, path, value.get("body"))
