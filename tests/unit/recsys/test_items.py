"""The catalogue and the model refuse columns that break their contract."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.domain.model import ItemItem, popular_order_of, quantised_embeddings, release_order_of
from recsys.errors import InvalidValueError
from tests.recsys_fakes import Track, make_catalogue, make_model


def test_slot_order_is_id_order() -> None:
    catalogue = make_catalogue([Track("t2", artist="b"), Track("t1", artist="a")])
    assert catalogue.ids == ("t1", "t2")
    assert catalogue.slot("t2") == 1
    assert catalogue.slot("t9") is None
    assert catalogue.slots(["t9", "t2", "t1"]).tolist() == [1, 0]
    assert catalogue.artist_slot("b") == 1
    assert (catalogue.market_slot("GB"), catalogue.market_slot("XX"), catalogue.market_slot(None)) == (1, None, None)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ids", ("t2", "t1"), "strictly ascending"),
        ("ids", ("t1", "t1"), "strictly ascending"),
        ("titles", ("one",), "as long as"),
        ("artist", np.array([0, 7], dtype=np.int32), r"\[0, 1\)"),
        ("recording", np.array([0, 2], dtype=np.int32), r"\[0, 2\)"),
        ("explicit", np.array([0, 1], dtype=np.int8), "dtype"),
        ("released", np.array([0, 1], dtype=np.int64), "dtype"),
        ("licensed", np.array([1], dtype=np.uint64), "shape"),
        ("markets", ("GB", "GB"), "distinct"),
        ("markets", tuple(f"m{row}" for row in range(65)), "at most 64"),
    ],
)
def test_a_broken_catalogue_is_refused(field: str, value: object, message: str) -> None:
    good = make_catalogue([Track("t1"), Track("t2")])
    with pytest.raises(InvalidValueError, match=message):
        replace(good, **{field: value})


def test_orders_break_ties_by_slot() -> None:
    assert popular_order_of(np.array([[0.5, 1.0, 0.5 + 1e-8, 1.0]], dtype=np.float32)).tolist() == [[1, 3, 0, 2]]
    assert release_order_of(np.array([5, 9, 5], dtype=np.int32)).tolist() == [1, 0, 2]


def test_item_item_weights_off_the_grid_are_refused() -> None:
    neighbours = np.zeros((1, 1), dtype=np.int32)
    with pytest.raises(InvalidValueError, match="quantised"):
        ItemItem(neighbours, np.array([[0.1]], dtype=np.float32))
    with pytest.raises(InvalidValueError, match="quantised"):
        ItemItem(neighbours, np.array([[np.nan]], dtype=np.float32))
    with pytest.raises(InvalidValueError, match="quantised"):
        ItemItem(neighbours, np.array([[9.0]], dtype=np.float32))
    kept = ItemItem.quantised(neighbours, np.array([[99.0]]))
    assert kept.weights.tolist() == [[8.0]]


def test_embeddings_are_scaled_to_one_norm_and_zero_stays_zero() -> None:
    assert quantised_embeddings(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[76, 102], [0, 0]]


@pytest.mark.parametrize("field", ["popularity", "skip_rate", "trend"])
def test_a_model_with_a_number_that_is_not_finite_is_refused(field: str) -> None:
    model = make_model([Track("t1"), Track("t2")])
    broken = getattr(model, field).copy()
    broken[..., 0] = np.nan
    with pytest.raises(InvalidValueError, match=field):
        replace(model, **{field: broken})
