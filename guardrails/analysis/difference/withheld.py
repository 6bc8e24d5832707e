"""Lines that a page must not carry further: what the gate `secrets` found is shown to nobody who did not see it yet.

A page is uploaded and mailed; a repository has fewer readers. What that gate did not look at, or let pass, is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from guardrails.model.difference import Excerpt, Line, ShownFile
from guardrails.model.finding import Finding

_GATE = "secrets/"
_WHOLE = frozenset({"secrets/private-key", "secrets/credential-file", "secrets/baseline-grown"})
"""What these name goes on beyond one line."""
HIDDEN = "(not shown: it looks like a credential)"


@dataclass(frozen=True, slots=True)
class Withheld:
    """The files of which nothing is shown, and single lines of the head by their path."""

    files: frozenset[str]
    lines: Mapping[str, frozenset[int]]

    def of_file(self, file: ShownFile) -> ShownFile:
        """The file without what is withheld."""
        if not file.hunks:
            return file
        if file.path in self.files:
            return replace(file, hunks=(), hunks_left_out=0, silence="Its lines are not shown: it holds a credential.")
        numbers = self.lines.get(file.path, frozenset())
        hunks = (replace(hunk, lines=_covered(hunk.lines, numbers)) for hunk in file.hunks)
        return replace(file, hunks=tuple(hunks)) if numbers else file

    def of_excerpts(self, excerpts: Mapping[str, Excerpt]) -> dict[str, Excerpt]:
        """The excerpts, which are by `path:line`, without what is withheld."""
        kept = {}
        for place, excerpt in excerpts.items():
            path = place.rpartition(":")[0]
            if path not in self.files:
                kept[place] = replace(excerpt, lines=_covered(excerpt.lines, self.lines.get(path, frozenset())))
        return kept


def withheld(findings: Iterable[Finding]) -> Withheld:
    """What the findings name."""
    named = [f for f in findings if f.rule.startswith(_GATE) and f.path is not None]
    lines: dict[str, set[int]] = {}
    for finding in named:
        if finding.line is not None:
            lines.setdefault(finding.path or "", set()).add(finding.line)
    files = frozenset(f.path or "" for f in named if f.rule in _WHOLE)
    return Withheld(files, {path: frozenset(numbers) for path, numbers in lines.items()})


def _covered(lines: tuple[Line, ...], numbers: frozenset[int]) -> tuple[Line, ...]:
    return tuple(replace(line, text=HIDDEN) if line.head in numbers else line for line in lines)
