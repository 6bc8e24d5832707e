"""Metrics of ranked lists, each with its definition. A list is one user's; a hit is a track of the user's relevant set.

Source: Herlocker et al. 2004 and Järvelin, Kekäläinen 2002 for NDCG; Recall@k is divided by min(k, relevant) as in
Liang et al. 2018, so that a perfect list scores 1 whatever k is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Floats, Slots


def hits_of(slots: Slots, relevant: Slots) -> Bools:
    """Return (j,) bool, which positions of a list are hits. relevant: ascending slots."""
    if not relevant.shape[0]:
        return np.zeros(slots.shape[0], dtype=np.bool_)
    at = np.minimum(np.searchsorted(relevant, slots), relevant.shape[0] - 1)
    return np.asarray(relevant[at] == slots)


def recall(hits: Bools, relevant: int, k: int) -> float:
    """Return the hits among the first k over min(k, relevant), in [0, 1]. relevant: at least 1."""
    return float(hits[:k].sum()) / min(k, relevant)


def ndcg(hits: Bools, relevant: int, k: int) -> float:
    """Return the discounted hits among the first k over those of a perfect list, in [0, 1]. relevant: at least 1."""
    return float((hits[:k] * discounts(hits[:k].shape[0])).sum() / discounts(min(k, relevant)).sum())


def reciprocal_rank(hits: Bools, k: int) -> float:
    """Return 1 over the position of the first hit among the first k, 0 without one. Its mean over users is MRR@k."""
    found = np.flatnonzero(hits[:k])
    return 1.0 / (1.0 + float(found[0])) if found.shape[0] else 0.0


def ndcg_of_order(grades: NDArray[Any], k: int) -> float:
    """Return NDCG@k of graded rows in ranked order, gains 2**grade - 1, ideal from the same rows; 0 without a grade."""
    gains = np.exp2(grades.astype(np.float64)) - 1.0
    best = np.sort(gains)[::-1][:k]
    ideal = float((best * discounts(best.shape[0])).sum())
    gained = (gains[:k] * discounts(gains[:k].shape[0])).sum()
    return float(gained) / ideal if ideal > 0 else 0.0


def discounts(count: int) -> Floats:
    """Return (count,) 1 / log2(position + 1), positions from 1."""
    return 1.0 / np.log2(np.arange(2, count + 2, dtype=np.float64))


def top_artist_share(artists: Slots) -> float:
    """Return the share of a list that its most frequent artist holds, in (0, 1]; 0 for an empty list."""
    counts = np.unique(artists, return_counts=True)[1]
    return float(counts.max(initial=0)) / max(int(artists.shape[0]), 1)


def novelty(slots: Slots, listener_share: Floats) -> float:
    """Return the mean surprise of a list in bits: -log2 of the share of users who play the track. Empty lists give 0.

    listener_share: (n,) in (0, 1], smoothed. Source: Vargas, Castells 2011 (self-information).
    """
    return float(-np.log2(listener_share[slots]).mean()) if slots.shape[0] else 0.0
