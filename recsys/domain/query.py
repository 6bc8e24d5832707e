"""What a request asks, who asks, and the policy that holds: the engine's whole input beside the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Ints, Singles, Slots, column
from recsys.domain.items import Catalogue
from recsys.errors import InvalidValueError


class Surface(StrEnum):
    """Where the slate is shown."""

    HOME = "home"
    RADIO = "radio"
    SIMILAR = "similar"


HOME: Final = Surface.HOME
SIMILAR: Final = Surface.SIMILAR
"""Asked for several times a request, and an enumeration looks a member up in Python."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What must stay the same for two pages to belong to one list. Serving encodes it as the paging token."""

    now: int
    seed: int
    model_version: str
    policy_version: str
    config_version: str
    state_version: int


@dataclass(frozen=True, slots=True)
class Query:
    """One request. Every default is what leaving the field out means.

    now: unix seconds. seed: any integer; all chance in the engine comes from it (and never from request_id).
    k: slate length, 0 <= k <= Config.max_k. offset: positions to leave out at the start (paging).
    market: None takes the user's market. An unknown market is licensed for nothing.
    allow_explicit: None leaves it to the user's setting; a user's own False always wins.
    allow_repeats: None takes the surface's rule (radio and similar repeat, home does not).
    diversify, explore: False turns the stage off for this request.
    breadth: percent of each source's budget, 1 to 100: fewer candidates while the service is under pressure.
    about: the slot of the track that the slate should resemble (surface similar), or None.
    snapshot: of an earlier page; the engine raises `StaleSnapshotError` when it no longer holds.
    """

    request_id: str
    user_id: str
    k: int
    now: int
    seed: int = 0
    market: str | None = None
    surface: Surface = Surface.HOME
    allow_explicit: bool | None = None
    allow_repeats: bool | None = None
    diversify: bool = True
    explore: bool = True
    explain: bool = False
    breadth: int = 100
    about: int | None = None
    offset: int = 0
    snapshot: Snapshot | None = None

    @property
    def repeats(self) -> bool:
        """Whether tracks that the user has already played may appear."""
        return self.surface is not HOME if self.allow_repeats is None else self.allow_repeats


def _no_slots() -> Slots:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class UserState:
    """One user as of one moment. `recsys.domain.history.fold` builds it from events, for serving and for training.

    known: False for a user that no event and no setting is stored of.
    version: number of events applied, and above bit 31 a digest of the profile; snapshots compare it.
    market: home market or None. allow_explicit: the user's own setting, None when never set.
    history: (h,) int32 slots of tracks with a listen or a like, each once, ascending by (time, slot): newest last.
    times: (h,) int64 unix seconds of the latest listen or like. strengths: (h,) float32 multiples of 1/4 in [1/4, 4].
    liked: (l,) int32 slots. skipped: (s,) int32 slots, each once, with skip_times: (s,) int64, the latest skip.
    blocked: (b,) int32 track slots. blocked_artists: (c,) int32 artist slots.
    strict: the profile could not be read: explicit is off, the blocks are those that were known last.
    """

    user_id: str
    known: bool
    version: int
    market: str | None
    allow_explicit: bool | None
    history: Slots
    times: Ints
    strengths: Singles
    liked: Slots
    skipped: Slots
    skip_times: Ints
    blocked: Slots
    blocked_artists: Slots
    strict: bool = False

    def __post_init__(self) -> None:
        plays, skips = self.history.shape[0], self.skipped.shape[0]
        put = object.__setattr__
        put(self, "history", column("history", self.history, np.int32, plays))
        put(self, "times", column("times", self.times, np.int64, plays))
        put(self, "strengths", column("strengths", self.strengths, np.float32, plays))
        put(self, "liked", column("liked", self.liked, np.int32, -1))
        put(self, "skipped", column("skipped", self.skipped, np.int32, skips))
        put(self, "skip_times", column("skip_times", self.skip_times, np.int64, skips))
        put(self, "blocked", column("blocked", self.blocked, np.int32, -1))
        put(self, "blocked_artists", column("blocked_artists", self.blocked_artists, np.int32, -1))

    @staticmethod
    def cold(user_id: str, market: str | None = None, allow_explicit: bool | None = None) -> "UserState":
        """Return the state of a user without history; `known` is False."""
        none, never = _no_slots(), np.zeros(0, dtype=np.int64)
        return UserState(
            user_id=user_id,
            known=False,
            version=0,
            market=market,
            allow_explicit=allow_explicit,
            history=none,
            times=never,
            strengths=np.zeros(0, dtype=np.float32),
            liked=none,
            skipped=none,
            skip_times=never,
            blocked=none,
            blocked_artists=none,
        )


@dataclass(frozen=True, slots=True, eq=False)
class PolicySnapshot:
    """Hard policy as of one version. taken_down: (n,) bool by track slot.

    withheld: (n,) uint64, the markets in which a track may no longer be shown, bits as in `Catalogue.licensed`.
    explicit: (n,) bool, tracks that count as explicit by now. None: as the catalogue has it.
    """

    version: str
    taken_down: Bools
    withheld: NDArray[np.uint64] | None = None
    explicit: Bools | None = None

    def __post_init__(self) -> None:
        put, size = object.__setattr__, self.taken_down.shape[0]
        put(self, "taken_down", column("taken_down", self.taken_down, np.bool_, -1))
        if self.withheld is not None:
            put(self, "withheld", column("withheld", self.withheld, np.uint64, size))
        if self.explicit is not None:
            put(self, "explicit", column("explicit", self.explicit, np.bool_, size))

    @staticmethod
    def of(
        catalogue: Catalogue,
        tracks: frozenset[str] = frozenset(),
        artists: frozenset[str] = frozenset(),
        version: str = "0",
        withheld: Mapping[str, frozenset[str]] | None = None,
        explicit: frozenset[str] = frozenset(),
    ) -> "PolicySnapshot":
        """Build the snapshot from the ids of tracks and artists that were taken down. Unknown ids are ignored.

        withheld: markets by track, unknown ones ignored. explicit: tracks that count as explicit.
        """
        taken_down = np.zeros(catalogue.size, dtype=np.bool_)
        taken_down[catalogue.slots(sorted(tracks))] = True
        for artist_id in artists:
            slot = catalogue.artist_slot(artist_id)
            if slot is not None:
                taken_down |= catalogue.artist == slot
        if not version:
            raise InvalidValueError("a policy snapshot needs a version; give the store's own")
        return PolicySnapshot(
            version=version,
            taken_down=taken_down,
            withheld=_withheld(catalogue, withheld) if withheld else None,
            explicit=_flags(catalogue, explicit) if explicit else None,
        )


def _flags(catalogue: Catalogue, tracks: frozenset[str]) -> Bools:
    flags = np.zeros(catalogue.size, dtype=np.bool_)
    flags[catalogue.slots(sorted(tracks))] = True
    return flags


def _withheld(catalogue: Catalogue, withheld: Mapping[str, frozenset[str]]) -> NDArray[np.uint64]:
    bits = np.zeros(catalogue.size, dtype=np.uint64)
    for track_id, markets in withheld.items():
        slot = catalogue.slot(track_id)
        known = (catalogue.market_slot(market) for market in markets)
        if slot is not None:
            bits[slot] = sum(1 << market for market in known if market is not None)
    return bits
