"""One request with everything that its stages read: built once, never changed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from recsys.domain.arrays import Bools, Index, Slots, among
from recsys.domain.config import Config
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.model import Model
from recsys.domain.profile import Profile, check_slots, profile_of, recordings_of
from recsys.domain.query import PolicySnapshot, Query, Snapshot, UserState
from recsys.errors import VersionMismatchError


@dataclass(frozen=True, slots=True, eq=False)
class Context:
    """What a stage may read. n tracks.

    market: position in `Catalogue.markets`, None when unknown: then nothing is licensed. today: days since 1970 UTC.
    allow_explicit: what query and user allow together. config: experiments applied.
    heard: (h,) int32 ascending, the recordings that the user has listened to or liked.
    """

    query: Query
    user: UserState
    policy: PolicySnapshot
    model: Model
    config: Config
    profile: Profile
    market: int | None
    allow_explicit: bool
    today: int
    heard: Slots

    def played(self, slots: Index) -> Bools:
        """Return (m,) bool: the tracks that the user has played, in any release."""
        return among(self.model.catalogue.recording.take(slots), self.heard)

    @property
    def snapshot(self) -> Snapshot:
        """What another page of the same list must be asked under."""
        return Snapshot(
            now=self.query.now,
            seed=self.query.seed,
            model_version=self.model.version,
            policy_version=self.policy.version,
            config_version=self.config.version,
            state_version=self.user.version,
        )


def context_of(
    query: Query,
    user: UserState,
    policy: PolicySnapshot,
    model: Model,
    config: Config,
    profile: Callable[[Model, UserState, int], Profile] = profile_of,
) -> Context:
    """Resolve a request against a model. profile: `profile_of`, or what returns the same sooner.

    Raises `VersionMismatchError` when the user's or the policy's slots belong to another catalogue.
    """
    catalogue = model.catalogue
    if policy.taken_down.shape[0] != catalogue.size:
        raise VersionMismatchError(
            f"policy {policy.version!r} covers {policy.taken_down.shape[0]} tracks, model {model.version!r} has "
            f"{catalogue.size}: build the policy snapshot against this model's catalogue"
        )
    made = profile(model, _listener(query, user), query.now)
    if query.about is None:
        heard = made.listening.recordings
    else:  # the profile is another's
        check_slots(model, user)
        heard = recordings_of(model, user.history)
    return Context(
        query=query,
        user=user,
        policy=policy,
        model=model,
        config=config,
        profile=made,
        market=catalogue.market_slot(query.market or user.market),
        allow_explicit=_allows_explicit(query.allow_explicit, user.allow_explicit),
        today=query.now // SECONDS_A_DAY,
        heard=heard,
    )


def _allows_explicit(asked: bool | None, setting: bool | None) -> bool:
    """Fails closed: somebody must have allowed it and nobody forbidden it."""
    stated = [value for value in (asked, setting) if value is not None]
    return bool(stated) and all(stated)


def _listener(query: Query, user: UserState) -> UserState:
    """Return whom to please: the user, or, for a slate about a track, a listener of that one track."""
    if query.about is None:
        return user
    about = np.array([query.about], dtype=np.int32)
    return replace(
        UserState.cold(user.user_id),
        history=about,
        times=np.array([query.now], dtype=np.int64),
        strengths=np.ones(1, dtype=np.float32),
    )
