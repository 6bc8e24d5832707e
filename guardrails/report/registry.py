"""Every report by its name: what `--format` takes, and what `--output` writes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from guardrails.analysis.approvals import RULES as APPROVALS
from guardrails.gates.registry import GATES
from guardrails.model.verdict import Verdict
from guardrails.report import as_json, comment, evidence, github, html, junit, markdown, sarif, text


def _sarif(verdict: Verdict) -> str:
    """SARIF with the help texts of every gate's rules."""
    return sarif.render(verdict, (*(rule for gate in GATES for rule in gate.rules), *APPROVALS))


RENDERERS: Mapping[str, Callable[[Verdict], str]] = MappingProxyType(
    {
        "text": text.render,
        "json": as_json.render,
        "markdown": markdown.render,
        "html": html.render,
        "sarif": _sarif,
        "junit": junit.render,
        "github": github.render,
        "comment": comment.render,
        "evidence": evidence.render,
    }
)
"""Format to renderer. Each gives a text that encodes as UTF-8 and ends with a line feed."""

FILES: Mapping[str, str] = MappingProxyType(
    {
        "verdict.json": "json",
        "report.md": "markdown",
        "report.html": "html",
        "report.sarif": "sarif",
        "junit.xml": "junit",
        "evidence.json": "evidence",
    }
)
"""File name to format, for a directory of reports."""
