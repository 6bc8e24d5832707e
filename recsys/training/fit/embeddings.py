"""Track vectors for the diversity stage and the taste feature: a truncated SVD of who played what."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from recsys.domain.arrays import Floats, Slots
from recsys.domain.model import quantised_embeddings
from recsys.training.pairs import Pairs

DENSE_BELOW: Final = 256


def fit_embeddings(pairs: Pairs, users: int, artist: Slots, dimensions: int) -> NDArray[np.int8]:
    """Return (n, d) int8 rows for n tracks, scaled by `quantised_embeddings`.

    The matrix is divided by the roots of its row and column sums, so that popular tracks and busy users do not fill the
    leading directions; its first direction is then exactly those roots, and is dropped. A track that nobody played gets
    the mean of its artist's played tracks, or zeros.
    """
    plays = pairs.matrix(users, artist.shape[0])
    listeners, heard = plays.sum(axis=1), plays.sum(axis=0)
    scaled = sparse.diags_array(_root(listeners)) @ plays @ sparse.diags_array(_root(heard))
    values, directions = _leading(scaled.tocsr(), dimensions + 1)
    vectors = np.zeros((artist.shape[0], dimensions))
    found = (directions[1:] * values[1:, None]).T * _root(heard)[:, None]
    vectors[:, : found.shape[1]] = found
    return quantised_embeddings(_filled(vectors, heard > 0, artist))


def _root(sums: Floats) -> Floats:
    return np.where(sums > 0, 1.0 / np.sqrt(np.where(sums > 0, sums, 1.0)), 0.0)


def _leading(matrix: sparse.csr_array, count: int) -> tuple[Floats, Floats]:
    """Return the `count` greatest singular values and (count, n) right vectors; the greatest entry fixes the sign."""
    if min(matrix.shape) < max(DENSE_BELOW, 2 * count):
        _, values, directions = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        # A fixed start vector makes ARPACK repeatable.
        start = np.ones(min(matrix.shape))
        _, values, directions = svds(matrix, k=count, v0=start, solver="arpack")
        order = np.argsort(-values, kind="stable")
        values, directions = values[order], directions[order]
    values, directions = values[:count], directions[:count]
    greatest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(directions.shape[0]), greatest])
    return values, directions * np.where(signs == 0, 1.0, signs)[:, None]


def _filled(vectors: Floats, known: NDArray[np.bool_], artist: Slots) -> Floats:
    artists = int(artist.max(initial=-1)) + 1
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = vectors / np.where(norms > 0, norms, 1.0)
    sums = np.zeros((artists, vectors.shape[1]))
    np.add.at(sums, artist[known], units[known])
    return np.where(known[:, None], vectors, sums[artist])
