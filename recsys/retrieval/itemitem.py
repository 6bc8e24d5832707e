"""Tracks that go with what the user listens to: the item-item model over the history."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import best
from recsys.domain.candidates import Retrieved
from recsys.domain.config import Config
from recsys.domain.context import Context
from recsys.domain.query import Surface


@dataclass(frozen=True, slots=True)
class ItemItemSource:
    """The greatest positive sums of weight x B[j, i] over the history j. Empty without a history. Fails open.

    The scores are `Profile.item_item`. Played tracks are left out where the surface does not repeat.
    """

    name: str = "item_item"
    surfaces: frozenset[Surface] = frozenset(Surface)
    fails_open: bool = True

    def budget(self, config: Config) -> int:
        """Return `Config.item_item_budget`."""
        return config.item_item_budget

    def retrieve(self, context: Context) -> Retrieved:
        """Return the tracks by (-score, slot). Only so many of the best are asked for as may have been played."""
        responses, budget = context.profile.item_item, self.budget(context.config)
        positive = (responses.values > 0.0).nonzero()[0]
        values, reach = responses.values.take(positive), budget + context.user.history.shape[0]
        while True:
            rows = positive.take(best(values, reach))
            if not context.query.repeats:
                rows = rows[~context.played(responses.slots.take(rows))]
            if rows.shape[0] >= budget or reach >= positive.shape[0]:
                rows = rows[:budget]
                return Retrieved(responses.slots.take(rows).astype(np.int32), responses.values.take(rows))
            reach *= 2
