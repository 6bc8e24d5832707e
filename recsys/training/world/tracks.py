"""The catalogue of a synthetic world, and what only the world knows about it: taste vectors, appeal, lengths."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Floats, Ints, Singles, Slots
from recsys.domain.items import Catalogue
from recsys.training.world.names import SUFFIXES, artist_names, titles
from recsys.training.world.parameters import WorldParameters

MARKETS: Final = ("BR", "DE", "JP", "SE", "US")
MARKET_SHARES: Final = (0.18, 0.17, 0.15, 0.12, 0.38)
GENRES: Final = 12
DIMENSIONS: Final = 16
TRACKS_AN_ARTIST: Final = 8
RESTRICTED_ARTISTS: Final = 0.2
NEW_SHARE, SCHEDULED_SHARE, SCHEDULED_DAYS = 0.12, 0.02, 60
ALTERNATIVE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """n tracks by a artists.

    vectors: (n, d) float32 of norm 1. appeal: (n,) float32, log of how much a track is played by anyone.
    annoyance: (n,) float32, log odds of a skip. length_ms: (n,) int64. home: (n,) int64, the artist's home market.
    """

    catalogue: Catalogue
    vectors: Singles
    appeal: Singles
    annoyance: Singles
    length_ms: Ints
    home: Ints


def make_tracks(world: WorldParameters) -> Tracks:
    """Draw the catalogue: artists of uneven size, new and scheduled releases, licences, alternative releases."""
    chance = world.chance("tracks")
    artist = _artists(chance, world.tracks)
    artists = int(artist.max()) + 1
    genre = chance.integers(GENRES, size=artists)
    vectors = _vectors(chance, artist, genre)
    home = chance.choice(len(MARKETS), size=artists, p=MARKET_SHARES)
    released = _released(chance, world)
    names = titles(chance, world.tracks)
    recording = _alternatives(chance, artist, released, names, vectors)
    catalogue = Catalogue(
        ids=numbered("t", world.tracks),
        titles=tuple(names),
        artist=artist,
        artist_ids=numbered("a", artists),
        artist_names=tuple(artist_names(chance, artists)),
        recording=recording,
        explicit=chance.random(world.tracks) < (chance.beta(0.6, 3.0, size=GENRES))[genre[artist]],
        released=released,
        markets=MARKETS,
        licensed=_licensed(chance, home)[artist],
    )
    fame = chance.normal(0.0, 0.9, size=artists)
    return Tracks(
        catalogue=catalogue,
        vectors=vectors,
        appeal=(fame[artist] + chance.normal(0.0, 1.0, size=world.tracks)).astype(np.float32),
        annoyance=chance.normal(0.0, 0.6, size=world.tracks).astype(np.float32),
        length_ms=chance.integers(120_000, 330_000, size=world.tracks),
        home=home[artist],
    )


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    """Return ids such as t000001, of one width, so that their order is the order of their numbers."""
    width = max(6, len(str(count)))
    return tuple(f"{prefix}{row:0{width}d}" for row in range(1, count + 1))


def normalised(vectors: Floats) -> Singles:
    """Return rows of norm 1 as float32."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def _artists(chance: np.random.Generator, count: int) -> Slots:
    """Return each track's artist: every artist has a track, few artists have many."""
    artists = max(1, count // TRACKS_AN_ARTIST)
    share = (1.0 + np.arange(artists)) ** -0.7
    more = chance.choice(artists, size=count - artists, p=share / share.sum())
    owners = np.concatenate((np.arange(artists), more))
    return np.asarray(chance.permutation(artists)[chance.permutation(owners)], dtype=np.int32)


def _vectors(chance: np.random.Generator, artist: Slots, genre: Ints) -> Singles:
    centres = normalised(chance.normal(size=(GENRES, DIMENSIONS)))
    scale = 1.0 / np.sqrt(DIMENSIONS)
    by_artist = normalised(centres[genre] + 0.55 * scale * chance.normal(size=(genre.shape[0], DIMENSIONS)))
    return normalised(by_artist[artist] + 0.45 * scale * chance.normal(size=(artist.shape[0], DIMENSIONS)))


def _released(chance: np.random.Generator, world: WorldParameters) -> Slots:
    """Return release days: most are years old, some fall into the world's time, a few lie after its end."""
    kind = chance.random(world.tracks)
    old = world.end_day - world.days - chance.lognormal(7.2, 1.0, size=world.tracks).clip(0, 22_000)
    new = world.end_day - chance.uniform(0, world.days, size=world.tracks)
    scheduled = world.end_day + chance.uniform(1, SCHEDULED_DAYS, size=world.tracks)
    days = np.where(kind < SCHEDULED_SHARE, scheduled, np.where(kind < SCHEDULED_SHARE + NEW_SHARE, new, old))
    return days.astype(np.int32)


def _licensed(chance: np.random.Generator, home: Ints) -> NDArray[np.uint64]:
    """Return each artist's licence bits: most everywhere, the rest at home and in some other markets."""
    bits = np.uint64(1) << np.arange(len(MARKETS), dtype=np.uint64)
    everywhere = bits.sum(dtype=np.uint64)
    some = ((chance.random((home.shape[0], len(MARKETS))) < 0.4) * bits).sum(axis=1, dtype=np.uint64) | bits[home]
    return np.asarray(np.where(chance.random(home.shape[0]) < RESTRICTED_ARTISTS, some, everywhere))


def _alternatives(
    chance: np.random.Generator, artist: Slots, released: Slots, names: list[str], vectors: Singles
) -> Slots:
    """Turn some tracks into later releases of another track by the same artist: in place; return the recordings."""
    recording = np.arange(artist.shape[0], dtype=np.int32)
    is_other: Bools = np.asarray(chance.random(artist.shape[0]) < ALTERNATIVE_SHARE)
    order = np.argsort(artist, kind="stable")
    starts = np.searchsorted(artist[order], np.arange(int(artist.max()) + 2))
    for row in np.flatnonzero(is_other).tolist():
        mates = order[starts[artist[row]] : starts[artist[row] + 1]]
        originals = mates[~is_other[mates]]
        if originals.shape[0]:
            source = int(chance.choice(originals))
            recording[row] = source
            names[row] = names[source] + SUFFIXES[int(chance.integers(len(SUFFIXES)))]
            released[row] = max(released[row], released[source])
            vectors[row] = vectors[source]
    return recording
