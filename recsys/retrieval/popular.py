"""What the market listens to now: the backbone for users of whom nothing is known."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Slots
from recsys.domain.candidates import Retrieved
from recsys.domain.config import Config
from recsys.domain.context import Context
from recsys.domain.query import Surface


@dataclass(frozen=True, slots=True)
class PopularSource:
    """The most popular tracks of the market, decayed over time in training. Empty for an unknown market. Fails open."""

    name: str = "popular"
    surfaces: frozenset[Surface] = frozenset({Surface.HOME, Surface.RADIO})
    fails_open: bool = True

    def budget(self, config: Config) -> int:
        """Return `Config.popular_budget`."""
        return config.popular_budget

    def retrieve(self, context: Context) -> Retrieved:
        """Return the tracks by (-popularity, slot), played ones left out where the surface does not repeat."""
        if context.market is None:
            return Retrieved(np.zeros(0, dtype=np.int32), np.zeros(0))
        order, budget = context.model.popular_order[context.market], self.budget(context.config)
        slots = order[:budget] if context.query.repeats else _unplayed(context, order, budget)
        return Retrieved(slots, context.model.popularity[context.market, slots].astype(np.float64))


def _unplayed(context: Context, order: Slots, budget: int) -> Slots:
    """Return the first `budget` tracks of `order` that the user has not played, looking no further than needed."""
    reach = budget + context.user.history.shape[0]
    while True:
        slots = order[:reach]
        slots = slots[~context.played(slots)][:budget]
        if slots.shape[0] == budget or reach >= order.shape[0]:
            return slots
        reach *= 2
