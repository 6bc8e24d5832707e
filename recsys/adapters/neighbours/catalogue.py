"""The catalogue service: what was withdrawn, and what is restricted since. Polled; too old, it withdraws everything.

Its own list and the operator's file are both law: what stands in either is not shown. The catalogue of the model says
what a track is; what the service tells of tracks can only restrict it further, until the next model has it.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
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
TRACKS_PATH: Final = "/v1/tracks/restricted"


class Withdrawn(msgspec.Struct, frozen=True):
    """What recsys reads of the catalogue's list. Both fields must be there: a list cut in half is no list."""

    tracks: frozenset[str]
    artists: frozenset[str]


class Restricted(msgspec.Struct, frozen=True):
    """One track. withheld_in: markets in which it is licensed no more. explicit: whether it is, as is known now."""

    track_id: str
    withheld_in: frozenset[str]
    explicit: bool


class Restrictions(msgspec.Struct, frozen=True):
    """What recsys reads of the restricted tracks."""

    tracks: list[Restricted]


class Catalogue:
    """Asks the catalogue service."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def takedowns(self, etag: str | None = None) -> Fetched[Withdrawn]:
        """Return what is withdrawn; status 304, and no value, when `etag` still holds. Raises `NeighbourError`."""
        return await self._neighbour.get(PATH, Withdrawn, etag=etag)

    async def restrictions(self, etag: str | None = None) -> Fetched[Restrictions]:
        """Return the tracks that are restricted; status 304, and no value, when `etag` still holds."""
        return await self._neighbour.get(TRACKS_PATH, Restrictions, etag=etag)

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()


@dataclass(frozen=True, slots=True)
class _Held:
    """Both lists at hand, each with its ETag. asked_at: when they were asked for, on a clock that only goes forward."""

    withdrawn: Withdrawn
    etag: str | None
    restrictions: Restrictions
    tracks_etag: str | None
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
        self._joined: tuple[_Held, Takedowns, Takedowns] | None = None

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
        return self._both(held, own)

    async def poll(self) -> None:
        """Ask once. Raises `NeighbourError`; what was read before stays as it is."""
        held, asked_at = self._held, self._clock()
        lists = await self._catalogue.takedowns(held.etag if held else None)
        tracks = await self._catalogue.restrictions(held.tracks_etag if held else None)
        fresh = replace(held, asked_at=asked_at) if held else None
        if lists.value is not None and tracks.value is not None:
            fresh = _Held(lists.value, lists.etag, tracks.value, tracks.etag, asked_at)
        elif fresh is not None and lists.value is not None:
            fresh = replace(fresh, withdrawn=lists.value, etag=lists.etag)
        elif fresh is not None and tracks.value is not None:
            fresh = replace(fresh, restrictions=tracks.value, tracks_etag=tracks.etag)
        self._held = fresh

    async def run(self, append: Append) -> None:
        """Ask again and again until it is cancelled."""
        del append
        try:
            while True:
                try:
                    await self.poll()
                except NeighbourError as error:
                    LOG.log(logging.ERROR if error.news else logging.DEBUG, "takedowns: %s", error)
                await asyncio.sleep(self._every)
        finally:
            await self._catalogue.close()

    def _both(self, held: _Held, own: Takedowns) -> Takedowns:
        kept = self._joined
        same = kept is not None and kept[0].withdrawn is held.withdrawn and kept[0].restrictions is held.restrictions
        if kept is None or not same or kept[1] is not own:
            kept = self._joined = (held, own, _joined(held.withdrawn, held.restrictions, own))
        return kept[2]


def _joined(withdrawn: Withdrawn, restrictions: Restrictions, own: Takedowns) -> Takedowns:
    """Both sides as one, named by a digest of what it says, whoever wrote it and in whatever order."""
    tracks, artists = own.tracks | withdrawn.tracks, own.artists | withdrawn.artists
    withheld = {one.track_id: one.withheld_in for one in restrictions.tracks if one.withheld_in}
    explicit = frozenset(one.track_id for one in restrictions.tracks if one.explicit)
    told = (
        sorted(tracks),
        sorted(artists),
        sorted((key, sorted(of)) for key, of in withheld.items()),
        sorted(explicit),
    )
    version = blake2b(msgspec.json.encode(told), digest_size=8).hexdigest()
    return Takedowns(version, tracks, artists, withheld, explicit)
