"""`guardrails give-up`: an agent says that it cannot satisfy a finding. An accepted outcome, which a person reads."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from guardrails.adapters.git import open_repository
from guardrails.analysis.agents.rounds import GivenUp, with_given_up
from guardrails.cli.agents.memory import keep, place_of, recall
from guardrails.cli.agents.running import judged
from guardrails.cli.output import say
from guardrails.errors import UsageError
from guardrails.model.finding import Finding, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.report.printable import printable

LEAST_NAME, LEAST_REASON = 6, 10
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class GiveUpOptions:
    """Which finding of the current change, and why."""

    finding: str
    reason: str
    repository: Path = Path()


def give_up(options: GiveUpOptions) -> int:
    """Record that a finding cannot be satisfied.

    Raises:
        UsageError: there is no such finding, or no reason.
    """
    repository = open_repository(options.repository)
    findings = judged(repository.root, "fast", seconds=_SECONDS).findings
    one = recorded(findings, options.finding, options.reason)
    if not keep(repository, with_given_up(recall(repository), one)):
        raise UsageError(f"{place_of(repository)} cannot be written, so nothing was recorded.")
    say(f"recorded: {printable(one.rule)} cannot be satisfied. It still stands, and a person decides.")
    return 0


def recorded(findings: tuple[Finding, ...], name: str, reason: str) -> GivenUp:
    """The record for the finding of that name.

    Raises:
        UsageError: there is none, or no reason.
    """
    asking = {fingerprint(f): f for f in findings if f.severity is not Severity.NOTE}
    named = [found for found in asking if len(name) >= LEAST_NAME and found.startswith(name.lower())]
    if len(named) != 1:
        known = ", ".join(f"{found[:12]} ({f.rule})" for found, f in asking.items()) or "nothing"
        raise UsageError(f"{printable(name)!r} names no finding of this change. What stands against it: {known}.")
    if len(reason.strip()) < LEAST_REASON:
        raise UsageError(f"--reason is {printable(reason)!r}. Say in a sentence what you tried and why it cannot be.")
    finding = asking[named[0]]
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return GivenUp(named[0], finding.rule, finding.path, finding.what, " ".join(reason.split())[:500], made)
