"""What may be in a slate. Filters only remove, and keep the order."""

from collections.abc import Iterable

from shop.domain import Item


def unseen(items: Iterable[Item], seen: frozenset[str]) -> list[Item]:
    """The items that the user has not seen."""
    return [item for item in items if item.item_id not in seen]


def licensed(items: Iterable[Item], market: str) -> list[Item]:
    """The items that may be shown in a market."""
    return [item for item in items if market in item.markets]


def offered(items: Iterable[Item]) -> list[Item]:
    """The items that were not withdrawn."""
    return [item for item in items if not item.withdrawn]


def distinct(items: Iterable[Item]) -> list[Item]:
    """The first item of each id."""
    kept: dict[str, Item] = {}
    for item in items:
        kept.setdefault(item.item_id, item)
    return list(kept.values())
