"""A user's state and context as of a moment, by the same code that serves."""

import numpy as np

from recsys.domain.config import Config
from recsys.domain.context import Context, context_of
from recsys.domain.histories import Histories
from recsys.domain.history import fold
from recsys.domain.model import Model
from recsys.domain.query import PolicySnapshot, Query, UserState

NOTHING_TAKEN_DOWN = "training"


def state_at(histories: Histories, row: int, moment: int) -> UserState:
    """Return the state of one user from the events strictly before `moment` (unix seconds)."""
    return fold(
        histories.ids[row],
        histories.events_of(row),
        as_of=moment,
        market=histories.market_of(row),
        allow_explicit=histories.allow_explicit_of(row),
    )


def query_at(user: UserState, moment: int, k: int) -> Query:
    """Return a request for the home surface at a moment, without exploration."""
    return Query(request_id=f"{user.user_id}@{moment}", user_id=user.user_id, k=k, now=moment, explore=False)


def no_policy(model: Model) -> PolicySnapshot:
    """Return a policy that withdraws nothing."""
    return PolicySnapshot(NOTHING_TAKEN_DOWN, np.zeros(model.catalogue.size, dtype=np.bool_))


def context_at(model: Model, user: UserState, moment: int, config: Config) -> Context:
    """Return what the engine's stages see of that request."""
    return context_of(query_at(user, moment, 0), user, no_policy(model), model, config)
