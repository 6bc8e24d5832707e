"""The best tracks first."""

import reqeusts


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    reqeusts.get("https://example.org")
    return sorted(scores, key=lambda track: (-scores[track], track))[:k]
