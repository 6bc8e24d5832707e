"""How much two slates have in common."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

PERSISTENCE = 0.9
"""The chance that a reader who has seen one item looks at the next: the top ten carry 86 % of the weight."""


def overlap(one: Sequence[Hashable], other: Sequence[Hashable], k: int | None = None) -> float:
    """The share of the first `k` items (None for all) that both slates have, in [0, 1]: the common items over the
    longer of both. 1 for two empty slates."""
    first, second = set(one[:k]), set(other[:k])
    longest = max(len(first), len(second))
    return len(first & second) / longest if longest else 1.0


def rank_biased_overlap(one: Sequence[Hashable], other: Sequence[Hashable], p: float = PERSISTENCE) -> float:
    """Extrapolated rank-biased overlap in [0, 1]: agreement of two rankings that weighs the top most.

    Equation 32 of Webber, Moffat and Zobel, "A similarity measure for indefinite rankings", ACM TOIS 28(4), 2010
    (https://doi.org/10.1145/1852102.1852106), which takes lists of unequal length. `p` in (0, 1) is how far a reader
    goes; an item that stands twice in a slate counts where it stands first. 1 for two empty slates, 0 if one is empty.
    """
    short, long = sorted((list(dict.fromkeys(one)), list(dict.fromkeys(other))), key=len)
    if not short:
        return 1.0 if not long else 0.0
    common = 0
    seen_short, seen_long = set[Hashable](), set[Hashable]()
    agreements, weight = 0.0, 1.0
    common_at_short = 0
    for depth, item in enumerate(long, 1):
        weight *= p
        seen_long.add(item)
        if depth <= len(short):
            seen_short.add(short[depth - 1])
            common = len(seen_short & seen_long)
            common_at_short = common
        else:
            common += item in seen_short
            agreements += common_at_short * (depth - len(short)) / (len(short) * depth) * weight
        agreements += common / depth * weight
    tail = (common - common_at_short) / len(long) + common_at_short / len(short)
    return min(1.0, max(0.0, (1 - p) / p * agreements + tail * weight))


@dataclass(frozen=True, slots=True)
class Moves:
    """What became of a slate: items that came with their new place, that went with their old one, and that moved with
    both. Places count from 1."""

    came: tuple[tuple[str, int], ...]
    went: tuple[tuple[str, int], ...]
    moved: tuple[tuple[str, int, int], ...]


def moves(before: Sequence[str], after: Sequence[str]) -> Moves:
    """What the slate `after` did to the slate `before`, in the order of the new places (the old ones for what went)."""
    old = {item: place for place, item in reversed(list(enumerate(before, 1)))}
    new = {item: place for place, item in reversed(list(enumerate(after, 1)))}
    ordered = sorted(new.items(), key=lambda pair: pair[1])
    return Moves(
        tuple((item, place) for item, place in ordered if item not in old),
        tuple((item, place) for item, place in sorted(old.items(), key=lambda pair: pair[1]) if item not in new),
        tuple((item, old[item], place) for item, place in ordered if item in old and old[item] != place),
    )
