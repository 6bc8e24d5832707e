"""A linear scorer: a ranker that needs no training, for tests and for a first deployment."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Ints, Singles, quantise
from recsys.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class LinearScorer:
    """Score = sum over the columns of weight x feature.

    weights: f floats. The columns are added one after another, elementwise, so that a row's score does not depend on
    the batch, as it would in a matrix product.
    """

    weights: tuple[float, ...]
    schema_version: str

    def score(self, features: Singles) -> Ints:
        """Return (m,) int64 scores in units of 2**-20 for (m, f) float32 features."""
        if features.ndim != 2 or features.shape[1] != len(self.weights):
            raise InvalidValueError(f"features have shape {features.shape}; want (m, {len(self.weights)})")
        total = np.zeros(features.shape[0], dtype=np.float64)
        for column, weight in zip(features.T, self.weights, strict=True):
            if weight:
                total += column * np.float64(weight)
        return quantise(total)
