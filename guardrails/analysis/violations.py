"""What a checker reports, and which of it is new against the base.

Line numbers move when code above them does, so a report is known again by its rule, its file and the text of its line.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One report of a checker: its rule (`F401`, `arg-type`), place and message. `line` counts from 1."""

    code: str
    path: str
    line: int
    message: str
    column: int = 0


_TELLING = 12  # characters of a line that is unlikely to stand in two files by chance

LinesOf = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Fresh:
    """New reports, and how many old ones were recognised on a line whose text the change edited."""

    new: tuple[Violation, ...]
    edited: int


def fresh(
    base: Iterable[Violation],
    head: Iterable[Violation],
    base_lines: LinesOf,
    head_lines: LinesOf,
    renamed: Mapping[str, str],
    shape: Callable[[Violation], str] = lambda _: "",
) -> Fresh:
    """The head's reports that the base lacks, in the order of their places.

    `renamed` maps base paths to head paths. Three passes match them, each a report of the base at most once: by rule,
    file and line text; by rule and line text, for code that moved to another file; by rule, file and `shape`, for a
    line that was wrong before and that the change edits. One more of the same is new.
    """
    old = [(v, renamed.get(v.path, v.path), _line(base_lines(v.path), v.line)) for v in base]
    new = [(v, v.path, _line(head_lines(v.path), v.line)) for v in head]
    for key in (_in_place, _moved):
        old, new = _matched(old, new, key)
    before = len(new)
    old, new = _matched(old, new, lambda report: (report[0].code, report[1], shape(report[0])))
    found = (violation for violation, _, _ in new)
    return Fresh(tuple(sorted(found, key=lambda v: (v.path, v.line, v.column, v.code))), before - len(new))


_Report = tuple[Violation, str, str]  # with its path in the head and the text of its line


def _in_place(report: _Report) -> tuple[str, ...] | None:
    violation, path, text = report
    return (violation.code, path, text)


def _moved(report: _Report) -> tuple[str, ...] | None:
    violation, _, text = report
    return (violation.code, text) if len(text) >= _TELLING else None


def _matched(
    old: list[_Report], new: list[_Report], key: Callable[[_Report], tuple[str, ...] | None]
) -> tuple[list[_Report], list[_Report]]:
    """Both lists without the pairs that have the same key."""
    waiting: dict[tuple[str, ...], list[_Report]] = defaultdict(list)
    for report in old:
        if (known := key(report)) is not None:
            waiting[known].append(report)
    unknown = []
    taken = set()
    for report in new:
        known = key(report)
        if known is not None and waiting.get(known):
            taken.add(id(waiting[known].pop()))
        else:
            unknown.append(report)
    return [report for report in old if id(report) not in taken], unknown


def _line(lines: Sequence[str], number: int) -> str:
    """The text of a line without the space around it."""
    return lines[number - 1].strip() if 0 < number <= len(lines) else ""


def relative(name: str, root: str, paths: frozenset[str]) -> str:
    """A tool's file name as a path of the tree: relative to `root`, or the longest tracked path that it ends in."""
    if name in paths:
        return name
    inside = name.removeprefix(root.rstrip("/") + "/")
    if inside in paths:
        return inside
    tails = [name.split("/", n)[-1] for n in range(1, name.count("/") + 1)]
    return next((tail for tail in tails if tail in paths), inside)
