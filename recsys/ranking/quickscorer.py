"""A forest scorer in plain numpy: QuickScorer over precomputed masks.

Source: Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees". Each tree's leaves are numbered from left to right and held as bits. A node whose test fails clears the leaves
of its left subtree; the lowest bit that is left is the exit leaf. For one feature, the masks of all nodes that a value
fails depend only on how many of the sorted thresholds lie below it: they are combined when the scorer is compiled.

LightGBM itself reads |x| <= 1e-35 as 0; no feature of ours is that small without being 0.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Floats, Ints, Singles, Slots, quantise, to_grid
from recsys.errors import InvalidValueError
from recsys.ranking.forest import Forest
from recsys.ranking.thresholds import Thresholds

Masks: TypeAlias = NDArray[np.unsignedinteger]
LEAF_SCALE: Final = 1 << 30
BLOCK_BYTES: Final = 1 << 19  # of masks at once: they stay within the second-level cache


@dataclass(frozen=True, slots=True, eq=False)
class ForestScorer:
    """A compiled `Forest` of t trees over f features. Built by `of`.

    thresholds: of all features. masks: (places, t), row p for place p of `thresholds`: what the tests of the thresholds
    below it, failed, leave.
    values: (t, l) float64 leaf values by position from the left, multiples of 2**-30, so that their sums are exact.
    forest: what it was compiled from, for publishing.
    """

    thresholds: Thresholds
    masks: Masks
    values: Floats
    forest: Forest

    @staticmethod
    def of(forest: Forest) -> "ForestScorer":
        """Compile a forest. Raises `InvalidValueError` for broken trees or leaf values too great to add exactly."""
        leaves = np.diff(forest.leaf_start)
        width = int(leaves.max(initial=1))
        node_masks = np.zeros(forest.feature.shape[0], dtype=_word(width))
        values = np.zeros((forest.trees, width))
        for tree in range(forest.trees):
            _compile_tree(forest, tree, node_masks, values)
        if np.abs(values).max(axis=1, initial=0.0).sum() >= 1 << 20:
            raise InvalidValueError("the leaf values add up to 2**20 or more; scale the training target down")
        # A float32 x is <= t exactly when it is <= the greatest float32 that is <= t.
        cuts = forest.threshold.astype(np.float32)
        cuts = np.where(cuts > forest.threshold, np.nextafter(cuts, np.float32(-np.inf)), cuts)
        trees = np.repeat(np.arange(forest.trees), np.diff(forest.node_start))
        parts = [
            _combine(cuts[rows], node_masks[rows], trees[rows], forest.trees)
            for rows in (np.flatnonzero(forest.feature == feature) for feature in range(forest.feature_count))
        ]
        thresholds = Thresholds.of([cuts for cuts, _ in parts])
        masks = np.concatenate([node_masks[:0].reshape(0, forest.trees), *(masks for _, masks in parts)])
        return ForestScorer(thresholds, masks, to_grid(values, LEAF_SCALE), forest)

    @property
    def schema_version(self) -> str:
        """The feature schema that the forest was fitted on."""
        return self.forest.schema_version

    def score(self, features: Singles) -> Ints:
        """Return (m,) int64 scores in units of 2**-20 for (m, f) float32 features without NaN."""
        if features.ndim != 2 or features.shape[1] != self.thresholds.features or features.dtype != np.float32:
            raise InvalidValueError(
                f"features are {features.dtype} {features.shape}; want (m, {self.thresholds.features}) float32"
            )
        if np.isnan(features).any():
            raise InvalidValueError("a feature is NaN; the trees have no branch for it: repair the feature")
        places = self.thresholds.places(np.ascontiguousarray(features.T))
        rows = max(BLOCK_BYTES // max(places.shape[0] * self.masks.shape[1] * self.masks.itemsize, 1), 16)
        left = np.empty((places.shape[1], self.masks.shape[1]), dtype=self.masks.dtype)
        for start in range(0, left.shape[0], rows):
            masks = self.masks.take(places[:, start : start + rows], axis=0)
            np.bitwise_and.reduce(masks, axis=0, out=left[start : start + rows])
        return quantise(self._sums(left))

    def _sums(self, left: Masks) -> Floats:
        """Return the sums of the lowest leaves that (m, t) masks leave.

        A matrix product adds them: their sums are exact, in whatever order it adds.
        """
        trees, width = self.values.shape
        first = np.arange(trees, dtype=np.int32) * np.int32(width)
        return np.asarray(self.values.ravel().take(_lowest_bit(left, first)) @ np.ones(trees))


def _word(leaves: int) -> type[np.unsignedinteger]:
    """Return the narrowest word with a bit for every leaf: half the width is half the memory that a request reads."""
    return np.uint16 if leaves <= 16 else np.uint32 if leaves <= 32 else np.uint64


def _lowest_bit(words: Masks, first: Slots) -> Slots:
    """Return the position of the lowest set bit plus `first`, read from the exponent of a float of that bit alone.

    Signed casts: numpy has no vector code for the unsigned ones, which take ten times as long. The top bit then makes a
    negative float; its sign stands above the exponent, and is cut off where there is a top bit. first: of each column.
    """
    if words.dtype == np.uint64:
        wide = words.view(np.int64)
        return ((((wide & -wide).astype(np.float64).view(np.int64) >> 52) & 0x7FF) - 1023).astype(np.int32) + first
    signed = words.view(np.int32 if words.dtype == np.uint32 else np.int16)
    lowest = np.negative(signed)
    lowest &= signed
    exponent: Slots = lowest.astype(np.float32).view(np.int32)
    exponent >>= 23
    exponent &= 0xFF
    exponent += first - np.int32(127)
    return exponent


def _combine(cuts: Singles, node_masks: Masks, trees: NDArray[np.intp], count: int) -> tuple[Singles, Masks]:
    """Return one feature's ascending thresholds and the (thresholds + 1, count) masks that failing them leaves."""
    levels, position = np.unique(cuts, return_inverse=True)
    masks = ~np.zeros((levels.shape[0] + 1, count), dtype=node_masks.dtype)
    np.bitwise_and.at(masks, (position + 1, trees), node_masks)
    return levels, np.bitwise_and.accumulate(masks, axis=0)


def _compile_tree(forest: Forest, tree: int, node_masks: Masks, values: Floats) -> None:
    """Write the masks of a tree's nodes and its leaf values from left to right.

    Visits in order, left before right, with an explicit stack; a node is met again after its left subtree, when the
    leaves numbered since its first visit are the ones that it clears.
    """
    start, leaf_start = int(forest.node_start[tree]), int(forest.leaf_start[tree])
    leaves = int(forest.leaf_start[tree + 1]) - leaf_start
    reached: list[int] = []
    visits = 0
    stack: list[tuple[int, int | None]] = [(0 if leaves > 1 else -1, None)]
    while stack:
        child, before = stack.pop()
        visits += 1
        if visits > 4 * leaves or not -leaves <= child < max(leaves - 1, 1):
            raise InvalidValueError(
                f"tree {tree} is no tree: child {child} of {leaves} leaves; publish the model again"
            )
        if child < 0:
            values[tree, len(reached) % leaves] = forest.value[leaf_start + ~child]
            reached.append(~child)
        elif before is None:
            stack += [(child, len(reached)), (int(forest.left[start + child]), None)]
        else:
            cleared = (1 << len(reached)) - (1 << before)
            node_masks[start + child] = ~node_masks.dtype.type(cleared)
            stack.append((int(forest.right[start + child]), None))
    if sorted(reached) != list(range(leaves)):
        raise InvalidValueError(f"tree {tree} reaches the leaves {reached} of {leaves}; publish the model again")
