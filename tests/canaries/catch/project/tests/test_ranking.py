"""The order of items, and scores."""

import pytest

from shop.domain import Item
from shop.ranking import mean, normalise, rank


def test_the_best_comes_first() -> None:
    items = [Item("i1", "abba", 0.2), Item("i2", "robyn", 0.9)]
    assert [item.item_id for item in rank(items)] == ["i2", "i1"]


def test_ties_go_by_id() -> None:
    items = [Item("i2", "abba", 0.5), Item("i1", "abba", 0.5)]
    ranked = rank(items)
    assert ranked[0].item_id == "i1"
    assert len(ranked) == 2


def test_scores_are_scaled() -> None:
    assert normalise([1.0, 2.0, 4.0]) == pytest.approx([0.0, 1 / 3, 1.0], abs=1e-9)
    assert normalise([3.0]) == [0.0]
    assert normalise([]) == []


def test_the_mean_of_scores() -> None:
    assert mean([0.1, 0.2]) == pytest.approx(0.15, abs=1e-9)


def test_no_scores_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no scores"):
        mean([])
