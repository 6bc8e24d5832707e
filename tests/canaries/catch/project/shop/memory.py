"""A store in memory."""

from collections.abc import Iterable, Mapping, Sequence

from shop.domain import Item
from shop.errors import StoreError


class MemoryStore:
    """Items, candidates and what users have seen."""

    def __init__(self, items: Iterable[Item], seen: Mapping[str, frozenset[str]] | None = None) -> None:
        self._items = {item.item_id: item for item in items}
        self._seen = dict(seen or {})
        self.calls = 0

    def get(self, item_id: str) -> Item:
        """One item."""
        self.calls += 1
        return self._find(item_id)

    def get_many(self, item_ids: Sequence[str]) -> list[Item]:
        """Many items in one call, in the order of their ids."""
        self.calls += 1
        return [self._find(item_id) for item_id in item_ids]

    def candidates(self) -> list[str]:
        """The ids of all items."""
        return list(self._items)

    def seen(self, user_id: str) -> frozenset[str]:
        """What a user has seen."""
        return self._seen.get(user_id, frozenset())

    def _find(self, item_id: str) -> Item:
        try:
            return self._items[item_id]
        except KeyError:
            raise StoreError(f"there is no item {item_id!r}") from None
