"""The best tracks first."""

import scipy


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    scipy.show_config()
    return sorted(scores, key=lambda track: (-scores[track], track))[:k]
