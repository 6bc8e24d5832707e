"""Which item-item model is published: EASE or item-kNN, by the size of the data and by what users played next."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.domain.published import JSON
from recsys.training.bootstrap_interval import Estimate
from recsys.training.errors import DatasetError
from recsys.training.evaluate import evaluate
from recsys.training.fit.ease import MIN_LISTENERS
from recsys.training.fit.item_item import fit_item_item
from recsys.training.pairs import pairs_of
from recsys.training.parameters import AUTO, EASE, ITEM_KNN, TrainingParameters
from recsys.training.split import Split, SplitKind
from recsys.training.systems import System, item_item

VALIDATION_USERS: Final = 500
"""Users on whom the two are compared, at most: enough to see a hundredth of NDCG@10, in a few seconds."""
LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class ItemItemChoice:
    """kind: `EASE` or `ITEM_KNN`, and why. tracks: that have listeners enough to take part.

    ndcg: NDCG@10 of each kind by itself on `users` validation users; empty where nothing was compared.
    """

    kind: str
    reason: str
    tracks: int
    ndcg: Mapping[str, Estimate]
    users: int = 0

    def as_details(self) -> dict[str, JSON]:
        """Return everything as plain values, for the manifest."""
        return {
            "kind": self.kind,
            "reason": self.reason,
            "tracks": self.tracks,
            "validation_users": self.users,
            "ndcg_10": {
                kind: {"mean": each.mean, "low": each.low, "high": each.high} for kind, each in self.ndcg.items()
            },
        }


def choose_by_size(seen: Histories, tracks: int, parameters: TrainingParameters) -> ItemItemChoice | None:
    """Return the choice that needs no comparison: what was asked for, or item-kNN above EASE's limit; else None.

    seen: all events that the published model is fitted on, so that both fits of a training are of one kind.
    """
    listeners = np.bincount(pairs_of(seen, tracks).track, minlength=tracks)
    active = int((listeners >= MIN_LISTENERS).sum())
    if parameters.item_item != AUTO:
        return ItemItemChoice(parameters.item_item, "as asked for", active, {})
    if active > parameters.ease_limit:
        reason = f"{active:,} tracks with {MIN_LISTENERS} listeners, EASE is for {parameters.ease_limit:,} at most"
        return ItemItemChoice(ITEM_KNN, reason, active, {})
    return None


def choose_by_validation(
    base: Model, seen: Histories, split: Split, parameters: TrainingParameters
) -> tuple[ItemItemChoice, Model]:
    """Compare both on what users played between the split's two moments; return the choice and the model with it.

    base: with EASE, fitted on `seen.before(split.ranker)`. seen: the events before `split.cut`; what is held out for
    `recsys evaluate` is never looked at. Item-kNN is chosen where it is clearly better, that is where the paired
    interval of its gain in NDCG@10 lies above zero: a handful of users must not make the choice flip.
    """
    tracks = base.catalogue.size
    earlier = seen.before(split.ranker)
    pairs = pairs_of(earlier, tracks)
    active = int((np.bincount(pairs.track, minlength=tracks) >= MIN_LISTENERS).sum())
    other = replace(base, item_item=fit_item_item(ITEM_KNN, pairs, earlier.size, tracks, parameters))
    systems = {EASE: _by(base), ITEM_KNN: _by(other)}
    judged = Split(SplitKind.LAST, split.ranker, split.ranker)
    try:
        found = evaluate(
            base, seen, judged, LENGTH, systems, seed=parameters.seed, limit=VALIDATION_USERS, baseline=EASE
        )
    except DatasetError:
        return ItemItemChoice(EASE, "nobody to compare it with item-kNN on", active, {}), base
    results = found.results["all"]
    ndcg = {kind: result.metrics["ndcg"] for kind, result in results.items()}
    gain = results[ITEM_KNN].lift["ndcg"]
    kind = ITEM_KNN if gain.low > 0.0 else EASE
    reason = (
        f"NDCG@10 {ndcg[EASE].mean:.4f} by EASE, {ndcg[ITEM_KNN].mean:.4f} by item-kNN, "
        f"a gain of {gain.mean:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}] on {found.users:,} users"
    )
    return ItemItemChoice(kind, reason, active, ndcg, found.users), other if kind == ITEM_KNN else base


def _by(model: Model) -> System:
    return lambda engine, case: item_item(replace(engine, model=model), case)
