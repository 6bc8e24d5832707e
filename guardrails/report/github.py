"""The verdict as GitHub workflow commands: annotations on the lines of a pull request.

Source of the syntax and of the escaping: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
and `packages/core/src/command.ts` of actions/toolkit. The job summary is the Markdown report.
"""

from guardrails.model.finding import Finding, Severity
from guardrails.model.result import GateStatus, VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report import words
from guardrails.report.printable import printable, printable_block, shorten

MOST_OF_A_KIND = 10
"""GitHub shows no more than ten annotations of a kind for a step."""
_COMMAND = {Severity.BLOCK: "error", Severity.REVIEW: "warning", Severity.NOTE: "notice"}


def render(verdict: Verdict) -> str:
    """One line for each command, worst first, and a last line that is not a command: the verdict and what is left out.

    The last line holds no foreign text.
    """
    commands: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    commands["error"] = _errors(verdict)
    for finding in verdict.findings:
        commands[_COMMAND[finding.severity]].append(_finding(finding))
    lines = [line for kind in commands.values() for line in kind[:MOST_OF_A_KIND]]
    left = sum(len(kind) for kind in commands.values()) - len(lines)
    more = f" {words.counted(left, 'annotations')} left out: GitHub shows {MOST_OF_A_KIND} of a kind." if left else ""
    lines.append(f"guardrails: {verdict.kind.value}. {words.headline(verdict)}{more}")
    return "\n".join(lines) + "\n"


def _errors(verdict: Verdict) -> list[str]:
    """What could not be judged."""
    if verdict.kind is VerdictKind.ERROR and not verdict.with_status(GateStatus.ERROR):
        return [_command("error", words.sentence(verdict), {"title": "guardrails could not judge this change"})]
    broken = [r for r in verdict.results if r.kind is VerdictKind.ERROR]
    return [_command("error", words.not_checked_because(r), {"title": f"{r.name} could not judge"}) for r in broken]


def _finding(finding: Finding) -> str:
    properties = {}
    if finding.path:
        properties["file"] = finding.path
        if finding.line:
            properties["line"] = str(finding.line)
    properties["title"] = finding.rule
    parts = [finding.what, f"Why: {finding.why}", f"Fix: {finding.fix}"]
    if finding.reproduce:
        parts.append(f"Reproduce: {finding.reproduce}")
    return _command(_COMMAND[finding.severity], "\n".join(parts), properties)


def _command(name: str, message: str, properties: dict[str, str]) -> str:
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {told}::{_data(printable_block(message, 60, 4000))}"


def _data(text: str) -> str:
    """The percent sign comes first, so that no escape is escaped again."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(printable(shorten(text, 1000))).replace(":", "%3A").replace(",", "%2C")
