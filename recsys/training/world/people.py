"""The users of a synthetic world: where they live, what they allow, what they like, how much they listen."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Ints, Singles
from recsys.domain.histories import ALLOWS, FORBIDS, UNSET
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.tracks import MARKET_SHARES, MARKETS, Tracks, normalised

NEWCOMERS: Final = 0.3
BARELY_ACTIVE: Final = 0.04
MAX_PLAYS: Final = 1_500


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """u users.

    market, allow_explicit: (u,) int8 as in `Histories`. taste_first, taste_last: (u, d) float32 of norm 1, at the first
    and at the last moment of the world; taste drifts from one to the other. joined: (u,) int64 unix seconds.
    plays: (u,) int64, how many tracks the user starts.
    """

    market: NDArray[np.int8]
    allow_explicit: NDArray[np.int8]
    taste_first: Singles
    taste_last: Singles
    joined: Ints
    plays: Ints


def make_people(world: WorldParameters, tracks: Tracks) -> People:
    """Draw the users. A taste is a mixture of the surroundings of one to three tracks."""
    chance = world.chance("people")
    market = chance.choice(len(MARKETS), size=world.users, p=MARKET_SHARES).astype(np.int8)
    anchors = tracks.vectors[chance.integers(world.tracks, size=(world.users, 3))]
    shares = np.asarray(chance.uniform(0.5, 1.0, size=(world.users, 3)))
    shares[:, 1:] *= chance.random((world.users, 2)) < 0.45
    noise = 0.25 / np.sqrt(tracks.vectors.shape[1])
    first = normalised(
        np.einsum("uc,ucd->ud", shares, anchors) + noise * chance.normal(size=(world.users, anchors.shape[2]))
    )
    last = normalised(first + 2.0 * noise * chance.normal(size=first.shape))
    newcomer = chance.random(world.users) < NEWCOMERS
    joined = np.where(newcomer, chance.uniform(world.start, world.end, size=world.users), world.start).astype(np.int64)
    share = (world.end - joined) / (world.end - world.start)
    plays = np.rint(chance.lognormal(4.4, 0.8, size=world.users) * share).clip(1, MAX_PLAYS).astype(np.int64)
    barely = chance.random(world.users) < BARELY_ACTIVE
    return People(
        market=market,
        allow_explicit=chance.choice(
            np.array([UNSET, FORBIDS, ALLOWS], dtype=np.int8), size=world.users, p=(0.2, 0.15, 0.65)
        ),
        taste_first=first,
        taste_last=last,
        joined=joined,
        plays=np.where(barely, chance.integers(0, 4, size=world.users), plays),
    )
