"""A made-up catalogue of any size, published as a real artifact, with a forest that LightGBM has grown on its features.

No training could fit a million tracks within a benchmark, and none is needed: what a request costs depends on the sizes
of the arrays and on how their values are spread. Tracks fall into neighbourhoods of about 250; a track's strongest
responses are its neighbours, so that the responses to one history overlap as they do in real data.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from recsys.bootstrap import artifact_directory
from recsys.domain.config import DEFAULT
from recsys.domain.context import context_of
from recsys.domain.events import EventColumns, Kind
from recsys.domain.histories import Histories
from recsys.domain.history import fold
from recsys.domain.items import SECONDS_A_DAY, Catalogue
from recsys.domain.model import ItemItem, Model, popular_order_of, quantised_embeddings, release_order_of
from recsys.domain.packed import PackedStrings
from recsys.domain.published import Published
from recsys.domain.query import PolicySnapshot, Query
from recsys.features.assemble import assemble
from recsys.features.schema import SCHEMA
from recsys.ranking.lightgbm_dump import forest_from_dump
from recsys.ranking.quickscorer import ForestScorer
from recsys.retrieval.merge import SOURCES, gather
from recsys.training.fit.parts import linear_scorer
from recsys.training.fit.ranker import SMOOTH
from recsys.training.parameters import TrainingParameters

NOW = 1_760_000_000
TODAY = NOW // SECONDS_A_DAY
MARKETS = ("DE", "SE", "US")
USERS, DIMENSIONS, NEIGHBOURS = 1_000, 64, 200
TRAINING_USERS = 200
NEIGHBOURHOOD = 250
BOOSTER = "booster.txt"


@dataclass(frozen=True, slots=True)
class World:
    """A published artifact in `directory`, the users that can be asked about, and the forest as LightGBM saved it."""

    directory: Path
    users: tuple[str, ...]
    tracks: int

    @staticmethod
    def at(directory: Path, tracks: int) -> "World":
        """A world that `make` has made."""
        return World(directory, tuple(f"u{row:05d}" for row in range(USERS)), tracks)

    @property
    def artifact(self) -> Path:
        """The model directory."""
        return self.directory / "model"

    @property
    def booster(self) -> Path:
        """The forest in LightGBM's own format."""
        return self.directory / BOOSTER


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of the forest."""

    trees: int
    leaves: int


TRAINED = Shape(TrainingParameters().trees, TrainingParameters().leaves)
"""What `recsys train` grows, where nothing stops it earlier."""
GREATER = Shape(200, 31)


def make(directory: Path, tracks: int, shape: Shape = TRAINED, seed: int = 7) -> World:
    """Publish a world of so many tracks below `directory`."""
    random = np.random.default_rng(seed)
    catalogue = _catalogue(random, tracks)
    model = _model(random, catalogue)
    histories = _histories(random, catalogue)
    booster = _booster(random, model, histories, shape)
    scorer = ForestScorer.of(forest_from_dump(booster.dump_model(), SCHEMA.version))
    directory.mkdir(parents=True)
    booster.save_model(directory / BOOSTER)
    artifact_directory(directory / "model").write(Published(replace(model, scorer=scorer), histories, {}))
    return World.at(directory, tracks)


def _catalogue(random: np.random.Generator, tracks: int) -> Catalogue:
    artists, slots = max(tracks // 10, 1), np.arange(tracks)
    recording = slots.astype(np.int32)
    again = random.random(tracks) < 0.02
    again[0] = False
    recording[again] = recording[np.flatnonzero(again) - 1]
    age = random.exponential(2_500.0, tracks)
    licensed = np.zeros(tracks, dtype=np.uint64)
    for bit in range(len(MARKETS)):
        licensed |= np.where(random.random(tracks) < 0.95, np.uint64(1 << bit), np.uint64(0))
    return Catalogue(
        ids=tuple(f"t{slot:07d}" for slot in range(tracks)),
        titles=tuple(f"Title {number:x} of song" for number in random.integers(0, 1 << 40, tracks).tolist()),
        artist=np.minimum(slots // NEIGHBOURHOOD * 25 + random.integers(0, 25, tracks), artists - 1).astype(np.int32),
        artist_ids=tuple(f"a{slot:06d}" for slot in range(artists)),
        artist_names=tuple(f"Artist {slot:x}" for slot in range(artists)),
        recording=recording,
        explicit=random.random(tracks) < 0.1,
        released=(TODAY - age.astype(np.int64)).astype(np.int32),
        markets=MARKETS,
        licensed=licensed,
    )


def _model(random: np.random.Generator, catalogue: Catalogue) -> Model:
    tracks = catalogue.size
    popularity = random.lognormal(0.0, 1.5, tracks) * random.lognormal(0.0, 0.3, (len(MARKETS), tracks))
    popularity = np.log1p(popularity).astype(np.float32)
    return Model(
        version="unpublished",
        schema_version=SCHEMA.version,
        catalogue=catalogue,
        item_item=_item_item(random, tracks),
        scorer=linear_scorer(),
        popularity=popularity,
        popular_order=popular_order_of(popularity),
        release_order=release_order_of(catalogue.released),
        embeddings=_embeddings(random, tracks),
        skip_rate=random.beta(2.0, 8.0, tracks).astype(np.float32),
        trend=random.normal(0.0, 0.5, tracks).astype(np.float32),
    )


def _item_item(random: np.random.Generator, tracks: int) -> ItemItem:
    """Each track answers to tracks of its neighbourhood, ever more weakly; the last few responses are negative."""
    size = min(NEIGHBOURHOOD, tracks)
    width = min(NEIGHBOURS, size - 1)
    slots = np.arange(tracks, dtype=np.int32)
    first = np.minimum(slots // size * size, tracks - size)[:, None]
    steps = 1 + random.permuted(np.tile(np.arange(size - 1, dtype=np.int32), (64, 1)), axis=1)[:, :width]
    neighbours = first + (slots[:, None] - first + steps[slots % 64]) % size
    weights = 0.3 * random.exponential(1.0, (64, width)) / np.arange(1, width + 1) ** 0.7 - 0.002
    return ItemItem.quantised(neighbours.astype(np.int32), weights.astype(np.float32)[slots % 64])


def _embeddings(random: np.random.Generator, tracks: int) -> NDArray[np.int8]:
    centres = random.normal(size=(tracks // NEIGHBOURHOOD + 1, DIMENSIONS)).astype(np.float32)
    noise = random.normal(scale=0.7, size=(tracks, DIMENSIONS)).astype(np.float32)
    return quantised_embeddings(centres[np.arange(tracks) // NEIGHBOURHOOD] + noise)


def _histories(random: np.random.Generator, catalogue: Catalogue) -> Histories:
    """About 110 plays a user, in eight neighbourhoods, over half a year; one play in ten is skipped, some are liked."""
    counts = np.clip(random.lognormal(4.5, 0.6, USERS), 20, 400).astype(int)
    user = np.repeat(np.arange(USERS, dtype=np.int32), counts)
    events = user.shape[0]
    homes = random.integers(0, max(catalogue.size // NEIGHBOURHOOD, 1), (USERS, 8))
    home = homes[user, random.integers(0, 8, events)]
    tracks = (home * NEIGHBOURHOOD + random.integers(0, NEIGHBOURHOOD, events)) % catalogue.size
    return Histories.grouped(
        ids=PackedStrings.of(f"u{row:05d}" for row in range(USERS)),
        markets=MARKETS,
        market=random.integers(0, len(MARKETS), USERS).astype(np.int8),
        allow_explicit=np.ones(USERS, dtype=np.int8),
        user=user,
        events=EventColumns(
            kinds=random.choice([Kind.LISTEN, Kind.SKIP, Kind.LIKE], events, p=[0.85, 0.1, 0.05]).astype(np.int8),
            tracks=tracks.astype(np.int32),
            artists=np.full(events, -1, dtype=np.int32),
            times=NOW - random.integers(1, 180 * SECONDS_A_DAY, events),
            ms_played=np.full(events, -1, dtype=np.int32),
        ),
    )


def _booster(random: np.random.Generator, model: Model, histories: Histories, shape: Shape) -> lightgbm.Booster:
    """Grow the trees on the service's own features of real candidates, towards a made-up taste."""
    blocks = []
    policy = PolicySnapshot.of(model.catalogue)
    for row in range(min(TRAINING_USERS, histories.size)):
        user = fold(histories.ids[row], histories.events_of(row), market=histories.market_of(row))
        query = Query("", user.user_id, k=50, now=NOW)
        context = context_of(query, user, policy, model, DEFAULT)
        slots = gather(context, SOURCES).slots
        blocks.append(np.ascontiguousarray(assemble(model, context.profile, context.market, slots)))
    values = np.concatenate(blocks)
    scaled = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-9)
    weights = random.normal(size=(values.shape[1], 6))
    wish = np.tanh(scaled @ weights).sum(axis=1) + random.normal(size=values.shape[0])
    grades = np.digitize(wish, np.quantile(wish, [0.8, 0.95]))
    data = lightgbm.Dataset(values, grades, group=[block.shape[0] for block in blocks])
    # The settings of `recsys train` (recsys/training/fit/ranker.py) but for the number of trees and leaves.
    settings = {
        "objective": "lambdarank",
        "label_gain": [0, 1, 2],
        "max_bin": 63,
        "num_leaves": shape.leaves,
        "learning_rate": 0.05,
        "min_data_in_leaf": 40,
        "path_smooth": SMOOTH,
        "use_missing": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    return lightgbm.train(settings, data, shape.trees)
