"""Masks of several features in one table, so that a row of a forest's masks is fetched for a group and not a feature.

What fetching costs goes by the number of rows, and hardly by how many rows there are to choose from, as long as a
table stays in the second-level cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Slots

Masks: TypeAlias = NDArray[np.unsignedinteger]
TABLE_BYTES: Final = 1 << 18  # of one group: eight of them fill a second-level cache of 2 MB


@dataclass(frozen=True, slots=True, eq=False)
class JointMasks:
    """The masks of f features in g groups, every combination of the places of a group's features combined.

    order: (f,) int32 features, group by group. starts: (g,) int32, where each group begins in `order`.
    strides: (f, 1) int32 by row of `order`: rows of `masks` from one place of that feature to the next.
    base: (g, 1) int32, the row of each group when all places are 0. masks: (rows, t).
    """

    order: Slots
    starts: Slots
    strides: Slots
    base: Slots
    masks: Masks

    @staticmethod
    def of(tables: Sequence[Masks], table_bytes: int = TABLE_BYTES) -> "JointMasks":
        """Group the tables of the features, (places, t) each, so that no group of two or more exceeds `table_bytes`."""
        groups = _grouped([table.shape[0] for table in tables], table_bytes // max(tables[0][:1].nbytes, 1))
        joint = [reduce(_product, (tables[feature] for feature in group)) for group in groups]
        strides = [
            np.prod([tables[after].shape[0] for after in group[row + 1 :]], dtype=np.int32)
            for group in groups
            for row in range(len(group))
        ]
        return JointMasks(
            order=np.concatenate(groups).astype(np.int32),
            starts=_starts([len(group) for group in groups]),
            strides=np.array(strides, dtype=np.int32)[:, None],
            base=_starts([table.shape[0] for table in joint])[:, None],
            masks=np.concatenate(joint),
        )

    def rows(self, places: Slots) -> Slots:
        """Return (g, m) int32 rows of `masks` for the (f, m) int32 places of m candidates, each from 0."""
        if not places.shape[0]:
            return np.zeros((1, places.shape[1]), dtype=np.int32)  # no test of any tree: all leaves are left
        steps = places.take(self.order, axis=0) * self.strides
        ends = [*self.starts[1:].tolist(), steps.shape[0]]
        found: Slots = np.empty((len(ends), steps.shape[1]), dtype=np.int32)
        for row, (start, end) in enumerate(zip(self.starts.tolist(), ends, strict=True)):
            np.add.reduce(steps[start:end], axis=0, out=found[row])
        found += self.base
        return found


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


def _starts(sizes: Sequence[int]) -> Slots:
    return np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int32)
