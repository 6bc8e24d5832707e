"""A verdict in few words for an agent: what to fix, where, and how; nothing that would help it to pass without that."""

import re
from collections.abc import Mapping, Sequence

from guardrails.model.finding import Finding, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.result import VerdictKind
from guardrails.model.verdict import Verdict

MOST_FINDINGS = 5
LONGEST = 240
_SEED = re.compile(r"\s?(?:--[\w-]*)?\bseed[=: ]+\d+")
_PLANTED = re.compile(r"\btest_[0-9a-f]{16,}\b")  # `guardrails.analysis.planted`
_WORDS: Mapping[VerdictKind, str] = {
    VerdictKind.PASS: "pass: nothing that was checked stands against the change",
    VerdictKind.REVIEW: "review: a person decides; you need not act, unless you can do without what is listed",
    VerdictKind.BLOCK: "block: fix what is listed",
    VerdictKind.ERROR: "error: the change could not be judged",
}


def answer(verdict: Verdict, *, set_aside: Sequence[str] = (), most: int = MOST_FINDINGS) -> str:
    """The verdict in at most some twenty lines. `set_aside`: fingerprints of what the agent has given up on."""
    lines = [f"guardrails: {_WORDS[verdict.kind]} (profile {verdict.profile})"]
    if verdict.error:
        lines.append(told(verdict.error))
    wanted = [f for f in verdict.findings if f.severity is not Severity.NOTE and fingerprint(f) not in set_aside]
    for finding in wanted[:most]:
        lines += _lines_of(finding)
    if len(wanted) > most:
        lines.append(f"... and {len(wanted) - most} more of the same weight or less")
    errors = [f"{result.name}: {result.error}" for result in verdict.results if result.error]
    lines += [told(f"could not judge: {text}") for text in errors[:3]]
    return "\n".join(lines)


def _lines_of(finding: Finding) -> list[str]:
    name = fingerprint(finding)[:12]
    place = f" {finding.place}" if finding.place else ""
    lines = [told(f"- {finding.severity.value} {finding.rule}{place} [{name}]: {finding.what}")]
    lines.append(told(f"  fix: {finding.fix}"))
    if finding.reproduce and "guardrails check" not in finding.reproduce:
        lines.append(told(f"  see it: {finding.reproduce}"))
    return lines


def blocking(verdict: Verdict) -> tuple[Finding, ...]:
    """What must be fixed."""
    return tuple(finding for finding in verdict.findings if finding.severity is Severity.BLOCK)


def told(text: str) -> str:
    """One line for an agent: cut to a length, without a seed or the name of a planted test."""
    indent = "  " if text.startswith("  ") else ""
    line = indent + _PLANTED.sub("a planted test", _SEED.sub("", " ".join(text.split())))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
