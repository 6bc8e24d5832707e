"""Training: deterministic, blind to the order of its rows, and blind to what it holds out."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from recsys.adapters.artifacts.codec import to_arrays
from recsys.domain.histories import Histories, taken
from recsys.domain.published import Published
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.parameters import TrainingParameters
from recsys.training.split import split_of
from recsys.training.train import train
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.world import make_world
from tests.recsys_worlds import SMALL_TRAINING, SMALL_WORLD, small_published, small_world


@cache
def arrays() -> dict[str, bytes]:
    return contents(small_published())


def contents(published: Published) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in to_arrays(published.model, published.histories).items()}


def test_the_same_data_gives_the_same_model() -> None:
    again = train(make_world(SMALL_WORLD), SMALL_TRAINING)
    assert contents(again) == arrays()
    assert again.details == small_published().details


def test_row_order_the_order_of_the_events_does_not_matter() -> None:
    world = small_world()
    shuffled = np.random.default_rng(4).permutation(world.event_count)
    histories = world.histories
    turned = Histories.grouped(
        histories.ids,
        histories.markets,
        histories.market,
        histories.allow_explicit,
        histories.owner()[shuffled],
        taken(histories.events, shuffled),
    )
    again = train(replace(world, histories=turned), SMALL_TRAINING)
    assert contents(again) == arrays()
    assert again.details["data_digest"] == small_published().details["data_digest"]


def test_another_seed_draws_other_negatives() -> None:
    one, other = (contents(train(small_world(), replace(SMALL_TRAINING, seed=seed, negatives=10))) for seed in (7, 8))
    assert one["forest.value"] != other["forest.value"]
    assert one["item_item.weights"] == other["item_item.weights"]


def test_what_is_held_out_has_no_influence() -> None:
    """The held-out events are replaced by nonsense; the model and the histories it carries stay as they are."""
    world = small_world()
    split = split_of(world.histories, SMALL_TRAINING.holdout, SMALL_TRAINING.ranker_share)
    late = world.histories.events.times >= split.cut[world.histories.owner()]
    events = world.histories.events
    nonsense = replace(events, tracks=np.where(late, 0, events.tracks).astype(np.int32))
    changed = Histories.grouped(
        world.histories.ids,
        world.histories.markets,
        world.histories.market,
        world.histories.allow_explicit,
        world.histories.owner(),
        nonsense,
    )
    assert late.sum() > 1_000
    assert contents(train(replace(world, histories=changed), SMALL_TRAINING)) == arrays()


def test_without_a_holdout_everything_is_published() -> None:
    final = train(small_world(), replace(SMALL_TRAINING, holdout=0.0))
    assert final.histories.events.times.shape[0] == small_world().event_count
    assert final.details["split"] == {"kind": "none", "cut_off": None, "held_out_events": 0}
    assert contents(final)["item_item.weights"] != arrays()["item_item.weights"]


def test_the_details_say_what_was_done() -> None:
    details = small_published().details
    split, ranker, source = details["split"], details["ranker"], details["source"]
    assert isinstance(split, dict)
    assert isinstance(ranker, dict)
    assert isinstance(source, dict)
    assert split["held_out_events"] == small_world().event_count - small_published().histories.events.times.shape[0]
    assert ranker["kind"] == "forest"
    assert source == {
        "format": "synthetic",
        **{name: getattr(SMALL_WORLD, name) for name in source if name != "format"},
    }
    assert details["data_digest"] == small_world().digest()


@pytest.mark.parametrize(("users", "tracks", "days"), [(1, 1, 2), (3, 40, 10), (60, 2, 60)])
def test_the_smallest_worlds_can_be_trained_on(users: int, tracks: int, days: int) -> None:
    world = make_world(WorldParameters(users=users, tracks=tracks, days=days, seed=5))
    published = train(world, TrainingParameters())
    assert "linear" in str(published.details["ranker"])
    assert published.model.catalogue.size == tracks


def test_data_without_a_play_is_refused() -> None:
    world = small_world()
    nobody = world.histories.before(np.zeros(world.histories.size, dtype=np.int64))
    with pytest.raises(DatasetError, match="nothing could be learnt"):
        train(Dataset(world.catalogue, nobody), SMALL_TRAINING)


@pytest.mark.parametrize(
    "wrong", [{"holdout": -0.1}, {"holdout": 0.9}, {"trees": 0}, {"leaves": 65}, {"ridge": 0.0}, {"seed": -1}]
)
def test_parameters_out_of_range_are_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(DatasetError, match=next(iter(wrong))):
        TrainingParameters(**wrong)
