"""What a checker reports, and which of it is new against the base.

Line numbers move when code above them does, so a report is known again by its rule, its file and the text of its line.
"""

from collections import Counter, defaultdict
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
    *,
    by_message: bool = False,
) -> Fresh:
    """The head's reports that the base lacks, in their order.

    `renamed` maps base paths to head paths. Reports are matched by rule, file and line text (and by message too with
    `by_message`); what is left of one rule in one file is then matched by number, so that an edit of a line that was
    wrong before is no new debt, but one more such line is.
    """
    base = tuple(base)

    def key(violation: Violation, path: str, lines: LinesOf) -> tuple[str, ...]:
        text = _line(lines(violation.path), violation.line)
        return (violation.code, path, text, violation.message if by_message else "")

    old = Counter(key(v, renamed.get(v.path, v.path), base_lines) for v in base)
    unknown: list[Violation] = []
    for violation in head:
        known = key(violation, violation.path, head_lines)
        if old[known] > 0:
            old[known] -= 1
        else:
            unknown.append(violation)
    left: dict[tuple[str, str], int] = defaultdict(int)
    for (code, path, *_), count in old.items():
        left[code, path] += count
    return _past_ratchet(unknown, left)


def _past_ratchet(unknown: Sequence[Violation], left: dict[tuple[str, str], int]) -> Fresh:
    """The reports that remain once `left` of each rule and file are taken to be old ones on edited lines."""
    new: list[Violation] = []
    by_place: dict[tuple[str, str], list[Violation]] = defaultdict(list)
    for violation in unknown:
        by_place[violation.code, violation.path].append(violation)
    edited = 0
    for place, violations in by_place.items():
        forgiven = min(left.get(place, 0), len(violations))
        edited += forgiven
        new += violations[forgiven:]
    return Fresh(tuple(sorted(new, key=lambda v: (v.path, v.line, v.column, v.code))), edited)


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
