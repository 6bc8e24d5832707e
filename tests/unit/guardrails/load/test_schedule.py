"""The schedule: every pair has both sides, in an order that only the seed decides."""

import itertools
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from guardrails.load.schedule import LEAST_PAIRS, arrivals, orders, plan
from guardrails.load.slo import Drive
from guardrails.model.load_run import BASE, HEAD
from tests.judge_fakes import FakeTree


@given(st.integers(0, 2**64), st.integers(0, 200))
def test_each_pair_has_both_sides(seed: int, count: int) -> None:
    assert [sorted(order) for order in orders(seed, count)] == [[BASE, HEAD]] * count


def test_the_order_is_a_throw_for_each_pair() -> None:
    first = [order[0] for order in orders(1, 2000)]
    assert 900 < first.count(HEAD) < 1100
    followed = sum(one == other for one, other in itertools.pairwise(first))
    assert 900 < followed < 1100, "one throw must not depend on the throw before"


def test_one_side_alone_has_its_turn_in_each_pair() -> None:
    assert orders(1, 3, (HEAD,)) == ((HEAD,),) * 3


def test_the_seed_decides() -> None:
    assert orders(5, 50) == orders(5, 50)
    assert orders(5, 50) != orders(6, 50)


def test_a_plan_has_room_for_slices_that_turn_out_shorter(tmp_path: Path) -> None:
    tree = FakeTree(tmp_path, {})
    made = plan(Drive(slice_ms=100), tree, "loadtests/locustfile.py", (".",), 3, 8.0)
    assert made.pairs == 160
    assert made.slice_seconds == 0.1
    assert made.root == tmp_path
    short = plan(Drive(slice_ms=100), tree, "loadtests/locustfile.py", (".",), 3, 0.1)
    assert short.pairs == LEAST_PAIRS


def test_arrivals_come_at_the_rate_and_as_the_seed_and_the_pair_say(tmp_path: Path) -> None:
    made = plan(Drive(arrivals_ms=1000), FakeTree(tmp_path, {}), "loadtests/locustfile.py", (".",), 3, 8.0)
    offsets = arrivals(made, 5, 400.0)
    assert len(offsets) == 400
    assert list(offsets) == sorted(offsets)
    assert 0.8 < offsets[-1] < 1.2
    assert offsets == arrivals(made, 5, 400.0)
    assert offsets != arrivals(made, 6, 400.0)
    assert len(arrivals(made, 5, 0.1)) == 1
