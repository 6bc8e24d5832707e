"""Who asks: a user's state, from what training knew and what the stores hold. Always as of this moment."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import astuple, replace
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from recsys.domain.arrays import Slots
from recsys.domain.chance import hash64
from recsys.domain.events import Event, EventColumns
from recsys.domain.histories import Histories, merged
from recsys.domain.history import fold
from recsys.domain.items import Catalogue
from recsys.domain.query import UserState
from recsys.ports import EventStore, UserProfile, UserSettings, UserStore

KEPT: Final = 4_096
Stamp: TypeAlias = tuple[int, UserSettings | None, UserProfile | None]


class Told(NamedTuple):
    """What the stores tell of a user."""

    events: tuple[Event, ...]
    settings: UserSettings | None


class UserStates:
    """Asks the stores at every request, so that an acknowledged event is in the very next state.

    Folding events is the dear part, so the last `KEPT` states are kept, each with the number of stored events and the
    settings that it was folded from. Stores only ever add events, so the same number means the same events: in this
    process or in any other that shares the store.
    """

    def __init__(self, catalogue: Catalogue, histories: Histories, events: EventStore, users: UserStore) -> None:
        self._catalogue, self._histories = catalogue, histories
        self._events, self._users = events, users
        self._kept: OrderedDict[str, tuple[Stamp, UserState]] = OrderedDict()

    def told(self, user_id: str) -> Told:
        """Ask the stores. From any thread. Raises `StoreUnavailableError`."""
        return Told(self._events.events(user_id), self._users.settings(user_id))

    def state(self, user_id: str, profile: UserProfile | None = None, told: Told | None = None) -> UserState:
        """Return a user's state; an unknown user's is empty. Raises `StoreUnavailableError`.

        told: by the stores just now, None to ask them.

        A setting of the profile wins over a stored one, and that over the one that training knew; what is blocked in
        the profile or by an event is blocked. Every event counts, whatever time it claims. profile: None where no
        profile service is asked.
        """
        stored, settings = told or self.told(user_id)
        stamp = (len(stored), settings, profile)
        kept = self._kept.get(user_id)
        if kept is not None and kept[0] == stamp:
            self._kept.move_to_end(user_id)
            return kept[1]
        state = self._folded(user_id, stored, settings)
        if profile is not None:
            state = _profiled(state, profile, self._catalogue)
        if state.known:
            self._keep(user_id, stamp, state)
        return state

    def _keep(self, user_id: str, stamp: Stamp, state: UserState) -> None:
        self._kept[user_id] = (stamp, state)
        self._kept.move_to_end(user_id)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def _folded(self, user_id: str, stored: tuple[Event, ...], settings: UserSettings | None) -> UserState:
        row = self._histories.row(user_id)
        market, allow_explicit = self._settings(row, settings)
        if row is None and not stored:
            cold = UserState.cold(user_id, market, allow_explicit)
            return cold if settings is None else replace(cold, known=True)
        if row is None:
            columns = EventColumns.of(stored, self._catalogue)
        else:
            columns = self._histories.events_of(row)
            if stored:
                columns = merged(columns, EventColumns.of(stored, self._catalogue))
        return fold(user_id, columns, market=market, allow_explicit=allow_explicit, known=True)

    def _settings(self, row: int | None, stored: UserSettings | None) -> tuple[str | None, bool | None]:
        if stored is not None:
            return stored.market, stored.allow_explicit
        if row is not None:
            return self._histories.market_of(row), self._histories.allow_explicit_of(row)
        return None, None


def _profiled(state: UserState, profile: UserProfile, catalogue: Catalogue) -> UserState:
    """Return the state with what a profile says. A new profile is a new version, so that no page goes on under it."""
    slots = (catalogue.artist_slot(artist_id) for artist_id in profile.blocked_artists)
    artists = (slot for slot in slots if slot is not None)
    return replace(
        state,
        known=state.known or profile.known,
        version=state.version + (_digest(profile) << 31),
        market=state.market if profile.market is None else profile.market,
        allow_explicit=state.allow_explicit if profile.allow_explicit is None else profile.allow_explicit,
        blocked=_union(state.blocked, catalogue.slots(profile.blocked_tracks)),
        blocked_artists=_union(state.blocked_artists, artists),
        strict=profile.strict,
    )


def _union(known: Slots, more: Iterable[int]) -> Slots:
    return np.union1d(known, np.fromiter(more, dtype=np.int32)).astype(np.int32)


def _digest(profile: UserProfile) -> int:
    """Return 31 bits that differ where profiles do, but for one chance in two thousand million."""
    told = (sorted(field) if isinstance(field, frozenset) else field for field in astuple(profile))
    return hash64(repr(list(told))) >> 33
