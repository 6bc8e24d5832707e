"""Features of candidates for one user at one moment: the only code that makes them, for serving and for training.

Every column is a gather by slot followed by elementwise arithmetic that IEEE 754 rounds exactly, or a product of small
integers. So a row never depends on the other rows of its batch.
"""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Index, Singles, Slots
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.model import Model
from recsys.domain.profile import Profile
from recsys.features.schema import SCHEMA

DAYS_A_YEAR: Final = 365.25
DAYS_A_MONTH: Final = 30.0
LONG_AGO_DAYS: Final = 365.0
NAMES: Final = SCHEMA.names
Columns: TypeAlias = dict[str, NDArray[Any] | float]


def assemble(model: Model, profile: Profile, market: int | None, slots: Slots) -> Singles:
    """Return (m, f) float32 features of the (m,) int32 track slots, columns as in `SCHEMA`, stored column by column.

    market: position in `Catalogue.markets`, None for an unknown one, whose popularity is 0. Time is `profile.now`.
    """
    rows = slots.astype(np.intp)
    columns: Columns = {
        **_relevance(model, profile, slots, rows),
        **_popularity(model, profile, market, rows),
        **_track(model, profile, rows),
        **_artist(model, profile, rows),
        **_user(profile),
    }
    values = np.empty((len(NAMES), slots.shape[0]), dtype=np.float32)
    for row, name in enumerate(NAMES):
        values[row] = columns[name]
    return values.T


def _relevance(model: Model, profile: Profile, slots: Slots, rows: Index) -> Columns:
    responses, recent = profile.item_item.both(slots)
    top, vectors = profile.item_item_top, model.embeddings.take(rows, axis=0).astype(np.float32)
    # Products of integers up to 127 stay exact in float32, whatever order the matrix product adds them in.
    near = (vectors @ _directions(model, profile).T).T / np.float32(127.0 * 127.0)
    return {
        "item_item": responses,
        "item_item_share": responses / top if top > 0 else np.zeros_like(responses),
        "item_item_recent": recent,
        "taste_similarity": near[0],
        "recent_similarity": near[1],
        "liked_similarity": near[2],
        "last_similarity": near[3],
    }


def _directions(model: Model, profile: Profile) -> Singles:
    """Return (4, d): the tastes, and the newest track of the history."""
    tastes = profile.listening.tastes.astype(np.float32)
    last = np.zeros_like(tastes[0]) if profile.last is None else model.embeddings[profile.last].astype(np.float32)
    return np.concatenate((tastes, last[None]))


def _popularity(model: Model, profile: Profile, market: int | None, rows: Index) -> Columns:
    world, greatest = model.world_popularity.take(rows), model.artist_popularity.take(rows)
    popularity = np.zeros(rows.shape[0], dtype=np.float32) if market is None else model.popularity[market].take(rows)
    return {
        "popularity": popularity,
        "popularity_lift": popularity - world,
        "popularity_gap": popularity - profile.listening.mean_popularity,
        "artist_popularity": greatest,
        "artist_popularity_gap": world - greatest,
        "trend": model.trend.take(rows),
        "skip_rate": model.skip_rate.take(rows),
    }


def _track(model: Model, profile: Profile, rows: Index) -> Columns:
    released = model.catalogue.released.take(rows)
    age = profile.now // SECONDS_A_DAY - released
    explicit = model.catalogue.explicit.take(rows).astype(np.float64)
    return {
        "age_years": age / DAYS_A_YEAR,
        "freshness": 1.0 / (1.0 + np.maximum(age, 0) / DAYS_A_MONTH),
        "release_gap_years": (released - profile.listening.mean_released) / DAYS_A_YEAR,
        "explicit": explicit,
        "explicit_gap": explicit - profile.listening.explicit_share,
    }


def _artist(model: Model, profile: Profile, rows: Index) -> Columns:
    heard = profile.listening.artists
    places = profile.number.take(model.catalogue.artist.take(rows)).astype(np.intp)
    plays, skips, total = heard.plays.take(places), heard.skips.take(places), profile.listening.weight
    days = np.maximum(profile.now - heard.last.take(places), 0) / SECONDS_A_DAY
    return {
        "artist_share": heard.weight.take(places) / total if total > 0 else np.zeros(rows.shape[0]),
        "artist_plays": plays,
        "artist_skips": skips,
        "artist_skip_rate": skips / (plays + skips + 2.0),
        "artist_likes": heard.likes.take(places),
        "artist_recent": heard.recent.take(places),
        "artist_days": np.minimum(days, LONG_AGO_DAYS),
    }


def _user(profile: Profile) -> Columns:
    listening = profile.listening
    idle = max(profile.now - listening.newest, 0) / SECONDS_A_DAY
    return {
        "history_size": profile.history_size,
        "history_popularity": listening.mean_popularity,
        "history_variety": listening.variety,
        "idle_days": min(idle, LONG_AGO_DAYS),
    }
