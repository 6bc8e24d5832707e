"""From the text that LightGBM dumps to a `Forest`. Imports no LightGBM: the dump is plain data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recsys.errors import ArtifactError
from recsys.ranking.forest import Forest


def forest_from_dump(dump: Mapping[str, Any], schema_version: str) -> Forest:
    """Return the forest of `Booster.dump_model()`, one output, numerical splits.

    Raises `ArtifactError` for what a `Forest` cannot hold: more than one tree an iteration, a categorical split, or a
    split that treats zero as missing.
    """
    if dump["num_tree_per_iteration"] != 1:
        raise ArtifactError(f"the ranker has {dump['num_tree_per_iteration']} outputs; fit one with a single output")
    trees = [_Tree(info["tree_structure"], int(info["num_leaves"])) for info in dump["tree_info"]]
    return Forest(
        node_start=_offsets([len(tree.feature) for tree in trees]),
        leaf_start=_offsets([len(tree.value) for tree in trees]),
        feature=np.array([feature for tree in trees for feature in tree.feature], dtype=np.int32),
        threshold=np.array([cut for tree in trees for cut in tree.threshold], dtype=np.float64),
        left=np.array([child for tree in trees for child in tree.left], dtype=np.int32),
        right=np.array([child for tree in trees for child in tree.right], dtype=np.int32),
        value=np.array([value for tree in trees for value in tree.value], dtype=np.float64),
        feature_count=int(dump["max_feature_idx"]) + 1,
        schema_version=schema_version,
    )


def _offsets(sizes: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int32)


class _Tree:
    """One tree being flattened into columns."""

    def __init__(self, root: Mapping[str, Any], leaves: int) -> None:
        nodes = leaves - 1
        self.feature, self.left, self.right = [0] * nodes, [0] * nodes, [0] * nodes
        self.threshold, self.value = [0.0] * nodes, [0.0] * leaves
        stack = [root]
        while stack:
            node = stack.pop()
            if "split_index" in node:
                self._split(node)
                stack += [node["left_child"], node["right_child"]]
            else:
                # The dump of a tree of one leaf carries no leaf_index.
                self.value[int(node.get("leaf_index", 0))] = float(node["leaf_value"])

    def _split(self, node: Mapping[str, Any]) -> None:
        if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
            raise ArtifactError(
                f"a split uses {node['decision_type']!r} with missing values {node['missing_type']!r}; "
                "fit the ranker on numerical features with zero_as_missing off"
            )
        row = int(node["split_index"])
        self.feature[row] = int(node["split_feature"])
        self.threshold[row] = float(node["threshold"])
        self.left[row], self.right[row] = _child(node["left_child"]), _child(node["right_child"])


def _child(node: Mapping[str, Any]) -> int:
    return int(node["split_index"]) if "split_index" in node else ~int(node["leaf_index"])
