"""The words of the shop."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Item:
    """Something to recommend. `markets` are those that it is licensed for."""

    item_id: str
    artist: str
    score: float
    markets: frozenset[str] = frozenset({"SE"})
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, for how many, and where."""

    user_id: str
    k: int = 10
    market: str = "SE"
