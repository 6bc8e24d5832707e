"""A request, from end to end."""

import pytest

from shop.domain import Request
from shop.errors import InvalidRequestError, StoreError
from shop.memory import MemoryStore
from shop.service import recommend, render


def test_a_user_gets_the_best_of_what_is_allowed(store: MemoryStore) -> None:
    slate = recommend(store, Request("u42", k=3))
    assert [item.item_id for item in slate] == ["i7", "i4", "i1"]


def test_another_market_has_other_items(store: MemoryStore) -> None:
    slate = recommend(store, Request("u42", market="NO"))
    assert {item.item_id for item in slate} == {"i4", "i5"}


@pytest.mark.parametrize("k", [-1, 0, 101])
def test_a_size_that_makes_no_sense_is_refused(store: MemoryStore, k: int) -> None:
    with pytest.raises(InvalidRequestError, match="between 1 and 100"):
        recommend(store, Request("u42", k=k))


def test_an_unknown_item_is_an_error(store: MemoryStore) -> None:
    with pytest.raises(StoreError):
        store.get("i999")


def test_the_answer_on_the_wire(store: MemoryStore) -> None:
    answer = render(recommend(store, Request("u42", k=1)))
    assert answer == {"items": [{"id": "i7", "artist": "robyn", "score": 0.95}]}


def test_the_store_is_asked_once(store: MemoryStore) -> None:
    recommend(store, Request("u42"))
    assert store.calls == 1
