"""The pool that re-ranking sees: the ranked candidates, refilled from the whole catalogue when they run short."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Ints, Slots
from recsys.domain.candidates import FALLBACK, SCORED, Scored
from recsys.domain.context import Context
from recsys.reranking.filters import reasons

CHUNK: Final = 4


def fill(context: Context, kept: Scored, fallback: Callable[[Slots], Ints]) -> Scored:
    """Return the pool: at most `Config.horizon` rows, ordered by (tier, -score, slot), every recording once.

    kept: what the filters let through. fallback: the scorer of the fallback tier. Where fewer than the horizon are in
    the scored tier, eligible tracks of the market follow by (-popularity, slot) in the fallback tier, every filter run
    over them. The pool never depends on k, so that a shorter slate is a prefix of a longer one.
    """
    horizon = context.config.horizon
    rows = (kept.tier == SCORED).nonzero()[0]
    ranked = kept if rows.shape[0] == kept.slots.shape[0] else kept.take(rows)
    if ranked.slots.shape[0] >= horizon:
        # The rows ascend by slot, and a stable sort keeps that among equals.
        return ranked.take((-ranked.scores).argsort(kind="stable")[:horizon])
    extra = _backfill(context, ranked, horizon - ranked.slots.shape[0])
    slots = np.concatenate((ranked.slots, extra))
    scores = np.concatenate((ranked.scores, fallback(extra)))
    tier = np.concatenate((ranked.tier, np.full(extra.shape[0], FALLBACK, dtype=np.uint8)))
    provenance = np.concatenate((ranked.provenance, _provenance(context, kept, extra)))
    order = np.lexsort((slots, -scores, tier))[:horizon]
    return Scored(slots[order], scores[order], tier[order], provenance[order], kept.failures)


def _provenance(context: Context, kept: Scored, extra: Slots) -> NDArray[np.uint32]:
    """Return where the extra tracks came from: a source, when only the ranker failed; none, for a true backfill."""
    if not extra.shape[0]:
        return np.zeros(0, dtype=np.uint32)
    origin = np.zeros(context.model.catalogue.size, dtype=np.uint32)
    origin[kept.slots] = kept.provenance
    return origin[extra]


def _backfill(context: Context, ranked: Scored, missing: int) -> Slots:
    """Return at most `missing` eligible tracks by (-popularity, slot) whose recordings are not in `ranked`.

    Goes through the catalogue in growing chunks and stops when there is enough.
    """
    if context.market is None or missing <= 0:
        return np.zeros(0, dtype=np.int32)
    order, recording = context.model.popular_order[context.market], context.model.catalogue.recording
    taken: Bools = np.zeros(order.shape[0], dtype=np.bool_)
    taken[recording[ranked.slots]] = True
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
