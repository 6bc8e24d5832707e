"""Whether everything that one JSON Schema allows, another allows too; and if not, where and how.

For what a service sends, the new schema must be within the old one; for what it takes, the old one within the new. The
walk is by structure. A keyword that it does not know must be equal on both sides: where it cannot tell, it says so.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from guardrails.analysis.promises.steps import Kind, Step, field

Schema = Mapping[str, Any]
_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
_NOTES = frozenset(
    {
        "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment",
        "$schema", "$id", "$defs", "definitions", "components", "discriminator", "externalDocs", "xml",
    }
)  # fmt: skip
_READ = frozenset(
    {
        "$ref", "type", "enum", "const", "properties", "required", "additionalProperties", "items", "allOf", "anyOf",
        "oneOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems",
        "maxItems", "minProperties", "maxProperties",
    }
)  # fmt: skip
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_DEEPEST = 60


@dataclass(frozen=True, slots=True)
class Side:
    """A schema within its document, where its references lead."""

    schema: Schema
    document: Mapping[str, Any]

    def of(self, schema: object) -> "Side":
        """Another schema of the same document; true allows anything, false nothing."""
        if isinstance(schema, Mapping):
            return Side(schema, self.document)
        return Side({} if schema is not False else {"enum": []}, self.document)


@dataclass(frozen=True, slots=True)
class _Walk:
    path: tuple[str, ...]
    seen: frozenset[tuple[str, str]]
    sent: bool

    def to(self, token: str) -> "_Walk":
        return replace(self, path=(*self.path, token))

    def step(self, kind: Kind, sent: str, taken: str, name: str = "") -> Step:
        """A difference here, in the words for what is sent or in those for what is taken."""
        name = name or field(self.path)
        return Step(kind if self.sent else Kind.BREAKING, name, f"{name} {sent if self.sent else taken}")


def sends(old: Side, new: Side) -> list[Step]:
    """Where a service that sends what `new` allows may send what `old` did not allow."""
    return list(_within(new, old, _Walk((), frozenset(), sent=True)))


def takes(old: Side, new: Side) -> list[Step]:
    """Where a service that takes what `new` allows refuses what `old` allowed."""
    return list(_within(old, new, _Walk((), frozenset(), sent=False)))


def resolved(side: Side) -> Side:
    """The schema with its reference followed and its `allOf` merged. A reference that leads nowhere allows anything."""
    schema = dict(side.schema)
    for _ in range(_DEEPEST):
        reference = schema.pop("$ref", None)
        if isinstance(reference, str):
            schema = _merged(_target(side.document, reference), schema)
        elif isinstance(parts := schema.pop("allOf", None), list):
            for part in parts:
                schema = _merged(schema, part if isinstance(part, Mapping) else {})
        else:
            break
    return Side(schema, side.document)


def _target(document: Mapping[str, Any], reference: str) -> Schema:
    found: Any = document
    for name in reference.removeprefix("#").strip("/").split("/"):
        name = name.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _merged(one: Schema, other: Schema) -> dict[str, Any]:
    """Both at once, as far as a schema without `allOf` can say it."""
    both = {**one, **other}
    names = {**one.get("properties", {}), **other.get("properties", {})}
    if names:
        shared = one.get("properties", {}).keys() & other.get("properties", {}).keys()
        both["properties"] = names | {
            name: {"allOf": [one["properties"][name], other["properties"][name]]} for name in sorted(shared)
        }
    if "required" in one or "required" in other:
        both["required"] = sorted({*one.get("required", ()), *other.get("required", ())})
    parts = [*one.get("allOf", ()), *other.get("allOf", ())]
    if parts:
        both["allOf"] = parts
    return both


def _within(inner: Side, outer: Side, walk: _Walk) -> Iterator[Step]:
    pair = (json.dumps(inner.schema, sort_keys=True), json.dumps(outer.schema, sort_keys=True))
    if pair in walk.seen or len(walk.path) > _DEEPEST:
        return
    walk = replace(walk, seen=walk.seen | {pair})
    inner, outer = resolved(inner), resolved(outer)
    if choices := _choices(inner):
        tried = [list(_within(choice, outer, walk)) for choice in choices]
        weak = walk.sent and not all(tried)  # one of the branches is as before
        for step in (step for steps in tried for step in steps):
            yield replace(step, kind=Kind.WEAKENING) if weak else step
        return
    if choices := _choices(outer):
        yield from _one_of(inner, choices, walk)
        return
    values = _values(inner.schema)
    if values is not None:
        yield from _listed(values, outer, walk)
        return
    if (wanted := _values(outer.schema)) is not None:
        shown = _shown(wanted)
        yield walk.step(Kind.WEAKENING, f"may be anything, and was one of {shown}", f"may only be one of {shown}")
        return
    types = _types(inner.schema)
    known = types & _types(outer.schema)
    if types - known:
        mine, theirs = _words(types), _words(_types(outer.schema))
        kind = Kind.WEAKENING if known else Kind.BREAKING
        yield walk.step(kind, f"may be {mine}, and was {theirs}", f"may only be {theirs}, and could be {mine}")
    if known:
        yield from _bounds(inner.schema, outer.schema, walk)
        yield from _others(inner.schema, outer.schema, walk)
    if "object" in known:
        yield from _objects(inner, outer, walk)
    if "array" in known:
        yield from _within(inner.of(inner.schema.get("items")), outer.of(outer.schema.get("items")), walk.to("[*]"))


def _choices(side: Side) -> list[Side]:
    """The branches of `anyOf` or `oneOf`, each with what stands beside it."""
    for word in ("anyOf", "oneOf"):
        branches = side.schema.get(word)
        if isinstance(branches, list) and branches:
            rest = {key: value for key, value in side.schema.items() if key != word}
            return [side.of(_merged(rest, branch if isinstance(branch, Mapping) else {})) for branch in branches]
    return []


def _one_of(inner: Side, choices: Sequence[Side], walk: _Walk) -> Iterator[Step]:
    """An inner schema is within a choice if it is within one branch; of the branches the nearest is told about."""
    tried = [list(_within(inner, choice, walk)) for choice in choices]
    if all(tried):
        types = _types(inner.schema)
        near = [steps for choice, steps in zip(choices, tried, strict=True) if types & _types(resolved(choice).schema)]
        yield from min(near or tried, key=len)


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return listed if isinstance(listed, list) else None


def _listed(values: Sequence[Any], outer: Side, walk: _Walk) -> Iterator[Step]:
    wanted = _values(outer.schema)
    if wanted is not None:
        known = {json.dumps(value, sort_keys=True) for value in wanted}
        new = [value for value in values if json.dumps(value, sort_keys=True) not in known]
    else:
        new = [value for value in values if not _types(outer.schema) & _type_of(value)]
    if new:
        kind = Kind.BREAKING if len(new) == len(values) else Kind.WEAKENING
        shown = _shown(new)
        yield walk.step(kind, f"may be {shown}, which it was not before", f"may no longer be {shown}")
    elif wanted is None:
        yield from _bounds({}, outer.schema, walk)
        yield from _others({}, outer.schema, walk)


def _types(schema: Schema) -> frozenset[str]:
    said = schema.get("type")
    named = [said] if isinstance(said, str) else said if isinstance(said, list) else _TYPES
    found = {str(one) for one in named}
    if "number" in found:
        found.add("integer")
    if schema.get("nullable") is True:
        found.add("null")
    return frozenset(found)


def _type_of(value: object) -> frozenset[str]:
    if isinstance(value, bool):
        return frozenset({"boolean"})
    names = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return frozenset({"null" if value is None else names[type(value)]})


def _words(types: frozenset[str]) -> str:
    if types >= set(_TYPES):
        return "anything"
    listed = [name for name in _TYPES if name in types and not (name == "integer" and "number" in types)]
    return " or ".join(listed) or "nothing"


def _shown(values: Sequence[Any]) -> str:
    return ", ".join(json.dumps(value, ensure_ascii=False) for value in values) or "nothing"


def _bounds(inner: Schema, outer: Schema, walk: _Walk) -> Iterator[Step]:
    for word in (*_LEAST, *_MOST):
        limit, now = outer.get(word), inner.get(word)
        if not isinstance(limit, int | float):
            continue
        if not isinstance(now, int | float) or (now < limit if word in _LEAST else now > limit):
            yield walk.step(Kind.WEAKENING, *_became(word, now, limit))


def _became(word: str, inner: object, outer: object) -> tuple[str, str]:
    mine, theirs = ("none" if value is None else json.dumps(value) for value in (inner, outer))
    return f"has the {word} {mine}, and had {theirs}", f"has the {word} {theirs}, and had {mine}"


def _others(inner: Schema, outer: Schema, walk: _Walk) -> Iterator[Step]:
    """Keywords that are only compared: pattern, format, and whatever is not known here."""
    for word in sorted(outer.keys() - _READ - _NOTES):
        if not word.startswith("x-") and word != "nullable" and inner.get(word) != outer[word]:
            yield walk.step(Kind.WEAKENING, *_became(word, inner.get(word), outer[word]))


def _objects(inner: Side, outer: Side, walk: _Walk) -> Iterator[Step]:
    mine, theirs = inner.schema.get("properties", {}), outer.schema.get("properties", {})
    sure, owed = set(inner.schema.get("required", ())), set(outer.schema.get("required", ()))
    for prop in sorted({*theirs, *owed}):
        name = field((*walk.path, prop))
        if prop not in mine:
            # A field that is taken and need not be given is nobody's loss.
            if walk.sent or prop in owed:
                yield walk.step(Kind.BREAKING, "is gone", "must now be given", name)
            continue
        if prop in owed and prop not in sure:
            yield walk.step(Kind.WEAKENING, "may be missing, and was always there", "must now be given", name)
        yield from _within(inner.of(mine[prop]), outer.of(theirs.get(prop)), walk.to(prop))
    yield from _further(inner, outer, walk)


def _further(inner: Side, outer: Side, walk: _Walk) -> Iterator[Step]:
    """Fields that only the inner schema names, and those that neither does."""
    mine = inner.schema.get("properties", {})
    known = {*outer.schema.get("properties", {}), *outer.schema.get("required", ())}
    more, now = (side.schema.get("additionalProperties", True) for side in (outer, inner))
    for prop in sorted(mine.keys() - known):
        if more is False:
            name = field((*walk.path, prop))
            yield walk.step(Kind.WEAKENING, "is new, and no further field was allowed", "is no longer taken", name)
        elif isinstance(more, Mapping):
            yield from _within(inner.of(mine[prop]), outer.of(more), walk.to(prop))
    if isinstance(now, Mapping) and isinstance(more, Mapping):
        yield from _within(inner.of(now), outer.of(more), walk.to("*"))
    elif more is not True and now is not False and now != more:
        yield walk.step(Kind.WEAKENING, "may have further fields, and could not", "may have no further fields")
