"""Who reads what of a service, as its consumers' pacts show it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.analysis.pacts import Interaction, Pact
from guardrails.analysis.promises import bodies
from guardrails.analysis.promises.interactions import promises
from guardrails.analysis.promises.steps import field


@dataclass(frozen=True, slots=True, order=True)
class Reader:
    """A consumer that reads something, and the pact where it says so."""

    consumer: str
    path: str
    line: int | None = None


class Readers:
    """The consumers of one provider."""

    def __init__(self, pacts: Sequence[Pact]) -> None:
        self._pacts = pacts

    def of(self, method: str, path: str, name: str = "") -> tuple[Reader, ...]:
        """Who calls an operation of OpenAPI; with `name` (a field such as `items[].reason`), who reads that field."""
        template = re.compile("/".join(".+" if "{" in part else re.escape(part) for part in path.split("/")))
        found: dict[str, Reader] = {}
        for pact in self._pacts:
            for one in pact.interactions:
                if _calls(one, method, template) and (not name or name in fields(one)):
                    found.setdefault(pact.consumer, Reader(pact.consumer, pact.path, pact.line(one.description)))
        return tuple(sorted(found.values()))

    def of_message(self, name: str, description: str = "") -> tuple[Reader, ...]:
        """Who reads a field of a message."""
        found: dict[str, Reader] = {}
        for pact in self._pacts:
            for one in pact.interactions:
                if one.is_message and description in one.description and name in fields(one):
                    found.setdefault(pact.consumer, Reader(pact.consumer, pact.path, pact.line(one.description)))
        return tuple(sorted(found.values()))


def _calls(one: Interaction, method: str, template: re.Pattern[str]) -> bool:
    request = one.said.get("request")
    if not isinstance(request, dict):
        return False
    return str(request.get("method", "")).lower() == method and bool(template.fullmatch(str(request.get("path", ""))))


def fields(one: Interaction) -> frozenset[str]:
    """Every field that an interaction reads of the provider's answer, as `steps.field` writes it."""
    found = set()
    for promise in promises(one):
        expected, value = bodies.content(promise)
        if expected:
            found |= set(_fields(value, ()))
    return frozenset(found)


def _fields(value: Any, path: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401 - JSON
    if path:
        yield field(path)
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _fields(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner, (*path, "[*]"))
