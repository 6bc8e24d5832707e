"""The model: everything that training publishes and a request reads. Immutable; arrays may be memory-mapped."""

from dataclasses import dataclass, field
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import WEIGHT_SCALE, Ints, Singles, Slots, column, quantise, slot_column, to_grid
from recsys.domain.items import Catalogue
from recsys.errors import InvalidValueError

MAX_WEIGHT: Final = 8.0
ROWS_A_CHECK: Final = 1_024  # what a check computes stays in the processor's cache, and takes no memory to speak of


@runtime_checkable
class Scorer(Protocol):
    """Scores a batch of feature rows. Pure and batch-invariant: a row's score never depends on the other rows."""

    @property
    def schema_version(self) -> str:
        """The hash of the feature schema that the scorer was fitted on (`recsys.features.schema.SCHEMA.version`)."""
        ...

    def score(self, features: Singles) -> Ints:
        """Return (m,) int64 scores in units of 2**-20 for (m, f) float32 features. Greater is better."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ItemItem:
    """The strongest w responses of every track in the history: row j holds B[j, i] for w tracks i.

    neighbours: (n, w) int32 track slots, distinct in a row where the weight is not 0. Padding has weight 0.
    weights: (n, w) float32 multiples of 2**-20, |weight| <= 8; `quantised` makes them so. Sums are then exact.

    Rows are sparse and of fixed width instead of dense: at 20,000 tracks and w = 200 they take 32 MB where the dense
    matrix takes 1.6 GB, a request touches h*w numbers instead of h*n, and a plain `.npy` file can be memory-mapped.
    EASE (Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data") fits B; keep the greatest |B[j, i]|.
    """

    neighbours: Slots
    weights: Singles

    def __post_init__(self) -> None:
        size, width = self.neighbours.shape
        put = object.__setattr__
        put(self, "neighbours", slot_column("neighbours", self.neighbours, size, size, width))
        put(self, "weights", column("weights", self.weights, np.float32, size, width))
        if not all(_on_grid(self.weights[start : start + ROWS_A_CHECK]) for start in range(0, size, ROWS_A_CHECK)):
            raise InvalidValueError(
                "item-item weights must be multiples of 2**-20 within [-8, 8]: use ItemItem.quantised"
            )

    @staticmethod
    def quantised(neighbours: Slots, weights: NDArray[np.floating]) -> "ItemItem":
        """Build from real weights: clip to [-8, 8] and round to multiples of 2**-20."""
        clipped = np.clip(weights, -MAX_WEIGHT, MAX_WEIGHT)
        return ItemItem(neighbours, to_grid(clipped, WEIGHT_SCALE).astype(np.float32))


def _on_grid(weights: Singles) -> bool:
    units = weights * np.float32(WEIGHT_SCALE)
    return bool((np.abs(weights) <= MAX_WEIGHT).all() and (units == np.rint(units)).all())


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """One published model, for a catalogue of n tracks and q markets.

    version: the model version; every part below was fitted together. schema_version: feature schema of the scorer.
    item_item: n rows. scorer: the ranker.
    popularity: (q, n) float32 >= 0, time-decayed popularity by market (any finite scale that training keeps).
    popular_order: (q, n) int32, each row all slots by (-popularity, slot); `popular_order_of` makes it.
    release_order: (n,) int32, all slots by (-released, slot); `release_order_of` makes it.
    embeddings: (n, d) int8 with d <= 1,024, rows scaled to a greatest norm of 127 (zero where unknown): products of
        integers this small are exact in float32, so that the diversity stage gives the same bytes everywhere.
    skip_rate: (n,) float32 in [0, 1], smoothed. trend: (n,) float32, finite: recent against longer popularity.
    release_age: (n,) int64, ascending: days from the release to 1970, in the order of `release_order`.
    release_artist: (n,) int32, the artist of each in that order.
    world_popularity: (n,) float32, the mean over markets.
    artist_popularity: (n,) float32, the greatest of these among the tracks of the track's artist.
    half_life: seconds after which a listen counts half. history_limit: newest history rows that the profile reads.

    Raises `InvalidValueError` for a column of another shape. The pipeline raises `VersionMismatchError`, not this.
    """

    version: str
    schema_version: str
    catalogue: Catalogue
    item_item: ItemItem
    scorer: Scorer
    popularity: Singles
    popular_order: Slots
    release_order: Slots
    embeddings: NDArray[np.int8]
    skip_rate: Singles
    trend: Singles
    half_life: int = 60 * 86_400
    history_limit: int = 256
    world_popularity: Singles = field(init=False, repr=False)
    release_age: Ints = field(init=False, repr=False)
    release_artist: Slots = field(init=False, repr=False)
    artist_popularity: Singles = field(init=False, repr=False)

    def __post_init__(self) -> None:
        size, markets = self.catalogue.size, len(self.catalogue.markets)
        if self.item_item.neighbours.shape[0] != size:
            raise InvalidValueError(f"item_item has {self.item_item.neighbours.shape[0]} rows for {size} tracks")
        if self.half_life <= 0 or self.history_limit < 0:
            raise InvalidValueError(
                f"half_life {self.half_life} must be positive, history_limit {self.history_limit} not negative"
            )
        put = object.__setattr__
        put(self, "popularity", column("popularity", self.popularity, np.float32, markets, size))
        put(self, "popular_order", slot_column("popular_order", self.popular_order, size, markets, size))
        put(self, "release_order", slot_column("release_order", self.release_order, size, size))
        put(self, "embeddings", column("embeddings", self.embeddings, np.int8, size, -1))
        put(self, "skip_rate", column("skip_rate", self.skip_rate, np.float32, size))
        put(self, "trend", column("trend", self.trend, np.float32, size))
        for name in ("popularity", "skip_rate", "trend"):
            if not np.isfinite(getattr(self, name)).all():
                raise InvalidValueError(f"{name} holds NaN or infinity; repair it in training")
        world = self.popularity.mean(axis=0) if markets else np.zeros(size)
        put(self, "world_popularity", world.astype(np.float32))
        put(self, "release_age", -self.catalogue.released[self.release_order].astype(np.int64))
        put(self, "release_artist", self.catalogue.artist[self.release_order])
        greatest = np.zeros(len(self.catalogue.artist_ids), dtype=np.float32)
        np.maximum.at(greatest, self.catalogue.artist, self.world_popularity)
        put(self, "artist_popularity", greatest[self.catalogue.artist])


def popular_order_of(popularity: Singles) -> Slots:
    """Return (q, n) int32: every row's slots by (-quantised popularity, slot), the order of the fallback tier."""
    return np.argsort(-quantise(popularity), axis=1, kind="stable").astype(np.int32)


def release_order_of(released: Slots) -> Slots:
    """Return (n,) int32: slots by (-released, slot)."""
    return np.argsort(-released.astype(np.int64), kind="stable").astype(np.int32)


def quantised_embeddings(vectors: NDArray[np.floating]) -> NDArray[np.int8]:
    """Scale each row of (n, d) to norm 127 and round to int8. A zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.rint(vectors * (127.0 / np.where(norms > 0, norms, 1.0))).astype(np.int8)
