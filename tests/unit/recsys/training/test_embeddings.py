"""Track vectors: alike for what the same people play, the same in every run."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recsys.training.fit import embeddings
from recsys.training.fit.embeddings import fit_embeddings
from recsys.training.pairs import Pairs, pairs_of
from tests.recsys_worlds import small_world


def two_tastes(extra: int = 0) -> Pairs:
    """Users 0-29 play tracks 0-9, users 30-59 tracks 10-19, everybody some of 20-24; `extra` tracks nobody."""
    chance = np.random.default_rng(3)
    matrix = np.zeros((60, 25 + extra), dtype=bool)
    matrix[:30, :10], matrix[30:, 10:20] = chance.random((30, 10)) < 0.6, chance.random((30, 10)) < 0.6
    matrix[:, 20:25] = chance.random((60, 5)) < 0.5
    user, track = np.nonzero(matrix)
    size = user.shape[0]
    return Pairs(user.astype(np.int32), track.astype(np.int32), np.ones(size, np.float32), np.zeros(size, np.int64))


def cosine(vectors: NDArray[np.int8], left: int, right: int) -> float:
    one, two = vectors[left].astype(float), vectors[right].astype(float)
    return float(one @ two / (np.linalg.norm(one) * np.linalg.norm(two)))


@pytest.mark.parametrize("dense_below", [10_000, 1], ids=["dense", "truncated"])
def test_tracks_of_the_same_people_are_alike(dense_below: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "DENSE_BELOW", dense_below)
    vectors = fit_embeddings(two_tastes(), 60, np.arange(25, dtype=np.int32), dimensions=3)
    within = np.mean([cosine(vectors, 0, track) for track in range(1, 10)])
    across = np.mean([cosine(vectors, 0, track) for track in range(10, 20)])
    assert within > 0.5
    assert across < -0.5, "the direction that all tracks share is dropped"


def test_the_sign_is_fixed() -> None:
    values, directions = embeddings._leading(two_tastes().matrix(60, 25), 4)
    assert (np.diff(values) <= 0).all()
    greatest = np.abs(directions).argmax(axis=1)
    assert (directions[np.arange(4), greatest] > 0).all()


def test_both_ways_give_the_same_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world()
    pairs = pairs_of(world.histories, world.catalogue.size)
    dense = fit_embeddings(pairs, world.histories.size, world.catalogue.artist, 8)
    monkeypatch.setattr(embeddings, "DENSE_BELOW", 1)
    truncated = fit_embeddings(pairs, world.histories.size, world.catalogue.artist, 8)
    assert np.abs(dense.astype(int) - truncated.astype(int)).max() <= 1


def test_a_track_without_plays_stands_where_its_artist_stands() -> None:
    artist = np.concatenate((np.repeat(np.arange(5), 5), [0, 9])).astype(np.int32)
    vectors = fit_embeddings(two_tastes(extra=2), 60, artist, dimensions=3)
    assert min(cosine(vectors, 25, track) for track in range(5)) > 0.3
    assert not vectors[26].any(), "an artist without plays says nothing"


def test_more_dimensions_than_the_data_has_are_left_zero() -> None:
    vectors = fit_embeddings(two_tastes(), 60, np.arange(25, dtype=np.int32), dimensions=40)
    assert vectors.shape == (25, 40)
    assert not vectors[:, 25:].any()
