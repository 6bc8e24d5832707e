"""The ordered list of features: names, monotone direction, and the hash that ties a ranker to them.

There is no feature of the position: a track's position is known only after ranking, so that one would leak.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final


@dataclass(frozen=True, slots=True)
class Feature:
    """One column, float32. monotone: 1 when a score must not fall as it rises, -1 when not rise, 0 when free."""

    name: str
    monotone: int = 0


@dataclass(frozen=True, slots=True)
class Schema:
    """The ordered columns. `version` is a hash over names, directions and order."""

    features: tuple[Feature, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The column names, in order."""
        return tuple(feature.name for feature in self.features)

    @property
    def monotone(self) -> tuple[int, ...]:
        """The directions, in order: what LightGBM calls `monotone_constraints`."""
        return tuple(feature.monotone for feature in self.features)

    @property
    def version(self) -> str:
        """A digest that changes with any name, direction or the order."""
        text = ",".join(f"{feature.name}:{feature.monotone}" for feature in self.features)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def position(self, name: str) -> int:
        """Return the column of a feature. Raises `ValueError` for an unknown name."""
        return self.names.index(name)


SCHEMA: Final = Schema(
    (
        Feature("item_item", monotone=1),  # sum over the history of weight x B[j, i]
        Feature("item_item_share", monotone=1),  # the same over the user's greatest, in (-inf, 1]
        Feature("item_item_recent", monotone=1),  # the same sum over the newest 10 tracks of the history
        Feature("taste_similarity"),  # cosine of the track's embedding and the user's direction, in [-1, 1]
        Feature("recent_similarity"),  # the same with the direction of the newest 10 tracks
        Feature("liked_similarity"),  # the same with the direction of what is liked
        Feature("last_similarity"),  # product with the embedding of the newest track, in [-1, 1]
        Feature("popularity"),  # time-decayed, in the request's market
        Feature("popularity_lift"),  # the same minus the mean over markets
        Feature("popularity_gap"),  # the same minus the mean of the user's history
        Feature("trend"),  # recent against longer popularity
        Feature("skip_rate"),  # of all users, smoothed
        Feature("age_years"),  # since release; negative before it
        Feature("freshness"),  # 1 / (1 + age in months), 1 before the release
        Feature("release_gap_years"),  # release minus the mean release of the user's history
        Feature("explicit"),  # 0 or 1
        Feature("explicit_gap"),  # the flag minus the user's share of explicit tracks
        Feature("artist_share"),  # of the user's decayed history weight, in [0, 1]
        Feature("artist_plays"),  # tracks by the artist in the history
        Feature("artist_skips", monotone=-1),  # tracks by the artist that the user skips
        Feature("artist_skip_rate", monotone=-1),  # skipped / (played + skipped + 2), in [0, 1)
        Feature("artist_likes"),  # tracks by the artist that the user likes
        Feature("artist_recent"),  # tracks by the artist among the newest 10
        Feature("artist_days"),  # days since a listen to the artist, at most 365
        Feature("artist_popularity"),  # mean over markets of the artist's most popular track
        Feature("artist_popularity_gap"),  # that of the track minus it, at most 0
        Feature("history_size"),  # tracks in the user's history
        Feature("history_popularity"),  # weighted mean over the history
        Feature("history_variety"),  # artists over tracks of the history, in [0, 1]
        Feature("idle_days"),  # days since the user's newest listen, at most 365
    )
)
