"""A forest scorer in plain numpy: QuickScorer over precomputed masks.

Source: Lucchese et al. 2015, "QuickScorer: a fast algorithm to rank documents with additive ensembles of regression
trees". Each tree's leaves are numbered from left to right and held as bits. A node whose test fails clears the leaves
of its left subtree; the lowest bit that is left is the exit leaf. For one feature, the masks of all nodes that a value
fails depend only on how many of the sorted thresholds lie below it: they are combined when the scorer is compiled, and
those of several features with one another (`joint.py`).

LightGBM itself reads |x| <= 1e-35 as 0; no feature of ours is that small without being 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Floats, Ints, Singles, quantise, to_grid
from recsys.errors import InvalidValueError
from recsys.ranking.forest import Forest
from recsys.ranking.joint import JointMasks, Masks
from recsys.ranking.thresholds import Thresholds

LEAF_SCALE: Final = 1 << 30
PAIR_BITS: Final = np.uint16(4)
ROWS_AT_ONCE: Final = 1_024  # a request's all together, and a catalogue's in no more memory
DE_BRUIJN: Final = {16: 0x09AF, 32: 0x077CB531, 64: 0x03F79D71B4CB0A89}
"""By bits of a word: times a power of two, its leading bits differ for every power (Leiserson et al. 1998)."""


@dataclass(frozen=True, slots=True, eq=False)
class ForestScorer:
    """A compiled `Forest` of t trees over f features. Built by `of`.

    thresholds: of all features. joint: for each combination of places of a group of features, what the tests of the
    thresholds below, failed, leave of t words of w bits, one bit a leaf.
    values: (t, w) float64 leaf values, multiples of 2**-30, so that their sums are exact; that of the leaf of bit b
    stands at `_hashes`(1 << b). Of words of 16 bits, (t / 2, 256) sums of a leaf of tree i, which picks the 16, and one
    of tree t / 2 + i: half as many numbers to fetch. An odd t is made even by a tree of nothing.
    forest: what it was compiled from, for publishing.
    """

    thresholds: Thresholds
    joint: JointMasks
    values: Floats
    forest: Forest

    @staticmethod
    def of(forest: Forest) -> "ForestScorer":
        """Compile a forest. Raises `InvalidValueError` for broken trees or leaf values too great to add exactly."""
        leaves = np.diff(forest.leaf_start)
        width = int(leaves.max(initial=1))
        node_masks = np.zeros(forest.feature.shape[0], dtype=_word(width))
        paired = node_masks.dtype == np.uint16
        count = forest.trees + (forest.trees % 2 if paired else 0)
        values = np.zeros((count, width))
        for tree in range(forest.trees):
            _compile_tree(forest, tree, node_masks, values)
        if np.abs(values).max(axis=1, initial=0.0).sum() >= 1 << 20:
            raise InvalidValueError("the leaf values add up to 2**20 or more; scale the training target down")
        # A float32 x is <= t exactly when it is <= the greatest float32 that is <= t.
        cuts = forest.threshold.astype(np.float32)
        cuts = np.where(cuts > forest.threshold, np.nextafter(cuts, np.float32(-np.inf)), cuts)
        trees = np.repeat(np.arange(forest.trees), np.diff(forest.node_start))
        parts = [
            _combine(cuts[rows], node_masks[rows], trees[rows], count)
            for rows in (np.flatnonzero(forest.feature == feature) for feature in range(forest.feature_count))
        ]
        thresholds = Thresholds.of([cuts for cuts, _ in parts])
        joint = JointMasks.of([masks for _, masks in parts] or [_all_leaves(1, count, node_masks)])
        placed = _by_hash(to_grid(values, LEAF_SCALE), node_masks.dtype)
        return ForestScorer(thresholds, joint, _paired(placed) if paired else placed, forest)

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
        rows = self.joint.rows(self.thresholds.places(np.ascontiguousarray(features.T)))
        sums = np.empty(rows.shape[1])
        for start in range(0, sums.shape[0], ROWS_AT_ONCE):
            block = slice(start, start + ROWS_AT_ONCE)
            sums[block] = self._sums(self._left(rows[:, block]))
        return quantise(sums)

    def _left(self, rows: NDArray[np.intp]) -> Masks:
        """Return the (m, t) masks that the (g, m) rows leave: group by group, so that no more than two are at hand."""
        masks: Masks = self.joint.masks
        left: Masks = masks.take(rows[0], axis=0)
        for more in rows[1:]:
            left &= masks.take(more, axis=0)
        return left

    def _sums(self, left: Masks) -> Floats:
        """Return the sums of the lowest leaves that (m, t) masks leave.

        A matrix product adds them: their sums are exact, in whatever order it adds.
        """
        tables, width = self.values.shape
        places = _hashes(left)
        if tables != places.shape[1]:
            first = places[:, :tables] << PAIR_BITS
            first |= places[:, tables:]
            places = first
        # The narrower the words, the more of them are added at once.
        places = places + np.arange(0, tables * width, width, dtype=np.min_scalar_type(tables * width))
        # Every place is inside: `clip` spares numpy the question.
        return np.asarray(self.values.ravel().take(places.astype(np.intp), mode="clip") @ np.ones(tables))


def _word(leaves: int) -> type[np.unsignedinteger]:
    """Return the narrowest word with a bit for every leaf: half the width is half the memory that a request reads."""
    return np.uint16 if leaves <= 16 else np.uint32 if leaves <= 32 else np.uint64


def _hashes(words: Masks) -> Masks:
    """Return for each word a number in [0, bits of a word) that tells the position of its lowest set bit.

    It takes five operations on whole words, all of which numpy has in vector code, where a logarithm would take ten
    times as long.
    """
    bits = words.itemsize * 8
    lowest: Masks = np.negative(words)
    lowest &= words
    lowest *= words.dtype.type(DE_BRUIJN[bits])
    lowest >>= words.dtype.type(bits - (bits.bit_length() - 1))
    return lowest


def _by_hash(values: Floats, word: np.dtype[np.unsignedinteger]) -> Floats:
    """Put (t, l) values by position from the left to where `_hashes` of their bits points: (t, bits of a word)."""
    trees, leaves = values.shape
    placed = np.zeros((trees, word.itemsize * 8))
    placed[:, _hashes(word.type(1) << np.arange(leaves).astype(word))] = values
    return placed


def _paired(values: Floats) -> Floats:
    """Return (t / 2, 256): the sums of every value of a tree of the first half and every value of its partner."""
    half = values.shape[0] // 2
    return (values[:half, :, None] + values[half:, None, :]).reshape(half, values.shape[1] ** 2)


def _all_leaves(rows: int, trees: int, like: Masks) -> Masks:
    return np.full((rows, trees), np.iinfo(like.dtype).max, dtype=like.dtype)


def _combine(cuts: Singles, node_masks: Masks, trees: NDArray[np.intp], count: int) -> tuple[Singles, Masks]:
    """Return one feature's ascending thresholds and the (thresholds + 1, count) masks that failing them leaves."""
    levels, position = np.unique(cuts, return_inverse=True)
    masks = _all_leaves(levels.shape[0] + 1, count, node_masks)
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
