"""Files that are whole or not there: a directory is written beside its place, synced, and renamed into it."""

import ctypes
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Final

AT_FDCWD: Final = -100
RENAME_EXCHANGE: Final = 2


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in hex."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file's bytes, or a directory's entries, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def new_directory(target: Path, replace: bool) -> Iterator[Path]:
    """Give an empty directory to fill; it takes the place of `target` when the block ends well, and is gone otherwise.

    The directory lies beside the target, so that the rename stays on one file system. replace: swap with a directory
    that is there; without it, only a missing or an empty target is taken, else `FileExistsError`.
    """
    scratch = target.parent / f".{target.name}.{secrets.token_hex(6)}.partial"
    scratch.mkdir(parents=False)
    try:
        yield scratch
        for path in scratch.iterdir():
            sync(path)
        sync(scratch)
        _take_place(scratch, target, replace)
        sync(target.parent)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def check_writable(parent: Path) -> None:
    """Raise `OSError` when no entry can be made in a directory."""
    probe = parent / f".{secrets.token_hex(6)}.partial"
    probe.mkdir()
    probe.rmdir()


def _take_place(scratch: Path, target: Path, replace: bool) -> None:
    try:
        # The system renames a directory onto nothing or onto an empty directory, in one step.
        scratch.rename(target)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if not replace:
            raise FileExistsError(error.errno, "exists and is not empty", str(target)) from error
        _exchange(scratch, target)


def _exchange(scratch: Path, target: Path) -> None:
    """Swap the two directories. In one step where the system can; else there is a moment without the target."""
    if _exchanged(scratch, target):
        return
    aside = scratch.with_suffix(".old")
    target.rename(aside)
    try:
        scratch.rename(target)
    except OSError:
        aside.rename(target)
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _exchanged(scratch: Path, target: Path) -> bool:
    """Try Linux's renameat2 with RENAME_EXCHANGE; return False where the C library or the file system lacks it."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    status = rename(AT_FDCWD, os.fsencode(scratch), AT_FDCWD, os.fsencode(target), RENAME_EXCHANGE)
    if status == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code), str(target))
