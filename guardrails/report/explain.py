"""What `guardrails explain RULE` prints: everything that a rule knows of itself."""

import textwrap

from guardrails.model.finding import Rule, Severity
from guardrails.report.printable import printable, printable_block

_ASKS = {
    Severity.BLOCK: "blocks: it must be fixed before the change is merged",
    Severity.REVIEW: "asks for a person to decide",
    Severity.NOTE: "a note: it changes no verdict",
}


def explain(rule: Rule, width: int = 100) -> str:
    """The rule as plain text of at most `width` columns; examples are not wrapped. Ends with a line feed."""
    parts = [printable(f"{rule.id}: {rule.title}"), f"Severity: {rule.severity.value} ({_ASKS[rule.severity]})."]
    parts += [_paragraph(label, text, width) for label, text in (("Why", rule.why), ("Fix", rule.fix)) if text]
    parts += [_example(label, text) for label, text in (("Bad", rule.bad), ("Good", rule.good)) if text]
    if rule.limits:
        parts.append(_paragraph("What it does not see", rule.limits, width))
    if rule.unprovable:
        parts.append(_paragraph("Why `guardrails probe` cannot show it", rule.unprovable, width))
    return "\n\n".join(parts) + "\n"


def _paragraph(label: str, text: str, width: int) -> str:
    wrapped = (
        textwrap.fill(line, max(width, 40), initial_indent="  ", subsequent_indent="  ")
        for line in printable_block(text).split("\n")
    )
    return "\n".join([f"{label}:", *wrapped])


def _example(label: str, text: str) -> str:
    return f"{label}:\n{textwrap.indent(printable_block(textwrap.dedent(text).strip(chr(10)), 200, 20_000), '    ')}"
