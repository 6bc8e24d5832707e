"""The ranker: deterministic, equal to LightGBM, and not trusted where there is too little to learn from."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.errors import ArtifactError
from recsys.features.schema import SCHEMA
from recsys.ranking.forest import Forest
from recsys.ranking.lightgbm_dump import forest_from_dump
from recsys.ranking.quickscorer import ForestScorer
from recsys.training.fit import ranker
from recsys.training.fit.parts import linear_scorer
from recsys.training.fit.ranker import MIN_GROUPS, fit_ranker
from recsys.training.parameters import TrainingParameters
from recsys.training.rows import RankerRows

PARAMETERS = TrainingParameters(trees=8, leaves=7, rows_a_leaf=10)


def rows(groups: int, size: int = 20, telling: str = "popularity", seed: int = 1) -> RankerRows:
    """Groups in which one feature tells what was played: the more of it, or for item_item the nearer to zero."""
    chance = np.random.default_rng(seed)
    values = chance.normal(size=(groups * size, len(SCHEMA.names))).astype(np.float32)
    drive = values[:, SCHEMA.position(telling)]
    drive = 1.5 - 2.0 * np.abs(drive) if telling == "item_item" else drive
    grades = np.where(drive > 1.2, 2, np.where(drive > 0.7, 1, 0)).astype(np.int8)
    numbers = np.arange(groups, dtype=np.int64)
    slots = np.tile(np.arange(size, dtype=np.int32), groups)
    return RankerRows(values, grades, slots, np.full(groups, size, dtype=np.int64), numbers, numbers)


def test_a_forest_is_learnt_where_there_is_something_to_learn() -> None:
    fitted = fit_ranker(rows(100), PARAMETERS)
    assert fitted.kind == "forest"
    assert isinstance(fitted.scorer, ForestScorer)
    assert fitted.forest_ndcg is not None
    assert fitted.linear_ndcg is not None
    assert fitted.forest_ndcg > fitted.linear_ndcg + 0.1
    assert fitted.trees > 0


def test_two_fits_give_the_same_forest() -> None:
    one, two = (fit_ranker(rows(60), PARAMETERS).scorer for _ in range(2))
    assert isinstance(one, ForestScorer)
    assert isinstance(two, ForestScorer)
    assert one.forest.threshold.tobytes() == two.forest.threshold.tobytes()
    assert one.forest.value.tobytes() == two.forest.value.tobytes()


def test_the_promised_directions_hold() -> None:
    """A score never falls as the item-item response rises, although here the plays fall as it does."""
    scorer = fit_ranker(rows(100, telling="item_item"), PARAMETERS).scorer
    assert isinstance(scorer, ForestScorer)
    batch = rows(5, seed=9).values
    column = SCHEMA.position("item_item")
    assert SCHEMA.monotone[column] == 1
    scores = []
    for value in np.linspace(-3.0, 3.0, 25, dtype=np.float32):
        moved = batch.copy()
        moved[:, column] = value
        scores.append(scorer.score(moved))
    assert (np.diff(np.array(scores), axis=0) >= 0).all()


def test_with_too_few_groups_the_linear_scorer_is_taken() -> None:
    fitted = fit_ranker(rows(MIN_GROUPS - 1), PARAMETERS)
    assert (fitted.kind, fitted.scorer) == ("linear", linear_scorer())
    assert str(MIN_GROUPS) in fitted.reason


def test_a_forest_that_loses_to_the_linear_scorer_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    best = replace(linear_scorer(), weights=tuple(1.0 if name == "popularity" else 0.0 for name in SCHEMA.names))
    monkeypatch.setattr(ranker, "linear_scorer", lambda: best)
    fitted = fit_ranker(rows(60), replace(PARAMETERS, trees=1, leaves=2))
    assert (fitted.kind, fitted.scorer) == ("linear", best)
    assert "the forest is worse" in fitted.reason


def test_a_forest_that_scores_otherwise_than_lightgbm_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    def bent(dump: Any, schema_version: str) -> Forest:
        forest = forest_from_dump(dump, schema_version)
        return replace(forest, value=forest.value + np.where(np.arange(forest.value.shape[0]) == 0, 1e-3, 0.0))

    monkeypatch.setattr(ranker, "forest_from_dump", bent)
    with pytest.raises(ArtifactError, match="differs from LightGBM"):
        fit_ranker(rows(60), PARAMETERS)
