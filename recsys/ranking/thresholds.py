"""How many thresholds lie below a value, without a search.

A binary search over a few dozen thresholds is a chain of branches that the processor cannot foretell. Here the leading
16 bits of a float32 pick an entry of a table, and the thresholds that share those bits are compared one by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Singles, Slots

KEYS: Final = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """The thresholds of f features, counted together: a few operations on all values in place of a few per feature.

    Feature i with c thresholds has c + 1 places; place p stands for p thresholds that lie below.
    cuts: (places,) float32, by feature ascending and distinct, infinity last; those of feature i begin at starts[i].
    below: (f * 65536,) unsigned, the place of each key, which is the number of thresholds of a lesser key: of the
    narrowest type, since a request reads it all over. rounds: the most thresholds that share a key.
    """

    starts: Slots
    cuts: Singles
    below: NDArray[np.unsignedinteger]
    rounds: int

    @staticmethod
    def of(features: Sequence[Singles]) -> "Thresholds":
        """Build from the ascending, distinct, finite float32 thresholds of each feature."""
        sizes = [cuts.shape[0] + 1 for cuts in features]
        starts = np.concatenate(([0], np.cumsum(sizes)))[: len(sizes)].astype(np.int32)
        found = [keys(cuts) for cuts in features]
        below = [np.searchsorted(mine, np.arange(KEYS), side="left") for mine in found]
        return Thresholds(
            starts=starts,
            cuts=np.concatenate([_nothing(), *(np.append(cuts, np.float32(np.inf)) for cuts in features)]),
            below=np.concatenate([_nothing(), *below]).astype(np.min_scalar_type(max(sizes, default=0))),
            rounds=max((int(np.bincount(mine).max()) for mine in found if mine.shape[0]), default=0),
        )

    @property
    def features(self) -> int:
        """f, the number of features."""
        return int(self.starts.shape[0])

    def places(self, columns: Singles) -> Slots:
        """Return (f, m) int32: the place of each of (f, m) values without NaN."""
        first = np.arange(self.features, dtype=np.int32)[:, None] * np.int32(KEYS)
        starts = self.starts[:, None]
        place = self.below.take(keys(columns) + first) + starts
        for _ in range(self.rounds):
            place += self.cuts.take(place) < columns
        place -= starts
        return place


def _nothing() -> Singles:
    return np.zeros(0, dtype=np.float32)


def keys(values: Singles) -> Slots:
    """Return int32 keys in [0, 65536) of float32 values of any shape; a lesser value never has a greater key.

    The bits of an IEEE 754 number, read as a signed integer, order the positive numbers; flipping all but the sign of
    the negative ones orders those too. -0.0 counts as 0.0.
    """
    bits = (values + np.float32(0)).view(np.int32)
    return ((bits ^ ((bits >> 31) & 0x7FFFFFFF)) >> 16) + KEYS // 2
