"""The best tracks first."""


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    return sorted(scores, key=lambda track: (-scores[track], track))[:k]
