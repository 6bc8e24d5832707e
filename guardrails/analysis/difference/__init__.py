"""From a change and its trees to what a reviewer sees: text alone, no tool, nothing of the head's code is run."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from guardrails.analysis.difference.contracts import contract_fields
from guardrails.analysis.difference.dependencies import dependencies
from guardrails.analysis.difference.excerpts import excerpts
from guardrails.analysis.difference.files import Patterns, shown_files
from guardrails.analysis.difference.imports import Imports
from guardrails.analysis.difference.layers import graphs
from guardrails.analysis.difference.tests import test_functions
from guardrails.analysis.difference.withheld import withheld
from guardrails.analysis.source import Sources
from guardrails.model.change import Change
from guardrails.model.difference import Difference
from guardrails.model.finding import Finding
from guardrails.ports import Tree

MOST_FILES = 400
"""Files that a page lists; more are counted."""


NOTHING: Mapping[str, int] = MappingProxyType({})


def describe(
    change: Change,
    base: Tree,
    head: Tree,
    patterns: Patterns,
    findings: Iterable[Finding],
    churn: Mapping[str, int] = NOTHING,
) -> Difference:
    """The change as a reviewer sees it; `patterns` are those of the base's policy, `churn` is in how many of the newest
    commits before it each path was touched."""
    findings = tuple(findings)
    hidden = withheld(findings)
    before, after = Sources(base), Sources(head)
    imports = Imports.read(change, before, after)
    files = shown_files(change, before, after, patterns, imports, churn)
    return Difference(
        files=tuple(hidden.of_file(file) for file in files[:MOST_FILES]),
        files_left_out=max(0, len(files) - MOST_FILES),
        excerpts=hidden.of_excerpts(excerpts(findings, change, before, after)),
        tests=test_functions(change, before, after, patterns.tests),
        dependencies=dependencies(change, before, after),
        edges=imports.edges(),
        graphs=graphs(imports, before, after, patterns.layers),
        contracts=contract_fields(change, before, after, patterns.contracts),
    )
