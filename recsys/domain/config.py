"""How the engine is set: one frozen value, logged with every slate by its version."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from recsys.errors import InvalidValueError

EVERYTHING: Final = 1 << 30
HURRIED: Final = 50


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of the engine. Zero means off or none and never loses a candidate.

    max_k: greatest k. pool_size: candidates that the re-ranking stages see, and so the furthest position of any page;
        independent of k, which makes rec(k) a prefix of rec(k'). Effective size: max(pool_size, max_k).
    item_item_budget, popular_budget, release_budget: tracks that each source may add.
    release_window_days: age up to which a track counts as a new release.
    skip_exclusion_days: how long a skipped track stays away.
    artist_cap, artist_window: at most `artist_cap` tracks by one artist in any `artist_window` consecutive positions.
        Either at 0 turns the cap off.
    relevance_weight: lambda of maximal marginal relevance, in [0, 1]; 1 turns it off.
    epsilon: chance per position, in [0, 1], of drawing from the reserve. explore_reserve: its size; 0 turns it off.
    """

    max_k: int = 100
    pool_size: int = 200
    item_item_budget: int = 300
    popular_budget: int = 150
    release_budget: int = 50
    release_window_days: int = 60
    skip_exclusion_days: int = 30
    artist_cap: int = 2
    artist_window: int = 10
    relevance_weight: float = 0.85
    epsilon: float = 0.02
    explore_reserve: int = 50

    def __post_init__(self) -> None:
        for field in fields(self):
            name, value = field.name, getattr(self, field.name)
            if field.type is float and type(value) is int:
                value = float(value)  # so that 1 and 1.0 have one version
                object.__setattr__(self, name, value)
            if type(value) is not field.type:
                raise InvalidValueError(f"{name} is {value!r}; its type must be {field.type}")
            if not 0 <= value <= (1 if field.type is float else EVERYTHING):
                limit = "[0, 1]" if field.type is float else f"[0, {EVERYTHING}]"
                raise InvalidValueError(f"{name} is {value}; it must lie in {limit}")

    @property
    def horizon(self) -> int:
        """The size of the re-ranked pool."""
        return max(self.pool_size, self.max_k)

    @property
    def version(self) -> str:
        """A digest of every setting."""
        return _digest(self)

    def classic(self) -> "Config":
        """Return these settings with re-ranking off and every track retrieved: slates sorted by score alone."""
        return replace(
            self,
            item_item_budget=EVERYTHING,
            popular_budget=EVERYTHING,
            release_budget=EVERYTHING,
            artist_cap=0,
            relevance_weight=1.0,
            epsilon=0.0,
        )

    def narrowed(self, breadth: int) -> "Config":
        """Return these settings with the sources' budgets at `breadth` percent, rounded up.

        From `HURRIED` down, tracks are not held apart by similarity either, which is the dearest stage; the artist cap
        stays.
        """
        if breadth == 100:
            return self
        budgets = ("item_item_budget", "popular_budget", "release_budget")
        narrow: dict[str, float] = {name: -(-getattr(self, name) * breadth // 100) for name in budgets}
        return self.replaced(narrow | ({"relevance_weight": 1.0} if breadth <= HURRIED else {}))

    def replaced(self, settings: Mapping[str, float]) -> "Config":
        """Return these settings with some replaced by name. Raises `InvalidValueError` as the constructor does."""
        return Config(**(asdict(self) | dict(settings)))


@lru_cache(maxsize=64)
def _digest(config: Config) -> str:
    return blake2b(repr(config).encode(), digest_size=8).hexdigest()


DEFAULT: Final = Config()
