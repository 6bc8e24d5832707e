"""The catalogue service: what was withdrawn. Polled; an answer that is too old withdraws everything.

Its own list and the operator's file are both law: what stands in either is not shown.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from time import monotonic
from typing import Final

import msgspec

from recsys.adapters.neighbours.errors import NeighbourError
from recsys.adapters.neighbours.http import CallLimits, Fetched, Neighbour
from recsys.errors import PolicyUnavailableError
from recsys.ports import Append, PolicyStore, Takedowns

LOG: Final = logging.getLogger(__name__)
LIMITS: Final = CallLimits(connect=1.0, attempt=5.0, total=10.0, body_bytes=32 << 20)
PATH: Final = "/v1/takedowns"


class Withdrawn(msgspec.Struct, frozen=True):
    """What recsys reads of the catalogue's list. Both fields must be there: a list cut in half is no list."""

    tracks: frozenset[str]
    artists: frozenset[str]


class Catalogue:
    """Asks the catalogue service."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def takedowns(self, etag: str | None = None) -> Fetched[Withdrawn]:
        """Return what is withdrawn; status 304, and no value, when `etag` still holds. Raises `NeighbourError`."""
        return await self._neighbour.get(PATH, Withdrawn, etag=etag)

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()


@dataclass(frozen=True, slots=True)
class _Held:
    """The list at hand. asked_at: when it was asked for, on the clock that only goes forward."""

    withdrawn: Withdrawn
    etag: str | None
    asked_at: float


class PolledTakedowns:
    """Takedowns of the catalogue, joined with those of `own`. A `PolicyStore`, and a `Background` that keeps it fresh.

    every: seconds between two questions, so a takedown holds after that long. stale: the age, in seconds, from which
    on the list is not trusted and nothing is shown; it counts from the question, not from the answer.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        own: PolicyStore,
        *,
        every: float = 2.0,
        stale: float = 60.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._catalogue, self._own = catalogue, own
        self._every, self._stale, self._clock = every, stale, clock
        self._held: _Held | None = None
        self._joined: tuple[Withdrawn, Takedowns, Takedowns] | None = None

    def takedowns(self) -> Takedowns:
        """Return what is withdrawn now. Raises `PolicyUnavailableError` without a list, or with one that is too old."""
        own, held = self._own.takedowns(), self._held
        if held is None:
            raise PolicyUnavailableError("the catalogue's takedowns were not read yet: is the catalogue service up?")
        age = self._clock() - held.asked_at
        if age > self._stale:
            raise PolicyUnavailableError(
                f"the catalogue's takedowns are {age:.0f} seconds old, and may be {self._stale:.0f}: "
                "see in the log why they cannot be read"
            )
        return self._both(held.withdrawn, own)

    async def poll(self) -> None:
        """Ask once. Raises `NeighbourError`; what was read before stays as it is."""
        held, asked_at = self._held, self._clock()
        fetched = await self._catalogue.takedowns(held.etag if held else None)
        if fetched.value is not None:
            self._held = _Held(fetched.value, fetched.etag, asked_at)
        elif held is not None:
            self._held = _Held(held.withdrawn, held.etag, asked_at)

    async def run(self, append: Append) -> None:
        """Ask again and again until it is cancelled."""
        del append
        try:
            while True:
                try:
                    await self.poll()
                except NeighbourError as error:
                    LOG.error("takedowns: %s", error)
                await asyncio.sleep(self._every)
        finally:
            await self._catalogue.close()

    def _both(self, withdrawn: Withdrawn, own: Takedowns) -> Takedowns:
        if self._joined is None or self._joined[0] is not withdrawn or self._joined[1] is not own:
            tracks, artists = own.tracks | withdrawn.tracks, own.artists | withdrawn.artists
            self._joined = (withdrawn, own, Takedowns(_version(tracks, artists), tracks, artists))
        return self._joined[2]


def _version(tracks: frozenset[str], artists: frozenset[str]) -> str:
    """A digest of what is withdrawn: the same list has the same name, whoever wrote it and in whatever order."""
    text = msgspec.json.encode([sorted(tracks), sorted(artists)])
    return blake2b(text, digest_size=8).hexdigest()
