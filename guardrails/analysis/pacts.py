"""Pact files: read strictly, compared by what they say."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.ports import InteractionResult

_MAX_CHARACTERS = 10_000_000
_MISMATCHES = 5
"""Mismatches of one interaction that are told."""
_FILE_FIELDS = frozenset({"consumer", "provider", "interactions", "messages", "metadata"})
_INTERACTION_FIELDS = frozenset(
    {
        "type", "key", "description", "providerStates", "providerState", "request", "response", "contents", "metadata",
        "metaData", "matchingRules", "generators", "pending", "comments", "interactionMarkup", "pluginConfiguration",
        "transport", "references", "_id",
    }
)  # fmt: skip


class UnreadablePactError(ValueError):
    """A pact file that cannot be taken at its word. The message names the file and says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """One thing that a consumer relies on. `states` are the names of its provider states, `said` all of it as JSON."""

    consumer: str
    description: str
    states: tuple[str, ...]
    said: Mapping[str, Any]

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
    def is_message(self) -> bool:
        """Whether it is a message rather than a request over HTTP."""
        return "Messages" in str(self.said.get("type", "")) or ("request" not in self.said and "contents" in self.said)

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

    def line(self, description: str) -> int | None:
        """The line on which an interaction's description stands."""
        wanted = f'"description": {json.dumps(description, ensure_ascii=False)}'
        return next((n for n, line in enumerate(self.text.splitlines(), 1) if wanted in line), None)


def parse(path: str, text: str) -> Pact:
    """A pact from the text of its file.

    Raises:
        UnreadablePactError: not JSON, not a pact of version 1 to 4, an unknown field, no interaction, or the same one
            twice.
    """
    if len(text) > _MAX_CHARACTERS:
        raise UnreadablePactError(f"{path} has {len(text)} characters; a pact has at most {_MAX_CHARACTERS}")
    try:
        told = json.loads(text)
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
    interactions = tuple(_interaction(path, consumer, one) for one in listed)
    if not interactions:
        raise UnreadablePactError(f"{path} has no interaction: an empty pact promises nothing")
    twice = [one.description for one in interactions if Counter(o.key for o in interactions)[one.key] > 1]
    if twice:
        raise UnreadablePactError(f"{path} has the interaction '{twice[0]}' twice under the same states")
    return Pact(path, consumer, provider, interactions, text)


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
    states = said.get("providerStates") or said.get("providerState") or []
    names = [states] if isinstance(states, str) else [str(s.get("name")) for s in states if isinstance(s, dict)]
    return Interaction(consumer, said["description"], tuple(names), said)


def unverified(interactions: Iterable[Interaction], results: Iterable[InteractionResult]) -> list[Interaction]:
    """The interactions that have no result. What was not verified has not passed."""
    left = Counter((one.consumer, one.description, one.states) for one in results)
    missing = []
    for interaction in interactions:
        if left[interaction.result_key] > 0:
            left[interaction.result_key] -= 1
        else:
            missing.append(interaction)
    return missing


@dataclass(frozen=True, slots=True)
class Drift:
    """How pacts that were written just now differ from the committed ones, by the key of an interaction."""

    path: str
    consumer: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The difference in words."""
        parts = (("lacks", self.added), ("still has", self.removed), ("has another", self.changed))
        says = [f"{words} {', '.join(repr(name) for name in names)}" for words, names in parts if names]
        return f"the committed pact of {self.consumer} {'; '.join(says)}"


def drift(committed: Sequence[Pact], written: Sequence[Pact]) -> list[Drift]:
    """Where the committed pacts are not what the consumers' tests write. Consumers without a test are left out."""
    found = []
    for fresh in written:
        same = [pact for pact in committed if (pact.consumer, pact.provider) == (fresh.consumer, fresh.provider)]
        old = {one.key: one for pact in same for one in pact.interactions}
        new = {one.key: one for one in fresh.interactions}
        added = [one.description for key, one in new.items() if key not in old]
        removed = [one.description for key, one in old.items() if key not in new]
        changed = [one.description for key, one in new.items() if key in old and one.canonical != old[key].canonical]
        if added or removed or changed:
            path = same[0].path if same else fresh.path
            found.append(Drift(path, fresh.consumer, tuple(added), tuple(removed), tuple(changed)))
    return found


def sentence(result: InteractionResult) -> str:
    """A failed result as a person would say it: who reads what, under which states, and what stands there instead."""
    states = f" given {' and '.join(result.states)}" if result.states else ""
    who = f"{result.consumer}: '{result.description}'{states}"
    if result.error:
        return f"{who}: {result.error}"
    says = []
    for one in result.mismatches[:_MISMATCHES]:
        place = f"{one.path}: " if one.path and one.path not in one.message else ""
        says.append(f"{place}{one.message or f'expected {one.expected}, got {one.actual}'}")
    more = len(result.mismatches) - _MISMATCHES
    return f"{who}: {'; '.join(says)}" + (f"; and {more} more" if more > 0 else "")
