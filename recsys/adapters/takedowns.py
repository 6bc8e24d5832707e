"""Takedowns in a JSON file that operators replace: `{"tracks": ["t1"], "artists": ["a1"]}`. Read again when it changes.

Replace the file atomically (write beside it, then rename). A file that is missing, unreadable or malformed withdraws
the whole service, not only its entries: hard policy fails closed.
"""

import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeAlias

import msgspec

from recsys.errors import PolicyUnavailableError
from recsys.ports import Takedowns

Stamp: TypeAlias = tuple[int, int, int]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tracks: frozenset[str] = frozenset()
    artists: frozenset[str] = frozenset()


class TakedownFile:
    """The file at `path`. The version is a digest of its bytes."""

    def __init__(self, path: Path) -> None:
        self._path, self._name = path, str(path)
        # One value, so that two threads never mix the stamp of one reading with the list of another.
        self._read: tuple[Stamp | None, Takedowns] = (None, Takedowns(version="none"))

    def create(self) -> None:
        """Write an empty list when there is no file yet. Raises `PolicyUnavailableError`."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
            fresh.write_text('{"tracks": [], "artists": []}\n')
            with suppress(FileExistsError):
                self._path.hardlink_to(fresh)  # whole or not at all: another process may be reading
            fresh.unlink()
        except OSError as error:
            raise self._refused(error) from error

    def takedowns(self) -> Takedowns:
        """Return what is withdrawn now. One `stat` when the file is as it was."""
        try:
            found = os.stat(self._name)  # noqa: PTH116  at every request: a path would be made into text each time
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
            known, current = self._read
            if stamp != known:
                current = _parse(self._path.read_bytes())
                self._read = (stamp, current)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            self._read = (None, Takedowns(version="none"))
            raise self._refused(error) from error
        return current

    def _refused(self, error: Exception) -> PolicyUnavailableError:
        return PolicyUnavailableError(
            f"takedown file {self._path} cannot be read: {error}; "
            'it must hold {"tracks": [...], "artists": [...]}, empty lists when nothing is withdrawn'
        )


def _parse(data: bytes) -> Takedowns:
    parsed = msgspec.json.decode(data, type=_File)
    return Takedowns(blake2b(data, digest_size=8).hexdigest(), parsed.tracks, parsed.artists)
