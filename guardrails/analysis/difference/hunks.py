"""The hunks of a file with their neighbouring lines, and which of their lines were only moved."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from guardrails.model.change import Hunk
from guardrails.model.difference import Line, ShownHunk

CONTEXT = 3
"""Unchanged lines that are shown on either side."""
MOST_LINES = 120
"""Lines of one hunk that are shown; more are counted."""
MOST_CHARACTERS = 300
"""Of one line."""
MOVED_RUN = 4
"""Lines that must stand together on both sides to count as moved: fewer are alike by chance."""


def shown_hunks(hunks: Sequence[Hunk], base: Sequence[str], head: Sequence[str]) -> tuple[ShownHunk, ...]:
    """The hunks of one file whose lines are `base` and `head`; those that touch with their neighbours are one."""
    return tuple(_cut(list(_lines(group, base, head))) for group in _near(hunks))


def _near(hunks: Sequence[Hunk]) -> Iterator[list[Hunk]]:
    """Hunks whose neighbouring lines meet, together."""
    group: list[Hunk] = []
    for hunk in hunks:
        if group and _first(hunk) - _after(group[-1]) > 2 * CONTEXT:
            yield group
            group = []
        group.append(hunk)
    if group:
        yield group


def _first(hunk: Hunk) -> int:
    """The first line of the head that the hunk replaces; git names the line before where it adds none."""
    return hunk.head_start if hunk.head_count else hunk.head_start + 1


def _first_base(hunk: Hunk) -> int:
    return hunk.base_start if hunk.base_count else hunk.base_start + 1


def _after(hunk: Hunk) -> int:
    return _first(hunk) + hunk.head_count


def _lines(group: Sequence[Hunk], base: Sequence[str], head: Sequence[str]) -> Iterator[Line]:
    at = max(1, _first(group[0]) - CONTEXT)
    for hunk in group:
        first, first_base = _first(hunk), _first_base(hunk)
        yield from _same(range(at, first), first_base - first, head)
        for number in range(first_base, min(first_base + hunk.base_count, len(base) + 1)):
            yield Line(number, None, _text(base[number - 1]))
        for number in range(first, min(first + hunk.head_count, len(head) + 1)):
            yield Line(None, number, _text(head[number - 1]))
        at = first + hunk.head_count
    last = group[-1]
    shift = _first_base(last) + last.base_count - at
    yield from _same(range(at, at + CONTEXT), shift, head)


def _same(numbers: Iterable[int], shift: int, head: Sequence[str]) -> Iterator[Line]:
    return (Line(n + shift, n, _text(head[n - 1])) for n in numbers if n <= len(head))


def _text(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]}..."


def _cut(lines: list[Line]) -> ShownHunk:
    """The hunk within its bound: as many added lines as removed ones, so that neither hides the other."""
    if len(lines) <= MOST_LINES:
        return ShownHunk(tuple(lines))
    seen: Counter[str] = Counter()
    kept = []
    for line in lines:
        seen[line.sign] += 1
        if seen[line.sign] <= MOST_LINES // 2:
            kept.append(line)
    return ShownHunk(tuple(kept), len(lines) - len(kept))


Run = tuple[str, ...]


def with_moves(files: Sequence[tuple[ShownHunk, ...]]) -> list[tuple[ShownHunk, ...]]:
    """The hunks of every file, with the lines marked that were taken out in one place and put in unchanged in another.

    Indentation does not count: a function that became a method was moved.
    """
    runs: dict[str, set[Run]] = {"+": set(), "-": set()}
    for hunks in files:
        for hunk in hunks:
            for sign, found in runs.items():
                found.update(run for run, _ in _runs(hunk.lines, sign))
    both = runs["+"] & runs["-"]
    return [tuple(_marked(hunk, both) for hunk in hunks) for hunks in files] if both else list(files)


def _runs(lines: Sequence[Line], sign: str) -> Iterator[tuple[Run, tuple[int, ...]]]:
    """Every run of lines of one sign that say something, with their places."""
    said = [(at, line.text.strip()) for at, line in enumerate(lines) if line.sign == sign and line.text.strip()]
    for start in range(len(said) - MOVED_RUN + 1):
        part = said[start : start + MOVED_RUN]
        yield tuple(text for _, text in part), tuple(at for at, _ in part)


def _marked(hunk: ShownHunk, both: set[Run]) -> ShownHunk:
    moved = {at for sign in "+-" for run, places in _runs(hunk.lines, sign) if run in both for at in places}
    if not moved:
        return hunk
    return replace(hunk, lines=tuple(replace(line, moved=at in moved) for at, line in enumerate(hunk.lines)))
