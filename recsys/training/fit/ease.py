"""EASE: a linear item-item model in closed form.

Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data". With X the (users, tracks) matrix of plays,
P = inv(X'X + l I) and B[j, i] = -P[j, i] / P[i, i] off the diagonal: the ridge regression of every track on all others.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy import linalg, sparse

from recsys.domain.arrays import Floats, Ints, Slots
from recsys.domain.model import ItemItem
from recsys.training.errors import DatasetError
from recsys.training.pairs import Pairs

MIN_LISTENERS: Final = 2
ROWS_A_BLOCK: Final = 512


def fit_ease(pairs: Pairs, users: int, tracks: int, ridge: float, width: int, limit: int) -> ItemItem:
    """Return the `width` strongest responses of every track.

    ridge: the penalty l > 0. Tracks with fewer than two listeners say nothing about others and keep empty rows.
    limit: tracks that take part at most, the most played first: the inverse is dense, 3.2 GB of float64 for 20,000.
    Raises `DatasetError` for a ridge or a width that is not positive.
    """
    if ridge <= 0 or width <= 0:
        raise DatasetError(f"the ridge is {ridge} and the width {width}; both must be positive")
    plays = pairs.matrix(users, tracks)
    active = _active(np.bincount(pairs.track, minlength=tracks), limit)
    width = min(width, tracks)
    neighbours = np.broadcast_to(np.arange(width, dtype=np.int32), (tracks, width)).copy()
    weights = np.zeros((tracks, width))
    kept = min(width, max(active.shape[0] - 1, 0))
    for start, block in _responses(plays[:, active].tocsr(), ridge) if kept else ():
        strongest = _strongest(np.abs(block), kept)
        rows = active[start : start + block.shape[0]]
        found = np.take_along_axis(block, strongest, axis=1)
        neighbours[rows], weights[rows] = _padded(active[strongest], found, width)
    return ItemItem.quantised(neighbours, weights)


def _active(listeners: Ints, limit: int) -> Slots:
    enough = np.flatnonzero(listeners >= MIN_LISTENERS)
    if enough.shape[0] > limit:
        enough = np.sort(enough[np.argsort(-listeners[enough], kind="stable")[:limit]])
    return enough.astype(np.int32)


def _responses(plays: sparse.csr_array, ridge: float) -> Iterator[tuple[int, Floats]]:
    """Yield blocks of rows of B with a zero diagonal, from whichever of the two equal forms inverts the smaller matrix.

    With fewer users than tracks, the Woodbury identity gives l P = I - S with S = X' inv(XX' + l I) X: the matrix to
    invert is (users, users), the rest are sparse products, and B[j, i] = S[j, i] / (1 - S[i, i]).
    """
    users, tracks = plays.shape
    if users < tracks:
        # (users, tracks); column i is inv(XX' + l I) X[:, i].
        solved = _on_the_right(_inverse(_gram(plays, ridge)), plays)
        share = np.asarray(plays.multiply(solved).sum(axis=0)).ravel()
        transposed = plays.T.tocsr()
        for start in range(0, tracks, ROWS_A_BLOCK):
            yield start, _without_diagonal(transposed[start : start + ROWS_A_BLOCK] @ solved / (1.0 - share), start)
    else:
        inverse = _inverse(_gram(plays.T.tocsr(), ridge))
        scale = -np.diag(inverse)
        for start in range(0, tracks, ROWS_A_BLOCK):
            yield start, _without_diagonal(inverse[start : start + ROWS_A_BLOCK] / scale, start)


def _on_the_right(dense: Floats, plays: sparse.csr_array) -> Floats:
    """Return dense @ plays."""
    return np.ascontiguousarray((plays.T.tocsr() @ dense.T).T)


def _gram(rows: sparse.csr_array, ridge: float) -> Floats:
    """Return rows @ rows.T + ridge I, dense; made block by block, since a sparse product of this kind is full."""
    size = rows.shape[0]
    gram: Floats = np.empty((size, size))
    columns = rows.T.tocsr()
    for start in range(0, size, ROWS_A_BLOCK):
        gram[start : start + ROWS_A_BLOCK] = (rows[start : start + ROWS_A_BLOCK] @ columns).toarray()
    gram[np.diag_indices(size)] += ridge
    return gram


def _inverse(matrix: Floats) -> Floats:
    """Return the inverse of a symmetric positive definite matrix, by Cholesky, in the memory of the input."""
    # LAPACK wants columns one after another: the transpose of a symmetric matrix is that without a copy.
    factor, _ = linalg.cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    inverse, info = linalg.lapack.dpotri(factor, lower=True, overwrite_c=True)
    if info:
        raise DatasetError(f"the item-item system is singular (LAPACK dpotri: {info}); raise the ridge")
    full: Floats = inverse.T  # rows one after another again; its upper triangle holds the inverse
    for start in range(0, full.shape[0], ROWS_A_BLOCK):
        end = min(start + ROWS_A_BLOCK, full.shape[0])
        full[end:, start:end] = full[start:end, end:].T
        corner = np.triu(full[start:end, start:end])
        full[start:end, start:end] = corner + np.triu(corner, 1).T
    return full


def _without_diagonal(block: Floats, start: int) -> Floats:
    rows = np.arange(block.shape[0])
    block[rows, start + rows] = 0.0
    return block


def _strongest(strength: Floats, count: int) -> Ints:
    """Return (rows, count) columns of the greatest values of each row, ascending; ties go to the lower column."""
    size = strength.shape[1]
    if count >= size:
        return np.broadcast_to(np.arange(size), (strength.shape[0], size)).copy()
    cut = np.partition(strength, size - count, axis=1)[:, size - count, None]
    above = strength > cut
    level = strength == cut
    room = count - above.sum(axis=1, keepdims=True)
    chosen = above | (level & (np.cumsum(level, axis=1) <= room))
    return np.nonzero(chosen)[1].reshape(strength.shape[0], count)


def _padded(slots: Slots, weights: Floats, width: int) -> tuple[Slots, Floats]:
    missing = width - slots.shape[1]
    if missing <= 0:
        return slots, weights
    return np.pad(slots, ((0, 0), (0, missing))), np.pad(weights, ((0, 0), (0, missing)))
