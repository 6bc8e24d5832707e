"""What the decision log tells of one answer: all that is needed to give it again."""

from collections.abc import Mapping
from dataclasses import dataclass

from recsys.domain.config import Config
from recsys.domain.query import PolicySnapshot, Query, UserState
from recsys.domain.slate import Exchange


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """One line of the log, read again.

    query, user, policy, config: what the engine read, exact to the bit. arms: of the user, at that time.
    degraded: the stages that had failed. model_version: of the model that made the slate.
    """

    exchange: Exchange
    query: Query
    user: UserState
    policy: PolicySnapshot
    config: Config
    arms: Mapping[str, str]
    degraded: tuple[str, ...]
    model_version: str
