"""The work tree as it lies on disk, for looking things up: what git tracks, and new files that it does not ignore."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from guardrails.adapters.git import open_repository
from guardrails.model.paths import matches


class WorkTree:
    """A `guardrails.ports.Tree` that is not exported: fit to be read, never to be judged."""

    def __init__(self, root: Path) -> None:
        self._root = root
        listed = open_repository(root).git.run("ls-files", "-z", "--cached", "--others", "--exclude-standard")
        self._paths = tuple(sorted(p for p in set(listed.decode("utf-8", "surrogateescape").split("\0")) if p))

    @property
    def root(self) -> Path:
        """The directory."""
        return self._root

    @property
    def digest(self) -> str:
        """Of what the files hold now."""
        return self.digest_of(("**",))

    def paths(self) -> Sequence[str]:
        """Every file."""
        return self._paths

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none, or where it is a link."""
        place = self._root / path
        try:
            return None if place.is_symlink() else place.read_bytes()
        except OSError:
            return None

    def link(self, path: str) -> str | None:
        """Where a symbolic link leads; None for anything else."""
        place = self._root / path
        return str(place.readlink()) if place.is_symlink() else None

    def digest_of(self, patterns: Sequence[str]) -> str:
        """A digest of the files that match."""
        digest = hashlib.sha256()
        for path in self._paths:
            if matches(path, patterns):
                digest.update(path.encode("utf-8", "surrogateescape") + b"\0" + (self.read(path) or b""))
        return digest.hexdigest()
