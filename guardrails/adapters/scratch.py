"""Private directories that are gone after the run: removed at its end, and by the next run if it was killed."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from guardrails.adapters.locks import lock

_PREFIX = "gr-"


@contextmanager
def scratch_directory(parent: Path) -> Iterator[Path]:
    """A new empty directory below `parent`, for this process alone. What dead runs left there is swept first."""
    sweep(parent)
    directory, held = _new(parent)
    try:
        yield directory
    finally:
        remove(directory)
        _lock_of(directory).unlink(missing_ok=True)
        os.close(held)


def sweep(parent: Path) -> None:
    """Remove what runs that were killed left below `parent`. Directories of living runs stay."""
    for path in parent.glob(f"{_PREFIX}*.lock"):
        with suppress(OSError):  # just gone
            if path.lstat().st_uid != os.geteuid():
                continue
            held = lock(path, exclusive=True, wait=False)
            if held is not None:
                remove(path.with_suffix(""))
                path.unlink(missing_ok=True)
                os.close(held)


def remove(directory: Path) -> None:
    """Remove a directory, whatever modes the programs that ran in it have set. Never raises, follows no link."""
    if directory.is_symlink():
        return
    shutil.rmtree(directory, ignore_errors=True)
    if not directory.exists():
        return
    # Before the walk goes into them: nobody but root can list a closed directory.
    for root, names, _ in os.walk(_opened(directory)):
        for name in names:
            _opened(Path(root, name))
    shutil.rmtree(directory, ignore_errors=True)


def _opened(directory: Path) -> Path:
    """The directory, which its owner may now change; a link is left alone."""
    if not directory.is_symlink():
        with suppress(OSError):
            directory.chmod(0o700)
    return directory


def _new(parent: Path) -> tuple[Path, int]:
    """The lock comes first: a directory without a held lock is swept."""
    while True:
        directory = parent / f"{_PREFIX}{secrets.token_hex(4)}"
        held = lock(_lock_of(directory), exclusive=True, wait=False)
        if held is None:
            continue
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            os.close(held)
            continue
        return directory, held


def _lock_of(directory: Path) -> Path:
    return directory.with_name(f"{directory.name}.lock")
