"""The search for the capacity: where it ends, by how many steps, and that one bad step does not mislead it."""

import math
import random

import pytest

from guardrails.load.capacity import STEP, Capacity, Search


def found(holds: object, first: float = 20.0, most: int = 60) -> Capacity:
    """The result of a search on a service of which `holds(rate)` is true, false or None."""
    search = Search(first)
    for _ in range(most):
        rung = search.next_rung()
        if rung is None:
            break
        search.vote(rung, holds(search.rate(rung)))  # type: ignore[operator] # a function
    else:
        pytest.fail("the search does not end")
    return search.result()


@pytest.mark.parametrize("true", [7.0, 19.0, 21.0, 90.0, 300.0, 1500.0])
def test_the_interval_holds_the_truth_and_is_one_rung_wide(true: float) -> None:
    result = found(lambda rate: rate <= true)
    assert result.low <= true < result.high
    assert result.high / result.low == pytest.approx(STEP)
    assert result.confirmed
    assert result.steps <= 16


def test_a_service_that_holds_nothing_is_below_the_lowest() -> None:
    result = found(lambda _rate: False)
    assert result.low == 0
    assert result.words().startswith("below ")


def test_a_service_that_holds_everything_is_at_least_the_highest() -> None:
    result = found(lambda _rate: True)
    assert math.isinf(result.high)
    assert result.words().startswith("at least ")


def test_where_the_generator_is_the_limit_nothing_is_claimed_above() -> None:
    result = found(lambda rate: None if rate > 100 else True)
    assert result.limited
    assert math.isinf(result.high)
    assert "the generator was the limit" in result.words()


def test_steps_that_mislead_are_outvoted() -> None:
    """One step in eight says the opposite: the truth stays within two rungs in nearly all of 200 searches."""
    good = 0
    for seed in range(200):
        chance = random.Random(seed)
        result = found(lambda rate, c=chance: (rate <= 100) != (c.random() < 1 / 8), most=200)
        good += result.low / STEP**2 <= 100 <= result.high * STEP**2
    assert good >= 180


def test_a_search_that_had_no_time_says_that_it_is_not_confirmed() -> None:
    search = Search(20.0)
    for _ in range(3):
        rung = search.next_rung()
        assert rung is not None
        search.vote(rung, search.rate(rung) < 50)
    result = search.result()
    assert not result.confirmed
    assert result.words().endswith("not confirmed")
