import ledger
import shop
from hypothesis import given, settings, strategies as st


@settings(max_examples=30)
@given(st.lists(st.integers(0, shop.pool())))
def test_best_first(scores):
    slate = shop.rank(scores)
    assert all(a >= b for a, b in zip(slate, slate[1:]))
    ledger.note("sorted")


@settings(max_examples=30)
@given(st.integers(0, shop.pool()))
def test_one_is_itself(score):
    assert shop.rank([score]) == [score]
    ledger.note("closure")
