"""A small synthetic world and a model trained on it, made once a process: for every test that needs a real model.

Ask through the functions, never at import. Nothing here may be changed by a test: all values are immutable.
"""

from functools import cache

from recsys.domain.model import Model
from recsys.domain.published import Published
from recsys.training.dataset import Dataset
from recsys.training.parameters import TrainingParameters
from recsys.training.train import train
from recsys.training.world.parameters import WorldParameters
from recsys.training.world.world import make_world

SMALL_WORLD = WorldParameters(users=120, tracks=200, seed=11)
SMALL_TRAINING = TrainingParameters(holdout=0.2, trees=30, leaves=15, neighbours=60, dimensions=16, ridge=20.0)


@cache
def small_world() -> Dataset:
    """120 users u000001..., 200 tracks t000001..., 25 artists, 5 markets, about 10,000 events."""
    return make_world(SMALL_WORLD)


@cache
def small_published() -> Published:
    """What an artifact of the small world holds: the model, the users' histories before the cut-off, the details."""
    return train(small_world(), SMALL_TRAINING)


def small_model() -> Model:
    """The model of `small_published`: a LambdaMART forest over EASE, popularity and embeddings."""
    return small_published().model


def world_now() -> int:
    """A `now` for queries, unix seconds: the end of the small world. Some tracks are released only after it."""
    return SMALL_WORLD.end
