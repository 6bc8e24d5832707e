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
Columns: TypeAlias = dict[str, NDArray[Any] | int]


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
    }
    values = np.empty((len(NAMES), slots.shape[0]), dtype=np.float32)
    for row, name in enumerate(NAMES):
        values[row] = columns[name]
    return values.T


def _relevance(model: Model, profile: Profile, slots: Slots, rows: Index) -> Columns:
    responses = profile.item_item.of(slots)
    # Products of integers up to 127 stay exact in float32, whatever order the matrix product adds them in.
    taste = model.embeddings.take(rows, axis=0).astype(np.float32) @ profile.taste.astype(np.float32)
    share = responses / profile.item_item_top if profile.item_item_top > 0 else np.zeros_like(responses)
    return {"item_item": responses, "item_item_share": share, "taste_similarity": taste / (127.0 * 127.0)}


def _popularity(model: Model, profile: Profile, market: int | None, rows: Index) -> Columns:
    popularity = np.zeros(rows.shape[0], dtype=np.float32) if market is None else model.popularity[market].take(rows)
    return {
        "popularity": popularity,
        "popularity_lift": popularity - model.world_popularity.take(rows),
        "popularity_gap": popularity - profile.mean_popularity,
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
        "release_gap_years": (released - profile.mean_released) / DAYS_A_YEAR,
        "explicit": explicit,
        "explicit_gap": explicit - profile.explicit_share,
    }


def _artist(model: Model, profile: Profile, rows: Index) -> Columns:
    artists = profile.artists
    places = artists.number.take(model.catalogue.artist.take(rows)).astype(np.intp)
    plays, skips = artists.plays.take(places), artists.skips.take(places)
    share = artists.weight.take(places) / profile.weight if profile.weight > 0 else np.zeros(rows.shape[0])
    days = np.maximum(profile.now - artists.last.take(places), 0) / SECONDS_A_DAY
    return {
        "artist_share": share,
        "artist_plays": plays,
        "artist_skip_rate": skips / (plays + skips + 2.0),
        "artist_days": np.minimum(days, LONG_AGO_DAYS),
        "history_size": profile.history_size,
    }
