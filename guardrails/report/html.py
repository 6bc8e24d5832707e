"""The verdict as one HTML file for a reviewer: no script, nothing from a network, light and dark, for every size.

Every value is made visible and escaped on its way into the template; the template marks nothing as safe. A
content-security policy in the page forbids scripts and any request, should something get through.
"""

import functools
from collections import Counter

import jinja2
from markupsafe import Markup, escape

from guardrails.model.finding import Finding
from guardrails.model.verdict import Verdict
from guardrails.report import page, picture, plot, words
from guardrails.report.fingerprint import fingerprint
from guardrails.report.printable import printable, printable_block, shorten

MOST_OPEN = 10
"""Findings of one rule that stand open; more are folded."""
MOST_PER_GROUP = 500
"""Findings of one rule that the page holds; more are counted, and stand in `verdict.json`."""


def render(verdict: Verdict) -> str:
    """The whole page."""
    seen: Counter[str] = Counter()

    def anchor(finding: Finding) -> str:
        """The id of one finding, called once for each: it stays the same when lines move."""
        name = fingerprint(finding)
        seen[name] += 1
        return f"{name}-{seen[name]}"

    sections = words.by_severity(verdict)
    shown = [f for _, groups in sections for group in groups for f in group.findings[:MOST_PER_GROUP]]
    return _template().render(
        verdict=verdict,
        words=words,
        page=page.of(verdict, shown),
        is_folded=page.is_folded,
        pictures=picture.of(verdict),
        galleries=plot.of(verdict),
        sections=sections,
        missing=words.not_checked(verdict),
        anchor=anchor,
        most_open=MOST_OPEN,
        most=MOST_PER_GROUP,
    )


@functools.cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("guardrails.report"),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["source_line"] = _source_line
    environment.filters["one_line"] = _one_line
    return environment.get_template("report.html")


def _shown(value: object) -> object:
    """Every value that the template writes comes through here before it is escaped; its own macros are done already."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return printable_block(value, 200, 20_000)


def _one_line(text: str) -> str:
    """A name or a path: a line break in it is a part of it, and no space."""
    return shorten(printable(text), 2000)


def _source_line(text: str) -> Markup:
    """One line of source, made visible and escaped here, because its indentation must stay."""
    return escape(printable(text.replace("\t", "    ")))
