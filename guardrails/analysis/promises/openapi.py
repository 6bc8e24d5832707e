"""Whether callers of a service can rely on its new OpenAPI description as they did on the old one.

Answers must stay within what was described; what is sent must still be taken. What was announced as deprecated, with a
sunset that has passed and with no pact that reads it any more, may go.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from guardrails.analysis.promises.readers import Reader, Readers
from guardrails.analysis.promises.schemas import Side, sends, takes
from guardrails.analysis.promises.steps import Kind, Step

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SUNSET = "x-sunset"
"""Where the day stands, ISO 8601, from which what is deprecated may be gone."""
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference of an operation. `readers` are the consumers whose pacts show that they use it."""

    operation: str
    step: Step
    readers: tuple[Reader, ...] = ()


@dataclass(frozen=True, slots=True)
class _Call:
    method: str
    path: str
    operation: Mapping[str, Any]
    document: Document

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"


def compare(old: Document, new: Document, readers: Readers, today: date) -> list[Change]:
    """What callers can rely on less, the deprecated things that are over left out."""
    fresh = {(call.method, call.path): call for call in _calls(new)}
    found = []
    for call in _calls(old):
        now = fresh.get((call.method, call.path))
        who = readers.of(call.method, call.path)
        if now is None:
            step = Step(Kind.BREAKING, "", f"{call.name} is gone{_until(call.operation, today, who)}")
            if who or not over(call.operation, today):
                found.append(Change(call.name, step, who))
            continue
        for step in (*_taken(call, now), *_sent(call, now)):
            reading = readers.of(call.method, call.path, step.path) if "`" in step.path else who
            found.append(Change(call.name, step, reading))
    return [one for one in found if not _retired(old, new, one, today)]


def over(said: Mapping[str, Any], today: date) -> bool:
    """Whether something was deprecated with a sunset that has passed."""
    day = sunset(said)
    return said.get("deprecated") is True and day is not None and day <= today


def sunset(said: Mapping[str, Any]) -> date | None:
    """The day from which it may be gone; None where none is said, or what is said is no day."""
    try:
        return date.fromisoformat(str(said.get(SUNSET)))
    except ValueError:
        return None


def deprecated(document: Document) -> dict[str, Mapping[str, Any]]:
    """What is deprecated, by name: operations, and fields of the schemas."""
    found = {call.name: call.operation for call in _calls(document) if call.operation.get("deprecated") is True}
    places = dict(document.get("components", {}).get("schemas", {}))
    places |= {call.name: call.operation for call in _calls(document)}
    for place, said in places.items():
        found |= {f"{place}.{name}": field for name, field in _fields(said) if field.get("deprecated") is True}
    return found


def _fields(said: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every field of the schemas at and below a place of the document, with its name."""
    if isinstance(said, Mapping):
        properties = said.get("properties")
        for name, inner in properties.items() if isinstance(properties, Mapping) else ():
            if isinstance(inner, Mapping):
                yield name, inner
        for inner in said.values():
            yield from _fields(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from _fields(inner)


def _retired(old: Document, new: Document, change: Change, today: date) -> bool:
    """Whether it is a field that is gone, was deprecated until today or before, and is read by nobody."""
    if change.readers or not change.step.what.endswith(" is gone"):
        return False
    last = change.step.path.strip("`").rpartition(".")[2]
    # Of all fields with this name, those that are fewer now: one that was never deprecated does not go with another.
    before, after = _places(old, last), _places(new, last)
    gone = [said for place, all_ in before.items() if len(after.get(place, ())) < len(all_) for said in all_]
    return bool(gone) and all(over(said, today) for said in gone)


def _places(document: Document, name: str) -> dict[str, list[Mapping[str, Any]]]:
    """The fields of a name, by the schema or operation that they stand in."""
    places = dict(document.get("components", {}).get("schemas", {}))
    places |= {call.name: call.operation for call in _calls(document)}
    return {place: [field for other, field in _fields(said) if other == name] for place, said in places.items()}


def _until(said: Mapping[str, Any], today: date, who: Sequence[Reader]) -> str:
    day = sunset(said)
    if said.get("deprecated") is not True:
        return ", and was not deprecated before"
    if day is None:
        return ", and was deprecated without a sunset"
    if day > today:
        return f", and its sunset is {day} only"
    return ", and is still used" if who else ""


def _calls(document: Document) -> Iterator[_Call]:
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if isinstance(item, Mapping) and isinstance(operation := item.get(method), Mapping):
                yield _Call(method, path, operation, document)


def _taken(old: _Call, new: _Call) -> Iterator[Step]:
    """What callers send and could send: parameters and bodies."""
    before, after = _parameters(old), _parameters(new)
    for key, said in before.items():
        label = f"the {key[0]} parameter {key[1]}"
        if key not in after:
            yield Step(Kind.WEAKENING, label, f"{label} is no longer taken")
            continue
        now = after[key]
        if now.get("required") and not said.get("required"):
            yield Step(Kind.BREAKING, label, f"{label} must now be given")
        yield from _narrower(
            Side(said.get("schema", {}), old.document), Side(now.get("schema", {}), new.document), label
        )
    for key, said in after.items():
        if key not in before and said.get("required"):
            label = f"the {key[0]} parameter {key[1]}"
            yield Step(Kind.BREAKING, label, f"{label} is new and must be given")
    body, now = old.operation.get("requestBody") or {}, new.operation.get("requestBody") or {}
    if now.get("required") and not body.get("required"):
        yield Step(Kind.BREAKING, "the request's body", "a body must now be sent")
    for media, said in body.get("content", {}).items():
        if media not in now.get("content", {}):
            yield Step(Kind.BREAKING, "the request's body", f"a body of {media} is no longer taken")
            continue
        mine = Side(now["content"][media].get("schema", {}), new.document)
        yield from _narrower(Side(said.get("schema", {}), old.document), mine, "what is sent")


def _narrower(old: Side, new: Side, label: str) -> Iterator[Step]:
    """Where the new side refuses what the old one took."""
    for step in takes(old, new):
        what = step.what.removeprefix("the body")
        yield Step(Kind.BREAKING, label, f"{label}{what}" if what != step.what else f"{label}: {what}")


def _parameters(call: _Call) -> dict[tuple[str, str], Mapping[str, Any]]:
    item = call.document.get("paths", {}).get(call.path, {})
    listed = [*item.get("parameters", ()), *call.operation.get("parameters", ())]
    return {(str(one.get("in")), str(one.get("name"))): one for one in listed if isinstance(one, Mapping)}


def _sent(old: _Call, new: _Call) -> Iterator[Step]:
    """What callers get: statuses, headers, bodies."""
    before, after = old.operation.get("responses", {}), new.operation.get("responses", {})
    for status in sorted(after.keys() - before.keys()):
        if status.startswith("2") and "default" not in before:
            yield Step(Kind.WEAKENING, f"status {status}", f"the status {status} is new among the good answers")
    for status, said in before.items():
        now = after.get(status)
        if now is None:
            if status.startswith("2"):
                yield Step(Kind.BREAKING, f"status {status}", f"the status {status} is gone")
            continue
        for name in sorted(said.get("headers", {}).keys() - now.get("headers", {}).keys()):
            yield Step(Kind.BREAKING, f"header {name}", f"the header {name} of the {status} answer is gone")
        for media, content in said.get("content", {}).items():
            mine = now.get("content", {}).get(media)
            if mine is None:
                yield Step(Kind.BREAKING, media, f"the {status} answer is no longer sent as {media}")
                continue
            yield from sends(Side(content.get("schema", {}), old.document), Side(mine.get("schema", {}), new.document))
