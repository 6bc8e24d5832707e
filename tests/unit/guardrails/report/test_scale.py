import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.report import scale

NUMBERS = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=9)
POSITIVE = st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=9)


@given(NUMBERS, st.booleans())
def test_a_linear_scale_holds_its_numbers_in_their_order(numbers: list[float], from_zero: bool) -> None:
    made = scale.linear(numbers, 200.0, 20.0, from_zero=from_zero)
    assert made.least <= min(numbers) <= max(numbers) <= made.most
    places = [made.place(number) for number in sorted(numbers)]
    assert places == sorted(places, reverse=True)
    assert all(20.0 <= place <= 200.0 for place in places)
    marks = scale.round_marks(made)
    assert 2 <= len(marks) <= 13
    assert all(20.0 <= place <= 200.0 for place, _ in marks)


@given(POSITIVE)
def test_a_logarithmic_scale_holds_its_numbers_and_has_few_marks(numbers: list[float]) -> None:
    made = scale.logarithmic(numbers, 54.0, 432.0)
    places = [made.place(number) for number in sorted(numbers)]
    assert places == sorted(places)
    marks = scale.ratio_marks(made)
    assert len(marks) <= scale.MOST_TICKS
    assert all(after > before for (before, _), (after, _) in itertools.pairwise(marks))


def test_equal_ratios_and_further_nines_have_equal_room() -> None:
    made = scale.logarithmic([1.0, 100.0], 0.0, 100.0)
    assert (made.place(1), made.place(10), made.place(100)) == (0.0, 50.0, 100.0)
    made = scale.nines([0.0, 99.99], 0.0, 100.0)
    assert [made.place(percent) for percent in (0, 90, 99, 99.9, 99.99)] == [0.0, 25.0, 50.0, 75.0, 100.0]
    assert [said for _, said in scale.nine_marks(made)] == ["0", "50", "90", "99", "99.9", "99.99"]


def test_a_scale_of_one_number_has_a_place_for_it() -> None:
    assert scale.logarithmic([3.0], 0.0, 100.0).place(3.0) == 50.0
    assert 0 < scale.linear([3.0], 0.0, 100.0).place(3.0) < 100
    assert scale.linear([], 0.0, 100.0).place(1.0) <= 100
    assert scale.linear([0.0, 0.0], 0.0, 100.0).place(0.0) == 0.0


def test_bars_begin_at_nothing_and_small_differences_are_not_lost() -> None:
    assert scale.linear([8.0, 9.0], 0.0, 100.0, from_zero=True).place(0.0) == 0.0
    near = scale.linear([8.0, 9.0], 0.0, 100.0)
    assert near.place(9.0) - near.place(8.0) > 50


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0"), (0.25, "0.25"), (2, "2"), (12345.6, "12346"), (3e7, "3.0e+07"), (1e-5, "1.0e-05")]
)
def test_a_mark_is_short(number: float, said: str) -> None:
    assert scale.label(number) == said
