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
NOBODY: Final = -1
"""In place of an artist that has too few rows to reach the cap."""


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

    size: rows of the leading tier that are left and whose artist stands less than `cap` times in the last window - 1
    picks.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.size = 0
        self._value: Floats = pool.relevance.copy()  # minus the greatest that any pick holds against a row; picked: -inf
        self._bar: Floats = np.full(pool.size, -np.inf)  # 0 for rows that may come next
        self._against: list[Floats | None] = [None] * pool.size
        self._picks: list[int] = []
        self._tiers = [stop for start, stop in ((pool.scored, pool.size), (0, pool.scored)) if start < stop]
        self._stop = 0  # the end of the tier that is open
        self._artist = np.array(pool.artist, dtype=np.int32)
        self._counts = {artist: 0 for artist, rows in Counter(pool.artist).items() if rows > pool.cap > 0}
        self._crowd = [artist if artist in self._counts else NOBODY for artist in pool.artist]
        self._recent = deque([NOBODY] * min(max(pool.window - 1, 0), pool.size))
        self._full: set[int] = set()  # artists that stand `cap` times or more
        if self._tiers:
            self._next_tier()

    def feasible(self) -> tuple[Bools, bool]:
        """Return (p,) rows that may come next, and whether the cap gave way.

        Only the leading tier that still has rows. Order of relaxation: first the rows that satisfy the cap; when there
        is none, the rows whose artist stands least often in the window. The cap never makes a lower tier overtake.
        """
        if self.size:
            return self._value + self._bar > -np.inf, False
        left = self._value > -np.inf
        left[self._stop :] = False
        if not self.pool.cap:
            return left, False
        recent = self._picks[max(len(self._picks) - self.pool.window + 1, 0) :]
        counts = Counter(self.pool.artist[row] for row in recent)
        load = np.array([counts[artist] for artist in self.pool.artist])
        return left & (load == load[left].min()), True

    def best(self) -> int:
        """Return the feasible row of greatest marginal relevance, ties to the better ranked."""
        if not self.size:
            return int(np.where(self.feasible()[0], self._value, -np.inf).argmax())
        if self._full or self._tiers:
            return int((self._value + self._bar).argmax())
        return int(self._value.argmax())

    def pick(self, row: int) -> None:
        """Put a feasible row at the next position."""
        value = self._value
        if self.pool.penalty:
            against = self._against[row]
            np.minimum(value, self._held(row) if against is None else against, out=value)
        value[row] = -np.inf
        self._picks.append(row)
        if self.size:
            self.size -= 1
        entering = self._crowd[row]
        self._recent.append(entering)
        leaving = self._recent.popleft()
        if entering != leaving:
            self._count(entering, leaving)
        if not self.size and self._tiers and len(self._picks) == self._stop:
            self._next_tier()

    def _count(self, entering: int, leaving: int) -> None:
        """Count the artists that come into the window and leave it. Few picks close or open an artist's rows."""
        cap, counts = self.pool.cap, self._counts
        if entering != NOBODY:
            counts[entering] += 1
            if counts[entering] == cap:
                self._full.add(entering)
                self.size -= self._turn(entering, -np.inf)
        if leaving != NOBODY:
            counts[leaving] -= 1
            if counts[leaving] == cap - 1:
                self._full.remove(leaving)
                self.size += self._turn(leaving, 0.0)

    def _turn(self, artist: int, bar: float) -> int:
        """Close an artist's rows of the open tier, or open them. Return how many are left."""
        rows = (self._artist[: self._stop] == artist).nonzero()[0]
        self._bar[rows] = bar
        return int(np.count_nonzero(self._value[rows] > -np.inf))

    def _next_tier(self) -> None:
        """Open the rows of the next tier."""
        start, self._stop = self._stop, self._tiers.pop()
        self._bar[start : self._stop] = 0.0
        self.size = self._stop - start
        for artist in self._full:
            self.size -= self._turn(artist, -np.inf)

    def _held(self, row: int) -> Floats:
        """Return (p,) float64 integers: the relevance of every row minus what `row` holds against it, exact.

        Computed for `BLOCK` rows at once: one matrix product costs less than one product a row, and a pass looks at the
        best rows mostly, so that most blocks of a great pool are never asked for.
        """
        block, vectors = slice(row - row % BLOCK, row - row % BLOCK + BLOCK), self.pool.vectors
        held: Floats = (vectors[block] @ vectors.T).astype(np.float64)
        held *= -self.pool.penalty
        held += self.pool.relevance
        self._against[block] = list(held)
        return np.asarray(held[row % BLOCK])
