"""Masks of several features in one table, so that a row of a forest's masks is fetched for a group and not a feature.

What fetching costs goes by the number of rows, and hardly by how many rows there are to choose from, as long as a
table stays in the second-level cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Slots

Masks: TypeAlias = NDArray[np.unsignedinteger]
EXACT: Final = 1 << 24  # every whole number below it is a float32
TABLE_BYTES: Final = 1 << 18  # of one group: eight of them fill a second-level cache of 2 MB


@dataclass(frozen=True, slots=True, eq=False)
class JointMasks:
    """The masks of f features in g groups, every combination of the places of a group's features combined.

    steps: (g, f) float, the rows of `masks` from one place of a feature to the next, 0 for features of other groups.
    base: (g, 1) float, the row of each group when all places are 0. masks: (rows, t).
    All are whole numbers that the float holds exactly, so that a matrix product may add them.
    """

    steps: NDArray[np.floating]
    base: NDArray[np.floating]
    masks: Masks

    @staticmethod
    def of(tables: Sequence[Masks], table_bytes: int = TABLE_BYTES) -> "JointMasks":
        """Group the tables of the features, (places, t) each, so that no group of two or more exceeds `table_bytes`."""
        sizes = [table.shape[0] for table in tables]
        groups = _grouped(sizes, table_bytes // max(tables[0][:1].nbytes, 1))
        joint = [reduce(_product, (tables[feature] for feature in group)) for group in groups]
        masks = np.concatenate(joint)
        steps = np.zeros((len(groups), len(tables)), dtype=np.float32 if masks.shape[0] < EXACT else np.float64)
        for row, group in enumerate(groups):
            for place, feature in enumerate(group):
                steps[row, feature] = prod(sizes[after] for after in group[place + 1 :])
        base = np.cumsum([0, *(table.shape[0] for table in joint)])[:-1, None]
        return JointMasks(steps, base.astype(steps.dtype), masks)

    def rows(self, places: Slots) -> NDArray[np.intp]:
        """Return (g, m) rows of `masks` for the (f, m) int32 places of m candidates, each from 0."""
        # A forest without features has one table all the same, of all leaves, and nothing to look up in it.
        found = self.steps[:, : places.shape[0]] @ places.astype(self.steps.dtype)
        found += self.base
        return found.astype(np.intp)


def _product(first: Masks, second: Masks) -> Masks:
    """Return the masks of every pair of rows, the second's rows changing fastest."""
    both: Masks = (first[:, None, :] & second[None, :, :]).reshape(-1, first.shape[1])
    return both


def _grouped(sizes: Sequence[int], most: int) -> list[list[int]]:
    """Put features into groups whose sizes multiply to at most `most`: the greatest first, each where it first fits."""
    groups: list[list[int]] = []
    products: list[int] = []
    for feature in sorted(range(len(sizes)), key=lambda feature: (-sizes[feature], feature)):
        size = sizes[feature]
        place = next((row for row, product in enumerate(products) if product * size <= most), len(groups))
        if place == len(groups):
            groups.append([])
            products.append(1)
        groups[place].append(feature)
        products[place] *= size
    return groups
