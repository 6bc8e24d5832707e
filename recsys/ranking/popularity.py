"""The scorer of the fallback tier: popularity in the market, straight from the model."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Ints, Slots, quantise
from recsys.domain.model import Model


@dataclass(frozen=True, slots=True)
class PopularityScorer:
    """Scores tracks by their time-decayed popularity in one market. It reads no feature, and so works when they fail.

    market: position in `Catalogue.markets`; None (unknown) scores every track 0.
    """

    model: Model
    market: int | None

    def score(self, slots: Slots) -> Ints:
        """Return (m,) int64 scores in units of 2**-20 for (m,) int32 track slots."""
        if self.market is None:
            return np.zeros(slots.shape[0], dtype=np.int64)
        return quantise(self.model.popularity[self.market, slots])
