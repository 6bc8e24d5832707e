"""The item-item models by name: both end as the same rows, so that serving knows of neither."""

from recsys.domain.model import ItemItem
from recsys.training.fit.ease import fit_ease
from recsys.training.fit.item_knn import fit_item_knn
from recsys.training.pairs import Pairs
from recsys.training.parameters import EASE, TrainingParameters


def fit_item_item(kind: str, pairs: Pairs, users: int, tracks: int, parameters: TrainingParameters) -> ItemItem:
    """Return (tracks, `parameters.neighbours`) rows of the kind, `EASE` or `ITEM_KNN`."""
    if kind == EASE:
        return fit_ease(pairs, users, tracks, parameters.ridge, parameters.neighbours, parameters.ease_limit)
    return fit_item_knn(pairs, users, tracks, parameters.shrinkage, parameters.neighbours)
