"""Which item-item model is published: by size, by validation, or as asked for; and it is said."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.training.errors import DatasetError
from recsys.training.fit.choose_item_item import ItemItemChoice, choose_by_size, choose_by_validation
from recsys.training.fit.item_item import fit_item_item
from recsys.training.fit.parts import fit_parts
from recsys.training.pairs import pairs_of
from recsys.training.parameters import EASE, ITEM_KNN, TrainingParameters
from recsys.training.split import Split, split_of
from recsys.training.train import train
from tests.recsys_worlds import SMALL_TRAINING, small_published, small_world

PARAMETERS = replace(SMALL_TRAINING, popularity_half_life_days=60.0)


def moments(kind: str = "auto") -> tuple[Split, Histories]:
    parameters = replace(PARAMETERS, split=kind)
    split = split_of(small_world().histories, 0.2, 0.15, parameters.split_kind, 7)
    return split, small_world().histories.before(split.cut)


def chosen(parameters: TrainingParameters, kind: str = "auto") -> tuple[ItemItemChoice, Model, Model]:
    """The choice, the model with EASE, and the model with the choice."""
    split, seen = moments(kind)
    earlier = seen.before(split.ranker)
    now = int(earlier.events.times.max()) + 1
    base = fit_parts(small_world().catalogue, earlier, now, parameters, EASE)
    choice, model = choose_by_validation(base, seen, split, parameters)
    return choice, base, model


def test_above_the_limit_the_sparse_model_is_taken_without_a_comparison() -> None:
    _, seen = moments()
    tracks = small_world().catalogue.size
    listeners = np.bincount(pairs_of(seen, tracks).track, minlength=tracks)
    active = int((listeners >= 2).sum())
    assert choose_by_size(seen, tracks, replace(PARAMETERS, ease_limit=active)) is None
    found = choose_by_size(seen, tracks, replace(PARAMETERS, ease_limit=active - 1))
    assert found is not None
    assert (found.kind, found.tracks, found.ndcg) == (ITEM_KNN, active, {})
    assert f"{active:,} tracks" in found.reason
    assert f"{active - 1:,} at most" in found.reason


@pytest.mark.parametrize("kind", [EASE, ITEM_KNN])
def test_what_is_asked_for_is_published_whatever_the_size(kind: str) -> None:
    published = train(small_world(), replace(SMALL_TRAINING, item_item=kind, ease_limit=150))
    details = published.details["item_item"]
    assert isinstance(details, dict)
    assert (details["kind"], details["reason"]) == (kind, "as asked for")
    tracks = small_world().catalogue.size
    expected = fit_item_item(
        kind,
        pairs_of(published.histories, tracks),
        published.histories.size,
        tracks,
        replace(SMALL_TRAINING, ease_limit=150),
    )
    assert np.array_equal(published.model.item_item.weights, expected.weights)
    assert np.array_equal(published.model.item_item.neighbours, expected.neighbours)


@pytest.mark.parametrize("kind", ["time", "last", "users"])
def test_the_better_one_is_chosen_by_what_came_next(kind: str) -> None:
    """A ridge so great that EASE is next to nothing after rounding, or a shrinkage that makes item-kNN so."""
    won, base, model = chosen(replace(PARAMETERS, ridge=1e9), kind)
    assert won.kind == ITEM_KNN
    assert model is not base
    assert won.ndcg[ITEM_KNN].mean > won.ndcg[EASE].mean
    lost, base, model = chosen(replace(PARAMETERS, shrinkage=1e9), kind)
    assert lost.kind == EASE
    assert model is base
    assert lost.users > 10
    assert f"on {lost.users:,} users" in lost.reason


def test_with_nobody_to_compare_on_ease_is_published() -> None:
    split, seen = moments()
    earlier = seen.before(split.ranker)
    base = fit_parts(small_world().catalogue, earlier, int(earlier.events.times.max()) + 1, PARAMETERS, EASE)
    found, model = choose_by_validation(base, earlier, split, PARAMETERS)
    assert model is base
    assert (found.kind, found.users, found.ndcg) == (EASE, 0, {})
    assert "nobody" in found.reason


def test_the_manifest_says_which_and_why() -> None:
    details = small_published().details["item_item"]
    assert isinstance(details, dict)
    assert details["kind"] in (EASE, ITEM_KNN)
    assert isinstance(details["ndcg_10"], dict)
    assert set(details["ndcg_10"]) == {EASE, ITEM_KNN}
    assert details["validation_users"] in range(10, 121)


@pytest.mark.parametrize("wrong", [{"item_item": "svd"}, {"ease_limit": 0}, {"shrinkage": -1.0}, {"ranker_users": 0}])
def test_parameters_out_of_range_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(DatasetError, match=next(iter(wrong))):
        TrainingParameters(**wrong)  # type: ignore[arg-type]
