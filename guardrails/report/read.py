"""`verdict.json` read back, strictly: a file that says what its gates do not is refused, not repaired."""

import json
from typing import Any

import msgspec

from guardrails.errors import UsageError
from guardrails.model.change import Snapshot
from guardrails.model.contract import Verified
from guardrails.model.example import Example, Moved, Reason
from guardrails.model.finding import Finding
from guardrails.model.result import Figure, GateResult, Skip
from guardrails.model.verdict import VERDICT_SCHEMA, Size, Verdict
from guardrails.report import wire, wire_pictures
from guardrails.report.printable import printable, shorten


def read(text: str | bytes, source: str = "verdict.json") -> Verdict:
    """The verdict that `text` holds; `source` names it in errors.

    Raises:
        UsageError: not JSON, cut off, another schema version, an unknown or missing key, a wrong type, or a verdict
            that differs from what its own gates make of it.
    """
    data = _object(text, source)
    _check_version(data, source)
    try:
        document = msgspec.convert(data, wire.Document)
    except msgspec.ValidationError as error:
        what = shorten(printable(str(error)), 300)
        raise UsageError(
            f"{source} is not a verdict: {what}. Write it again with guardrails check --output."
        ) from error
    try:
        verdict = _verdict(document)
    except ValueError as error:
        what = shorten(printable(str(error)), 300)
        raise UsageError(f"{source} holds a picture that nobody can draw: {what}. Run the check again.") from error
    claimed, made = (document.verdict.value, document.exit_code), (verdict.kind.value, verdict.exit_code)
    if claimed != made:
        raise UsageError(
            f"{source} says {claimed[0]} (exit code {claimed[1]}), but its gates make it {made[0]} ({made[1]}). "
            "It was changed after it was written: run the check again."
        )
    return verdict


def _object(text: str | bytes, source: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except UnicodeDecodeError as error:
        raise UsageError(f"{source} is not UTF-8: byte {error.start}. Give the file as it was written.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        cut = " (it ends there: the file was cut off)" if error.pos >= len(error.doc.rstrip()) else ""
        raise UsageError(f"{source} is not JSON: {error.msg}, {where}{cut}. Run the check again.") from error
    except RecursionError as error:
        raise UsageError(f"{source} is nested too deeply to be a verdict. Run the check again.") from error
    if not isinstance(data, dict):
        raise UsageError(
            f"{source} holds a JSON {type(data).__name__}, not a verdict. Name a file of guardrails check."
        )
    return data


def _check_version(data: dict[str, Any], source: str) -> None:
    found = data.get("schema")
    if found == VERDICT_SCHEMA and isinstance(found, int) and not isinstance(found, bool):
        return
    shown = "missing" if "schema" not in data else shorten(printable(json.dumps(found)), 60)
    raise UsageError(
        f"{source}: schema is {shown}; this version of guardrails reads {VERDICT_SCHEMA}. "
        "Use the version of guardrails that wrote the file, or run the check again."
    )


def _verdict(document: wire.Document) -> Verdict:
    return Verdict(
        base=_side(document.base),
        head=_side(document.head),
        results=tuple(_gate(gate) for gate in document.gates),
        uncommitted=document.uncommitted,
        size=Size(document.size.files, document.size.added, document.size.removed),
        policy_digest=document.policy_digest,
        profile=document.profile,
        command=document.command,
        version=document.version,
        seconds=document.seconds,
        notes=document.notes,
        error=document.error,
        schema=document.schema,
        gate_digest=document.gate_digest,
        approvers=document.approvers,
    )


def _side(entry: wire.SideEntry | None) -> Snapshot | None:
    return Snapshot(entry.ref, entry.commit, entry.tree, entry.subject) if entry else None


def _gate(entry: wire.GateEntry) -> GateResult:
    return GateResult(
        name=entry.name,
        status=entry.status,
        seconds=entry.seconds,
        work=entry.work,
        floor=entry.floor,
        findings=tuple(_finding(finding) for finding in entry.findings),
        notes=entry.notes,
        skip=Skip(entry.skip.reason, entry.skip.sentence) if entry.skip else None,
        error=entry.error,
        verified=tuple(_verified(one) for one in entry.verified),
        figures=tuple(Figure(**msgspec.structs.asdict(figure)) for figure in entry.figures),
        examples=tuple(_example(one) for one in entry.examples),
        pictures=wire_pictures.read(entry.pictures),
    )


def _example(entry: wire.ExampleEntry) -> Example:
    moved = (Moved(one.item, one.base, one.head, _reasons(one.reasons), one.more) for one in entry.moved)
    return Example(
        entry.asked,
        entry.user,
        entry.what,
        entry.base,
        entry.head,
        entry.overlap,
        tuple(moved),
        _reasons(entry.whole),
        entry.unexplained,
    )


def _reasons(entries: tuple[wire.ReasonEntry, ...]) -> tuple[Reason, ...]:
    return tuple(Reason(one.name, one.base, one.head) for one in entries)


def _verified(entry: wire.VerifiedEntry) -> Verified:
    if entry.good is bool(entry.mismatches):
        raise UsageError(
            f"The verdict says of '{entry.description}' of {entry.consumer} that it is "
            f"{'good' if entry.good else 'not good'}, and lists {len(entry.mismatches)} mismatches. "
            "It was changed after it was written: run the check again."
        )
    return Verified(
        entry.consumer,
        entry.provider,
        entry.description,
        entry.states,
        entry.side,
        entry.pact,
        entry.path,
        entry.line,
        entry.mismatches,
        entry.pending,
    )


def _finding(entry: wire.FindingEntry) -> Finding:
    return Finding(
        rule=entry.rule,
        severity=entry.severity,
        what=entry.what,
        why=entry.why,
        fix=entry.fix,
        path=entry.path,
        line=entry.line,
        reproduce=entry.reproduce,
        deciders=entry.deciders,
        approved_by=entry.approved_by,
    )
