"""Scorers: the forest against LightGBM, and scores that do not depend on the batch."""

from typing import Any

import lightgbm
import numpy as np
import pytest
from numpy.typing import NDArray

from recsys.domain.arrays import SCORE_SCALE
from recsys.domain.model import Scorer
from recsys.errors import ArtifactError, InvalidValueError
from recsys.ranking.forest import Forest
from recsys.ranking.lightgbm_dump import forest_from_dump
from recsys.ranking.linear import LinearScorer
from recsys.ranking.quickscorer import ForestScorer
from recsys.ranking.thresholds import Thresholds

FEATURES = 5


def sample(rows: int = 1_500) -> NDArray[np.float32]:
    rng = np.random.default_rng(5)
    values = rng.normal(size=(rows, FEATURES)).astype(np.float32)
    values[:, 1] = np.round(values[:, 1])
    values[:, 2] = 0
    return values


def fitted(leaves: int, rounds: int = 12) -> Any:
    values = sample()
    target = (values[:, 0] * values[:, 3] + values[:, 1] > 0).astype(int)
    settings = {"objective": "binary", "num_leaves": leaves, "verbose": -1, "num_threads": 1, "min_data_in_leaf": 2}
    return lightgbm.train(settings, lightgbm.Dataset(values, target), rounds)


@pytest.mark.parametrize("leaves", [2, 16, 17, 32, 33, 64])
def test_the_forest_scores_as_lightgbm_does(leaves: int) -> None:
    booster = fitted(leaves)
    values = np.concatenate([sample(), booster_edges(booster)])
    scores = ForestScorer.of(forest_from_dump(booster.dump_model(), "s")).score(values)
    assert np.abs(scores / SCORE_SCALE - booster.predict(values, raw_score=True)).max() <= 0.51 / SCORE_SCALE


def booster_edges(booster: Any) -> NDArray[np.float32]:
    """Rows that hold thresholds exactly, just below and just above, where float32 and float64 could part."""
    forest = forest_from_dump(booster.dump_model(), "s")
    rows = []
    for feature, threshold in list(zip(forest.feature.tolist(), forest.threshold.tolist(), strict=True))[:40]:
        nearest = np.float32(threshold)
        for value in (nearest, np.nextafter(nearest, np.float32(-9)), np.nextafter(nearest, np.float32(9))):
            row = np.zeros(FEATURES, dtype=np.float32)
            row[feature] = value
            if abs(value) > 1e-30:  # LightGBM reads what is smaller as 0
                rows.append(row)
    return np.array(rows, dtype=np.float32).reshape(-1, FEATURES)


def scorers() -> list[Scorer]:
    forest = forest_from_dump(fitted(31).dump_model(), "s")
    return [ForestScorer.of(forest), LinearScorer((0.3, -1.1, 0.0, 2.0, 0.7), "s")]


@pytest.mark.parametrize("scorer", scorers(), ids=["forest", "linear"])
def test_a_score_is_the_same_alone_in_any_order_and_any_layout(scorer: Scorer) -> None:
    values = sample(1_300)
    whole = scorer.score(values)
    assert scorer.score(values[::-1]).tolist() == whole[::-1].tolist()
    assert scorer.score(np.asfortranarray(values)).tolist() == whole.tolist()
    alone = [int(scorer.score(values[row : row + 1])[0]) for row in range(0, 1_300, 11)]
    assert alone == whole[::11].tolist()
    assert scorer.score(values[:0]).shape == (0,)


@pytest.mark.parametrize("scorer", scorers(), ids=["forest", "linear"])
def test_features_of_another_width_are_refused(scorer: Scorer) -> None:
    with pytest.raises(InvalidValueError, match="want"):
        scorer.score(sample(3)[:, :4])


def test_a_feature_that_is_not_a_number_is_refused() -> None:
    values = sample(3)
    values[1, 4] = np.nan
    for scorer in scorers():
        with pytest.raises(InvalidValueError, match="NaN"):
            scorer.score(values)


def test_leaf_values_lie_on_a_grid_on_which_sums_are_exact() -> None:
    scorer = ForestScorer.of(forest_from_dump(fitted(31).dump_model(), "s"))
    units = scorer.values * 2.0**30
    assert (units == np.rint(units)).all()


def test_thresholds_are_counted_as_a_search_counts_them() -> None:
    rng = np.random.default_rng(2)
    tiny = np.float32(1e-42)
    features = [
        np.unique(np.array(cuts, dtype=np.float32))
        for cuts in (rng.normal(size=600), 1 + rng.normal(size=200) / 1e5, [0.0], [-0.0], [-1e-42, 0.0, 1e-42], [])
    ]
    thresholds = Thresholds.of(features)
    for ascending in features:
        near = [np.nextafter(ascending, np.float32(way)) for way in (-np.inf, np.inf)]
        odd = np.array([0.0, -0.0, np.inf, -np.inf, 3e38, -3e38, tiny, -tiny], dtype=np.float32)
        values = np.concatenate([rng.normal(size=500).astype(np.float32), ascending, *near, odd])
        counted = thresholds.places(np.tile(values, (len(features), 1)))
        expected = [np.searchsorted(cuts, values, side="left").tolist() for cuts in features]
        assert counted.tolist() == expected


def stump(**changes: Any) -> Forest:
    fields: dict[str, Any] = {
        "node_start": np.array([0, 1], dtype=np.int32),
        "leaf_start": np.array([0, 2], dtype=np.int32),
        "feature": np.array([0], dtype=np.int32),
        "threshold": np.array([0.1]),
        "left": np.array([~1], dtype=np.int32),
        "right": np.array([~0], dtype=np.int32),
        "value": np.array([7.0, 3.0]),
        "feature_count": 1,
        "schema_version": "s",
    }
    return Forest(**(fields | changes))


def test_leaves_may_be_numbered_in_any_order_and_the_threshold_itself_goes_left() -> None:
    # 0.1 as float32 is greater than 0.1 as float64, so that it goes right; the float32 below goes left.
    above = np.float32(0.1)
    below = np.nextafter(above, np.float32(0))
    scores = ForestScorer.of(stump()).score(np.array([[above], [below]], dtype=np.float32))
    assert (scores / SCORE_SCALE).tolist() == [7.0, 3.0]


@pytest.mark.parametrize(
    "change",
    [
        {"left": np.array([0], dtype=np.int32)},
        {"left": np.array([~0], dtype=np.int32)},
        {"left": np.array([5], dtype=np.int32)},
        {"left": np.array([~9], dtype=np.int32)},
        {"leaf_start": np.array([0, 1], dtype=np.int32)},
        {"feature": np.array([1], dtype=np.int32)},
        {"threshold": np.array([np.nan])},
        {"value": np.array([np.inf, 0.0])},
        {"value": np.array([2.0**21, 0.0])},
    ],
    ids=[
        "cycle",
        "shared leaf",
        "no such node",
        "no such leaf",
        "offsets",
        "feature",
        "threshold",
        "value",
        "too great",
    ],
)
def test_a_broken_tree_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidValueError):
        ForestScorer.of(stump(**change))


def test_a_tree_of_one_leaf_is_a_constant() -> None:
    booster = lightgbm.train(
        {"objective": "regression", "verbose": -1, "num_threads": 1}, lightgbm.Dataset(sample(50), np.full(50, 2.5)), 3
    )
    scores = ForestScorer.of(forest_from_dump(booster.dump_model(), "s")).score(sample(4))
    assert (scores / SCORE_SCALE).tolist() == [2.5] * 4


@pytest.mark.parametrize(
    ("field", "value"), [("decision_type", "=="), ("missing_type", "Zero")], ids=["categorical", "zero as missing"]
)
def test_splits_that_the_arrays_cannot_hold_are_refused(field: str, value: str) -> None:
    dump = fitted(4, 1).dump_model()
    dump["tree_info"][0]["tree_structure"][field] = value
    with pytest.raises(ArtifactError, match=value):
        forest_from_dump(dump, "s")


def test_more_than_one_output_is_refused() -> None:
    dump = fitted(4, 1).dump_model() | {"num_tree_per_iteration": 3}
    with pytest.raises(ArtifactError, match="3 outputs"):
        forest_from_dump(dump, "s")
