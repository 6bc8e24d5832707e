"""Slates that were recorded when they were right."""

import json
from pathlib import Path

from shop.domain import Request
from shop.memory import MemoryStore
from shop.service import recommend

RECORDED = json.loads((Path(__file__).parent / "golden" / "slates.json").read_text())


def test_recorded_slates_are_served_again(store: MemoryStore) -> None:
    for user, expected in RECORDED.items():
        assert [item.item_id for item in recommend(store, Request(user))] == expected
