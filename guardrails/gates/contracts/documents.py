"""What a change does to the schemas of events and to the published description of the service, by meaning."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from guardrails.analysis.pacts import Pact
from guardrails.analysis.promises import openapi
from guardrails.analysis.promises.readers import Reader, Readers
from guardrails.analysis.promises.schemas import Side, sends
from guardrails.analysis.promises.steps import Kind, Step
from guardrails.analysis.support import below
from guardrails.config import Contracts
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.contracts.rules import OPENAPI, SCHEMA, SUNSET_MISSING, UNREADABLE
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.ports import Tree

_MAX_BYTES = 10_000_000
Document = Mapping[str, Any]


class _NoneError(ValueError):
    """A document that is none."""


def documents(bench: Bench, policy: Contracts, pacts: Sequence[Pact]) -> list[Finding]:
    """What the head's documents promise less than the base's. `pacts` tell who reads what.

    Raises:
        JudgementError: a document of the base cannot be read.
    """
    base, head, readers = bench.trees.base, bench.trees.head, Readers(pacts)
    paths = sorted({path for path in base.paths() if _is_document(path, policy)})
    found: list[Finding] = []
    for path in paths:
        if base.read(path) == head.read(path):
            continue
        try:
            old = _document(base, path)
        except _NoneError as error:
            raise JudgementError(f"a contract of the base cannot be read: {error}. Mend the base first.") from error
        try:
            new = _document(head, path)
        except _NoneError as error:
            found.append(UNREADABLE.finding(str(error), path=path))
            continue
        if path == policy.openapi:
            found += _description(path, old, new, readers, bench.today)
        else:
            found += _schema(path, old, new, readers)
    return found


def _is_document(path: str, policy: Contracts) -> bool:
    return path == policy.openapi or (path.endswith(".json") and below(path, (policy.events,)))


def _document(tree: Tree, path: str) -> Document | None:
    data = tree.read(path)
    if data is None:
        if path in tree.paths():
            raise _NoneError(f"{path} is not a regular file")
        return None
    if len(data) > _MAX_BYTES:
        raise _NoneError(f"{path} has {len(data)} bytes; a contract has at most {_MAX_BYTES}")
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _NoneError(f"{path} is not JSON: {error}") from error
    if not isinstance(told, dict):
        raise _NoneError(f"{path} is not a JSON object")
    return told


def _description(
    path: str, old: Document | None, new: Document | None, readers: Readers, today: date | None
) -> Iterator[Finding]:
    if new is None:
        yield OPENAPI.finding("the published description is gone", path=path, severity=Severity.REVIEW)
        return
    try:
        changes = openapi.compare(old or {}, new, readers, today or date.min)
        missing = _without_sunset(old or {}, new)
    except (AttributeError, TypeError, RecursionError) as error:
        yield UNREADABLE.finding(f"{path} is not an OpenAPI document: {error}", path=path)
        return
    grouped: dict[tuple[Step, tuple[Reader, ...]], list[str]] = {}
    for change in changes:
        grouped.setdefault((change.step, change.readers), []).append(change.operation)
    for (step, who), operations in grouped.items():
        yield _finding(OPENAPI, path, " and ".join(dict.fromkeys(operations)), step, who)
    for name in missing:
        yield SUNSET_MISSING.finding(f"{name} becomes deprecated without a sunset", path=path)


def _without_sunset(old: Document, new: Document) -> list[str]:
    before = openapi.deprecated(old)
    return [name for name, said in openapi.deprecated(new).items() if name not in before and not openapi.sunset(said)]


def _schema(path: str, old: Document | None, new: Document | None, readers: Readers) -> Iterator[Finding]:
    if new is None:
        yield SCHEMA.finding("the schema of an event is gone", path=path, severity=Severity.REVIEW)
        return
    try:
        steps = sends(Side(old or {}, old or {}), Side(new, new))
    except (AttributeError, TypeError, RecursionError) as error:
        yield UNREADABLE.finding(f"{path} is not a JSON Schema: {error}", path=path)
        return
    for step in steps:
        yield _finding(SCHEMA, path, "", step, readers.of_message(step.path))


def _finding(rule: Rule, path: str, place: str, step: Step, who: Sequence[Reader]) -> Finding:
    """A step as a person would say it, and who would break. Nobody known to read it: a person must decide."""
    said = f"{place}: {step.what}" if place else step.what
    said += "".join(f"; {reader.consumer} reads it ({_at(reader)})" for reader in _few(who))
    blocks = step.kind is Kind.BREAKING and bool(who)
    return rule.finding(f"{step.kind}: {said}", path=path, severity=Severity.BLOCK if blocks else Severity.REVIEW)


def _few(who: Iterable[Reader], most: int = 3) -> list[Reader]:
    return list(who)[:most]


def _at(reader: Reader) -> str:
    return reader.path if reader.line is None else f"{reader.path}:{reader.line}"
