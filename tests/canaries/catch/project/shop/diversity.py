"""The order of a slate: relevant, and not all by one artist."""

from collections import Counter
from collections.abc import Sequence

from shop.domain import Item


def diversify(ranked: Sequence[Item], k: int, penalty: float = 0.3) -> list[Item]:
    """The first `k` of `ranked`, each repetition of an artist made `penalty` less relevant."""
    left = list(ranked)
    chosen: list[Item] = []
    played: Counter[str] = Counter()
    while left and len(chosen) < k:
        best = max(left, key=lambda item: item.score - penalty * played[item.artist])
        left.remove(best)
        chosen.append(best)
        played[best.artist] += 1
    return chosen


def cap(slate: Sequence[Item], most: int) -> list[Item]:
    """At most `most` items by one artist, in the order of `slate`."""
    played: Counter[str] = Counter()
    kept = []
    for item in slate:
        if played[item.artist] < most:
            kept.append(item)
        played[item.artist] += 1
    return kept
