"""Whether a body, or the content of a message, promises as much as it did: structure by structure, field by field.

What a list or an object promises is decided as pact's verifier does it: an object may have fields beyond the expected
ones; a list has exactly the expected elements unless a rule about types decides, and then each is like the first.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guardrails.analysis.promises import values
from guardrails.analysis.promises.rules import Path, Rule, Rules
from guardrails.analysis.promises.steps import Kind, Step, field
from guardrails.analysis.promises.values import Expected, kind_of

_DEEPEST = 100
_TYPES = frozenset({"type"})
_WRAPPING = frozenset({"content", "contentType", "contentTypeHint", "encoded"})


@dataclass(frozen=True, slots=True)
class Part:
    """A value that is expected somewhere, with the rules of its part and its path in it."""

    value: Any
    rules: Rules
    path: Path = ()

    @property
    def rule(self) -> Rule | None:
        """What decides here."""
        return self.rules.at(self.path)

    @property
    def opaque(self) -> bool:
        """Whether something other than its structure decides: a rule about its keys or values, or one unknown here."""
        return self.rule is not None and self.rule.kinds != _TYPES

    def inside(self, token: str, value: object) -> "Part":
        """One of its fields or elements."""
        return Part(value, self.rules, (*self.path, token))


def compare(old: Part, new: Part) -> Iterator[Step]:
    """What the new version promises less, or otherwise; nothing where it promises as much."""
    if len(old.path) > _DEEPEST:
        yield Step(Kind.WEAKENING, field(old.path), f"{field(old.path)} is nested too deeply to be compared")
    elif isinstance(old.value, dict | list) or isinstance(new.value, dict | list):
        yield from _structure(old, new)
    else:
        was, now = Expected(old.value, old.rule), Expected(new.value, new.rule)
        kind = values.compare(was, now)
        if kind is not Kind.COMPATIBLE:
            yield Step(kind, field(old.path), _sentence(field(old.path), was, now, kind))


def _sentence(name: str, was: Expected, now: Expected, kind: Kind) -> str:
    if kind is Kind.BREAKING:
        return f"{name} is expected to be {values.words(now)}, and was {values.words(was)}"
    return f"{name} may now be {values.words(now)}, and was {values.words(was)}"


def _structure(old: Part, new: Part) -> Iterator[Step]:
    was, now = kind_of(old.value), kind_of(new.value)
    name = field(old.path)
    if was != now:
        yield Step(Kind.BREAKING, name, f"{name} is expected to be {_article(now)}, and was {_article(was)}")
    elif old.opaque or new.opaque:
        if _all(old) != _all(new):
            yield Step(Kind.WEAKENING, name, f"what decides about {name} became another rule, and may allow more")
    elif was == "object":
        yield from _object(old, new)
    else:
        yield from _list(old, new)


def _article(kind: str) -> str:
    return {"null": "null"}.get(kind, f"{'an' if kind[0] in 'aeio' else 'a'} {kind}")


def _all(part: Part) -> str:
    """All that is said at and below a place; with what comes down from above."""
    rule = part.rule
    above = [one.said for one in rule.matchers] if rule and rule.inherited else []
    return json.dumps([part.value, above, part.rules.below(part.path)], sort_keys=True)


def _object(old: Part, new: Part) -> Iterator[Step]:
    for name, value in old.value.items():
        inner = old.inside(name, value)
        if name in new.value:
            yield from compare(inner, new.inside(name, new.value[name]))
        else:
            yield Step(Kind.WEAKENING, field(inner.path), f"{field(inner.path)} is no longer expected")


def _list(old: Part, new: Part) -> Iterator[Step]:
    if old.rule is None and new.rule is None:
        yield from _exact_lists(old, new)
        return
    yield from _lengths(old, new)
    if not old.value or not new.value:
        if old.value and new.rule is not None:
            name = field((*old.path, "[*]"))
            yield Step(Kind.WEAKENING, name, f"{name} may now be anything")
        return
    for was, now in _elements(old, new):
        yield from compare(was, now)


def _exact_lists(old: Part, new: Part) -> Iterator[Step]:
    if len(old.value) != len(new.value):
        name = field(old.path)
        what = f"{name} is expected to have {_many(len(new.value))}, and had {len(old.value)}"
        yield Step(Kind.BREAKING, name, what)
        return
    for number, (was, now) in enumerate(zip(old.value, new.value, strict=True)):
        yield from compare(old.inside(f"[{number}]", was), new.inside(f"[{number}]", now))


def _lengths(old: Part, new: Part) -> Iterator[Step]:
    name = field(old.path)
    (least, most), (fewest, longest) = _bounds(old), _bounds(new)
    if fewest < least:
        yield Step(Kind.WEAKENING, name, f"{name} may now have {_many(fewest)}, and had at least {least}")
    if most is not None and (longest is None or longest > most):
        now = "any number of elements" if longest is None else f"up to {_many(longest)}"
        yield Step(Kind.WEAKENING, name, f"{name} may now have {now}, and had at most {most}")


def _bounds(part: Part) -> tuple[int, int | None]:
    rule = part.rule
    if rule is None:
        return len(part.value), len(part.value)
    return rule.bound("min") or 0, rule.bound("max")


def _many(count: int) -> str:
    return {0: "no element", 1: "1 element"}.get(count, f"{count} elements")


def _elements(old: Part, new: Part) -> Iterator[tuple[Part, Part]]:
    """Pairs of elements to compare: what the new one allows at a place against what the old one asked there."""
    numbered = {*old.rules.indexes(old.path), *new.rules.indexes(new.path)}
    single = [len(part.value) for part in (old, new) if part.rule is None or _differ(part.value)]
    numbered |= {f"[{number}]" for number in range(max(single, default=0))}
    places = sorted(numbered, key=lambda token: int(token[1:-1]))
    if new.rule is not None:
        places.append("[*]")
    for place in places:
        yield old.inside(place, _at(old, place)), new.inside(place, _at(new, place))


def _differ(elements: Sequence[object]) -> bool:
    return any(element != elements[0] for element in elements)


def _at(part: Part, place: str) -> object:
    """The element that is expected at a place: its own, else the first stands for all."""
    number = 0 if place == "[*]" else int(place[1:-1])
    return part.value[number] if number < len(part.value) else part.value[0]


def wrapped(body: object) -> bool:
    """Whether a body stands in the wrapping of version 4, with its content type and encoding beside it."""
    return (
        isinstance(body, dict)
        and "content" in body
        and body.keys() <= _WRAPPING
        and bool(body.keys() & {"contentType", "encoded"})
    )


def content(promise: Mapping[str, Any]) -> tuple[bool, Any]:
    """Whether a body is expected at all, and which."""
    if "body" not in promise:
        return False, None
    body = promise["body"]
    return True, body["content"] if wrapped(body) else body
