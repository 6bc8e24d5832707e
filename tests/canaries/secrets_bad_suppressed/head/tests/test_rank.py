import pytest
from shop.rank import rank

SCORES = {"a": 1.0, "b": 3.0, "c": 2.0}


def test_the_best_come_first():
    top = rank(SCORES, 2)
    assert top == ["b", "c"]


def test_a_negative_k_is_refused():
    with pytest.raises(ValueError, match="negative"):
        rank(SCORES, -1)


@pytest.mark.parametrize("k", [0, 1, 3])
def test_no_more_than_k(k):
    assert len(rank(SCORES, k)) == k
