"""Small recommenders made by hand, and one made at random: what the tests of `recsys` are about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from recsys.domain.arrays import Floats
from recsys.domain.config import Config
from recsys.domain.items import SECONDS_A_DAY, Catalogue
from recsys.domain.model import ItemItem, Model, Scorer, popular_order_of, quantised_embeddings, release_order_of
from recsys.domain.query import PolicySnapshot, Query, UserState
from recsys.features.schema import SCHEMA
from recsys.pipeline import Engine
from recsys.ranking.linear import LinearScorer

TODAY = 20_000
NOW = TODAY * SECONDS_A_DAY + 3_600


@dataclass(frozen=True)
class Track:
    """One row of a hand-made catalogue. recording: the id of the canonical release, None for itself."""

    id: str
    artist: str = "a0"
    recording: str | None = None
    explicit: bool = False
    released: int = TODAY - 400
    markets: tuple[str, ...] = ("DE", "GB")
    popularity: float = 0.0


def linear(**weights: float) -> LinearScorer:
    """A scorer with the named feature weights and 0 for the rest."""
    return LinearScorer(tuple(weights.get(name, 0.0) for name in SCHEMA.names), SCHEMA.version)


DEFAULT_SCORER = linear(item_item=1.0, popularity=0.5, artist_skip_rate=-0.25)


def make_catalogue(tracks: Sequence[Track], markets: tuple[str, ...] = ("DE", "GB")) -> Catalogue:
    rows = sorted(tracks, key=lambda track: track.id)
    place = {track.id: slot for slot, track in enumerate(rows)}
    artists = tuple(sorted({track.artist for track in rows}))
    bits = [sum(1 << markets.index(code) for code in track.markets) for track in rows]
    return Catalogue(
        ids=tuple(track.id for track in rows),
        titles=tuple(f"Title of {track.id}" for track in rows),
        artist=np.array([artists.index(track.artist) for track in rows], dtype=np.int32),
        artist_ids=artists,
        artist_names=tuple(f"Name of {artist}" for artist in artists),
        recording=np.array([place[track.recording or track.id] for track in rows], dtype=np.int32),
        explicit=np.array([track.explicit for track in rows], dtype=np.bool_),
        released=np.array([track.released for track in rows], dtype=np.int32),
        markets=markets,
        licensed=np.array(bits, dtype=np.uint64),
    )


def make_model(
    tracks: Sequence[Track],
    responses: Mapping[tuple[str, str], float] | None = None,
    scorer: Scorer = DEFAULT_SCORER,
    vectors: Mapping[str, Sequence[float]] | None = None,
    **changes: Any,
) -> Model:
    """A model of the tracks. responses: (track in the history, track that responds) to weight."""
    catalogue = make_catalogue(tracks)
    size = catalogue.size
    by_id = {track.id: track for track in tracks}
    popularity = np.array([[by_id[key].popularity for key in catalogue.ids]] * 2, dtype=np.float32).reshape(2, size)
    dense = np.zeros((size, size))
    for (history, track), weight in (responses or {}).items():
        dense[catalogue.slots([history])[0], catalogue.slots([track])[0]] = weight
    embeddings = np.zeros((size, 2))
    for key, vector in (vectors or {}).items():
        embeddings[catalogue.slots([key])[0]] = vector
    fields: dict[str, Any] = {
        "version": "m1",
        "schema_version": SCHEMA.version,
        "catalogue": catalogue,
        "item_item": ItemItem.quantised(np.tile(np.arange(size, dtype=np.int32), (size, 1)), dense),
        "scorer": scorer,
        "popularity": popularity,
        "popular_order": popular_order_of(popularity),
        "release_order": release_order_of(catalogue.released),
        "embeddings": quantised_embeddings(embeddings),
        "skip_rate": np.zeros(size, dtype=np.float32),
        "trend": np.zeros(size, dtype=np.float32),
    }
    return Model(**(fields | changes))


def make_user(catalogue: Catalogue, history: Sequence[str] = (), **changes: Any) -> UserState:
    """A user of market GB who allows explicit tracks and played `history` (oldest first) within the last days."""
    slots = catalogue.slots(history)
    user = UserState(
        user_id="u1",
        known=bool(history),
        version=len(history),
        market="GB",
        allow_explicit=True,
        history=slots,
        times=np.array([NOW - SECONDS_A_DAY + row for row in range(len(slots))], dtype=np.int64),
        strengths=np.ones(len(slots), dtype=np.float32),
        liked=np.zeros(0, dtype=np.int32),
        skipped=np.zeros(0, dtype=np.int32),
        skip_times=np.zeros(0, dtype=np.int64),
        blocked=np.zeros(0, dtype=np.int32),
        blocked_artists=np.zeros(0, dtype=np.int32),
    )
    return replace(user, **changes)


def make_query(k: int = 10, **changes: Any) -> Query:
    return replace(Query(request_id="r1", user_id="u1", k=k, now=NOW, seed=1), **changes)


def no_takedowns(catalogue: Catalogue) -> PolicySnapshot:
    return PolicySnapshot.of(catalogue, version="p1")


def random_model(
    tracks: int = 300, seed: int = 0, width: int = 20, markets: int = 3, scorer: Scorer = DEFAULT_SCORER
) -> Model:
    """A model of random numbers with every kind of track: explicit, unlicensed, unreleased, of a shared recording."""
    rng = np.random.default_rng(seed)
    artists = max(tracks // 8, 1)
    width = min(width, tracks)
    slots = np.arange(tracks, dtype=np.int32)
    recording = np.where(rng.random(tracks) < 0.1, rng.integers(0, max(tracks, 1), tracks), slots).astype(np.int32)
    catalogue = Catalogue(
        ids=tuple(f"t{slot:06d}" for slot in slots),
        titles=tuple(f"Track {slot}" for slot in slots),
        artist=rng.integers(0, artists, tracks).astype(np.int32),
        artist_ids=tuple(f"a{slot:05d}" for slot in range(artists)),
        artist_names=tuple(f"Artist {slot}" for slot in range(artists)),
        recording=recording[recording],
        explicit=rng.random(tracks) < 0.2,
        released=(TODAY - rng.integers(-20, 3_000, tracks)).astype(np.int32),
        markets=tuple(f"M{market}" for market in range(markets)),
        licensed=rng.integers(0, 1 << markets, tracks).astype(np.uint64),
    )
    popularity = np.log1p(rng.pareto(1.5, (markets, tracks))).astype(np.float32)
    neighbours = rng.integers(0, max(tracks, 1), (tracks, width)).astype(np.int32)
    return Model(
        version="random",
        schema_version=SCHEMA.version,
        catalogue=catalogue,
        item_item=ItemItem.quantised(neighbours, rng.normal(0.05, 0.1, (tracks, width))),
        scorer=scorer,
        popularity=popularity,
        popular_order=popular_order_of(popularity),
        release_order=release_order_of(catalogue.released),
        embeddings=quantised_embeddings(rng.normal(size=(tracks, 32))),
        skip_rate=rng.random(tracks).astype(np.float32),
        trend=rng.normal(size=tracks).astype(np.float32),
    )


def random_user(model: Model, plays: int = 30, seed: int = 0, **changes: Any) -> UserState:
    """A user of market M0 with random plays, skips, blocks."""
    rng = np.random.default_rng(seed)
    size, artists = model.catalogue.size, len(model.catalogue.artist_ids)
    plays, skips = min(plays, size), min(plays // 5, size)
    user = UserState(
        user_id=f"u{seed}",
        known=plays > 0,
        version=plays,
        market="M0",
        allow_explicit=bool(seed % 2),
        history=rng.permutation(size)[:plays].astype(np.int32),
        times=np.sort(NOW - rng.integers(0, 200 * SECONDS_A_DAY, plays)),
        strengths=rng.choice([0.25, 1.0, 3.0], plays).astype(np.float32),
        liked=np.zeros(0, dtype=np.int32),
        skipped=rng.permutation(size)[:skips].astype(np.int32),
        skip_times=NOW - rng.integers(0, 60 * SECONDS_A_DAY, skips),
        blocked=rng.permutation(size)[: skips // 3].astype(np.int32),
        blocked_artists=rng.permutation(artists)[: skips // 3].astype(np.int32),
    )
    return replace(user, **changes)


def make_engine(model: Model, **settings: Any) -> Engine:
    """An engine with the default settings and some replaced."""
    return Engine(model, Config(**settings))


def shown(engine: Engine, slots: np.ndarray[Any, Any]) -> list[str]:
    """The ids of track slots."""
    return [engine.model.catalogue.ids[slot] for slot in slots.tolist()]


def dense(fitted: ItemItem) -> Floats:
    """The weights of an item-item model as (tracks, tracks)."""
    size = fitted.neighbours.shape[0]
    weights = np.zeros((size, size))
    np.add.at(weights, (np.arange(size)[:, None], fitted.neighbours), fitted.weights)
    return weights


class Case(NamedTuple):
    """What `recommend`, `eligible` and `score` are asked with."""

    query: Query
    user: UserState
    policy: PolicySnapshot


def random_case(model: Model, seed: int, **changes: Any) -> Case:
    """A user by seed: heavy, light, hardly known, unknown. Every seventeenth track is taken down."""
    user = random_user(model, (150, 30, 3, 0)[seed % 4], seed)
    query = make_query(**({"k": 20, "user_id": user.user_id, "seed": seed, "market": "M0"} | changes))
    tracks = frozenset(model.catalogue.ids[seed::17])
    return Case(query, user, PolicySnapshot.of(model.catalogue, tracks, version="p1"))
