"""A forest of binary trees as plain arrays: what training publishes and a forest scorer is compiled from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Floats, Slots, column, slot_column
from recsys.errors import InvalidValueError


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """t trees over f features, their nodes and leaves one after another.

    Tree i has nodes node_start[i]:node_start[i + 1], the root first, and leaves leaf_start[i]:leaf_start[i + 1].
    A row goes left at a node when features[feature] <= threshold. Children as LightGBM writes them: c >= 0 is the node
    node_start[i] + c, c < 0 the leaf leaf_start[i] + ~c. A tree without nodes is its one leaf. At most 64 leaves each.

    node_start, leaf_start: (t + 1,) int32. feature: (nodes,) int32 in [0, f). threshold: (nodes,) float64, finite.
    left, right: (nodes,) int32. value: (leaves,) float64, finite. feature_count: f.
    schema_version: of the feature schema that the trees were fitted on.
    Raises `InvalidValueError` when an array breaks any of this.
    """

    node_start: Slots
    leaf_start: Slots
    feature: Slots
    threshold: Floats
    left: Slots
    right: Slots
    value: Floats
    feature_count: int
    schema_version: str

    def __post_init__(self) -> None:
        nodes, leaves = self.feature.shape[0], self.value.shape[0]
        put = object.__setattr__
        put(self, "node_start", column("node_start", self.node_start, np.int32, -1))
        put(self, "leaf_start", column("leaf_start", self.leaf_start, np.int32, self.node_start.shape[0]))
        put(self, "feature", slot_column("feature", self.feature, self.feature_count, nodes))
        put(self, "threshold", column("threshold", self.threshold, np.float64, nodes))
        put(self, "left", column("left", self.left, np.int32, nodes))
        put(self, "right", column("right", self.right, np.int32, nodes))
        put(self, "value", column("value", self.value, np.float64, leaves))
        _check_offsets(self.node_start, self.leaf_start, nodes, leaves)
        if not (np.isfinite(self.threshold).all() and np.isfinite(self.value).all()):
            raise InvalidValueError("a forest's thresholds and leaf values must be finite; fit it again")

    @property
    def trees(self) -> int:
        """t, the number of trees."""
        return int(self.node_start.shape[0]) - 1


def _check_offsets(node_start: Slots, leaf_start: Slots, nodes: int, leaves: int) -> None:
    sizes: NDArray[np.int32] = np.diff(leaf_start)
    if node_start.shape[0] < 1 or node_start[0] != 0 or leaf_start[0] != 0:
        raise InvalidValueError("a forest's offsets must start at 0")
    if node_start[-1] != nodes or leaf_start[-1] != leaves:
        raise InvalidValueError(f"a forest's offsets end at {node_start[-1]} nodes and {leaf_start[-1]} leaves")
    if (sizes != np.diff(node_start) + 1).any() or (sizes > 64).any():
        raise InvalidValueError("a tree must have one leaf more than nodes, and at most 64 leaves")
