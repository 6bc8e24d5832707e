"""Takedowns as they were: one small file for each version that a slate was made under, so that it can be made again."""

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from recsys.domain.arrays import Bools
from recsys.domain.items import Catalogue
from recsys.domain.query import PolicySnapshot
from recsys.errors import ReplayError

DIRECTORY: Final = "policies"


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    tracks: list[str]
    withheld: dict[str, frozenset[str]] = {}
    explicit: frozenset[str] = frozenset()


class PolicyArchive:
    """The files in `directory`. `keep` is called by the thread that writes decisions; several workers may share it."""

    def __init__(self, directory: Path, ids: Sequence[str], markets: Sequence[str] = ()) -> None:
        self._directory, self._ids, self._markets = directory, ids, markets
        self._kept = ""

    def keep(self, policy: PolicySnapshot) -> None:
        """Write the policy unless it is there. Raises `OSError`."""
        if policy.version == self._kept:
            return
        path = _path(self._directory, policy.version)
        if not path.exists():
            self._directory.mkdir(parents=True, exist_ok=True)
            kept = _Kept(
                policy.version,
                self._named(policy.taken_down),
                self._withheld(policy),
                frozenset(() if policy.explicit is None else self._named(policy.explicit)),
            )
            fresh = path.with_name(f".{path.name}.{os.getpid()}")
            fresh.write_bytes(msgspec.json.encode(kept))
            fresh.replace(path)
        self._kept = policy.version

    def _named(self, flags: Bools) -> list[str]:
        return [self._ids[slot] for slot in np.flatnonzero(flags).tolist()]

    def _withheld(self, policy: PolicySnapshot) -> dict[str, frozenset[str]]:
        if policy.withheld is None:
            return {}
        rows = ((slot, int(policy.withheld[slot])) for slot in np.flatnonzero(policy.withheld).tolist())
        return {
            self._ids[slot]: frozenset(market for bit, market in enumerate(self._markets) if bits >> bit & 1)
            for slot, bits in rows
        }


def kept_policy(directory: Path, version: str, catalogue: Catalogue) -> PolicySnapshot:
    """Return the policy of a version. Raises `ReplayError` when it was not kept or cannot be read."""
    path = _path(directory, version)
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.MsgspecError) as error:
        raise ReplayError(f"the takedowns of version {version!r} cannot be read from {path}: {error}") from error
    return PolicySnapshot.of(
        catalogue, frozenset(kept.tracks), version=version, withheld=kept.withheld, explicit=kept.explicit
    )


def _path(directory: Path, version: str) -> Path:
    """A version is the store's own text: its digest is a safe name."""
    return directory / f"{blake2b(version.encode(), digest_size=12).hexdigest()}.json"
