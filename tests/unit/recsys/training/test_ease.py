"""EASE is the ridge regression that it claims to be, from either of its two forms."""

import numpy as np
import pytest

from recsys.domain.arrays import Floats
from recsys.training.errors import DatasetError
from recsys.training.fit import ease
from recsys.training.fit.ease import fit_ease
from recsys.training.pairs import Pairs
from tests.recsys_fakes import dense


def played(users: int, tracks: int, seed: int = 5) -> tuple[Floats, Pairs]:
    matrix = (np.random.default_rng(seed).random((users, tracks)) < 0.3).astype(np.float64)
    user, track = np.nonzero(matrix)
    ones, times = np.ones(user.shape[0], dtype=np.float32), np.zeros(user.shape[0], dtype=np.int64)
    return matrix, Pairs(user.astype(np.int32), track.astype(np.int32), ones, times)


def by_definition(matrix: Floats, ridge: float) -> Floats:
    inverse = np.linalg.inv(matrix.T @ matrix + ridge * np.eye(matrix.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


@pytest.mark.parametrize("block", [7, 512])
@pytest.mark.parametrize(("users", "tracks"), [(20, 35), (60, 25)], ids=["more tracks", "more users"])
def test_the_weights_are_those_of_the_definition(
    users: int, tracks: int, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ease, "ROWS_A_BLOCK", block)
    matrix, pairs = played(users, tracks)
    fitted = fit_ease(pairs, users, tracks, ridge=4.0, width=tracks, limit=1_000)
    np.testing.assert_allclose(dense(fitted), by_definition(matrix, 4.0), atol=2**-20)


def test_each_row_predicts_its_track_best() -> None:
    """Column i of B is the least-squares answer: no small step away from it fits better."""
    matrix, pairs = played(60, 12)
    weights, ridge = dense(fit_ease(pairs, 60, 12, ridge=3.0, width=12, limit=1_000)), 3.0

    def loss(column: Floats, track: int) -> float:
        return float(((matrix[:, track] - matrix @ column) ** 2).sum() + ridge * (column**2).sum())

    step = np.zeros(12)
    step[7] = 0.01
    assert loss(weights[:, 4], 4) < min(loss(weights[:, 4] + step, 4), loss(weights[:, 4] - step, 4))


def test_only_the_strongest_responses_are_kept() -> None:
    matrix, pairs = played(60, 25)
    expected, fitted = by_definition(matrix, 4.0), fit_ease(pairs, 60, 25, ridge=4.0, width=6, limit=1_000)
    for row in range(25):
        strongest = np.sort(np.abs(expected[row]))[::-1][:6]
        np.testing.assert_allclose(np.sort(np.abs(fitted.weights[row]))[::-1], strongest, atol=2**-20)
        assert row not in fitted.neighbours[row][fitted.weights[row] != 0]


def test_a_track_with_one_listener_says_nothing() -> None:
    _, pairs = played(60, 25)
    kept = (pairs.track != 3) | (pairs.user == pairs.user[pairs.track == 3][0])
    fewer = Pairs(pairs.user[kept], pairs.track[kept], pairs.strength[kept], pairs.last[kept])
    fitted = dense(fit_ease(fewer, 60, 25, ridge=4.0, width=25, limit=1_000))
    assert not fitted[3].any()
    assert not fitted[:, 3].any()
    assert fitted.any()


def test_above_the_limit_the_most_played_take_part() -> None:
    _, pairs = played(60, 25)
    fitted = dense(fit_ease(pairs, 60, 25, ridge=4.0, width=25, limit=5))
    busiest = np.argsort(-np.bincount(pairs.track, minlength=25), kind="stable")[:5]
    assert sorted(np.flatnonzero(fitted.any(axis=1)).tolist()) == sorted(busiest.tolist())


def test_nobody_and_one_track_are_answered() -> None:
    nothing = Pairs(*(np.zeros(0, dtype=kind) for kind in (np.int32, np.int32, np.float32, np.int64)))
    assert not fit_ease(nothing, 0, 3, ridge=1.0, width=2, limit=1_000).weights.any()
    _, pairs = played(9, 1)
    assert fit_ease(pairs, 9, 1, ridge=1.0, width=2, limit=1_000).weights.shape == (1, 1)


@pytest.mark.parametrize(("ridge", "width"), [(0.0, 5), (-1.0, 5), (1.0, 0)])
def test_a_ridge_or_width_that_is_not_positive_is_refused(ridge: float, width: int) -> None:
    _, pairs = played(9, 4)
    with pytest.raises(DatasetError, match="must be positive"):
        fit_ease(pairs, 9, 4, ridge, width, 1_000)
