"""What each position may and should hold: the artist cap and maximal marginal relevance.

Source of the latter: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking". All values are integers
below 2**53 held in float64, so that every comparison is exact and the choice is the same on every machine.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from recsys.domain.arrays import Bools, Floats, Singles
from recsys.domain.candidates import Scored, Tier
from recsys.domain.context import Context

UNIT: Final = 1 << 20
LAMBDA_UNIT: Final = 1 << 10
SIMILARITY_UNIT: Final = 127 * 127
BLOCK: Final = 64


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
    stands less than `cap` times in the last window - 1 picks. size: how many rows are both.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.left: Bools = np.zeros(pool.size, dtype=np.bool_)
        self.under: Bools = np.ones(pool.size, dtype=np.bool_)
        self.size = 0
        self._open: Floats = np.full(pool.size, -np.inf)  # the relevance of rows that are left and under
        self._value: Floats = self._open.copy()  # the same minus what is held against them
        self._held: Floats = np.zeros(pool.size)
        self._similarities = Similarities(pool)
        self._artist = np.array(pool.artist, dtype=np.int32)
        self._recent: deque[int] = deque()
        self._counts: Counter[int] = Counter()
        self._tiers = [(start, stop) for start, stop in ((pool.scored, pool.size), (0, pool.scored)) if start < stop]
        self._unpicked = 0
        self._next_tier()

    def feasible(self) -> tuple[Bools, bool]:
        """Return (p,) rows that may come next, and whether the cap gave way.

        Only the leading tier that still has rows. Order of relaxation: first the rows that satisfy the cap; when there
        is none, the rows whose artist stands least often in the window. The cap never makes a lower tier overtake.
        """
        if self.size or not self.pool.cap:
            return self.left & self.under, False
        load = np.array([self._counts[artist] for artist in self.pool.artist])
        return self.left & (load == load[self.left].min()), True

    def best(self) -> int:
        """Return the feasible row of greatest marginal relevance, ties to the better ranked."""
        if self.size:
            return int(self._value.argmax())
        feasible, _ = self.feasible()
        return int(np.where(feasible, self.pool.relevance - self._held, -np.inf).argmax())

    def pick(self, row: int) -> None:
        """Put a row at the next position."""
        self.size -= int(self.under[row])
        self.left[row] = False
        self._open[row] = -np.inf
        if self.pool.cap:
            self._count(self.pool.artist[row])
        self._unpicked -= 1
        if not self._unpicked:
            self._next_tier()
        if self.pool.penalty:
            np.maximum(self._held, self._similarities.of(row), out=self._held)
        np.subtract(self._open, self._held, out=self._value)

    def _count(self, artist: int) -> None:
        """Add an artist to the window and drop the one that leaves it. Few picks close or open an artist's rows."""
        cap, counts = self.pool.cap, self._counts
        self._recent.append(artist)
        counts[artist] += 1
        if counts[artist] == cap:
            self._turn(artist, under=False)
        if len(self._recent) >= self.pool.window:
            leaving = self._recent.popleft()
            counts[leaving] -= 1
            if counts[leaving] == cap - 1:
                self._turn(leaving, under=True)

    def _turn(self, artist: int, *, under: bool) -> None:
        """Close an artist's rows, or open those that are left."""
        rows = np.flatnonzero(self._artist == artist)
        self.under[rows] = under
        rows = rows[self.left[rows]]
        self._open[rows] = self.pool.relevance[rows] if under else -np.inf
        self.size += rows.shape[0] if under else -rows.shape[0]

    def _next_tier(self) -> None:
        """Open the rows of the next tier that has any."""
        if self._tiers:
            start, stop = self._tiers.pop()
            self.left[start:stop] = True
            self._unpicked = stop - start
            under = self.under[start:stop]
            self._open[start:stop] = np.where(under, self.pool.relevance[start:stop], -np.inf)
            self.size = int(np.count_nonzero(under))
            np.subtract(self._open, self._held, out=self._value)


class Similarities:
    """What each row of a pool holds against every other: the similarity times the penalty, exact.

    Computed for `BLOCK` rows at once: one matrix product costs less than one product a row, and a pass looks at the
    best rows mostly, so that most blocks of a great pool are never asked for.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._blocks: dict[int, Floats] = {}

    def of(self, row: int) -> Floats:
        """Return (p,) float64 integers."""
        number, place = divmod(row, BLOCK)
        block = self._blocks.get(number)
        if block is None:
            vectors = self._pool.vectors
            block = (vectors[number * BLOCK : (number + 1) * BLOCK] @ vectors.T).astype(np.float64)
            block *= self._pool.penalty
            self._blocks[number] = block
        found: Floats = block[place]
        return found
