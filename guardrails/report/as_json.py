"""The verdict as `verdict.json`: the schema of `guardrails.report.wire`, keys in its order, a line feed at the end.

The text is safe on a terminal too: a character that cannot be seen is written as its JSON escape, which every reader
turns back. A lone surrogate (a path that is not UTF-8) has no valid JSON form, so its visible escape stands instead.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict

import msgspec

from guardrails.model.change import Snapshot
from guardrails.model.contract import Verified
from guardrails.model.example import Example
from guardrails.model.finding import Finding
from guardrails.model.result import Figure, GateResult
from guardrails.model.verdict import Verdict
from guardrails.report import wire, wire_pictures
from guardrails.report.printable import visible

_NON_ASCII = re.compile(r"[^ -~\n]")


def render(verdict: Verdict) -> str:
    """The whole file. Nothing is cut."""
    text = json.dumps(msgspec.to_builtins(document(verdict)), indent=2, ensure_ascii=False, allow_nan=False)
    return _NON_ASCII.sub(_escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        return f"\\\\u{ord(character):04x}"
    return character if visible(character) else json.dumps(character)[1:-1]


def document(verdict: Verdict) -> wire.Document:
    """The verdict in the shape of the file."""
    return wire.Document(
        schema=verdict.schema,
        verdict=verdict.kind,
        exit_code=verdict.exit_code,
        base=_side(verdict.base),
        head=_side(verdict.head),
        uncommitted=verdict.uncommitted,
        size=wire.SizeEntry(files=verdict.size.files, added=verdict.size.added, removed=verdict.size.removed),
        policy_digest=verdict.policy_digest,
        profile=verdict.profile,
        command=verdict.command,
        version=verdict.version,
        seconds=round(verdict.seconds, 3),
        notes=verdict.notes,
        error=verdict.error,
        gates=tuple(_gate(result) for result in verdict.results),
        gate_digest=verdict.gate_digest,
        approvers=verdict.approvers,
    )


def _side(side: Snapshot | None) -> wire.SideEntry | None:
    if side is None:
        return None
    return wire.SideEntry(ref=side.ref, commit=side.commit, tree=side.tree, subject=side.subject)


def _gate(result: GateResult) -> wire.GateEntry:
    skip = result.skip
    return wire.GateEntry(
        name=result.name,
        status=result.status,
        seconds=round(result.seconds, 3),
        work=_sorted(result.work),
        floor=_sorted(result.floor),
        findings=tuple(_finding(finding) for finding in result.findings),
        notes=result.notes,
        skip=wire.SkipEntry(reason=skip.reason, sentence=skip.sentence) if skip else None,
        error=result.error,
        verified=tuple(_verified(one) for one in result.verified),
        figures=tuple(_figure(figure) for figure in result.figures),
        examples=tuple(_example(one) for one in result.examples),
        pictures=wire_pictures.written(result.pictures),
    )


def _example(one: Example) -> wire.ExampleEntry:
    return msgspec.convert(asdict(one), wire.ExampleEntry)


def _verified(one: Verified) -> wire.VerifiedEntry:
    return wire.VerifiedEntry(
        consumer=one.consumer,
        provider=one.provider,
        description=one.description,
        states=one.states,
        side=one.side,
        pact=one.pact,
        path=one.path,
        line=one.line,
        good=one.good,
        mismatches=one.mismatches,
        pending=one.pending,
    )


def _figure(figure: Figure) -> wire.FigureEntry:
    numbers = (figure.base, figure.head, figure.ratio, figure.low, figure.high, figure.limit)
    base, head, ratio, low, high, limit = (None if n is None or not math.isfinite(n) else n for n in numbers)
    return wire.FigureEntry(
        name=figure.name,
        unit=figure.unit,
        base=base or 0.0,
        head=head or 0.0,
        ratio=ratio,
        low=low,
        high=high,
        limit=limit,
    )


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts by name, as the names are written."""
    return dict(sorted(counts.items(), key=lambda item: item[0].encode("utf-8", "backslashreplace")))


def _finding(finding: Finding) -> wire.FindingEntry:
    return wire.FindingEntry(
        rule=finding.rule,
        severity=finding.severity,
        path=finding.path,
        line=finding.line,
        what=finding.what,
        why=finding.why,
        fix=finding.fix,
        reproduce=finding.reproduce,
        deciders=finding.deciders,
        approved_by=finding.approved_by,
    )
