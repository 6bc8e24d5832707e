"""The pool that re-ranking sees: the ranked candidates, refilled from the whole catalogue when they run short."""

from collections.abc import Callable
from typing import Final

import numpy as np

from recsys.domain.arrays import Bools, Ints, Slots
from recsys.domain.candidates import Scored, Tier
from recsys.domain.context import Context
from recsys.reranking.filters import reasons

CHUNK: Final = 4


def fill(context: Context, kept: Scored, fallback: Callable[[Slots], Ints]) -> Scored:
    """Return the pool: at most `Config.horizon` rows, ordered by (tier, -score, slot), every recording once.

    kept: what the filters let through. fallback: the scorer of the fallback tier. Where kept is shorter than the
    horizon, eligible tracks of the market follow by (-popularity, slot) in the fallback tier, every filter run over
    them. The pool never depends on k, so that a shorter slate is a prefix of a longer one.
    """
    horizon = context.config.horizon
    missing = horizon - int(np.count_nonzero(kept.tier == Tier.SCORED))
    extra = _backfill(context, kept, missing) if missing > 0 else np.zeros(0, dtype=np.int32)
    slots = np.concatenate((kept.slots, extra))
    tier = np.concatenate((kept.tier, np.full(extra.shape[0], Tier.FALLBACK, dtype=np.uint8)))
    scores = np.concatenate((kept.scores, fallback(extra)))
    provenance = np.concatenate((kept.provenance, np.zeros(extra.shape[0], dtype=np.uint32)))
    order = np.lexsort((slots, -scores, tier))[:horizon]
    return Scored(slots[order], scores[order], tier[order], provenance[order], kept.failures)


def _backfill(context: Context, kept: Scored, missing: int) -> Slots:
    """Return at most `missing` eligible tracks by (-popularity, slot) whose recordings are not in `kept`.

    Goes through the catalogue in growing chunks and stops when there is enough.
    """
    if context.market is None:
        return np.zeros(0, dtype=np.int32)
    order, recording = context.model.popular_order[context.market], context.model.catalogue.recording
    taken: Bools = np.zeros(order.shape[0], dtype=np.bool_)
    taken[recording[kept.slots]] = True
    found, start, size = [np.zeros(0, dtype=np.int32)], 0, missing * CHUNK
    while missing > 0 and start < order.shape[0]:
        chunk = order[start : start + size]
        chunk = chunk[~taken[recording[chunk]]]
        chunk = chunk[reasons(context, chunk) == 0]
        _, first = np.unique(recording[chunk], return_index=True)
        fresh = chunk[np.sort(first)][:missing]
        taken[recording[fresh]] = True
        found.append(fresh)
        missing -= fresh.shape[0]
        start, size = start + size, size * 2
    return np.concatenate(found)
