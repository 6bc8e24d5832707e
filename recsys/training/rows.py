"""Training rows of the ranker: what a user was about to play, among what retrieval would have offered.

Point in time: a row is made from a model of the events before the moment and from the user's state as of that moment,
by the same code that serves (`fold`, `context_of`, `gather`, `sift`, `assemble`). Events from the moment on give the
labels and nothing else; deleting them leaves every feature as it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Ints, Singles, Slots
from recsys.domain.candidates import Scored, Tier
from recsys.domain.config import Config
from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.features.assemble import assemble
from recsys.features.schema import SCHEMA
from recsys.reranking.filters import sift
from recsys.retrieval.merge import SOURCES, gather
from recsys.training.progress import Progress, Silent
from recsys.training.relevance import relevant_between
from recsys.training.split import Split
from recsys.training.states import context_at, state_at


@dataclass(frozen=True, slots=True, eq=False)
class RankerRows:
    """g groups of candidates, m rows in all; a group is one user at one moment.

    values: (m, f) float32, columns as in `SCHEMA`. grades: (m,) int8: 0 not played, 1 played, 2 liked.
    slots: (m,) int32.
    sizes, users, moments: (g,) int64; moments in unix seconds.
    """

    values: Singles
    grades: NDArray[np.int8]
    slots: Slots
    sizes: Ints
    users: Ints
    moments: Ints

    @property
    def groups(self) -> int:
        """g."""
        return int(self.sizes.shape[0])

    def of_groups(self, chosen: NDArray[np.bool_]) -> "RankerRows":
        """Return the chosen groups. chosen: (g,) bool."""
        rows = np.repeat(chosen, self.sizes)
        return RankerRows(
            values=self.values[rows],
            grades=self.grades[rows],
            slots=self.slots[rows],
            sizes=self.sizes[chosen],
            users=self.users[chosen],
            moments=self.moments[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    values: Singles
    grades: NDArray[np.int8]
    slots: Slots


def ranker_rows(
    model: Model,
    histories: Histories,
    split: Split,
    negatives: int,
    seed: int,
    progress: Progress | None = None,
    limit: int | None = None,
) -> RankerRows:
    """Return one group for each user of whom retrieval finds a later play.

    model: fitted on `histories.before(split.ranker)`. negatives: how many candidates without a play a group keeps at
    most, drawn by `seed` and the user's row, so that the choice does not depend on the other users. limit: users at
    most, drawn by `seed`; None for all.
    """
    groups: list[_Group] = []
    kept: list[int] = []
    later = np.flatnonzero(_played_between(histories, split))
    if limit is not None and later.shape[0] > limit:
        later = np.sort(np.random.default_rng(seed).choice(later, size=limit, replace=False))
    rows = later.tolist()
    progress = progress or Silent()
    for done, row in enumerate(rows):
        progress.working("training rows of users", done, done / len(rows))
        group = _group(model, histories, split, row, np.random.default_rng([seed, row]), negatives)
        if group is not None:
            groups.append(group)
            kept.append(row)
    users = np.array(kept, dtype=np.int64)
    return RankerRows(
        values=np.concatenate([group.values for group in groups] or [np.zeros((0, len(SCHEMA.names)), np.float32)]),
        grades=np.concatenate([group.grades for group in groups] or [np.zeros(0, np.int8)]),
        slots=np.concatenate([group.slots for group in groups] or [np.zeros(0, np.int32)]),
        sizes=np.array([group.slots.shape[0] for group in groups], dtype=np.int64),
        users=users,
        moments=split.ranker[users],
    )


def _played_between(histories: Histories, split: Split) -> NDArray[np.bool_]:
    owner, times = histories.owner(), histories.events.times
    inside = (times >= split.ranker[owner]) & (times < split.cut[owner])
    return np.bincount(owner[inside], minlength=histories.size) > 0


def _group(
    model: Model, histories: Histories, split: Split, row: int, chance: np.random.Generator, negatives: int
) -> _Group | None:
    moment = int(split.ranker[row])
    relevant = relevant_between(histories.events_of(row), moment, int(split.cut[row]))
    if not relevant.slots.shape[0]:
        return None
    context = context_at(model, state_at(histories, row, moment), moment, Config())
    candidates = gather(context, SOURCES)
    size = candidates.slots.shape[0]
    unranked = Scored(
        candidates.slots,
        np.zeros(size, dtype=np.int64),
        np.full(size, Tier.SCORED, dtype=np.uint8),
        candidates.provenance,
    )
    slots = np.sort(sift(context, unranked).kept.slots)
    grades = np.zeros(slots.shape[0], dtype=np.int8)
    hits, where, at = np.intersect1d(slots, relevant.slots, assume_unique=True, return_indices=True)
    if not hits.shape[0]:
        return None
    grades[where] = relevant.grades[at]
    misses = np.flatnonzero(grades == 0)
    drawn = chance.permutation(misses)[:negatives]
    rows = np.sort(np.concatenate((where, drawn)))
    return _Group(assemble(model, context.profile, context.market, slots[rows]), grades[rows], slots[rows])
