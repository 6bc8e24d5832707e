"""What each position may and should hold: the artist cap and maximal marginal relevance.

Source of the latter: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking". All values are integers
below 2**53 held in float64, so that every comparison is exact and the choice is the same on every machine.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from recsys.domain.arrays import Bools, Floats, Singles
from recsys.domain.candidates import Scored, Tier
from recsys.domain.context import Context

UNIT: Final = 1 << 20
LAMBDA_UNIT: Final = 1 << 10
SIMILARITY_UNIT: Final = 127 * 127


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool of p rows made ready for picking.

    artist: p artist slots. scored: the number of leading rows in the scored tier. relevance: (p,) float64 integers up
    to 2**44, lambda x the score on the range of its tier. vectors: (p, d) float32 with integer values. penalty: cost of
    one unit of similarity, (1 - lambda), 0 without diversity. cap, window: of the artist cap; cap 0 turns it off.
    """

    artist: list[int]
    scored: int
    relevance: Floats
    vectors: Singles
    penalty: int
    cap: int
    window: int

    @property
    def size(self) -> int:
        """p, the number of rows."""
        return len(self.artist)


def ready(context: Context, scored: Scored) -> Pool:
    """Prepare a pool ordered by (tier, -score, slot). A query without diversity gets neither cap nor penalty."""
    config, on = context.config, context.query.diversify
    weight = round(config.relevance_weight * LAMBDA_UNIT) if on else LAMBDA_UNIT
    capped = on and config.artist_cap > 0 and config.artist_window > 0
    leading = int(np.count_nonzero(scored.tier == Tier.SCORED))
    return Pool(
        artist=context.model.catalogue.artist[scored.slots].tolist(),
        scored=leading,
        relevance=_relevance(scored, leading) * (weight * SIMILARITY_UNIT),
        vectors=context.model.embeddings[scored.slots].astype(np.float32),
        penalty=(LAMBDA_UNIT - weight) * UNIT,
        cap=config.artist_cap if capped else 0,
        window=config.artist_window,
    )


def _relevance(scored: Scored, leading: int) -> Floats:
    """Map the scores of each tier to integers in [0, 2**20], order kept."""
    relevance = np.zeros(scored.slots.shape[0])
    for rows in (slice(0, leading), slice(leading, None)):
        scores = scored.scores[rows]
        if scores.shape[0]:
            low, span = int(scores[-1]), int(scores[0]) - int(scores[-1])
            # Shift both before multiplying, so that 2**20 times the span stays within 64 bits.
            shift = max(span.bit_length() - 42, 0)
            relevance[rows] = ((scores - low) >> shift) * UNIT // max(span >> shift, 1)
    return relevance


class Walk:
    """One pass over a pool, position by position. Mutable, and private to the pass that made it.

    left: (p,) bool, rows of the leading tier that still has any, not yet picked. under: (p,) bool, rows whose artist
    stands less than `cap` times in the last window - 1 picks. value: (p,) float64, marginal relevance.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.left: Bools = np.zeros(pool.size, dtype=np.bool_)
        self.under: Bools = np.ones(pool.size, dtype=np.bool_)
        self.value: Floats = pool.relevance.copy()
        self._artist = np.array(pool.artist, dtype=np.int32)
        self._nearest: Singles = np.zeros(pool.size, dtype=np.float32)
        self._recent: list[int] = []
        self._tiers = [(start, stop) for start, stop in ((pool.scored, pool.size), (0, pool.scored)) if start < stop]
        self._open = 0
        self._next_tier()

    def feasible(self) -> tuple[Bools, bool]:
        """Return (p,) rows that may come next, and whether the cap gave way.

        Only the leading tier that still has rows. Order of relaxation: first the rows that satisfy the cap; when there
        is none, the rows whose artist stands least often in the window. The cap never makes a lower tier overtake.
        """
        allowed = self.left & self.under
        if not self.pool.cap or allowed.any():
            return allowed, False
        load = np.array([self._recent.count(artist) for artist in self.pool.artist])
        return self.left & (load == load[self.left].min()), True

    def best(self, feasible: Bools) -> int:
        """Return the feasible row of greatest marginal relevance, ties to the better ranked."""
        return int(np.where(feasible, self.value, -np.inf).argmax())

    def pick(self, row: int) -> None:
        """Put a row at the next position."""
        pool = self.pool
        self.left[row] = False
        if pool.penalty:
            np.maximum(self._nearest, pool.vectors @ pool.vectors[row], out=self._nearest)
            np.multiply(self._nearest, pool.penalty, out=self.value, dtype=np.float64)
            np.subtract(pool.relevance, self.value, out=self.value)
        if pool.cap:
            self._count(pool.artist[row])
        self._open -= 1
        if not self._open:
            self._next_tier()

    def _count(self, artist: int) -> None:
        """Add an artist to the window and drop the one that leaves it."""
        recent, pool = self._recent, self.pool
        recent.append(artist)
        leaving = recent.pop(0) if len(recent) >= pool.window else None
        self.under[self._artist == artist] = recent.count(artist) < pool.cap
        if leaving is not None:
            self.under[self._artist == leaving] = recent.count(leaving) < pool.cap

    def _next_tier(self) -> None:
        """Open the rows of the next tier that has any."""
        if self._tiers:
            start, stop = self._tiers.pop()
            self.left[start:stop] = True
            self._open = stop - start
