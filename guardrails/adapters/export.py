"""A git tree written to a directory, byte for byte, and the proof that the directory still is that tree.

Files are written from the raw blobs: no line-ending conversion, filter or `export-ignore` of the change's making.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from guardrails.adapters.git import Git
from guardrails.adapters.objects import TreeEntry
from guardrails.errors import RepositoryError
from guardrails.model.change import SUBMODULE_MODE, SYMLINK_MODE

FILES, MANIFEST = "files", "manifest"
_CHUNK = 1 << 20
_EXECUTABLE = 0o111
# A file's time stamp is made of its content: mypy and Python take equal time and size for equal content, so exports of
# two trees in one second could otherwise leak a cached result from one to the other.
_FIRST_TIME, _TIMES = 946_684_800, 1 << 29

Marks = dict[str, tuple[int, int, int, int]]
"""For each file: mode, size, inode, and the time of the last change to any of its properties, which nobody can set."""


def write_export(git: Git, entries: Iterable[TreeEntry], directory: Path) -> None:
    """Write `files/` and `manifest` below `directory`.

    Raises:
        RepositoryError: an object is missing, or the file system cannot hold a path.
    """
    root = directory / FILES
    root.mkdir()
    entries = list(entries)
    for entry in entries:
        _reject_unsafe(entry.path)
    try:
        _write_files(git, root, entries)
    except OSError as error:
        raise RepositoryError(
            f"{error.filename} cannot be written: {error.strerror}. Two paths of the tree may differ only in case, "
            "or the disk is full."
        ) from error
    (directory / MANIFEST).write_bytes(msgspec.json.encode({_key(path): mark for path, mark in marks(root).items()}))


def changed_files(directory: Path) -> list[str] | None:
    """The tracked files of an export that are no longer as they were written; None where nobody can tell."""
    recorded = _recorded(directory)
    if recorded is None:
        return None
    root = str(directory / FILES)
    return sorted(path for path, mark in recorded.items() if _mark_at(f"{root}/{path}") != mark)


def is_intact(directory: Path) -> bool:
    """Whether an export is exactly what was written, with nothing added, changed or removed."""
    return _recorded(directory) == marks(directory / FILES)


def marks(root: Path) -> Marks:
    """The marks of every file below `root`."""
    found: Marks = {}
    pending = [""]
    while pending:
        prefix = pending.pop()
        with suppress(FileNotFoundError), os.scandir(root / prefix) as children:
            for child in children:
                path = f"{prefix}{child.name}"
                if child.is_dir(follow_symlinks=False):
                    pending.append(f"{path}/")
                else:
                    found[path] = _mark(child.stat(follow_symlinks=False))
    return found


def _recorded(directory: Path) -> Marks | None:
    try:
        found: Mapping[str, tuple[int, int, int, int]] = msgspec.json.decode(
            (directory / MANIFEST).read_bytes(), type=Marks
        )
    except (OSError, msgspec.DecodeError):
        return None
    return {os.fsdecode(path.encode("latin-1")): mark for path, mark in found.items()}


def _key(path: str) -> str:
    """The path's bytes as a string that JSON can hold, whatever their encoding."""
    return os.fsencode(path).decode("latin-1")


def _mark(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_mode, found.st_size, found.st_ino, found.st_ctime_ns


def _mark_at(path: str) -> tuple[int, int, int, int] | None:
    try:
        return _mark(os.lstat(path))
    except OSError:
        return None


def _reject_unsafe(path: str) -> None:
    """Raise where a path leaves the directory of the export. Git makes no such tree; somebody crafted it."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts):
        raise RepositoryError(f"the tree holds the path {path!r}, which git itself refuses. Do not merge this.")


def _write_files(git: Git, root: Path, entries: list[TreeEntry]) -> None:
    """Directories and files first, links last, so that no file is written through a link."""
    for directory in sorted({os.path.dirname(entry.path) for entry in entries}):  # noqa: PTH120 - thousands of them
        (root / directory).mkdir(parents=True, exist_ok=True)
    for entry in entries:
        if entry.mode == SUBMODULE_MODE:
            (root / entry.path).mkdir()
    blobs = [entry for entry in entries if entry.mode != SUBMODULE_MODE]
    blobs.sort(key=lambda entry: entry.mode == SYMLINK_MODE)
    with tempfile.TemporaryFile() as wanted:
        wanted.writelines(entry.oid.encode() + b"\n" for entry in blobs)
        wanted.seek(0)
        with git.stream("cat-file", "--batch", "--buffer", stdin=wanted) as contents:
            for entry in blobs:
                _write_blob(f"{root}/{entry.path}", entry, contents)


def _write_blob(path: str, entry: TreeEntry, contents: IO[bytes]) -> None:
    header = contents.readline().split()
    if len(header) != 3 or header[1] != b"blob":
        raise RepositoryError(
            f"the object {entry.oid} of {entry.path} is missing from the repository. Fetch it: git fetch --refetch, "
            "or git lfs fetch where a filter keeps it elsewhere."
        )
    size = int(header[2])
    if entry.mode == SYMLINK_MODE:
        os.symlink(os.fsdecode(contents.read(size)), path)  # noqa: PTH211 - thousands of them, as all below
    else:
        _write_file(path, entry, contents, size)
    contents.read(1)


def _write_file(path: str, entry: TreeEntry, contents: IO[bytes], size: int) -> None:
    mode = 0o755 if entry.mode & _EXECUTABLE else 0o644
    time = _FIRST_TIME + int(entry.oid[:8], 16) % _TIMES
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        left = size
        while left:
            chunk = contents.read(min(left, _CHUNK))
            if not chunk:
                raise RepositoryError(f"git ended in the middle of {entry.path}. Check the repository: git fsck.")
            left -= len(chunk)
            while chunk:
                chunk = chunk[os.write(file, chunk) :]
        os.utime(file, (time, time))
    finally:
        os.close(file)
