"""How many thresholds lie below a value, without a search.

A binary search over a few dozen thresholds is a chain of branches that the processor cannot foretell. Here the leading
16 bits of a float32 pick an entry of a table, and the thresholds that share those bits are compared one by one.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Singles, Slots

KEYS: Final = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Thresholds:
    """c thresholds of one feature. Built by `of`.

    cuts: (c + 1,) float32, ascending and distinct, infinity last. below: (65536,) int16, thresholds of a lesser key.
    rounds: the greatest number of thresholds that share a key.
    """

    cuts: Singles
    below: NDArray[np.int16]
    rounds: int

    @staticmethod
    def of(cuts: Singles) -> "Thresholds":
        """Build from (c,) ascending, distinct, finite float32 thresholds; c < 32768."""
        found = keys(cuts)
        below = np.searchsorted(found, np.arange(KEYS), side="left").astype(np.int16)
        rounds = int(np.bincount(found).max()) if found.shape[0] else 0
        return Thresholds(np.append(cuts, np.float32(np.inf)), below, rounds)

    @property
    def size(self) -> int:
        """c, the number of thresholds."""
        return int(self.cuts.shape[0]) - 1

    def count_below(self, values: Singles, found: Slots) -> NDArray[np.int16]:
        """Return (m,) int16: how many thresholds are less than each of (m,) values without NaN. found: their `keys`."""
        position = self.below.take(found)
        for _ in range(self.rounds):
            position += self.cuts.take(position) < values
        return position


def keys(values: Singles) -> Slots:
    """Return int32 keys in [0, 65536) of float32 values of any shape; a lesser value never has a greater key.

    The bits of an IEEE 754 number, read as a signed integer, order the positive numbers; flipping all but the sign of
    the negative ones orders those too. -0.0 counts as 0.0.
    """
    bits = (values + np.float32(0)).view(np.int32)
    return ((bits ^ ((bits >> 31) & 0x7FFFFFFF)) >> 16) + KEYS // 2
