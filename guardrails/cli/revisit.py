"""The lines of a change, found again from the trees that a verdict names."""

import re
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from guardrails.adapters.diff import difference
from guardrails.adapters.git import open_repository
from guardrails.adapters.history import changes_lately
from guardrails.adapters.objects import private_objects
from guardrails.adapters.store import cache_directory
from guardrails.adapters.trees import Exporter
from guardrails.analysis.difference import describe
from guardrails.cli.engine import patterns_of
from guardrails.cli.site import usable_store
from guardrails.errors import UsageError
from guardrails.model.change import Change, Snapshot
from guardrails.model.verdict import Verdict
from guardrails.policy import read_policies
from guardrails.report.printable import printable, shorten

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")


def with_lines(verdict: Verdict, directory: Path, environment: Mapping[str, str]) -> Verdict:
    """The verdict with the lines of its change, out of the repository that `directory` lies in.

    Raises:
        UsageError: the verdict names no trees, or trees that the repository does not have.
        RepositoryError: there is no repository, or it cannot be read.
    """
    if verdict.base is None or verdict.head is None:
        raise UsageError("the verdict is on no change, so there are no lines to show. Leave --repo out.")
    repository = open_repository(directory)
    for side in (verdict.base, verdict.head):
        _require(side, repository.git.attempt("cat-file", "-t", side.tree) if _ID.match(side.tree) else (1, b"", ""))
    with ExitStack() as stack:
        store, _ = usable_store(stack, cache_directory(environment, repository.common_directory.parent))
        objects = private_objects(repository, stack.enter_context(store.scratch()))
        files = difference(repository, objects.directory, objects.empty, verdict.base.tree, verdict.head.tree)
        exporter = Exporter(objects, store)
        base, head = exporter.export(verdict.base.tree), exporter.export(verdict.head.tree)
        patterns = patterns_of(read_policies(base, head).base)
        change = Change(verdict.base, verdict.head, files, verdict.uncommitted)
        churn = changes_lately(repository.git, verdict.base.commit)
        return replace(verdict, difference=describe(change, base, head, patterns, verdict.findings, churn))


def _require(side: Snapshot, answer: tuple[int, bytes, str]) -> None:
    status, kind, _ = answer
    if status != 0 or kind.strip() != b"tree":
        raise UsageError(
            f"the repository does not have the tree {shorten(printable(side.tree), 60)} of {printable(side.label)}: "
            "uncommitted work is not kept, and a commit must be fetched. Leave --repo out for a page without lines."
        )
