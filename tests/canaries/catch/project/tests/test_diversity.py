"""How a slate is spread over artists."""

from shop.diversity import cap, diversify
from shop.domain import Item

RANKED = [
    Item("i1", "abba", 0.9),
    Item("i2", "abba", 0.8),
    Item("i3", "robyn", 0.7),
    Item("i4", "abba", 0.6),
]


def ids(items: list[Item]) -> list[str]:
    return [item.item_id for item in items]


def test_a_repeated_artist_comes_later() -> None:
    assert ids(diversify(RANKED, 4)) == ["i1", "i3", "i2", "i4"]


def test_without_a_penalty_the_order_stays() -> None:
    assert ids(diversify(RANKED, 4, penalty=0.0)) == ["i1", "i2", "i3", "i4"]


def test_a_short_slate_is_cut() -> None:
    assert ids(diversify(RANKED, 2)) == ["i1", "i3"]
    assert diversify(RANKED, 0) == []


def test_the_cap_keeps_the_first_of_an_artist() -> None:
    assert ids(cap(RANKED, 1)) == ["i1", "i3"]
    assert ids(cap(RANKED, 2)) == ["i1", "i2", "i3"]
