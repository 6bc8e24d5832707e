"""Everything of a model but its ranker, fitted from the events before a moment."""

from typing import Final

from recsys.domain.histories import Histories
from recsys.domain.items import SECONDS_A_DAY, Catalogue
from recsys.domain.model import Model, popular_order_of, release_order_of
from recsys.features.schema import SCHEMA
from recsys.ranking.linear import LinearScorer
from recsys.training.fit.embeddings import fit_embeddings
from recsys.training.fit.item_item import fit_item_item
from recsys.training.fit.popularity import fit_popularity, fit_skip_rate, fit_trend
from recsys.training.pairs import pairs_of
from recsys.training.parameters import EASE, TrainingParameters

UNPUBLISHED: Final = "unpublished"
LINEAR_WEIGHTS: Final = {"item_item": 1.0, "popularity": 0.05, "freshness": 0.02}


def linear_scorer() -> LinearScorer:
    """Return the ranker that needs no training: item-item relevance, with popularity to order what it leaves equal."""
    return LinearScorer(tuple(LINEAR_WEIGHTS.get(name, 0.0) for name in SCHEMA.names), SCHEMA.version)


def fit_parts(
    catalogue: Catalogue, histories: Histories, now: int, parameters: TrainingParameters, item_item: str = EASE
) -> Model:
    """Return a model with the linear ranker. now: unix seconds, the moment that popularity is measured at.

    histories: only events before the moment; the caller cuts them, and has chosen `popularity_half_life_days`.
    item_item: the kind of item-item model, `EASE` or `ITEM_KNN`.
    """
    tracks = catalogue.size
    pairs = pairs_of(histories, tracks)
    popular_life = round(parameters.popularity_half_life_days * SECONDS_A_DAY)
    popularity = fit_popularity(pairs, histories, tracks, now, popular_life)
    return Model(
        version=UNPUBLISHED,
        schema_version=SCHEMA.version,
        catalogue=catalogue,
        item_item=fit_item_item(item_item, pairs, histories.size, tracks, parameters),
        scorer=linear_scorer(),
        popularity=popularity,
        popular_order=popular_order_of(popularity),
        release_order=release_order_of(catalogue.released),
        embeddings=fit_embeddings(pairs, histories.size, catalogue.artist, parameters.dimensions),
        skip_rate=fit_skip_rate(histories, tracks),
        trend=fit_trend(pairs, tracks, now, popular_life),
        half_life=round(parameters.half_life_days * SECONDS_A_DAY),
        history_limit=parameters.history_limit,
    )
