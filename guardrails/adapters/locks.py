"""Locks between processes that vanish with their holder, so that a killed run blocks nobody."""

import fcntl
import os
from pathlib import Path


def lock(path: Path, *, exclusive: bool = False, wait: bool = True) -> int | None:
    """A lock on the file at `path`, which is created if absent: a descriptor to close, or None if another holds it.

    The file may be unlinked by the holder of an exclusive lock; whoever waited for it then locks the new one.
    """
    operation = (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, operation)
        except OSError:
            os.close(descriptor)
            return None
        if _is_at(descriptor, path):
            return descriptor
        os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
