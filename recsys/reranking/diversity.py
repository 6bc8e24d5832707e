"""What each position may and should hold: the artist cap and maximal marginal relevance.

Source of the latter: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking". All of it is integer
arithmetic, so that the choice is the same on every machine.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bools, Ints, Singles
from recsys.domain.candidates import Scored
from recsys.domain.context import Context

UNIT: Final = 1 << 20
LAMBDA_UNIT: Final = 1 << 10
SIMILARITY_UNIT: Final = 127 * 127
NEVER: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool of p rows made ready for picking.

    artist: (p,) int64, artists numbered from 0. tier: (p,) uint8. relevance: (p,) int64 in [0, 2**20], the score on the
    range of its tier. vectors: (p, d) float32 with integer values. weight: lambda in units of 2**-10.
    cap, window: of the artist cap; 0 turns it off.
    """

    artist: NDArray[np.intp]
    artists: int
    tier: NDArray[np.uint8]
    relevance: Ints
    vectors: Singles
    weight: int
    cap: int
    window: int

    @property
    def size(self) -> int:
        """p, the number of rows."""
        return int(self.tier.shape[0])


def ready(context: Context, scored: Scored) -> Pool:
    """Prepare a pool ordered by (tier, -score, slot). A query without diversity gets neither cap nor penalty."""
    config, query = context.config, context.query
    names, artist = np.unique(context.model.catalogue.artist[scored.slots], return_inverse=True)
    on = query.diversify
    return Pool(
        artist=artist,
        artists=names.shape[0],
        tier=scored.tier,
        relevance=_relevance(scored),
        vectors=context.model.embeddings[scored.slots].astype(np.float32),
        weight=round(config.relevance_weight * LAMBDA_UNIT) if on else LAMBDA_UNIT,
        cap=config.artist_cap if on else 0,
        window=config.artist_window if on else 0,
    )


def _relevance(scored: Scored) -> Ints:
    """Map the scores of each tier to [0, 2**20], order kept."""
    relevance = np.zeros(scored.slots.shape[0], dtype=np.int64)
    for tier in np.unique(scored.tier):
        rows = scored.tier == tier
        scores = scored.scores[rows]
        low, span = int(scores.min()), int(scores.max()) - int(scores.min())
        # Shift both before multiplying, so that 2**20 times the span stays within 64 bits.
        shift = max(span.bit_length() - 42, 0)
        relevance[rows] = ((scores - low) >> shift) * UNIT // max(span >> shift, 1)
    return relevance


@dataclass(slots=True, eq=False)
class Walk:
    """The state of one pass over a pool, position by position. Private to the pass that made it.

    left: (p,) bool, rows not yet picked. nearest: (p,) int64 >= 0, greatest similarity to a picked row. recent: artists
    of the last window - 1 picks, oldest first. counts: (artists,) int64 of `recent`.
    """

    pool: Pool
    left: Bools
    nearest: Singles
    recent: list[int]
    counts: Ints

    @staticmethod
    def over(pool: Pool) -> "Walk":
        """Start before the first position."""
        return Walk(
            pool=pool,
            left=np.ones(pool.size, dtype=np.bool_),
            nearest=np.zeros(pool.size, dtype=np.float32),
            recent=[],
            counts=np.zeros(pool.artists, dtype=np.int64),
        )

    def feasible(self) -> tuple[Bools, bool]:
        """Return (p,) rows that may come next, and whether the cap gave way.

        Only the leading tier that still has rows. Order of relaxation: first the rows that satisfy the cap; when there
        is none, the rows whose artist stands least often in the window. The cap never makes a lower tier overtake.
        """
        tier = self.pool.tier[int(self.left.argmax())]
        open_rows = self.left & (self.pool.tier == tier)
        if not (self.pool.cap and self.pool.window):
            return open_rows, False
        load = self.counts[self.pool.artist]
        allowed = open_rows & (load < self.pool.cap)
        if allowed.any():
            return allowed, False
        return open_rows & (load == load[open_rows].min()), True

    def best(self, feasible: Bools) -> int:
        """Return the feasible row of greatest marginal relevance, ties to the better ranked."""
        pool = self.pool
        if pool.weight == LAMBDA_UNIT:
            return int(feasible.argmax())
        penalty = self.nearest.astype(np.int64) * ((LAMBDA_UNIT - pool.weight) * UNIT)
        value = pool.relevance * (pool.weight * SIMILARITY_UNIT) - penalty
        return int(np.where(feasible, value, NEVER).argmax())

    def pick(self, row: int) -> None:
        """Put a row at the next position."""
        pool = self.pool
        self.left[row] = False
        if pool.weight != LAMBDA_UNIT:
            np.maximum(self.nearest, pool.vectors @ pool.vectors[row], out=self.nearest)
        if pool.cap and pool.window:
            artist = int(pool.artist[row])
            self.recent.append(artist)
            self.counts[artist] += 1
            if len(self.recent) >= pool.window:
                self.counts[self.recent.pop(0)] -= 1
