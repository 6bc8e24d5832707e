"""From items to an order."""

from collections.abc import Iterable, Sequence

from shop.domain import Item


def rank(items: Iterable[Item]) -> list[Item]:
    """The items, the best first; ties go by id."""
    return sorted(items, key=lambda item: (-item.score, item.item_id))


def normalise(scores: Sequence[float]) -> list[float]:
    """Scores from 0 to 1. Equal scores, and a single one, become 0."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    width = high - low
    if width == 0.0:
        return [0.0 for _ in scores]
    return [(score - low) / width for score in scores]


def mean(scores: Sequence[float]) -> float:
    """The mean of scores.

    Raises:
        ValueError: there are none.
    """
    if not scores:
        raise ValueError("no scores to take the mean of")
    return sum(scores) / len(scores)
