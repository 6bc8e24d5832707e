"""What each position may and should hold: the artist cap and maximal marginal relevance.

Source of the latter: Carbonell and Goldstein 1998, "The Use of MMR, Diversity-Based Reranking". All values are integers
below 2**53 held in float64, so that every comparison is exact and the choice is the same on every machine.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy import minimum

from recsys.domain.arrays import Bools, Floats, Singles, Slots
from recsys.domain.candidates import SCORED, Scored
from recsys.domain.context import Context

UNIT: Final = 1 << 20
LAMBDA_UNIT: Final = 1 << 10
SIMILARITY_UNIT: Final = 127 * 127
BLOCK: Final = 64
NEVER: Final = -np.inf
NOBODY: Final = -1
"""In place of the number of an artist that has too few rows to reach the cap."""


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """A pool of p rows made ready for picking.

    artist: (p,) int32 artist slots. scored: the number of leading rows in the scored tier. relevance: (p,) float64
    integers up to 2**44, lambda x the score on the range of its tier. vectors: (p, d) float32 with integer values.
    penalty: cost of one unit of similarity, (1 - lambda), 0 without diversity. cap, window: of the artist cap; cap 0
    turns it off.
    """

    artist: Slots
    scored: int
    relevance: Floats
    vectors: Singles
    penalty: int
    cap: int
    window: int

    @property
    def size(self) -> int:
        """p, the number of rows."""
        return int(self.artist.shape[0])


def ready(context: Context, scored: Scored) -> Pool:
    """Prepare a pool ordered by (tier, -score, slot). A query without diversity gets neither cap nor penalty."""
    config, on = context.config, context.query.diversify
    weight = round(config.relevance_weight * LAMBDA_UNIT) if on else LAMBDA_UNIT
    capped = on and config.artist_cap > 0 and config.artist_window > 0
    leading, rows = int(np.count_nonzero(scored.tier == SCORED)), scored.slots.astype(np.intp)
    return Pool(
        artist=context.model.catalogue.artist.take(rows),
        scored=leading,
        relevance=_relevance(scored, leading) * (weight * SIMILARITY_UNIT),
        vectors=context.model.embeddings.take(rows, axis=0).astype(np.float32),
        penalty=(LAMBDA_UNIT - weight) * UNIT,
        cap=config.artist_cap if capped else 0,
        window=config.artist_window,
    )


def _relevance(scored: Scored, leading: int) -> Floats:
    """Map the scores of each tier to integers in [0, 2**20], order kept."""
    relevance = np.zeros(scored.slots.shape[0])
    for start, stop in ((0, leading), (leading, relevance.shape[0])):
        if start < stop:
            scores = scored.scores[start:stop]
            low, span = int(scores[-1]), int(scores[0]) - int(scores[-1])
            # Shift both before multiplying, so that 2**20 times the span stays within 64 bits.
            shift = max(span.bit_length() - 42, 0)
            relevance[start:stop] = ((scores - low) >> shift) * UNIT // max(span >> shift, 1)
    return relevance


def _crowd(artist: Slots, cap: int) -> Slots:
    """Return (p,) int32 small numbers of the rows' artists, `NOBODY` for one that the cap cannot close.

    That is one with at most `cap` rows.
    """
    nobody: Slots = np.full(artist.shape[0], NOBODY, dtype=np.int32)
    if not 0 < cap < artist.shape[0]:
        return nobody
    ordered = artist.copy()
    ordered.sort()
    crowded = ordered[cap:][ordered[cap:] == ordered[:-cap]]
    if not crowded.shape[0]:
        return nobody
    places = crowded.searchsorted(artist)
    here = crowded.take(places, mode="clip") == artist
    nobody[here] = places[here]
    return nobody


class Walk:
    """One pass over a pool, position by position. Mutable, and private to the pass that made it.

    size: rows of the leading tier that are left and whose artist stands less than `cap` times in the last window - 1
    picks. stop: where that tier ends. picks: the rows so far. sizes: what `size` was before each.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.size = 0
        # Relevance minus the greatest that any pick holds against a row; -inf for picked ones.
        self._value: Floats = pool.relevance.copy()
        self._bar: Floats = np.full(pool.size, NEVER)  # 0 for rows that may come next
        self._against: list[Floats | None] = [None] * pool.size
        self.picks: list[int] = []
        self.sizes: list[int] = []
        self._tiers = [stop for start, stop in ((pool.scored, pool.size), (0, pool.scored)) if start < stop]
        self.stop = 0
        self._crowd = _crowd(pool.artist, pool.cap)
        self._number: list[int] = self._crowd.tolist()
        # By number of the artist: how often it stands in the window, and its rows of the open tier that are left.
        self._counts, self._left = [0] * pool.size, [0] * pool.size
        self._recent = deque([NOBODY] * min(max(pool.window - 1, 0), pool.size))
        self._full: set[int] = set()  # numbers of the artists that stand `cap` times or more
        if self._tiers:
            self.size = self._next_tier()

    def feasible(self) -> tuple[Bools, bool]:
        """Return (p,) rows that may come next, and whether the cap gave way.

        Only the leading tier that still has rows. Order of relaxation: first the rows that satisfy the cap; when there
        is none, the rows whose artist stands least often in the window. The cap never makes a lower tier overtake.
        """
        if self.size:
            return self._value + self._bar > NEVER, False
        left = self._value > NEVER
        left[self.stop :] = False
        if not self.pool.cap:
            return left, False
        recent = self.picks[max(len(self.picks) - self.pool.window + 1, 0) :]
        counts = Counter(self.pool.artist[recent].tolist())
        load = np.array([counts[artist] for artist in self.pool.artist.tolist()])
        return left & (load == load[left].min()), True

    def best(self) -> int:
        """Return the feasible row of greatest marginal relevance, ties to the better ranked."""
        if not self.size:
            return int(np.where(self.feasible()[0], self._value, NEVER).argmax())
        return int((self._value + self._bar).argmax())

    def pick(self, row: int) -> None:
        """Put a feasible row at the next position."""
        self._go(len(self.picks) + 1, self.pool.size, row)

    def advance(self, count: int, near: int) -> None:
        """Pick the `best` again and again until there are `count` picks, or until one wants to be looked at.

        That is one from row `near` on, or one where the cap gives way.
        """
        self._go(count, near, None)

    def _go(self, count: int, near: int, row: int | None) -> None:
        """Pick `row`, if there is one, and then as `advance`. A request takes 50 steps: what each needs is at hand."""
        value, against, number, left, full = self._value, self._against, self._number, self._left, self._full
        picks, sizes, recent, penalty, size = self.picks, self.sizes, self._recent, self.pool.penalty, self.size
        for _ in range(count - len(picks)):
            if row is None:
                if not size:
                    break
                row = int(value.argmax())
                if row >= self.stop or number[row] in full:
                    row = self.best()  # the best of all may not come next
                if row >= near:
                    break
            if penalty:
                held = against[row]
                minimum(value, self._held(row) if held is None else held, out=value)
            value[row] = NEVER
            picks.append(row)
            sizes.append(size)
            if size:
                size -= 1
            recent.append(enters := number[row])
            if enters != NOBODY:
                left[enters] -= 1
            if enters != (leaves := recent.popleft()):
                size += self._counted(enters, leaves)
            if not size and self._tiers and len(picks) == self.stop:
                size = self._next_tier()
            row = None
        self.size = size

    def _counted(self, enters: int, leaves: int) -> int:
        """Count the artists that come into the window and leave it. Return how many rows that opens.

        Few picks close or open an artist's rows.
        """
        cap, counts, opened = self.pool.cap, self._counts, 0
        if enters != NOBODY:
            counts[enters] = standing = counts[enters] + 1
            if standing == cap:
                self._full.add(enters)
                self._bar[self._crowd == enters] = NEVER
                opened = -self._left[enters]
        if leaves != NOBODY:
            counts[leaves] = standing = counts[leaves] - 1
            if standing == cap - 1:
                self._full.remove(leaves)
                self._bar[: self.stop][self._crowd[: self.stop] == leaves] = 0.0
                opened += self._left[leaves]
        return opened

    def _next_tier(self) -> int:
        """Open the rows of the next tier. Return how many may come next."""
        start, self.stop = self.stop, self._tiers.pop()
        self._bar[start : self.stop] = 0.0
        # Those before are all picked. `NOBODY` counts at 0, and is cut off.
        self._left[:] = np.bincount(self._crowd[start : self.stop] + 1, minlength=self.pool.size + 1)[1:].tolist()
        for number in self._full:
            self._bar[self._crowd == number] = NEVER
        return self.stop - start - sum(self._left[number] for number in self._full)

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
