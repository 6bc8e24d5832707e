"""Who has seen which arm: recorded when a slate is served, and read by the analysis."""

from collections.abc import Iterable
from dataclasses import dataclass

from recsys.domain.slate import Slate


@dataclass(frozen=True, slots=True)
class Exposure:
    """One user met one arm, in one slate. exposed_at: unix seconds."""

    request_id: str
    user_id: str
    experiment: str
    arm: str
    exposed_at: int


def exposures(slate: Slate) -> tuple[Exposure, ...]:
    """Return one exposure for each experiment of a slate. An empty slate showed nothing and exposes nobody."""
    if not slate.size:
        return ()
    return tuple(
        Exposure(slate.request_id, slate.user_id, test, arm, slate.snapshot.now)
        for test, arm in sorted(slate.arms.items())
    )


def first_exposures(records: Iterable[Exposure], experiment: str) -> tuple[dict[str, Exposure], frozenset[str]]:
    """Return each user's first exposure to an experiment, and the users seen in two arms, who are left out.

    Events before the first exposure cannot have been caused by the arm and are for the caller to ignore.
    """
    first: dict[str, Exposure] = {}
    mixed: set[str] = set()
    mine = (record for record in records if record.experiment == experiment)
    for record in sorted(mine, key=lambda record: (record.exposed_at, record.request_id)):
        if first.setdefault(record.user_id, record).arm != record.arm:
            mixed.add(record.user_id)
    return {user: record for user, record in first.items() if user not in mixed}, frozenset(mixed)
