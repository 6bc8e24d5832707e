"""Every user's strength for every track, in one pass: what `recsys.domain.history.fold` gives one by one."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.domain.arrays import Floats, Ints, Singles, Slots
from recsys.domain.events import Kind
from recsys.domain.histories import Histories
from recsys.domain.history import CAP, FULL, FULL_LISTEN_MS, LIKED, PARTIAL


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """p pairs of a user and a track with a listen or a like, each once, ascending by (user, track).

    user, track: (p,) int32. strength: (p,) float32 as in `UserState.strengths`.
    last: (p,) int64, latest listen or like.
    """

    user: Slots
    track: Slots
    strength: Singles
    last: Ints

    def matrix(self, users: int, tracks: int) -> sparse.csr_array:
        """Return the (users, tracks) matrix of ones, float64: who played what."""
        ones = np.ones(self.user.shape[0])
        return sparse.csr_array((ones, (self.user, self.track)), shape=(users, tracks))


def pairs_of(histories: Histories, tracks: int) -> Pairs:
    """Return the pairs of all users. The same rules as in `fold`; a test holds the two together."""
    events = histories.events
    listens, likes = events.kinds == Kind.LISTEN, events.kinds == Kind.LIKE
    rows = np.flatnonzero((listens | likes) & (events.tracks >= 0))
    full = (events.ms_played[rows] < 0) | (events.ms_played[rows] >= FULL_LISTEN_MS)
    gains: Floats = np.where(listens[rows], np.where(full, FULL, PARTIAL), LIKED)
    keys = histories.owner()[rows].astype(np.int64) * tracks + events.tracks[rows]
    unique, position = np.unique(keys, return_inverse=True)
    strength = np.bincount(position, weights=gains, minlength=unique.shape[0])
    last: Ints = np.zeros(unique.shape[0], dtype=np.int64)
    np.maximum.at(last, position, events.times[rows])
    return Pairs(
        user=(unique // tracks).astype(np.int32),
        track=(unique % tracks).astype(np.int32),
        strength=np.minimum(strength, CAP).astype(np.float32),
        last=last,
    )
