"""Tracks that go with what the user listens to: the item-item model over the history."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Floats, Slots, best
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
        """Return the tracks by (-score, slot)."""
        scores, budget = context.profile.item_item, self.budget(context.config)
        if context.query.repeats:
            slots = _greatest(scores, budget)
        else:
            scores = scores.copy()
            scores[context.user.history] = 0.0  # the tracks themselves; their other releases are rare, and go below
            slots = _greatest(scores, budget)
            slots = slots[~context.played(slots)]
        return Retrieved(slots, scores[slots])


def _greatest(scores: Floats, count: int) -> Slots:
    positive = np.flatnonzero(scores > 0.0).astype(np.int32)
    return positive[best(scores[positive], count)]
