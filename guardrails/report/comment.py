"""The verdict as the one comment of a pull request: Markdown under a hidden marker, by which the next run finds it.

Who posts it looks for a comment of its own that begins with `MARKER`, and replaces its text; a marker that somebody
else wrote counts for nothing.
"""

from guardrails.model.verdict import Verdict
from guardrails.report import markdown

MARKER = "<!-- guardrails:verdict -->"
"""The first line. GitHub and GitLab show no HTML comment."""


def render(verdict: Verdict) -> str:
    """The marker, then the Markdown report: about twenty lines open, the rest folded, within the forge's limit."""
    return f"{MARKER}\n{markdown.render(verdict, markdown.LIMIT - len(MARKER) - 1)}"
