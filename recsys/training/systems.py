"""What is compared: the served pipeline, its ranked list before re-ranking, item-item alone, and popularity."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

import numpy as np

from recsys.domain.arrays import Slots
from recsys.domain.model import Model
from recsys.domain.profile import profile_of
from recsys.domain.query import Query, UserState
from recsys.pipeline import Engine, recommend
from recsys.training.states import no_policy


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One user at one moment. eligible, relevant: ascending slots; relevant is part of eligible and not empty."""

    query: Query
    user: UserState
    eligible: Slots
    relevant: Slots


System: TypeAlias = Callable[[Engine, Case], Slots]
BASELINE: Final = "popularity"


def served(engine: Engine, case: Case) -> Slots:
    """The slate as it is served: re-ranked, with exploration."""
    return _slate(engine, case, case.query)


def ranked(engine: Engine, case: Case) -> Slots:
    """The slate before re-ranking: by score alone."""
    return _slate(engine, case, replace(case.query, diversify=False, explore=False))


def item_item(engine: Engine, case: Case) -> Slots:
    """The item-item model alone, EASE or item-kNN; popularity where it says nothing."""
    responses = profile_of(engine.model, case.user, case.query.now).item_item.of(case.eligible)
    order = np.lexsort((case.eligible, -_popularity(engine.model, case)[case.eligible], -responses))
    return _first(engine.model, case.eligible[order], case.query.k)


def popularity(engine: Engine, case: Case) -> Slots:
    """The most popular tracks of the market that the user may be shown: what everything must beat."""
    order = np.lexsort((case.eligible, -_popularity(engine.model, case)[case.eligible]))
    return _first(engine.model, case.eligible[order], case.query.k)


SYSTEMS: Final[dict[str, System]] = {
    "served": served,
    "ranked": ranked,
    "item-item": item_item,
    BASELINE: popularity,
}


def _slate(engine: Engine, case: Case, query: Query) -> Slots:
    return recommend(engine, query, case.user, no_policy(engine.model)).slate.slots


def _popularity(model: Model, case: Case) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]]":
    market = model.catalogue.market_slot(case.query.market or case.user.market)
    return model.world_popularity if market is None else model.popularity[market]


def _first(model: Model, ordered: Slots, k: int) -> Slots:
    """Return the first k, one release of a recording each."""
    _, first = np.unique(model.catalogue.recording[ordered], return_index=True)
    return ordered[np.sort(first)[:k]]
