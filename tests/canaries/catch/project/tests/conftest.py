"""What the tests share."""

import pytest

from shop.domain import Item
from shop.memory import MemoryStore


@pytest.fixture
def store() -> MemoryStore:
    """Seven items by three artists; u42 has seen i3."""
    items = [
        Item("i1", "abba", 0.5),
        Item("i2", "abba", 0.4),
        Item("i3", "robyn", 0.9),
        Item("i4", "roxette", 0.7, frozenset({"SE", "NO"})),
        Item("i5", "roxette", 0.8, frozenset({"NO"})),
        Item("i6", "robyn", 0.6, withdrawn=True),
        Item("i7", "robyn", 0.95),
    ]
    return MemoryStore(items, {"u42": frozenset({"i3"})})
