"""The profile service: a user's home market, explicit setting and blocks.

Hard policy hangs on it, so what cannot be read is read strictly: nothing explicit, the blocks that were known last, and
the answer says so. Of whom nothing was ever read nobody knows what is blocked: that request is refused.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from time import monotonic
from typing import Final, Protocol

import msgspec

from recsys.adapters.neighbours.errors import NeighbourError
from recsys.adapters.neighbours.http import CallLimits, Fetched, Neighbour
from recsys.errors import PolicyUnavailableError
from recsys.ports import UserProfile

LOG: Final = logging.getLogger(__name__)
LIMITS: Final = CallLimits(connect=0.05, attempt=0.1, total=0.2, attempts=2, body_bytes=1 << 20)
PATH: Final = "/v1/profile"
KEPT: Final = 50_000
UNKNOWN_USER: Final = {int(HTTPStatus.NOT_FOUND): "urn:problem-type:profiles:unknown-user"}


class Told(msgspec.Struct, frozen=True):
    """What recsys reads of a profile. market, allow_explicit: null when the user never set them."""

    market: str | None
    allow_explicit: bool | None
    blocked_tracks: frozenset[str]
    blocked_artists: frozenset[str]


class ProfileClient:
    """Asks the profile service."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def profile(self, user_id: str, etag: str | None = None) -> Fetched[Told]:
        """Return a profile: 200 with one, 304 when `etag` still holds, 404 for a user without. Raises `NeighbourError`.

        The user's id is a parameter and no part of the path: an id may be `..` or hold a slash.
        """
        return await self._neighbour.get(PATH, Told, parameters={"user_id": user_id}, etag=etag, problems=UNKNOWN_USER)

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()


class Shelf(Protocol):
    """Keeps the profiles that were read last, for longer than this process lives."""

    def take(self, user_id: str) -> UserProfile | None:
        """Return the profile that was put last, None without one."""
        ...

    def put(self, user_id: str, profile: UserProfile) -> None:
        """Keep a profile."""
        ...


class NoShelf:
    """Keeps nothing: for a service whose state is in memory."""

    def take(self, user_id: str) -> UserProfile | None:
        """Return nothing."""
        del user_id
        return None

    def put(self, user_id: str, profile: UserProfile) -> None:
        """Forget."""


@dataclass(frozen=True, slots=True)
class _Held:
    profile: UserProfile
    etag: str | None
    asked_at: float


class KeptProfiles:
    """Profiles by user, asked for again when they are older than `fresh` seconds: a block holds after that long.

    A request waits `LIMITS.total` seconds at most. The `KEPT` users seen last are kept in memory, all on the shelf.
    """

    def __init__(
        self, client: ProfileClient, shelf: Shelf, *, fresh: float = 2.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._client, self._shelf = client, shelf
        self._fresh, self._clock = fresh, clock
        self._kept: OrderedDict[str, _Held] = OrderedDict()

    async def profile(self, user_id: str) -> UserProfile:
        """Return a user's profile, read strictly when it cannot be read now. Raises `PolicyUnavailableError`."""
        held, asked_at = self._kept.get(user_id), self._clock()
        if held is not None and asked_at - held.asked_at <= self._fresh:
            return held.profile
        try:
            fetched = await self._client.profile(user_id, held.etag if held else None)
        except NeighbourError as error:
            return self._strict(user_id, held, error)
        if fetched.status == HTTPStatus.NOT_MODIFIED and held is not None:
            profile, etag = held.profile, held.etag
        else:
            profile, etag = _profile(fetched.value), fetched.etag
            self._shelf.put(user_id, profile)
        self._keep(user_id, _Held(profile, etag, asked_at))
        return profile

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _keep(self, user_id: str, held: _Held) -> None:
        self._kept[user_id] = held
        self._kept.move_to_end(user_id)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _strict(self, user_id: str, held: _Held | None, error: NeighbourError) -> UserProfile:
        last = held.profile if held else self._shelf.take(user_id)
        if last is None:
            raise PolicyUnavailableError(f"nothing is known of what the user has blocked: {error}") from error
        LOG.log(logging.WARNING if error.news else logging.DEBUG, "a profile is read strictly: %s", error)
        return replace(last, allow_explicit=False, strict=True)


def _profile(told: Told | None) -> UserProfile:
    if told is None:
        return UserProfile()
    return UserProfile(told.market, told.allow_explicit, told.blocked_tracks, told.blocked_artists, known=True)
