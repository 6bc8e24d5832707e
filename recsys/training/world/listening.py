"""What the users of a synthetic world play, skip, like and block, and when."""

from typing import Final

import numpy as np

from recsys.domain.arrays import Bools, Floats, Ints, Slots
from recsys.domain.events import EventColumns, Kind
from recsys.domain.items import SECONDS_A_DAY
from recsys.training.world.choices import choose, legal
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.people import People
from recsys.training.world.tracks import Tracks

SESSION_LENGTH: Final = 8
LEFT_SHARE: Final = 0.06  # plays that end early without a skip
LIKE_DELAY, BLOCK_DELAY = 20, 5


def make_events(world: WorldParameters, tracks: Tracks, people: People) -> tuple[Ints, EventColumns]:
    """Return (e,) the user row of each event and the events, in no special order."""
    chance = world.chance("listening")
    user, time = _moments(chance, world, people)
    track, affinity = choose(chance, world, tracks, people, user, time)
    kept = legal(tracks, people, user, time, track)
    user, time, track, affinity = user[kept], time[kept], track[kept], affinity[kept]
    skipped = chance.random(user.shape[0]) < _odds(1.0 - 5.0 * affinity + tracks.annoyance[track])
    liked = ~skipped & (chance.random(user.shape[0]) < _odds(-6.0 + 5.5 * affinity))
    angry = skipped & (chance.random(user.shape[0]) < 0.03)
    played = _played(chance, skipped, tracks.length_ms[track])
    by_artist = angry & (chance.random(user.shape[0]) < 0.75)
    parts = (
        (np.flatnonzero(~skipped), Kind.LISTEN, 0),
        (np.flatnonzero(skipped), Kind.SKIP, 0),
        (np.flatnonzero(liked), Kind.LIKE, LIKE_DELAY),
        (np.flatnonzero(angry), Kind.BLOCK, BLOCK_DELAY),
    )
    rows = np.concatenate([part[0] for part in parts])
    kinds = np.concatenate([np.full(part[0].shape, part[1], dtype=np.int8) for part in parts])
    delays = np.concatenate([np.full(part[0].shape, part[2], dtype=np.int64) for part in parts])
    artist_block = (kinds == Kind.BLOCK) & by_artist[rows]
    plays = (kinds == Kind.LISTEN) | (kinds == Kind.SKIP)
    events = EventColumns(
        kinds=kinds,
        tracks=np.where(artist_block, -1, track[rows]).astype(np.int32),
        artists=np.where(artist_block, tracks.catalogue.artist[track[rows]], -1).astype(np.int32),
        times=np.minimum(time[rows] + delays, world.end - 1),
        ms_played=np.where(plays, played[rows], -1).astype(np.int32),
    )
    return user[rows], events


def _played(chance: np.random.Generator, skipped: Bools, length: Ints) -> Slots:
    """Return (p,) int32 milliseconds: little of a track that was skipped or left, most of the others."""
    left = ~skipped & (chance.random(skipped.shape) < LEFT_SHARE)
    short, long = chance.uniform(0.01, 0.12, skipped.shape), chance.uniform(0.3, 1.0, skipped.shape)
    return np.asarray(length * np.where(skipped | left, short, long), dtype=np.int32)


def _moments(chance: np.random.Generator, world: WorldParameters, people: People) -> tuple[Ints, Ints]:
    """Return user and time of each play: sessions of up to eight tracks, more of them in the evening."""
    user = np.repeat(np.arange(world.users), people.plays)
    first = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(people.plays)[:-1]))
    number = np.arange(user.shape[0]) - first[user]
    sessions = -(-people.plays // SESSION_LENGTH)
    session_first = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sessions)[:-1]))
    owner = np.repeat(np.arange(world.users), sessions)
    day = (people.joined[owner] + chance.random(owner.shape[0]) * (world.end - people.joined[owner])) // SECONDS_A_DAY
    hour = chance.normal(19.0, 4.0, size=owner.shape[0]) % 24.0
    began = (day * SECONDS_A_DAY + hour * 3_600).astype(np.int64)
    time = began[session_first[user] + number // SESSION_LENGTH] + (number % SESSION_LENGTH) * 210
    return user, np.clip(time, people.joined[user], world.end - 1 - LIKE_DELAY)


def _odds(logit: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-logit))
