"""Exploration: at each position, a small chance of drawing from the reserve, with the exact propensity of every row.

At one position with feasible rows F, the greedy row g and the reserve R (the first r rows of F in rank order):
pi(a) = (1 - epsilon) * [a = g] + epsilon / |R| * [a in R]. It sums to 1, given the positions before.
Without exploration pi(g) = 1.
"""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Bools, Floats
from recsys.domain.chance import WORD, below
from recsys.domain.context import Context
from recsys.reranking.diversity import Walk


@dataclass(frozen=True, slots=True)
class Explorer:
    """The mixture of one request. epsilon in [0, 1]; reserve: the greatest size of R, 0 for none."""

    epsilon: float
    reserve: int

    @staticmethod
    def of(context: Context) -> "Explorer":
        """Return the request's mixture; a query with explore=False gets none."""
        config = context.config
        active = context.query.explore and config.epsilon > 0 and config.explore_reserve > 0
        return Explorer(config.epsilon, config.explore_reserve) if active else Explorer(0.0, 0)

    def distribution(self, feasible: Bools, greedy: int) -> Floats:
        """Return (p,) float64: pi of every row of the pool at one position."""
        chances = np.zeros(feasible.shape[0])
        rows = np.flatnonzero(feasible)[: self.reserve]
        if rows.shape[0]:
            chances[rows] = self.epsilon / rows.shape[0]
            chances[greedy] += 1.0 - self.epsilon
        else:
            chances[greedy] = 1.0
        return chances

    def draws(self, coin: int) -> bool:
        """Tell whether a position is drawn from the reserve. coin: a word in [0, 2**64)."""
        return self.reserve > 0 and coin < self.epsilon * WORD

    def draw(self, feasible: Bools, choice: int) -> int:
        """Return the row that is drawn. choice: a word in [0, 2**64)."""
        rows = np.flatnonzero(feasible)[: self.reserve]
        return int(rows[below(choice, rows.shape[0])])

    def propensity(self, walk: Walk, greedy: int, row: int) -> float:
        """Return `distribution(feasible, greedy)[row]` of a feasible row, without making the rest."""
        if not self.reserve:
            return float(row == greedy)
        if walk.size and row < self.reserve:
            size, place = walk.size, row  # no more rows than that stand before it
        else:
            rows = np.flatnonzero(walk.feasible()[0])
            size, place = rows.shape[0], int(rows.searchsorted(row))
        share = self.epsilon / min(size, self.reserve) if place < self.reserve else 0.0
        return share + (1.0 - self.epsilon) * float(row == greedy)
