"""Laws of what two slates have in common, and values worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.analysis.answers.slates import moves, overlap, rank_biased_overlap

SLATES = st.lists(st.sampled_from("abcdefghijklmn"), unique=True, max_size=14)
PERSISTENCES = st.floats(0.05, 0.98)


@given(SLATES, SLATES, PERSISTENCES)
def test_rank_biased_overlap_is_a_share_and_the_same_both_ways(one: list[str], other: list[str], p: float) -> None:
    value = rank_biased_overlap(one, other, p)
    assert 0.0 <= value <= 1.0
    assert value == pytest.approx(rank_biased_overlap(other, one, p))


@given(SLATES, PERSISTENCES)
def test_a_slate_agrees_with_itself_wholly(slate: list[str], p: float) -> None:
    assert rank_biased_overlap(slate, slate, p) == pytest.approx(1.0)
    assert overlap(slate, slate) == 1.0


@given(SLATES.filter(bool), SLATES.filter(bool))
def test_slates_without_a_common_item_do_not_agree(one: list[str], other: list[str]) -> None:
    apart = [item.upper() for item in other]
    assert rank_biased_overlap(one, apart) == 0.0
    assert overlap(one, apart) == 0.0


@given(SLATES.filter(lambda slate: len(slate) > 3), st.data())
def test_a_swap_further_up_weighs_more(slate: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(slate) - 3))

    def swapped(place: int) -> list[str]:
        return [*slate[:place], slate[place + 1], slate[place], *slate[place + 2 :]]

    assert rank_biased_overlap(slate, swapped(at)) < rank_biased_overlap(slate, swapped(at + 1)) < 1.0


@given(SLATES, SLATES, st.integers(1, 12))
def test_overlap_is_a_share_that_order_does_not_change(one: list[str], other: list[str], k: int) -> None:
    value = overlap(one, other, k)
    assert 0.0 <= value <= 1.0
    assert value == overlap(other, one, k) == overlap(list(reversed(one[:k])), other, k)


@pytest.mark.parametrize(
    ("one", "other", "p", "value"),
    [
        ("ab", "ba", 0.9, 0.9),  # agreement 0, then 1: (1 - p) / p * p^2 + p^2 = p
        ("a", "b", 0.9, 0.0),
        ("abc", "abd", 0.5, 1 - 0.5**3 / 3 / 0.5),
        ("ab", "abc", 0.9, 1.0),  # nothing speaks against the shorter one
        ("b", "ab", 0.9, 0.45),  # found one further down: (1 - p) / p * p^2 / 2 + p^2 / 2 = p / 2
        ("", "", 0.9, 1.0),
        ("", "a", 0.9, 0.0),
    ],
)
def test_values_by_hand(one: str, other: str, p: float, value: float) -> None:
    assert rank_biased_overlap(one, other, p) == pytest.approx(value, abs=1e-12)


def test_a_longer_slate_is_as_full_as_its_longer_side() -> None:
    assert overlap("abcd", "ab") == 0.5
    assert overlap("abcd", "ab", 2) == 1.0
    assert overlap("", "") == 1.0


@given(SLATES, SLATES)
def test_moves_say_everything(before: list[str], after: list[str]) -> None:
    told = moves(before, after)
    assert {item for item, _ in told.came} == set(after) - set(before)
    assert {item for item, _ in told.went} == set(before) - set(after)
    assert all(after[place - 1] == item for item, place in told.came)
    assert all(before[old - 1] == item and after[new - 1] == item and old != new for item, old, new in told.moved)
    assert (told.came, told.went, told.moved) != ((), (), ()) or before == after


def test_moves_by_hand() -> None:
    told = moves("abc", "cbd")
    assert (told.came, told.went, told.moved) == ((("d", 3),), (("a", 1),), (("c", 3, 1),))
