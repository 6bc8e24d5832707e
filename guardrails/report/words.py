"""What a verdict says, in words: the reading that the reports for people share.

The strings returned here may still hold foreign text (see `guardrails.report.printable`); each report makes them safe.
"""

import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from guardrails.model.change import Snapshot
from guardrails.model.finding import Finding, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import GateResult, GateStatus, VerdictKind
from guardrails.model.verdict import Verdict

HEADLINES: Mapping[VerdictKind, str] = MappingProxyType(
    {
        VerdictKind.PASS: "Nothing that was checked stands against this change.",
        VerdictKind.REVIEW: "A person must decide about this change.",
        VerdictKind.BLOCK: "This change must be fixed before it is merged.",
        VerdictKind.ERROR: "This change could not be judged, and that is not a pass.",
    }
)
SECTIONS: Mapping[Severity, str] = MappingProxyType(
    {
        Severity.BLOCK: "Must be fixed",
        Severity.REVIEW: "A person must decide",
        Severity.NOTE: "Worth knowing",
    }
)
MOST_APPROVERS = 6
_SINGULAR = MappingProxyType({"properties": "property", "queries": "query", "classes": "class", "entries": "entry"})


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one rule with the same reason and the same fix, in their order."""

    rule: str
    severity: Severity
    why: str
    fix: str
    findings: tuple[Finding, ...]

    @property
    def number(self) -> int:
        """How many findings it holds."""
        return len(self.findings)

    @property
    def command(self) -> str:
        """The command that reproduces every one of them, or an empty string where each has its own."""
        commands = {finding.reproduce for finding in self.findings}
        return commands.pop() if len(commands) == 1 else ""


def dedented(text: str) -> str:
    """`text` without the indentation that all of its lines share."""
    return textwrap.dedent(text)


def counted(number: int, noun: str) -> str:
    """`3 files`, `1 file`: a number with its noun, which is given in the plural."""
    if number == 1:
        noun = _SINGULAR.get(noun, noun.removesuffix("s"))
    return f"{number:,} {noun}"


def joined(parts: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last


def decides(finding: Finding) -> str:
    """Who decides about a finding that asks for a person, and its name for an approval; empty for any other finding."""
    if finding.severity is not Severity.REVIEW:
        return ""
    who = [f"{joined(finding.deciders)} to decide"] if finding.deciders else []
    return "; ".join([*who, *([f"finding {fingerprint(finding)[:12]}"] if finding.can_be_approved else [])])


def how_to_decide(verdict: Verdict) -> str:
    """How a finding that asks for a person is let stand here, or what is to be set up first; empty where none asks."""
    if verdict.approvers is None or not any(f.can_be_approved for f in verdict.findings):
        return ""
    if not verdict.approvers:
        return (
            "Nobody can let a finding stand by a signed approval here: the base's guardrails.toml names no person "
            "under [approvals] allowed_signers. guardrails approve --help says how to set it up."
        )
    shown, more = verdict.approvers[:MOST_APPROVERS], len(verdict.approvers) - MOST_APPROVERS
    who = [*shown, f"{more} more"] if more > 0 else shown
    return (
        f"Who may let a finding stand: {joined(who)}. "
        "guardrails approve FINDING --from verdict.json --key KEY --reason WHY"
    )


def approved(verdict: Verdict) -> tuple[Finding, ...]:
    """The findings that had asked for a person and stand by an approval."""
    return tuple(finding for finding in verdict.findings if finding.approved_by)


def headline(verdict: Verdict) -> str:
    """The verdict as one fixed sentence."""
    return HEADLINES[verdict.kind]


def sentence(verdict: Verdict) -> str:
    """The one sentence why: the worst thing by name, and how much else there is."""
    if verdict.error:
        return verdict.error
    if verdict.kind is VerdictKind.ERROR:
        return _why_not_judged(verdict)
    if verdict.kind is VerdictKind.PASS:
        return _why_passed(verdict)
    first, *rest = (f for f in verdict.findings if f.severity is not Severity.NOTE)
    others = _counts(rest)
    besides = f"; besides, {others}" if others else ""
    return f"{first.rule}: {_clause(first.what)}{besides}{_by_approval(verdict)}."


def _why_not_judged(verdict: Verdict) -> str:
    broken = [r for r in verdict.results if r.kind is VerdictKind.ERROR]
    if not broken:
        return "Every gate was skipped, so nothing was checked." if verdict.results else "No gate was run."
    why = f"{broken[0].name} could not judge: {_clause(not_checked_because(broken[0]))}"
    more = [f"{joined(r.name for r in broken[1:])} could not either"] if broken[1:] else []
    counts = _counts(verdict.findings)
    return "; ".join([why, *more, *([counts] if counts else [])]) + "."


def _clause(text: str) -> str:
    """The first line of `text`, to go on from."""
    first, *more = text.strip().split("\n")
    return first.rstrip(" .:;") + ("..." if more else "")


def _why_passed(verdict: Verdict) -> str:
    passed = len(verdict.with_status(GateStatus.PASSED))
    skipped = len(verdict.with_status(GateStatus.SKIPPED))
    left_out = f", {skipped} skipped" if skipped else ""
    files = counted(verdict.size.files, "files")
    return f"{counted(passed, 'gates')} passed{left_out}; {files} changed{_by_approval(verdict)}."


def _by_approval(verdict: Verdict) -> str:
    """What a verdict owes to people, to go on from: `; 1 finding stands by approval of ann@example.org`."""
    found = approved(verdict)
    if not found:
        return ""
    stand = "stands" if len(found) == 1 else "stand"
    who = joined(dict.fromkeys(finding.approved_by for finding in found))
    return f"; {counted(len(found), 'findings')} {stand} by approval of {who}"


def _counts(findings: Iterable[Finding]) -> str:
    """`2 findings must be fixed and 1 finding needs a person`, or an empty string."""
    severities = [f.severity for f in findings]
    block, review = severities.count(Severity.BLOCK), severities.count(Severity.REVIEW)
    parts = [f"{counted(block, 'findings')} must be fixed"] if block else []
    if review:
        parts.append(f"{counted(review, 'findings')} {'needs' if review == 1 else 'need'} a person")
    return joined(parts) if parts else ""


def grouped(findings: Iterable[Finding]) -> tuple[Group, ...]:
    """The findings by severity, rule, reason and fix; the groups in the order of their first finding."""
    groups: dict[tuple[Severity, str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.rule, finding.why, finding.fix), []).append(finding)
    return tuple(Group(key[1], key[0], key[2], key[3], tuple(found)) for key, found in groups.items())


def by_severity(verdict: Verdict) -> tuple[tuple[Severity, tuple[Group, ...]], ...]:
    """The groups of each severity that has any, worst first."""
    groups = grouped(verdict.findings)
    order = sorted(Severity, key=lambda s: -s.rank)
    found = ((severity, tuple(g for g in groups if g.severity is severity)) for severity in order)
    return tuple((severity, members) for severity, members in found if members)


def work(result: GateResult) -> str:
    """How much a gate did against the least that it owed, if anything: `412 tests (at least 400), 31 files`."""
    keys = sorted({*result.work, *result.floor})
    return ", ".join(
        counted(result.work.get(key, 0), key) + (f" (at least {result.floor[key]:,})" if result.floor.get(key) else "")
        for key in keys
    )


def found(result: GateResult) -> str:
    """What a gate found, by severity: `2 block, 1 note`."""
    severities = [f.severity for f in result.findings]
    order = sorted(Severity, key=lambda s: -s.rank)
    return ", ".join(f"{severities.count(s)} {s.value}" for s in order if s in severities)


def seconds(result: GateResult) -> str:
    """The wall time of a gate with one decimal; empty for a gate that was not run."""
    return "" if result.status is GateStatus.SKIPPED else f"{result.seconds:.1f}"


def not_checked(verdict: Verdict) -> tuple[GateResult, ...]:
    """The gates that checked nothing, or not enough: those that could not judge first, then the skipped ones."""
    return verdict.with_status(GateStatus.ERROR) + verdict.with_status(GateStatus.SKIPPED)


def not_checked_because(result: GateResult) -> str:
    """Why a gate did not check, or could not judge."""
    if result.error:
        return result.error
    if result.skip is None:
        return "no reason was given, which is not a pass"
    return f"{result.skip.sentence.rstrip('.')} ({result.skip.reason.value})."


def sides(verdict: Verdict) -> tuple[tuple[str, Snapshot], ...]:
    """The base and the head that are known, with their names."""
    pairs = (("base", verdict.base), ("head", verdict.head))
    return tuple((name, side) for name, side in pairs if side is not None)


def size(verdict: Verdict) -> str:
    """`4 files, 120 lines added, 35 removed`."""
    total = verdict.size
    return f"{counted(total.files, 'files')}, {counted(total.added, 'lines')} added, {total.removed:,} removed"


def about(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    """What was judged and by what, as pairs of a label and a value; unknown things are left out."""
    rows = [(name, f"{side.label}{f' {side.subject}' if side.subject else ''}") for name, side in sides(verdict)]
    if verdict.uncommitted:
        rows.append(("uncommitted", "the work tree was judged, not a commit"))
    if verdict.head is not None:
        rows.append(("size", size(verdict)))
    rows += [("policy", verdict.policy_digest), ("profile", verdict.profile), ("guardrails", verdict.version)]
    if verdict.seconds:
        rows.append(("took", f"{verdict.seconds:.1f} s"))
    rows.append(("repeat", verdict.command))
    return tuple((label, value) for label, value in rows if value)
