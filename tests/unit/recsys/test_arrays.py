"""Exact arithmetic on columns."""

import numpy as np
import pytest

from recsys.domain.arrays import best, column, quantise, slot_column, to_grid
from recsys.errors import InvalidValueError


def test_best_orders_by_score_and_breaks_ties_by_position() -> None:
    assert best(np.array([1.0, 3.0, 2.0, 3.0]), 3).tolist() == [1, 3, 2]


def test_best_takes_the_lowest_positions_of_a_tie_at_the_cut() -> None:
    assert best(np.array([5, 1, 5, 5, 9]), 3).tolist() == [4, 0, 2]


@pytest.mark.parametrize(("count", "want"), [(0, []), (-1, []), (9, [1, 0])])
def test_best_of_degenerate_counts(count: int, want: list[int]) -> None:
    assert best(np.array([1.0, 2.0]), count).tolist() == want


def test_best_equals_a_full_stable_sort() -> None:
    rng = np.random.default_rng(3)
    for size, count in ((1, 1), (7, 3), (500, 20), (500, 499)):
        scores = rng.integers(0, 12, size)
        assert best(scores, count).tolist() == np.argsort(-scores, kind="stable")[:count].tolist()


def test_quantise_refuses_what_cannot_be_ranked() -> None:
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(InvalidValueError, match="NaN or infinite"):
            quantise(np.array([0.0, bad]))


def test_quantise_rounds_to_units_of_two_to_the_minus_twenty() -> None:
    assert quantise(np.array([1.0, -0.5, 0.4 / 2**20])).tolist() == [1 << 20, -(1 << 19), 0]


def test_sums_of_grid_values_do_not_depend_on_the_order() -> None:
    values = to_grid(np.random.default_rng(0).normal(size=1000), 1 << 20)
    assert values.sum() == values[::-1].sum() == sum(values.tolist())


def test_a_column_of_another_dtype_or_length_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="dtype int64"):
        column("x", np.zeros(2, dtype=np.int64), np.int32, 2)
    with pytest.raises(InvalidValueError, match=r"shape \(2,\)"):
        column("x", np.zeros(2, dtype=np.int32), np.int32, 3)


def test_a_column_is_read_only_and_leaves_its_source_writable() -> None:
    source = np.zeros(2, dtype=np.int32)
    view = column("x", source, np.int32, 2)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    source[0] = 1


@pytest.mark.parametrize("slots", [[-1], [3]])
def test_slots_outside_the_catalogue_are_refused(slots: list[int]) -> None:
    with pytest.raises(InvalidValueError, match=r"\[0, 3\)"):
        slot_column("x", np.array(slots, dtype=np.int32), 3, 1)
