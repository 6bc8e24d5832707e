"""The difference of two git trees as file changes.

Attributes in the tree cannot steer it: with `*.py binary` in `.gitattributes` a change could otherwise hide its lines.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from guardrails.adapters.git import Repository
from guardrails.errors import JudgementError
from guardrails.model.change import ChangeKind, FileChange, Hunk

_KINDS = {
    b"A": ChangeKind.ADDED,
    b"M": ChangeKind.MODIFIED,
    b"T": ChangeKind.MODIFIED,
    b"D": ChangeKind.DELETED,
    b"R": ChangeKind.RENAMED,
}
_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_OPTIONS = ("diff-tree", "-r", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--ignore-submodules=none")


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file change without its lines. `patches` counts its sections in the patch: git splits a change of type."""

    file: FileChange
    patches: int


def difference(repository: Repository, objects: Path, empty: Path, base: str, head: str) -> tuple[FileChange, ...]:
    """What changed from tree `base` to tree `head`, by path.

    `objects` is where the repository's objects and those of uncommitted work are found, `empty` an empty directory.

    Raises:
        JudgementError: git's answer is not understood.
    """
    # Attributes are read from the work tree and the index: these have none.
    git = replace(repository.git, directory=empty).with_environment(
        GIT_DIR=str(repository.git_directory),
        GIT_WORK_TREE=str(empty),
        GIT_INDEX_FILE=str(empty / "index"),
        GIT_OBJECT_DIRECTORY=str(objects),
    )
    settings = ("-c", "core.attributesFile=/dev/null")
    summary = git.run(*settings, *_OPTIONS, "-z", "--raw", "--numstat", base, head)
    entries = _entries(iter(summary.split(b"\0")[:-1]))
    with git.stream(*settings, *_OPTIONS, "-p", "-U0", base, head) as patch:
        sections = list(_sections(patch))
    if sum(entry.patches for entry in entries) != len(sections):
        raise JudgementError(
            f"the patch from {base} to {head} has {len(sections)} sections for {len(entries)} files. "
            "Report this to the owner of the gate."
        )
    return tuple(sorted(_with_hunks(entries, iter(sections)), key=lambda file: file.path))


def _entries(fields: Iterator[bytes]) -> list[_Entry]:
    """The changes of `--raw --numstat -z`: all raw records, then all counts, in the same order."""
    entries: list[_Entry] = []
    counted = 0
    for field in fields:
        if field.startswith(b":"):
            entries.append(_raw_record(field, fields))
            continue
        added, removed, path = field.split(b"\t", 2)
        if not path:  # a rename: the old and the new path follow
            next(fields), next(fields)
        entries[counted] = _counted(entries[counted], added, removed)
        counted += 1
    if counted != len(entries):
        raise JudgementError(f"git counted the lines of {counted} of {len(entries)} files.")
    return entries


def _raw_record(field: bytes, fields: Iterator[bytes]) -> _Entry:
    base_mode, head_mode, _, _, status = field[1:].split(b" ")
    letter = status[:1]
    if letter not in _KINDS:
        raise JudgementError(f"git reports a change of unknown kind {status!r}.")
    first = os.fsdecode(next(fields))
    renamed = letter == b"R"
    file = FileChange(
        path=os.fsdecode(next(fields)) if renamed else first,
        kind=_KINDS[letter],
        old_path=first if renamed else None,
        base_mode=int(base_mode, 8),
        head_mode=int(head_mode, 8),
    )
    return _Entry(file, patches=2 if letter == b"T" else 1)


def _counted(entry: _Entry, added: bytes, removed: bytes) -> _Entry:
    if added == b"-":
        return replace(entry, file=replace(entry.file, binary=True))
    return replace(entry, file=replace(entry.file, added=int(added), removed=int(removed)))


def _sections(patch: Iterator[bytes]) -> Iterator[tuple[Hunk, ...]]:
    """The hunks of each section. Lines of content start with a sign, so no content is taken for a header."""
    hunks: list[Hunk] | None = None
    for line in patch:
        if line.startswith(b"diff --git "):
            if hunks is not None:
                yield tuple(hunks)
            hunks = []
        elif hunks is not None and (match := _HUNK.match(line)):
            base, base_count, head, head_count = match.groups(b"1")
            hunks.append(Hunk(int(base), int(base_count), int(head), int(head_count)))
    if hunks is not None:
        yield tuple(hunks)


def _with_hunks(entries: list[_Entry], sections: Iterator[tuple[Hunk, ...]]) -> Iterator[FileChange]:
    for entry in entries:
        hunks = tuple(hunk for _ in range(entry.patches) for hunk in next(sections))
        if hunks:
            # Git's own counts are of the patch with context, which is not always cut as this one is.
            added, removed = sum(hunk.head_count for hunk in hunks), sum(hunk.base_count for hunk in hunks)
            yield replace(entry.file, hunks=hunks, added=added, removed=removed)
        else:
            yield entry.file
