"""Which track a user of a synthetic world plays: a softmax of taste, appeal, novelty and home market."""

from typing import Final

import numpy as np

from recsys.domain.arrays import Bools, Floats, Ints, Singles
from recsys.domain.histories import ALLOWS
from recsys.domain.items import SECONDS_A_DAY
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.people import People
from recsys.training.world.tracks import MARKETS, Tracks

EPOCHS: Final = 6  # taste and charts are constant within one
USERS_A_BLOCK: Final = 256
TASTE_WEIGHT, HOME_BONUS, NEW_BONUS, NEW_DAYS = 7.0, 0.7, 1.2, 25.0
CHART_SHARE: Final = 0.15  # plays that follow the charts and not the user's taste


def choose(
    chance: np.random.Generator, world: WorldParameters, tracks: Tracks, people: People, user: Ints, time: Ints
) -> tuple[Ints, Floats]:
    """Return the track of each play and the user's affinity with it, the cosine of taste and track.

    user, time: (p,) of each play. Where nothing is legal any track comes up, and shortly before a release the track
    may: the caller drops plays that are not `legal`.
    """
    epoch = (time - world.start) * EPOCHS // (world.end - world.start)
    by_chart, draws = chance.random(user.shape) < CHART_SHARE, chance.random(user.shape)
    track, affinity = np.zeros(user.shape[0], dtype=np.int64), np.zeros(user.shape[0])
    group = people.market * 2 + (people.allow_explicit == ALLOWS)
    order = np.lexsort((user, epoch))
    for number in range(EPOCHS):
        part = order[slice(*np.searchsorted(epoch[order], (number, number + 1)))]
        share = (number + 0.5) / EPOCHS
        taste = people.taste_first * (1.0 - share) + people.taste_last * share
        taste /= np.linalg.norm(taste, axis=1, keepdims=True)
        charts = _charts(world, tracks, share)
        played = part[by_chart[part]]
        track[played] = _sample(charts, group[user[played]], draws[played])
        for start in range(0, world.users, USERS_A_BLOCK):
            rows = part[slice(*np.searchsorted(user[part], (start, start + USERS_A_BLOCK)))]
            cosine = taste[start : start + USERS_A_BLOCK] @ tracks.vectors.T
            own = rows[~by_chart[rows]]
            logits = charts[group[start : start + USERS_A_BLOCK]] + np.float32(TASTE_WEIGHT) * cosine
            track[own] = _sample(logits, user[own] - start, draws[own])
            affinity[rows] = cosine[user[rows] - start, track[rows]]
    return track, affinity


def _charts(world: WorldParameters, tracks: Tracks, share: float) -> Singles:
    """Return (2q, n) log appeal at a moment; row 2m + 1 is market m with explicit tracks, row 2m without.

    share: how much of the world's time has passed. -inf: not licensed, not allowed, or far from released.
    """
    catalogue = tracks.catalogue
    age = world.end_day - world.days * (1.0 - share) - catalogue.released
    newness = np.where(age < -world.days / EPOCHS, -np.inf, NEW_BONUS * np.exp(-np.abs(age) / NEW_DAYS))
    market = np.repeat(np.arange(len(MARKETS)), 2)[:, None]
    allows = np.tile([False, True], len(MARKETS))[:, None]
    licensed = (catalogue.licensed >> market.astype(np.uint64)) & np.uint64(1) == 1
    legal = licensed & (allows | ~catalogue.explicit)
    appeal = tracks.appeal + newness + HOME_BONUS * (market == tracks.home)
    return np.where(legal, appeal, -np.inf).astype(np.float32)


def _sample(logits: Singles, row: Ints, draw: Floats) -> Ints:
    """Return one column per (row, draw), drawn with the softmax of the row's logits by inverting its distribution."""
    top = logits.max(axis=1, keepdims=True)
    weights = np.exp(logits - np.where(np.isfinite(top), top, 0.0))
    reached = np.cumsum(weights, axis=1, dtype=np.float64)
    reached /= np.where(reached[:, -1:] > 0, reached[:, -1:], 1.0)
    reached += np.arange(logits.shape[0])[:, None]
    found = np.searchsorted(reached.ravel(), row + draw, side="right") - row.astype(np.int64) * logits.shape[1]
    return np.asarray(np.clip(found, 0, logits.shape[1] - 1))


def legal(tracks: Tracks, people: People, user: Ints, time: Ints, track: Ints) -> Bools:
    """Return (p,): the track is released, licensed in the user's market, and not explicit unless the user allows it."""
    catalogue = tracks.catalogue
    released = catalogue.released[track] <= time // SECONDS_A_DAY
    licensed = (catalogue.licensed[track] >> people.market[user].astype(np.uint64)) & np.uint64(1) == 1
    return np.asarray(released & licensed & (~catalogue.explicit[track] | (people.allow_explicit[user] == ALLOWS)))
