"""What the service needs from outside."""

from collections.abc import Sequence
from typing import Protocol

from shop.domain import Item


class Store(Protocol):
    """Items, candidates and what users have seen."""

    def get(self, item_id: str) -> Item:
        """One item."""
        ...

    def get_many(self, item_ids: Sequence[str]) -> list[Item]:
        """Many items in one call, in the order of their ids."""
        ...

    def candidates(self) -> list[str]:
        """The ids of all items."""
        ...

    def seen(self, user_id: str) -> frozenset[str]:
        """What a user has seen."""
        ...
