"""Item-kNN is the shrunk cosine that it claims to be, whatever the blocks that it is made in."""

import numpy as np
import pytest

from recsys.domain.arrays import Floats
from recsys.training.errors import DatasetError
from recsys.training.fit import item_knn
from recsys.training.fit.item_knn import fit_item_knn
from recsys.training.pairs import Pairs
from tests.recsys_fakes import dense

GRID = 2**-20


def pairs_from(matrix: Floats) -> Pairs:
    user, track = np.nonzero(matrix)
    ones, times = np.ones(user.shape[0], dtype=np.float32), np.zeros(user.shape[0], dtype=np.int64)
    return Pairs(user.astype(np.int32), track.astype(np.int32), ones, times)


def played(users: int, tracks: int, seed: int = 5) -> Floats:
    return (np.random.default_rng(seed).random((users, tracks)) < 0.3).astype(np.float64)


def by_definition(matrix: Floats, shrinkage: float) -> Floats:
    plays = matrix.sum(axis=1)
    weight = np.sqrt(np.median(plays[plays > 0]) / np.maximum(plays, 1))
    together = matrix.T @ (weight[:, None] * matrix)
    norms = np.sqrt(np.diag(together))
    weights = together / (np.outer(norms, norms) + shrinkage)
    np.fill_diagonal(weights, 0.0)
    return weights


@pytest.mark.parametrize("block", [1, 90, 16_000_000])
@pytest.mark.parametrize("shrinkage", [0.0, 3.0])
def test_the_weights_are_those_of_the_definition(shrinkage: float, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_knn, "BLOCK_ENTRIES", block)
    matrix = played(40, 30)
    fitted = fit_item_knn(pairs_from(matrix), 40, 30, shrinkage, width=30)
    np.testing.assert_allclose(dense(fitted), by_definition(matrix, shrinkage), atol=GRID)


def test_the_nearest_neighbours_are_kept_and_never_the_track_itself() -> None:
    matrix = played(60, 25)
    expected, fitted = by_definition(matrix, 2.0), fit_item_knn(pairs_from(matrix), 60, 25, 2.0, width=6)
    for row in range(25):
        np.testing.assert_allclose(np.sort(fitted.weights[row]), np.sort(expected[row])[-6:], atol=GRID)
        assert row not in fitted.neighbours[row][fitted.weights[row] != 0]


def test_among_equal_neighbours_the_lower_slot_is_kept() -> None:
    matrix = np.ones((4, 6))
    fitted = fit_item_knn(pairs_from(matrix), 4, 6, 0.0, width=2)
    assert fitted.neighbours.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1], [0, 1]]


def test_a_pair_that_few_users_share_weighs_less() -> None:
    few, many = np.zeros((20, 4)), np.zeros((20, 4))
    few[:2, :2] = 1.0
    many[:20, :2] = 1.0
    small, great = (dense(fit_item_knn(pairs_from(each), 20, 4, 2.0, width=3))[0, 1] for each in (few, many))
    assert small == pytest.approx(0.5)
    assert great == pytest.approx(20 / 22, abs=GRID)


def test_a_track_with_one_listener_says_nothing() -> None:
    matrix = played(60, 25)
    matrix[np.flatnonzero(matrix[:, 3])[1:], 3] = 0.0
    fitted = dense(fit_item_knn(pairs_from(matrix), 60, 25, 2.0, width=25))
    assert not fitted[3].any()
    assert not fitted[:, 3].any()
    assert fitted.any()


def test_a_block_never_holds_more_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole matrix of co-occurrences is never there at once: that is what large catalogues need."""
    monkeypatch.setattr(item_knn, "BLOCK_ENTRIES", 300)
    plays = item_knn._weighted(pairs_from(played(200, 80)), 200, 80)
    blocks = [(first, block.nnz, block.shape[0]) for first, block in item_knn._co_occurrences(plays)]
    assert sum(rows for _, _, rows in blocks) == 80
    assert max(entries for _, entries, _ in blocks) <= 300
    assert len(blocks) > 10


def test_nobody_and_one_track_are_answered() -> None:
    assert not fit_item_knn(pairs_from(np.zeros((0, 3))), 0, 3, 2.0, width=2).weights.any()
    assert fit_item_knn(pairs_from(np.ones((9, 1))), 9, 1, 2.0, width=2).weights.tolist() == [[0.0]]


@pytest.mark.parametrize(("shrinkage", "width"), [(-1.0, 5), (1.0, 0)])
def test_values_out_of_range_are_refused(shrinkage: float, width: int) -> None:
    with pytest.raises(DatasetError, match="the width must be positive"):
        fit_item_knn(pairs_from(played(9, 4)), 9, 4, shrinkage, width)
