"""The cache: directories keyed by content, moved in whole, used under a lock, pruned by age."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from threading import Lock
from types import TracebackType

from guardrails.adapters.locks import lock
from guardrails.adapters.scratch import remove, scratch_directory

MAX_ENTRIES = 200
MAX_BYTES = 2_000_000_000
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")


def cache_parent(environment: Mapping[str, str]) -> Path:
    """Where caches lie: `$GUARDRAILS_CACHE`, else `$XDG_CACHE_HOME/guardrails`, else `~/.cache/guardrails`."""
    if named := environment.get("GUARDRAILS_CACHE"):
        return Path(named).absolute()
    if cache := environment.get("XDG_CACHE_HOME"):
        return Path(cache).absolute() / "guardrails"
    return Path(environment.get("HOME") or tempfile.gettempdir()).absolute() / ".cache" / "guardrails"


def cache_directory(environment: Mapping[str, str], repository: Path) -> Path:
    """Where the cache of a repository lies."""
    digest = hashlib.sha256(os.fsencode(repository.resolve())).hexdigest()[:12]
    name = re.sub(r"[^A-Za-z0-9_-]", "-", repository.name)[:24] or "repository"
    return cache_parent(environment) / f"{name}-{digest}"


class DirectoryStore:
    """A `Store` below `root`. A context manager: what it holds is let go, and the cache pruned, on leaving.

    Beside each entry `<kind>/<key>` stands a lock file. Users hold it shared; its content is the entry's size in bytes
    and its time stamp that of the last use.
    """

    def __init__(self, root: Path, *, max_entries: int = MAX_ENTRIES, max_bytes: int = MAX_BYTES) -> None:
        self._root = root
        self._max_entries = max_entries
        self._max_bytes = max_bytes
        self._held: dict[Path, int] = {}
        self._guard = Lock()

    def __enter__(self) -> "DirectoryStore":
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            for descriptor in self._held.values():
                os.close(descriptor)
            self._held.clear()
        self.prune()

    @property
    def root(self) -> Path:
        """Where the cache lies."""
        return self._root

    def get(self, kind: str, key: str) -> Path | None:
        """The directory of an entry, kept from being pruned while this store is open."""
        path = self._path(kind, key)
        if not path.is_dir():
            return None
        self._hold(path)
        return path if path.is_dir() else None

    def scratch(self) -> AbstractContextManager[Path]:
        """A private empty directory that is removed on leaving."""
        parent = self._root / "scratch"
        parent.mkdir(parents=True, exist_ok=True)
        return scratch_directory(parent)

    def put(self, kind: str, key: str, directory: Path) -> Path:
        """Move a finished directory into the cache; if the entry is there already, the first one stays."""
        path = self._path(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        size = _size(directory)
        self._hold(path)
        self._move(directory, path)
        with suppress(OSError):
            _lock_of(path).write_text(str(size))
        return path

    def copy(self, source: Path, target: Path) -> None:
        """Copy a directory's content into `target`, which is created if absent."""
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)

    def write(self, path: Path, text: str) -> None:
        """Write a text file inside a scratch directory, making its parents."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")

    def read(self, path: Path) -> str | None:
        """Read a text file of a cache entry or a scratch directory; None where absent."""
        try:
            return path.read_text(encoding="utf-8", errors="surrogateescape")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None

    def prune(self) -> None:
        """Remove the entries that were not used for longest, past the bounds. One that a run uses is never removed."""
        kept_bytes = 0
        for rank, (lock_file, size) in enumerate(_by_last_use(self._root)):
            kept_bytes += size
            if rank >= self._max_entries or kept_bytes > self._max_bytes:
                _evict(lock_file)

    def _path(self, kind: str, key: str) -> Path:
        """Where an entry stands. A key that is no plain file name is replaced by its digest."""
        plain = key if _PLAIN.match(key) and not key.endswith(".lock") else hashlib.sha256(key.encode()).hexdigest()
        return self._root / "entries" / kind / plain

    def _hold(self, path: Path) -> None:
        with self._guard:
            if path not in self._held:
                path.parent.mkdir(parents=True, exist_ok=True)
                descriptor = lock(_lock_of(path))
                assert descriptor is not None
                self._held[path] = descriptor
        with suppress(OSError):
            os.utime(_lock_of(path))

    def _move(self, directory: Path, path: Path) -> None:
        try:
            directory.rename(path)
        except OSError as error:
            if error.errno == errno.EXDEV:
                with self.scratch() as scratch:
                    self.copy(directory, scratch)
                    self._move(scratch, path)
            elif error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def _size(directory: Path) -> int:
    return sum(
        os.lstat(os.path.join(root, name)).st_size  # noqa: PTH118 - thousands of them
        for root, _, names in os.walk(directory)
        for name in names
    )


def _by_last_use(root: Path) -> Iterator[tuple[Path, int]]:
    """The lock file and the size of each entry, the last used first."""
    found: list[tuple[float, Path, int]] = []
    for path in root.glob("entries/*/*.lock"):
        with suppress(OSError):
            text = path.read_text()
            found.append((path.stat().st_mtime, path, int(text) if text.isdecimal() else 0))
    for _, path, size in sorted(found, key=lambda one: (-one[0], one[1])):
        yield path, size


def _evict(lock_file: Path) -> None:
    """Remove the entry of a lock file, unless somebody uses it."""
    with suppress(OSError):
        held = lock(lock_file, exclusive=True, wait=False)
        if held is not None:
            remove(lock_file.with_suffix(""))
            lock_file.unlink(missing_ok=True)
            os.close(held)
