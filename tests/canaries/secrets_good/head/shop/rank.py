"""The best tracks first."""

import os

STORE_PASSWORD = os.environ.get("STORE_PASSWORD", "changeme")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    return sorted(scores, key=lambda track: (-scores[track], track))[:k]
