"""The lines around the place of each finding."""

from collections.abc import Iterable, Mapping
from itertools import islice

from guardrails.analysis.difference.hunks import MOST_CHARACTERS, shown_hunks
from guardrails.analysis.source import Sources
from guardrails.model.change import Change, ChangeKind, FileChange, Hunk
from guardrails.model.difference import Excerpt, Line
from guardrails.model.finding import Finding

AROUND = 3
"""Lines shown on either side of the one that a finding names."""
MOST_REMOVED = 20
"""Removed lines before the place of a finding; with more of them they are left out of its excerpt."""
MOST = 300
"""Places that get an excerpt; findings are taken worst first."""


def excerpts(findings: Iterable[Finding], change: Change, base: Sources, head: Sources) -> Mapping[str, Excerpt]:
    """An excerpt by `Finding.place`, where there is a line to show."""
    ordered = sorted(findings, key=lambda finding: finding.sort_key)
    places = {f.place: (f.path, f.line) for f in ordered if f.path is not None and f.line is not None}
    found = {}
    for place, (path, line) in islice(places.items(), MOST):
        excerpt = _excerpt(path, line, change.file(path), base, head)
        if excerpt is not None:
            found[place] = excerpt
    return found


def _excerpt(path: str, line: int, file: FileChange | None, base: Sources, head: Sources) -> Excerpt | None:
    """A part of the hunk that holds the line, else the lines of the file itself."""
    deleted = file is not None and file.kind is ChangeKind.DELETED
    before = base.lines(file.base_path if file else path)
    after = head.lines(path)
    for hunk in shown_hunks(_near(file, line, deleted=deleted), before, after) if file else ():
        for at, shown in enumerate(hunk.lines):
            if (shown.base if deleted else shown.head) == line:
                first = max(0, at - AROUND)
                return Excerpt(hunk.lines[first : at + AROUND + 1], at - first, shown.sign != " ")
    lines = before if deleted else after
    if not 1 <= line <= len(lines):
        return None
    first = max(1, line - AROUND)
    numbers = range(first, min(len(lines), line + AROUND) + 1)
    return Excerpt(tuple(Line(n, n, lines[n - 1][:MOST_CHARACTERS]) for n in numbers), line - first, in_change=False)


def _near(file: FileChange, line: int, *, deleted: bool) -> list[Hunk]:
    """The hunks about the line, cut to what is near it: a hunk of a new file is the whole file."""
    near = []
    for hunk in file.hunks:
        start, count = (hunk.base_start, hunk.base_count) if deleted else (hunk.head_start, hunk.head_count)
        if not start - AROUND <= line <= start + count + AROUND:
            continue
        skip = max(0, line - start - 2 * AROUND)
        if not skip and (deleted or hunk.base_count <= MOST_REMOVED):
            near.append(hunk)
        elif deleted:
            near.append(Hunk(hunk.base_start + skip, max(0, hunk.base_count - skip), hunk.head_start, 0))
        else:
            near.append(Hunk(hunk.base_start + max(0, hunk.base_count - 1), 0, hunk.head_start + skip, count - skip))
    return near
