"""How much the relations judged in this process: the properties gate owes a count for each of them."""

from collections import Counter
from collections.abc import Mapping

_judged: Counter[str] = Counter()


def note(relation_id: str) -> None:
    """Count one example that a relation judged to its end."""
    _judged[relation_id] += 1


def counts() -> Mapping[str, int]:
    """Examples judged so far, by relation id."""
    return dict(_judged)
