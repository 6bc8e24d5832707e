"""From the answers of the gates and the approvals that are offered to what still asks for a person.

An approval takes a finding from `review` to `note`, where it says who approved it and why. It never touches a `block`,
an error, or anything of another change: base, head and finding must be the very ones that were signed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guardrails.analysis.owners import Owners
from guardrails.analysis.signers import principals_of
from guardrails.model.approval import NAMESPACE, Approval, Offered, moment, parse
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import GateResult, GateStatus, Outcome, judged
from guardrails.ports import Signatures

NAME = "approvals"
SKEW = timedelta(minutes=10)
"""By how much the clocks of an approver and of the judge may differ."""

FORGED = Rule(
    "approvals/forged",
    Severity.BLOCK,
    "An approval is not what was signed",
    "Somebody changed an approval after it was signed, or made one up.",
    "Take the file away, find out who wrote it, and have a person approve anew.",
    bad="a file whose `reason` or `finding` was edited",
    good="the file as `guardrails approve` wrote it",
)
AGENT = Rule(
    "approvals/agent",
    Severity.BLOCK,
    "An agent signed an approval",
    "What asks for a person must not be decided by the program whose work is judged.",
    "Take the file away, and have a person approve.",
    limits="Knows agents by `approvals.agents` alone; a person's key in an agent's hands looks like the person.",
)
FOREIGN = Rule(
    "approvals/foreign",
    Severity.REVIEW,
    "An approval is by nobody who may approve",
    "Only those whom the base's allowed-signers file names may let a finding stand.",
    "Have one of them approve, or add the signer to the file in a change of its own.",
)
EXPIRED = Rule(
    "approvals/expired",
    Severity.NOTE,
    "An approval does not hold now",
    "An approval holds for the days that the policy allows, so that nobody merges on an old one.",
    "Look again and approve anew.",
)
MOVED = Rule(
    "approvals/moved",
    Severity.NOTE,
    "An approval is for another state of the change",
    "The base or the head has changed since, so what was looked at is not what would be merged.",
    "Look at what changed and approve anew.",
)
RULES = (FORGED, AGENT, FOREIGN, EXPIRED, MOVED)


@dataclass(frozen=True, slots=True)
class Terms:
    """By what approvals are held: the trees' ids, the base's allowed signers and agents, the days, and now (UTC)."""

    base: str
    head: str
    signers: str
    agents: frozenset[str]
    expires_days: int
    now: datetime


def settle(
    results: Sequence[GateResult], files: Iterable[Offered], terms: Terms, signatures: Signatures
) -> tuple[GateResult, ...]:
    """The results with what was approved as notes; and, where any approval is about them, what became of each.

    Raises:
        ToolMissingError: there is an approval to verify, and nothing to do it with.
    """
    open_ = {fingerprint(f) for r in results for f in r.findings if f.severity is Severity.REVIEW}
    named = [(file, approval) for file in files if (approval := _approval(file)) and approval.finding in open_]
    accepted: dict[str, Approval] = {}
    found: list[Finding] = []
    for file, approval in named:
        wrong = _wrong(file, approval, terms, signatures)
        if wrong is None:
            accepted.setdefault(approval.finding, approval)
        else:
            found.append(wrong)
    if not named:
        return tuple(results)
    count = {"approvals": len(named)}
    notes = (f"{len(accepted)} of {len(open_)} findings that asked for a person are approved.",)
    own = judged(NAME, Outcome(count, count, tuple(found), notes), 0.0)
    return (*(_approved(result, accepted) for result in results), own)


def _approval(file: Offered) -> Approval | None:
    return parse(file.signed.approval) if file.signed else None


def _wrong(file: Offered, approval: Approval, terms: Terms, signatures: Signatures) -> Finding | None:
    """Why an approval does not count, or None."""
    assert file.signed is not None
    text, signature = file.signed.approval, file.signed.signature
    about = f"{file.name} ({approval.rule}, by {approval.by})"
    if (approval.base, approval.head) != (terms.base, terms.head):
        return MOVED.finding(f"{about} is for head {approval.head[:12]} on base {approval.base[:12]}")
    if not signatures.is_intact(text, signature, NAMESPACE):
        return FORGED.finding(f"{about} does not bear a signature of what it says")
    principals = principals_of(signature, terms.signers)
    if agents := sorted(principals & terms.agents):
        return AGENT.finding(f"{about} is signed by {agents[0]}")
    if approval.by not in principals:
        return FOREIGN.finding(f"{about} is signed by a key that the base's allowed signers do not give that name")
    if not signatures.is_by(text, signature, NAMESPACE, principal=approval.by, signers=terms.signers):
        return FOREIGN.finding(f"{about}: the base's allowed signers do not let that key sign this, or not now")
    return _expired(about, approval, terms)


def _expired(about: str, approval: Approval, terms: Terms) -> Finding | None:
    made, expires = moment(approval.made), moment(approval.expires)
    last = min(expires, made + timedelta(days=terms.expires_days))
    if made > terms.now + SKEW:
        return EXPIRED.finding(f"{about} is from the future: {approval.made}")
    return EXPIRED.finding(f"{about} held until {last:%Y-%m-%d %H:%M} UTC") if terms.now >= last else None


def _approved(result: GateResult, accepted: dict[str, Approval]) -> GateResult:
    findings = tuple(sorted(_lowered(result.findings, accepted), key=lambda finding: finding.sort_key))
    if findings == result.findings:
        return result
    settled = result.status is GateStatus.FAILED and all(f.severity is Severity.NOTE for f in findings)
    return replace(result, findings=findings, status=GateStatus.PASSED if settled else result.status)


def _lowered(findings: Iterable[Finding], accepted: dict[str, Approval]) -> Iterator[Finding]:
    for finding in findings:
        approval = accepted.get(fingerprint(finding)) if finding.severity is Severity.REVIEW else None
        if approval is None:
            yield finding
        else:
            why = f"Approved by {approval.by} on {approval.made[:10]}, until {approval.expires[:10]}: {approval.reason}"
            fix = "Nothing, while the approval holds."
            yield replace(finding, severity=Severity.NOTE, why=why, fix=fix, approved_by=approval.by)


def with_deciders(results: Sequence[GateResult], owners: Owners) -> tuple[GateResult, ...]:
    """The results with the owners of each path where a person must decide."""
    return tuple(replace(r, findings=tuple(_decided(f, owners) for f in r.findings)) for r in results)


def _decided(finding: Finding, owners: Owners) -> Finding:
    if finding.severity is not Severity.REVIEW or finding.path is None:
        return finding
    return replace(finding, deciders=owners.of(finding.path))
