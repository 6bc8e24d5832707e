"""What becomes of the fields of published contracts, one by one, and who reads them; the gate `contracts` judges it.

The description of the service (OpenAPI) and the schemas of events are laid out as fields with what is said of each, on
both sides. Who reads a field is told by the pacts of either side. What cannot be read says nothing here.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from guardrails.analysis.pacts import Pact, UnreadablePactError, parse
from guardrails.analysis.promises.openapi import METHODS
from guardrails.analysis.promises.readers import Readers
from guardrails.analysis.promises.steps import field as written
from guardrails.analysis.source import Sources
from guardrails.analysis.support import below
from guardrails.model.change import Change
from guardrails.model.difference import ContractField

MOST_FIELDS = 4000
"""Fields of one document."""
MOST_SHOWN = 300
DEEPEST = 12
_LIMITS = (
    *("format", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength"),
    *("minItems", "maxItems", "const", "default"),
)
_WORDS = 120
Schema = Mapping[str, Any]
_Key = tuple[str, str, str]
"""Method and path (empty for a message), what of it (`sends`, `answers 200`), and the field as a person writes it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the contracts are, by the policy: a file and two directories; empty for none."""

    openapi: str = ""
    events: str = ""
    pacts: str = ""


def contract_fields(change: Change, base: Sources, head: Sources, places: Places) -> tuple[ContractField, ...]:
    """Each field that one side does not have, or says otherwise; the same change of many operations is one."""
    changed = [path for path in sorted(change.paths) if _is_contract(path, places)]
    if not changed:
        return ()
    readers = Readers([*_pacts(base, places), *_pacts(head, places)])
    found: dict[tuple[str, str, str, str], tuple[list[str], set[str]]] = {}
    for path in changed:
        before, after = (
            _fields(_document(sources, path), is_openapi=path == places.openapi) for sources in (base, head)
        )
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key, ""), after.get(key, "")
            if old != new:
                where, who = found.setdefault((path, key[2], old, new), ([], set()))
                where.append(f"{key[0]} {key[1]}".strip())
                who.update(_readers(readers, key))
    made = [ContractField(k[0], tuple(w), k[1], k[2], k[3], tuple(sorted(r))) for k, (w, r) in found.items()]
    return tuple(sorted(made, key=lambda one: (not one.readers, bool(one.after), one.field))[:MOST_SHOWN])


def _is_contract(path: str, places: Places) -> bool:
    events = bool(places.events) and path.endswith(".json") and below(path, (places.events,))
    return bool(path) and (path == places.openapi or events)


def _pacts(sources: Sources, places: Places) -> Iterator[Pact]:
    for path in sorted(sources.paths) if places.pacts else ():
        if path.endswith(".json") and below(path, (places.pacts,)):
            try:
                yield parse(path, sources.text(path) or "")
            except UnreadablePactError:
                continue


def _readers(readers: Readers, key: _Key) -> set[str]:
    """The consumers whose pacts read the field of an answer or message, or call the operation that takes it."""
    method, _, path = key[0].partition(" ")
    if not path:
        return {one.consumer for one in readers.of_message(key[2])}
    return {one.consumer for one in readers.of(method.lower(), path, key[2] if key[1] != "takes" else "")}


def _document(sources: Sources, path: str) -> Schema:
    try:
        told = json.loads(sources.text(path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _fields(document: Schema, is_openapi: bool) -> dict[_Key, str]:
    walk = _Walk(document)
    if not is_openapi:
        walk.of("", "", document, (), required=True)
        return walk.found
    for path, item in _mapping(document.get("paths")).items():
        for method in METHODS:
            if operation := _mapping(_mapping(item).get(method)):
                walk.operation(f"{method.upper()} {path}", operation, _listed(_mapping(item).get("parameters")))
    return walk.found


@dataclass(slots=True)
class _Walk:
    """Through the schemas of one document; what is found is bounded."""

    document: Schema
    found: dict[_Key, str] = field(default_factory=dict)

    def operation(self, name: str, operation: Schema, shared: Sequence[Any]) -> None:
        """What is taken and what is answered; the operation itself is a field without a name."""
        self.found[name, "takes", "the operation"] = "deprecated" if operation.get("deprecated") is True else "there"
        for one in (self._resolved(_mapping(p)) for p in (*shared, *_listed(operation.get("parameters")))):
            label = f"{one.get('in')} parameter {one.get('name')}"
            self.found[name, "takes", label] = self._says(
                self._resolved(one.get("schema")), one.get("required") is True
            )
        body = self._resolved(operation.get("requestBody"))
        self._content(name, "takes", body)
        for status, answer in _mapping(operation.get("responses")).items():
            self.found[name, f"answers {status}", "the answer"] = "there"
            self._content(name, f"answers {status}", self._resolved(answer))

    def _content(self, name: str, part: str, said: Schema) -> None:
        for content in _mapping(said.get("content")).values():
            self.of(name, part, _mapping(content).get("schema"), (), required=True)

    def of(self, name: str, part: str, schema: Any, way: tuple[str, ...], *, required: bool) -> None:  # noqa: ANN401
        """A schema and all below it."""
        if len(self.found) >= MOST_FIELDS or len(way) > DEEPEST:
            return
        said = self._resolved(schema)
        if way:
            self.found.setdefault((name, part, written(way)), self._says(said, required=required))
        needed = _listed(said.get("required"))
        for key, inner in _mapping(said.get("properties")).items():
            self.of(name, part, inner, (*way, key), required=key in needed)
        if isinstance(said.get("items"), Mapping):
            self.of(name, part, said["items"], (*way, "[*]"), required=True)
        for key in ("allOf", "oneOf", "anyOf"):
            for inner in _listed(said.get(key)):
                self._inside(name, part, inner, way)

    def _inside(self, name: str, part: str, inner: Any, way: tuple[str, ...]) -> None:  # noqa: ANN401
        """A part of a combined schema: its fields are those of the whole."""
        said = self._resolved(inner)
        needed = _listed(said.get("required"))
        for key, below_it in _mapping(said.get("properties")).items():
            self.of(name, part, below_it, (*way, key), required=key in needed)

    def _resolved(self, schema: Any) -> Schema:  # noqa: ANN401
        said = _mapping(schema)
        for _ in range(DEEPEST):
            reference = said.get("$ref")
            if not isinstance(reference, str):
                return said
            target: Any = self.document if reference.startswith("#/") else {}
            for step in reference.removeprefix("#/").split("/"):
                target = _mapping(target).get(step.replace("~1", "/").replace("~0", "~"))
            said = _mapping(target)
        return {}

    def _says(self, said: Schema, required: bool) -> str:
        """What is said of a field, in a few words."""
        kinds = [str(one) for one in _listed(said.get("type")) or [said.get("type")] if one]
        for key in ("oneOf", "anyOf", "allOf"):
            names = [self._name(one) for one in _listed(said.get(key))]
            kinds += [" or ".join(names) if key != "allOf" else " and ".join(names)] if names else []
        values = ", ".join(str(one) for one in _listed(said.get("enum")))
        limits = [f"{key} {said[key]}" for key in _LIMITS if key in said]
        marks = [word for word in ("nullable", "deprecated", "readOnly", "writeOnly") if said.get(word) is True]
        parts = [
            " or ".join(kinds) or ("" if values else "anything"),
            f"one of {values}" if values else "",
            *limits,
            *marks,
        ]
        text = ", ".join([*filter(None, parts), "required" if required else "optional"])
        return text if len(text) <= _WORDS else f"{text[: _WORDS - 1]}…"

    def _name(self, schema: Any) -> str:  # noqa: ANN401
        reference = _mapping(schema).get("$ref")
        if isinstance(reference, str):
            return reference.rpartition("/")[2]
        kind = _mapping(schema).get("type")
        return kind if isinstance(kind, str) else "a schema"


def _mapping(value: Any) -> Schema:  # noqa: ANN401
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else []
