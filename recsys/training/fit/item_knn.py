"""Item-kNN: sparse item-item weights, for catalogues whose dense inverse would not fit.

The weight of track i for a history with track j is a shrunk cosine of who played them, where a user with many plays
counts less, since what they have in common says less:

    B[j, i] = c[j, i] / (sqrt(c[j, j] c[i, i]) + shrinkage),  c[j, i] = sum of w[u] over the users u who played both
    w[u] = 1 / sqrt(plays of u), in multiples of the weight of the median user

Sources: Sarwar et al. 2001, "Item-based collaborative filtering recommendation algorithms"; Breese et al. 1998 for
weights of the busy; Bell, Koren 2007 for the shrinkage.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from scipy import sparse

from recsys.domain.arrays import Floats, Slots
from recsys.domain.model import ItemItem
from recsys.training.errors import DatasetError
from recsys.training.fit.ease import MIN_LISTENERS
from recsys.training.pairs import Pairs

BLOCK_ENTRIES: Final = 16_000_000
"""Of the co-occurrence matrix at once, 12 bytes each."""


def fit_item_knn(pairs: Pairs, users: int, tracks: int, shrinkage: float, width: int) -> ItemItem:
    """Return the `width` nearest neighbours of every track, weights in [0, 1].

    shrinkage: >= 0, in users of median activity: pairs that few users share weigh less. Tracks with fewer than two
    listeners say nothing about others and keep empty rows. Ties go to the lower slot. Memory beside the result is
    bounded by `BLOCK_ENTRIES`, or by one row of the catalogue where that is more. Raises `DatasetError` for a width
    that is not positive and for a negative shrinkage.
    """
    if width <= 0 or shrinkage < 0:
        raise DatasetError(
            f"the width is {width} and the shrinkage {shrinkage}; the width must be positive, the shrinkage at least 0"
        )
    width = min(width, tracks)
    plays = _weighted(pairs, users, tracks)
    norms = np.sqrt(np.asarray(plays.multiply(plays).sum(axis=0)).ravel())
    neighbours = np.broadcast_to(np.arange(width, dtype=np.int32), (tracks, width)).copy()
    weights = np.zeros((tracks, width), dtype=np.float32)
    for first, together in _co_occurrences(plays):
        for track, (start, end) in enumerate(pairwise(together.indptr.tolist()), first):
            slots = together.indices[start:end]
            cosines = together.data[start:end] / (norms[track] * norms[slots] + shrinkage)
            cosines[slots == track] = 0.0
            chosen = _nearest(slots, cosines, width)
            neighbours[track, : chosen.shape[0]], weights[track, : chosen.shape[0]] = slots[chosen], cosines[chosen]
    return ItemItem.quantised(neighbours, weights)


def _weighted(pairs: Pairs, users: int, tracks: int) -> sparse.csr_array:
    """Return (users, tracks) with the root of w[u] where a user played a track that has enough listeners."""
    kept = np.bincount(pairs.track, minlength=tracks)[pairs.track] >= MIN_LISTENERS
    plays = np.bincount(pairs.user, minlength=users)
    median = float(np.median(plays[plays > 0])) if pairs.user.shape[0] else 1.0
    roots = (median / np.maximum(plays, 1)) ** 0.25
    user, track = pairs.user[kept], pairs.track[kept]
    return sparse.csr_array((roots[user], (user, track)), shape=(users, tracks))


def _co_occurrences(plays: sparse.csr_array) -> Iterator[tuple[int, sparse.csr_array]]:
    """Yield the first row and the rows of c, in blocks of `BLOCK_ENTRIES` at most, or of one row that has more."""
    by_track = plays.T.tocsr()
    tracks = by_track.shape[0]
    # A row cannot have more entries than its listeners have plays, nor more than there are tracks.
    bounds = (by_track != 0).astype(np.float64) @ np.diff(plays.indptr).astype(np.float64)
    ends = np.cumsum(np.minimum(bounds, tracks))
    first = 0
    while first < tracks:
        before = ends[first - 1] if first else 0.0
        last = max(int(np.searchsorted(ends, before + BLOCK_ENTRIES, side="right")), first + 1)
        yield first, by_track[first:last] @ plays
        first = last


def _nearest(slots: Slots, values: Floats, count: int) -> Slots:
    """Return the places of the greatest values above 0, at most `count`, by slot; ties go to the lower slot."""
    places = np.flatnonzero(values > 0)
    if places.shape[0] > count:
        found = values[places]
        cut = np.partition(found, found.shape[0] - count)[found.shape[0] - count]
        above, level = places[found > cut], places[found == cut]
        level = level[np.argsort(slots[level])][: count - above.shape[0]]
        places = np.concatenate((above, level))
    return places[np.argsort(slots[places])].astype(np.int32)
