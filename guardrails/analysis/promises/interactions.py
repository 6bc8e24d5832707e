"""Whether an interaction promises as much as its older version: status, headers, body, metadata, states."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from guardrails.analysis.pacts import Interaction
from guardrails.analysis.promises import bodies, values
from guardrails.analysis.promises.bodies import Part
from guardrails.analysis.promises.rules import Rules, rules_of
from guardrails.analysis.promises.steps import Kind, Step
from guardrails.analysis.promises.values import Expected

_CLASSES = {
    "info": range(100, 200),
    "success": range(200, 300),
    "redirect": range(300, 400),
    "clientError": range(400, 500),
    "serverError": range(500, 600),
    "nonError": range(100, 400),
    "error": range(400, 600),
}


def compare(old: Interaction, new: Interaction) -> list[Step]:
    """What the new version promises less, or otherwise; nothing where it promises as much."""
    found = [*_standing(old, new), *_asked(old, new)]
    before, after = promises(old), promises(new)
    if len(before) != len(after):
        what = f"it expects {len(after)} answers, and expected {len(before)}"
        return [*found, Step(Kind.BREAKING, "the answer", what)]
    for was, now in zip(before, after, strict=True):
        if not old.is_message:
            found += _status(was, now)
        found += [*_headers(was, now), *_content_type(was, now), *_body(was, now)]
    return found


def promises(one: Interaction) -> list[Mapping[str, Any]]:
    """The provider's side: a response, or the contents of a message in the shape of one."""
    if isinstance(response := one.said.get("response"), list):
        return [_message(said) for said in response if isinstance(said, dict)]
    if isinstance(response, dict):
        return [_message(response) if "contents" in response else response]
    return [_message(one.said)] if "contents" in one.said else [{}]


def _message(said: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = said.get("metadata", said.get("metaData", {}))
    body = {"body": said["contents"]} if "contents" in said else {}
    return {**body, "metadata": metadata, "matchingRules": said.get("matchingRules", {})}


def _standing(old: Interaction, new: Interaction) -> Iterator[Step]:
    """Whether it still counts, and still holds under the same states."""
    if new.pending and not old.pending:
        yield Step(Kind.WEAKENING, "pending", "it became pending, so that a failure no longer counts")
    was, now = old.seconds, new.seconds
    if was is not None and (now is None or now > was):
        still = "at any time" if now is None else f"within {now * 1000:g} ms"
        yield Step(Kind.WEAKENING, "the time", f"the answer was promised within {was * 1000:g} ms, and now {still}")
    for state in [state for state in old.states if state not in new.states]:
        yield Step(Kind.WEAKENING, "providerStates", f"it is no longer asked given '{state}'")


def _asked(old: Interaction, new: Interaction) -> Iterator[Step]:
    """Whether it still asks for the same thing. What a consumer sends is its own affair; where it sends it, is not."""
    was, now = _address(old), _address(new)
    if was == now or was is None or now is None:
        return
    (method, path), (other, another) = was, now
    changed = [one for one, two in zip(path, another, strict=False) if one != two]
    if method != other or len(path) != len(another) or len(changed) > 1:
        what = f"it asks {other} {'/'.join(another)}, and asked {method} {'/'.join(path)}"
        yield Step(Kind.BREAKING, "the request", what)


def _address(one: Interaction) -> tuple[str, Sequence[str]] | None:
    request = one.said.get("request")
    if not isinstance(request, dict) or "path" not in request:
        return None
    return str(request.get("method", "GET")).upper(), str(request["path"]).split("/")


def _status(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    was, now = _statuses(old), _statuses(new)
    if now <= was:
        return
    kind = Kind.WEAKENING if was & now else Kind.BREAKING
    yield Step(kind, "the status", f"the status {_shown(was)} became {_shown(now)}")


def _statuses(promise: Mapping[str, Any]) -> frozenset[int]:
    example = promise.get("status", 200)  # what pact expects where nothing is said
    rule = rules_of(promise, "status").at(())
    if rule is None:
        return frozenset({example} if isinstance(example, int) else ())
    found: set[int] = set()
    for matcher in rule.matchers:
        said = matcher.args.get("status", example)
        listed = _CLASSES.get(said, ()) if isinstance(said, str) else said if isinstance(said, list) else [said]
        found |= {one for one in listed if isinstance(one, int)}
    return frozenset(found)


def _shown(statuses: frozenset[int]) -> str:
    named = next((name for name, codes in _CLASSES.items() if statuses == frozenset(codes)), "")
    return named or " or ".join(str(code) for code in sorted(statuses)) or "any"


def _headers(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    """Headers of a response and metadata of a message."""
    for part, field, word in (("header", "headers", "header"), ("metadata", "metadata", "metadata field")):
        before, after = _named(old.get(field), part), _named(new.get(field), part)
        was, now = rules_of(old, part), rules_of(new, part)
        for name, value in before.items():
            if name not in after:
                yield Step(Kind.WEAKENING, name, f"the {word} {name} is no longer expected")
                continue
            kind = _one_header(name, (value, was), (after[name], now))
            if kind is not Kind.COMPATIBLE:
                verb = "may now be something else" if kind is Kind.WEAKENING else f"is expected to be {after[name]!r}"
                yield Step(kind, name, f"the {word} {name} {verb}, and was {value!r}")


def _named(said: object, part: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        return {}
    return {name.lower() if part == "header" else name: _single(value) for name, value in said.items()}


def _single(value: object) -> object:
    """Version 4 lists a header's values; a single one is the same as in the versions before."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _one_header(name: str, old: tuple[Any, Rules], new: tuple[Any, Rules]) -> Kind:
    (value, was), (other, now) = old, new
    if isinstance(value, list | dict) or isinstance(other, list | dict):
        same = json.dumps([value, was.below((name,))]) == json.dumps([other, now.below((name,))])
        return Kind.COMPATIBLE if same else Kind.WEAKENING
    return values.compare(Expected(value, was.at((name,))), Expected(other, now.at((name,))))


def _content_type(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    was, now = _type_of(old), _type_of(new)
    if was and now and was != now:
        yield Step(Kind.BREAKING, "the content type", f"the content type is expected to be {now}, and was {was}")


def _type_of(promise: Mapping[str, Any]) -> str:
    body = promise.get("body")
    said = body.get("contentType") if bodies.wrapped(body) and isinstance(body, dict) else None
    return str(said).partition(";")[0].strip().lower() if said else ""


def _body(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Step]:
    (expected, was), (still, now) = bodies.content(old), bodies.content(new)
    if not expected:
        return
    if not still:
        yield Step(Kind.WEAKENING, "the body", "the body is no longer expected")
        return
    if _encoded(old) != _encoded(new):
        yield Step(Kind.WEAKENING, "the body", "the body is written in another encoding, and cannot be compared")
        return
    yield from bodies.compare(Part(was, rules_of(old, "body")), Part(now, rules_of(new, "body")))


def _encoded(promise: Mapping[str, Any]) -> str:
    body = promise.get("body")
    return str(body.get("encoded", False)) if bodies.wrapped(body) and isinstance(body, dict) else "False"
