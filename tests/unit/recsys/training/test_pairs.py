"""The columns of all users are what the shared fold gives one by one."""

import numpy as np

from recsys.domain.history import fold
from recsys.training.pairs import pairs_of
from tests.recsys_worlds import small_world


def test_pairs_equal_the_fold_of_every_user() -> None:
    world = small_world()
    pairs = pairs_of(world.histories, world.catalogue.size)
    for row in range(world.histories.size):
        state = fold("u", world.histories.events_of(row))
        own = pairs.user == row
        order = np.argsort(state.history)
        np.testing.assert_array_equal(pairs.track[own], state.history[order])
        np.testing.assert_array_equal(pairs.strength[own], state.strengths[order])
        np.testing.assert_array_equal(pairs.last[own], state.times[order])
