"""A published model as named arrays, and back. Text is packed as UTF-8 with offsets, so that every file is an array."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.domain.events import EventColumns
from recsys.domain.histories import Histories
from recsys.domain.items import Catalogue
from recsys.domain.model import ItemItem, Model, Scorer
from recsys.domain.packed import PackedStrings
from recsys.errors import ArtifactError
from recsys.features.schema import SCHEMA
from recsys.ranking.forest import Forest
from recsys.ranking.linear import LinearScorer
from recsys.ranking.quickscorer import ForestScorer

Arrays: TypeAlias = Mapping[str, NDArray[Any]]

_TRACK_COLUMNS: Final = ("artist", "recording", "explicit", "released", "licensed")
_TEXTS: Final = ("ids", "titles", "artist_ids", "artist_names", "markets")
_MODEL_COLUMNS: Final = ("popularity", "popular_order", "release_order", "embeddings", "skip_rate", "trend")
_EVENT_COLUMNS: Final = tuple(field.name for field in fields(EventColumns))
_USER_COLUMNS: Final = ("market", "allow_explicit", "offsets")
_FOREST_COLUMNS: Final = ("node_start", "leaf_start", "feature", "threshold", "left", "right", "value")
FOREST, LINEAR = "forest", "linear"

NAMES: Final = (
    *(f"catalogue.{text}.{part}" for text in _TEXTS for part in ("blob", "offsets")),
    *(f"catalogue.{name}" for name in _TRACK_COLUMNS),
    *("item_item.neighbours", "item_item.weights"),
    *(f"model.{name}" for name in _MODEL_COLUMNS),
    *("users.ids.blob", "users.ids.offsets"),
    *(f"users.{name}" for name in _USER_COLUMNS),
    *(f"events.{name}" for name in _EVENT_COLUMNS),
)
"""Every array of an artifact but the ranker's."""
RANKER_NAMES: Final = {FOREST: tuple(f"forest.{name}" for name in _FOREST_COLUMNS), LINEAR: ("linear.weights",)}


def ranker_kind(scorer: Scorer) -> str:
    """Return which of `RANKER_NAMES` holds the scorer. Raises `ArtifactError` for one that cannot be stored."""
    if isinstance(scorer, ForestScorer):
        return FOREST
    if isinstance(scorer, LinearScorer):
        return LINEAR
    raise ArtifactError(f"a {type(scorer).__name__} cannot be published; give a ForestScorer or a LinearScorer")


def to_arrays(model: Model, histories: Histories) -> dict[str, NDArray[Any]]:
    """Return every array by name."""
    catalogue = model.catalogue
    arrays: dict[str, NDArray[Any]] = {}
    for text in _TEXTS:
        arrays |= _packed(f"catalogue.{text}", PackedStrings.of(getattr(catalogue, text)))
    arrays |= {f"catalogue.{name}": getattr(catalogue, name) for name in _TRACK_COLUMNS}
    arrays |= {"item_item.neighbours": model.item_item.neighbours, "item_item.weights": model.item_item.weights}
    arrays |= {f"model.{name}": getattr(model, name) for name in _MODEL_COLUMNS}
    arrays |= _packed("users.ids", histories.ids)
    arrays |= {f"users.{name}": getattr(histories, name) for name in _USER_COLUMNS}
    arrays |= {f"events.{name}": getattr(histories.events, name) for name in _EVENT_COLUMNS}
    return arrays | _scorer_arrays(model.scorer)


def to_model(
    arrays: Arrays, ranker: str, version: str, schema_version: str, half_life: int, history_limit: int
) -> Model:
    """Return the model. Raises `InvalidValueError` for arrays that do not fit together."""
    columns: dict[str, Any] = {name: arrays[f"catalogue.{name}"] for name in _TRACK_COLUMNS}
    columns |= {text: _unpacked(arrays, f"catalogue.{text}").unpack() for text in _TEXTS}
    return Model(
        version=version,
        schema_version=schema_version,
        catalogue=Catalogue(**columns),
        item_item=ItemItem(arrays["item_item.neighbours"], arrays["item_item.weights"]),
        scorer=_scorer(arrays, ranker, schema_version),
        **{name: arrays[f"model.{name}"] for name in _MODEL_COLUMNS},
        half_life=half_life,
        history_limit=history_limit,
    )


def to_histories(arrays: Arrays, markets: tuple[str, ...]) -> Histories:
    """Return the users. Raises `InvalidValueError` for arrays that do not fit together."""
    return Histories(
        ids=_unpacked(arrays, "users.ids"),
        markets=markets,
        **{name: arrays[f"users.{name}"] for name in _USER_COLUMNS},
        events=EventColumns(**{name: arrays[f"events.{name}"] for name in _EVENT_COLUMNS}),
    )


def _scorer_arrays(scorer: Scorer) -> dict[str, NDArray[Any]]:
    if isinstance(scorer, ForestScorer):
        return {f"forest.{name}": getattr(scorer.forest, name) for name in _FOREST_COLUMNS}
    if isinstance(scorer, LinearScorer):
        return {"linear.weights": np.array(scorer.weights, dtype=np.float64)}
    raise ArtifactError(f"a {type(scorer).__name__} cannot be published")


def _scorer(arrays: Arrays, ranker: str, schema_version: str) -> Scorer:
    if ranker == LINEAR:
        return LinearScorer(tuple(arrays["linear.weights"].tolist()), schema_version)
    columns = {name: arrays[f"forest.{name}"] for name in _FOREST_COLUMNS}
    return ForestScorer.of(Forest(**columns, feature_count=len(SCHEMA.features), schema_version=schema_version))


def _packed(name: str, texts: PackedStrings) -> dict[str, NDArray[Any]]:
    return {f"{name}.blob": texts.blob, f"{name}.offsets": texts.offsets}


def _unpacked(arrays: Arrays, name: str) -> PackedStrings:
    return PackedStrings(arrays[f"{name}.blob"], arrays[f"{name}.offsets"])
