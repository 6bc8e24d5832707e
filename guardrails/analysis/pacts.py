"""Pact files: read strictly, compared by what they say."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guardrails.analysis.promises.patterns import endless
from guardrails.analysis.promises.timing import promised_seconds

_MAX_CHARACTERS = 10_000_000
_FILE_FIELDS = frozenset({"consumer", "provider", "interactions", "messages", "metadata"})
_INTERACTION_FIELDS = frozenset(
    {
        "type", "key", "description", "providerStates", "providerState", "request", "response", "contents", "metadata",
        "metaData", "matchingRules", "generators", "pending", "comments", "interactionMarkup", "pluginConfiguration",
        "transport", "references", "_id",
    }
)  # fmt: skip


_PROMISE_FIELDS = frozenset({"headers", "body", "matchingRules", "generators"})
_PART_FIELDS = {
    "request": _PROMISE_FIELDS | {"method", "path", "query"},
    "response": _PROMISE_FIELDS | {"status"},
}
"""What the parts of an interaction over HTTP may say. A field that is written wrongly would check nothing."""


_DESCRIPTION = re.compile(r'"description"\s*:\s*("(?:[^"\\]|\\.)*")')


class UnreadablePactError(ValueError):
    """A pact file that cannot be taken at its word. The message names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One thing that a consumer relies on. `states` are the names of its provider states, `said` all of it as JSON."""

    consumer: str
    description: str
    states: tuple[str, ...]
    said: Mapping[str, Any]
    fetched_as_pending: bool = False

    @property
    def pending(self) -> bool:
        """Whether its failure is shown and does not count yet: its consumer says so, or the broker it came from."""
        return self.fetched_as_pending or self.said.get("pending") is True

    @property
    def key(self) -> str:
        """What makes it the same interaction in another version of its pact: who, what, and under which states."""
        states = self.said.get("providerStates") or self.said.get("providerState") or []
        return json.dumps([self.consumer, self.description, states], sort_keys=True)

    @property
    def result_key(self) -> tuple[str, str, tuple[str, ...]]:
        """What pact's results know it by."""
        return self.consumer, self.description, self.states

    @property
    def expressions(self) -> tuple[str, ...]:
        """The regular expressions of its matching rules."""
        return tuple(_expressions(self.said))

    @property
    def is_message(self) -> bool:
        """Whether it is a message rather than a request over HTTP."""
        return "Messages" in str(self.said.get("type", "")) or ("request" not in self.said and "contents" in self.said)

    @property
    def seconds(self) -> float | None:
        """How soon it is promised to be answered; None where no time is promised."""
        return promised_seconds(self.said)

    @property
    def canonical(self) -> str:
        """Its content, whatever the order of its fields."""
        return json.dumps(self.said, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Pact:
    """One pact file. `text` is the file."""

    path: str
    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]
    text: str

    @property
    def digest(self) -> str:
        """A digest of what it says, whatever the order: equal in two versions of a consumer that expect the same."""
        said = sorted(one.canonical for one in self.interactions)
        return hashlib.sha256(json.dumps([self.consumer, self.provider, said]).encode()).hexdigest()[:32]

    def line(self, description: str) -> int | None:
        """The line on which an interaction's description stands, however its library writes letters beyond ASCII."""
        for found in _DESCRIPTION.finditer(self.text):
            if json.loads(found.group(1)) == description:
                return self.text.count("\n", 0, found.start()) + 1
        return None


def parse(path: str, text: str, *, pending: bool = False) -> Pact:
    """A pact from the text of its file. `pending`: the broker that it came from says so of all of it.

    Raises:
        UnreadablePactError: not JSON, not a pact of version 1 to 4, an unknown field, no interaction, or the same one
            twice.
    """
    if len(text) > _MAX_CHARACTERS:
        raise UnreadablePactError(f"{path} has {len(text)} characters; a pact has at most {_MAX_CHARACTERS}")
    try:
        told = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise UnreadablePactError(f"{path} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise UnreadablePactError(f"{path} is not a pact: a JSON object is expected")
    if unknown := sorted(told.keys() - _FILE_FIELDS):
        raise UnreadablePactError(f"{path} has the unknown field '{unknown[0]}'")
    version = _version(told)
    if version.partition(".")[0] not in ("1", "2", "3", "4"):
        raise UnreadablePactError(f"{path} is of pact version '{version}'; versions 1 to 4 are known")
    consumer, provider = (_name(path, told, side) for side in ("consumer", "provider"))
    listed = [*_list(path, told, "interactions"), *_list(path, told, "messages")]
    interactions = tuple(replace(_interaction(path, consumer, one), fetched_as_pending=pending) for one in listed)
    if not interactions:
        raise UnreadablePactError(f"{path} has no interaction: an empty pact promises nothing")
    twice = [one.description for one in interactions if Counter(o.key for o in interactions)[one.key] > 1]
    if twice:
        raise UnreadablePactError(f"{path} has the interaction '{twice[0]}' twice under the same states")
    return Pact(path, consumer, provider, interactions, text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every name stands once: readers differ in which of two they take."""
    told = dict(pairs)
    if len(told) != len(pairs):
        twice = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"the name {twice!r} stands twice in one object")
    return told


def _version(told: Mapping[str, Any]) -> str:
    metadata = told.get("metadata")
    entry = metadata.get("pactSpecification") or metadata.get("pact-specification") if isinstance(metadata, dict) else 0
    return str(entry.get("version", "")) if isinstance(entry, dict) else ""


def _name(path: str, told: Mapping[str, Any], side: str) -> str:
    entry = told.get(side)
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name:
        raise UnreadablePactError(f"{path} names no {side}")
    return name


def _list(path: str, told: Mapping[str, Any], field: str) -> Sequence[Any]:
    entry = told.get(field, [])
    if not isinstance(entry, list):
        raise UnreadablePactError(f"{path}: '{field}' is not a list")
    return entry


def _interaction(path: str, consumer: str, said: object) -> Interaction:
    if not isinstance(said, dict) or not isinstance(said.get("description"), str):
        raise UnreadablePactError(f"{path} has an interaction without a description")
    if unknown := sorted(said.keys() - _INTERACTION_FIELDS):
        raise UnreadablePactError(
            f"{path}: the interaction '{said['description']}' has the unknown field '{unknown[0]}'"
        )
    for part, fields in _PART_FIELDS.items():
        inner = said.get(part)
        if isinstance(inner, dict) and "contents" not in inner and (unknown := sorted(inner.keys() - fields)):
            raise UnreadablePactError(
                f"{path}: the {part} of '{said['description']}' has the unknown field '{unknown[0]}'"
            )
    if complaint := _unsafe(said.get("request")):
        raise UnreadablePactError(f"{path}: the interaction '{said['description']}' {complaint}")
    if complaint := _untimed(said):
        raise UnreadablePactError(f"{path}: the interaction '{said['description']}' {complaint}")
    states = said.get("providerStates") or said.get("providerState") or []
    names = [states] if isinstance(states, str) else [str(s.get("name")) for s in states if isinstance(s, dict)]
    return Interaction(consumer, said["description"], tuple(names), said)


def _unsafe(request: object) -> str:
    """What is wrong with where a request goes: the verifier appends its path to the provider's address as it stands."""
    if not isinstance(request, Mapping):
        return ""
    place = request.get("path", "/")
    if not isinstance(place, str) or not place.startswith("/") or place.startswith("//"):
        return f"has the path {place!r}; a path begins with a single /"
    segments = place.replace("%2e", ".").replace("%2E", ".").split("/")
    if ".." in segments or any(ord(one) < 0x21 or one in "\\?#" for one in place):
        return f"has the path {place!r}, which leaves its place; write it without .., ?, # and blanks"
    return ""


def _untimed(said: Mapping[str, Any]) -> str:
    """What is wrong with the time that an interaction promises."""
    try:
        seconds = promised_seconds(said)
    except ValueError as error:
        return str(error)
    return "" if seconds is None or "request" in said else "promises a time for a message; only answers are timed"


def _expressions(said: object) -> Iterator[str]:
    if isinstance(said, Mapping):
        for name, inner in said.items():
            if name == "regex" and isinstance(inner, str):
                yield inner
            else:
                yield from _expressions(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from _expressions(inner)


def doubtful(pact: Pact) -> list[str]:
    """The regular expressions of a pact that may backtrack without end, each with its interaction."""
    return [
        f"/{expression}/ in '{one.description}'"
        for one in pact.interactions
        for expression in one.expressions
        if endless(expression)
    ]
