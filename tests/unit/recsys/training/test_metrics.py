"""Metric sanity: an oracle scores 1, its reverse the least, and each figure is the one its definition gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.training.metrics import (
    hits_of,
    ndcg,
    ndcg_of_order,
    novelty,
    recall,
    reciprocal_rank,
    top_artist_share,
)

RELEVANCE = st.lists(st.booleans(), min_size=1, max_size=30).filter(any)


def sorted_hits(hits: list[bool], best_first: bool) -> np.ndarray:
    return np.array(sorted(hits, reverse=best_first))


@given(RELEVANCE, st.integers(1, 40))
def test_an_oracle_scores_one(hits: list[bool], k: int) -> None:
    perfect, relevant = sorted_hits(hits, best_first=True), sum(hits)
    assert recall(perfect, relevant, k) == 1.0
    assert ndcg(perfect, relevant, k) == pytest.approx(1.0)
    assert reciprocal_rank(perfect, k) == 1.0


@given(RELEVANCE, st.integers(1, 40))
def test_no_order_is_better_than_the_oracles_or_worse_than_its_reverse(hits: list[bool], k: int) -> None:
    given_order, relevant = np.array(hits), sum(hits)
    worst, best = sorted_hits(hits, best_first=False), sorted_hits(hits, best_first=True)
    for metric in (recall, ndcg):
        low, value, high = (metric(order, relevant, k) for order in (worst, given_order, best))
        assert low - 1e-12 <= value <= high + 1e-12
    assert reciprocal_rank(worst, k) <= reciprocal_rank(given_order, k) <= reciprocal_rank(best, k)


def test_each_figure_is_the_one_of_its_definition() -> None:
    hits = np.array([False, True, False, True])
    assert recall(hits, relevant=3, k=4) == pytest.approx(2 / 3)
    assert recall(hits, relevant=8, k=4) == pytest.approx(2 / 4), "at most k can be found"
    assert recall(hits, relevant=3, k=2) == pytest.approx(1 / 2)
    ideal = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert ndcg(hits, relevant=3, k=4) == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal)
    assert reciprocal_rank(hits, k=4) == 0.5
    assert reciprocal_rank(hits, k=1) == 0.0


def test_an_empty_list_finds_nothing() -> None:
    nothing = np.zeros(0, dtype=bool)
    assert (recall(nothing, 3, 10), ndcg(nothing, 3, 10), reciprocal_rank(nothing, 10)) == (0.0, 0.0, 0.0)
    no_slots = np.zeros(0, dtype=np.int32)
    assert (top_artist_share(no_slots), novelty(no_slots, np.ones(3))) == (0.0, 0.0)


def test_hits_are_the_slots_that_are_relevant() -> None:
    slots = np.array([7, 2, 9, 4], dtype=np.int32)
    assert hits_of(slots, np.array([2, 4, 8], dtype=np.int32)).tolist() == [False, True, False, True]
    assert not hits_of(slots, np.zeros(0, dtype=np.int32)).any()


def test_graded_ndcg_rewards_the_liked_above_the_played() -> None:
    assert ndcg_of_order(np.array([2, 1, 0]), 3) == pytest.approx(1.0)
    assert ndcg_of_order(np.array([1, 2, 0]), 3) == pytest.approx((1 + 3 / np.log2(3)) / (3 + 1 / np.log2(3)))
    assert ndcg_of_order(np.array([0, 0]), 3) == 0.0


def test_concentration_and_novelty() -> None:
    assert top_artist_share(np.array([4, 4, 1, 2], dtype=np.int32)) == 0.5
    share = np.array([0.5, 0.25, 0.125])
    assert novelty(np.array([0, 2], dtype=np.int32), share) == pytest.approx((1 + 3) / 2)
