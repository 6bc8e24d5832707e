"""The files of a change in the order of risk, which is told from structure alone, and their hunks within bounds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from guardrails.analysis.difference.contracts import Places
from guardrails.analysis.difference.hunks import shown_hunks, with_moves
from guardrails.analysis.difference.imports import Imports
from guardrails.analysis.source import Sources
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE, Change, FileChange
from guardrails.model.difference import Role, ShownFile, ShownHunk
from guardrails.model.paths import matches

MOST_LINES = 6000
"""Lines of all hunks together: a page beyond it is not read."""
MOST_HUNKS = 60
"""Hunks of one file."""
MOST_LINES_GENERATED = 40
"""Lines of a generated file."""
MOST_BYTES = 2_000_000
"""A larger file shows no lines."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """Which path is what, as the base's policy says (`guardrails.model.paths.matches`); `packages` are names, `layers`
    is the file of the contracts between layers."""

    protected: tuple[str, ...] = ()
    generated: tuple[str, ...] = ()
    judges: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    layers: str = ""
    contracts: Places = field(default_factory=Places)


def shown_files(
    change: Change, base: Sources, head: Sources, patterns: Patterns, imports: Imports, churn: Mapping[str, int]
) -> tuple[ShownFile, ...]:
    """Every file, the riskiest first; past the bounds without hunks, and said to be.

    `churn` is in how many of the newest commits a path was touched.
    """
    bare = sorted((_bare(file, patterns, imports, churn) for file in change.files), key=lambda file: file.risk)
    by_path = {file.path: file for file in change.files}
    room, filled = MOST_LINES, []
    for file in bare:
        done = _filled(file, by_path[file.path], base, head, room)
        room -= sum(len(hunk.lines) for hunk in done.hunks)
        filled.append(done)
    moved = with_moves([file.hunks for file in filled])
    return tuple(replace(file, hunks=hunks) for file, hunks in zip(filled, moved, strict=True))


def role_of(path: str, patterns: Patterns) -> Role:
    """What a file is to the project, by the policy; protection counts before all else."""
    if matches(path, patterns.protected):
        return Role.PROTECTED
    if matches(path, patterns.generated):
        return Role.GENERATED
    if matches(path, (*patterns.judges, *patterns.tests)):
        return Role.JUDGE
    if patterns.packages:
        inside = any(f"/{package}/" in f"/{path}" for package in patterns.packages)
    else:
        inside = path.endswith((".py", ".pyi"))
    return Role.PRODUCT if inside else Role.OTHER


def _bare(file: FileChange, patterns: Patterns, imports: Imports, churn: Mapping[str, int]) -> ShownFile:
    role = min((role_of(path, patterns) for path in (file.path, file.base_path)), key=lambda role: role.rank)
    importers = imports.importers(file.path)
    lately = churn.get(file.base_path, 0)
    return ShownFile(file.path, file.old_path, file.kind, role, file.added, file.removed, importers, churn=lately)


def _filled(shown: ShownFile, file: FileChange, base: Sources, head: Sources, room: int) -> ShownFile:
    """The file with as many hunks as there is room for."""
    if silence := _silence(shown, file, base, head, room):
        return replace(shown, silence=silence)
    before, after = base.lines(file.base_path), head.lines(file.path)
    room = min(room, MOST_LINES_GENERATED) if shown.role is Role.GENERATED else room
    kept: list[ShownHunk] = []
    hunks = shown_hunks(file.hunks, before, after)
    for hunk in hunks[:MOST_HUNKS]:
        if kept and len(hunk.lines) > room:
            break
        kept.append(hunk)
        room -= len(hunk.lines)
    return replace(shown, hunks=tuple(kept), hunks_left_out=len(hunks) - len(kept))


def _silence(shown: ShownFile, file: FileChange, base: Sources, head: Sources, room: int) -> str:
    """Why a file shows no line, or nothing."""
    modes = {file.base_mode, file.head_mode}
    if SYMLINK_MODE in modes:
        return "A symbolic link."
    if SUBMODULE_MODE in modes:
        return "A submodule: its content is not part of this repository."
    if file.binary:
        return "A binary file."
    if shown.is_moved:
        return "Moved; nothing in it changed."
    if not file.hunks:
        return "Only its mode changed." if file.base_mode and file.head_mode else "It is empty."
    if room <= 0:
        return "Its lines are left out: the page is full."
    if any(len(sources.text(path) or "") > MOST_BYTES for sources, path in ((base, file.base_path), (head, file.path))):
        return "Its lines are left out: the file is too large for a page."
    return ""
