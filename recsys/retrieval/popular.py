"""What the market listens to now: the backbone for users of whom nothing is known."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.candidates import Retrieved
from recsys.domain.config import Config
from recsys.domain.context import Context
from recsys.domain.query import Surface
from recsys.retrieval.unplayed import first_unplayed


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
        order = context.model.popular_order[context.market]
        slots = order[first_unplayed(context, order, self.budget(context.config))]
        return Retrieved(slots, context.model.popularity[context.market].take(slots).astype(np.float64))
