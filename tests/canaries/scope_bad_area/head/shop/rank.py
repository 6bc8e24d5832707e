"""The best tracks first."""

import heapq


def rank(scores: dict[str, float], k: int = 10) -> list[str]:
    if k < 0:
        raise ValueError(f"k is {k}; it must not be negative")
    return heapq.nsmallest(k, scores, key=lambda track: (-scores[track], track))
