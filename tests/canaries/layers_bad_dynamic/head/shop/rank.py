"""The best tracks first."""

import importlib


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    return sorted(scores, key=lambda track: (-scores[track], track))[:k]


def refill(k: int) -> list[str]:
    return importlib.import_module("shop.store").top(k)
