"""The verdict as evidence that travels: an in-toto statement with the test-result predicate.

Sources: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and `predicates/test-result.md` there.
No time stands in it and its keys are sorted, so that the same check of the same trees gives the same bytes. What
guardrails alone knows stands under the key `guardrails` of the predicate.
"""

import json
from collections import Counter
from typing import Annotated, Any

import msgspec

from guardrails.errors import UsageError
from guardrails.model.change import Snapshot
from guardrails.model.result import GateResult, GateStatus, VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report.printable import printable, shorten

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
SCHEMA = 1
_RESULT = {"pass": "PASSED", "review": "WARNED", "block": "FAILED", "error": "FAILED"}


class Side(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One side of the change: its tree, and its commit unless it is uncommitted work."""

    commit: str | None
    tree: str


class GateEvidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one gate did and found; `rules` counts its findings by rule, `found` by severity."""

    name: str
    status: GateStatus
    verdict: VerdictKind
    work: dict[str, int]
    floor: dict[str, int]
    skip: str
    found: dict[str, int]
    rules: dict[str, int]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of the predicate that is guardrails' own."""

    schema: Annotated[int, msgspec.Meta(ge=SCHEMA, le=SCHEMA)]
    verdict: VerdictKind
    exit_code: int
    profile: str
    base: Side | None
    head: Side | None
    uncommitted: bool
    policy_digest: str
    version: str
    gate_digest: str
    judged: bool
    size: dict[str, int]
    gates: tuple[GateEvidence, ...]

    @property
    def made(self) -> VerdictKind:
        """What its gates make of the verdict, whatever it says itself."""
        if not self.judged or all(gate.status is GateStatus.SKIPPED for gate in self.gates):
            return VerdictKind.ERROR
        return max((_kind(gate) for gate in self.gates), key=lambda kind: kind.rank)


def _kind(gate: GateEvidence) -> VerdictKind:
    if gate.status is GateStatus.ERROR or (gate.status is GateStatus.SKIPPED and not gate.skip):
        return VerdictKind.ERROR
    if gate.found.get("block"):
        return VerdictKind.BLOCK
    return VerdictKind.REVIEW if gate.found.get("review") else VerdictKind.PASS


def render(verdict: Verdict) -> str:
    """The statement, with sorted keys and a line feed at the end."""
    text = json.dumps(statement(verdict), indent=2, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return text + "\n"


def statement(verdict: Verdict) -> dict[str, Any]:
    """The statement as a value. Without a head there is no subject, and nothing will accept it."""
    passed = [r.name for r in verdict.results if r.status is not GateStatus.SKIPPED and r.kind is VerdictKind.PASS]
    warned = [r.name for r in verdict.results if r.kind is VerdictKind.REVIEW]
    failed = [r.name for r in verdict.results if r.kind in (VerdictKind.BLOCK, VerdictKind.ERROR)]
    return {
        "_type": STATEMENT,
        "subject": [{"name": "head", "digest": _digest(verdict.head)}] if verdict.head else [],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _RESULT[verdict.kind.value],
            "configuration": _configuration(verdict),
            "passedTests": [printable(name) for name in passed],
            "warnedTests": [printable(name) for name in warned],
            "failedTests": [printable(name) for name in failed],
            "guardrails": msgspec.to_builtins(_evidence(verdict)),
        },
    }


def _digest(side: Snapshot) -> dict[str, str]:
    found = {"gitTree": printable(side.tree)}
    return found | ({"gitCommit": printable(side.commit)} if side.commit else {})


def _configuration(verdict: Verdict) -> list[dict[str, Any]]:
    """What judged: the policy, the base that it and the tests came from, and the gate itself."""
    named = [("guardrails.toml", "sha256", verdict.policy_digest), ("guardrails", "sha256", verdict.gate_digest)]
    found: list[dict[str, Any]] = [
        {"name": name, "digest": {algorithm: printable(value)}} for name, algorithm, value in named if value
    ]
    return found + ([{"name": "base", "digest": _digest(verdict.base)}] if verdict.base else [])


def _evidence(verdict: Verdict) -> Evidence:
    size = verdict.size
    return Evidence(
        schema=SCHEMA,
        verdict=verdict.kind,
        exit_code=verdict.exit_code,
        profile=printable(verdict.profile),
        base=_side(verdict.base),
        head=_side(verdict.head),
        uncommitted=verdict.uncommitted,
        policy_digest=printable(verdict.policy_digest),
        version=printable(verdict.version),
        gate_digest=printable(verdict.gate_digest),
        judged=not verdict.error,
        size={"files": size.files, "added": size.added, "removed": size.removed},
        gates=tuple(_gate(result) for result in verdict.results),
    )


def _side(side: Snapshot | None) -> Side | None:
    return Side(commit=printable(side.commit) if side.commit else None, tree=printable(side.tree)) if side else None


def _gate(result: GateResult) -> GateEvidence:
    return GateEvidence(
        name=printable(result.name),
        status=result.status,
        verdict=result.kind,
        work={printable(key): number for key, number in result.work.items()},
        floor={printable(key): number for key, number in result.floor.items()},
        skip=result.skip.reason.value if result.skip else "",
        found=dict(Counter(finding.severity.value for finding in result.findings)),
        rules=dict(Counter(printable(finding.rule) for finding in result.findings)),
    )


def read(payload: bytes, source: str) -> Evidence:
    """The evidence of a statement, with everything checked that it says about itself.

    Raises:
        UsageError: it is no such statement, or contradicts itself.
    """
    try:
        data = json.loads(payload)
        parts = (data["_type"], data["predicateType"], data["predicate"]["result"], data["subject"])
        evidence = msgspec.convert(data["predicate"]["guardrails"], Evidence)
    except (ValueError, RecursionError, KeyError, TypeError, msgspec.ValidationError) as error:
        why = shorten(printable(f"{type(error).__name__}: {error}"), 200)
        raise UsageError(
            f"{source} is not evidence of guardrails ({why}). Give a file that check --output wrote."
        ) from error
    if parts[:2] != (STATEMENT, PREDICATE):
        raise UsageError(f"{source} is a statement of another kind. Give a file that check --output wrote.")
    subject = [{"name": "head", "digest": _digest_of(evidence.head)}] if evidence.head else []
    claimed = (evidence.verdict, evidence.exit_code, parts[2], parts[3])
    if claimed != (evidence.made, evidence.made.exit_code, _RESULT[evidence.made.value], subject):
        raise UsageError(f"{source} contradicts itself: its gates make it {evidence.made.value}. It was changed.")
    return evidence


def _digest_of(side: Side) -> dict[str, str]:
    return {"gitTree": side.tree} | ({"gitCommit": side.commit} if side.commit else {})
