"""What may not be in a slate."""

import pytest

from shop.domain import Item
from shop.filters import distinct, licensed, offered, unseen

ITEMS = [
    Item("i1", "abba", 0.9, frozenset({"SE", "NO"})),
    Item("i2", "robyn", 0.8, frozenset({"NO"})),
    Item("i3", "robyn", 0.7, frozenset({"SE"}), withdrawn=True),
]


def ids(items: list[Item]) -> list[str]:
    return [item.item_id for item in items]


def test_seen_items_are_left_out() -> None:
    assert ids(unseen(ITEMS, frozenset({"i2"}))) == ["i1", "i3"]


@pytest.mark.parametrize(
    ("market", "expected"),
    [("SE", ["i1", "i3"]), ("NO", ["i1", "i2"]), ("DK", [])],
)
def test_only_licensed_items_are_shown(market: str, expected: list[str]) -> None:
    assert ids(licensed(ITEMS, market)) == expected


def test_withdrawn_items_are_left_out() -> None:
    assert ids(offered(ITEMS)) == ["i1", "i2"]


def test_the_first_of_equal_ids_stays() -> None:
    again = Item("i1", "someone", 0.1)
    assert distinct([*ITEMS, again]) == ITEMS
