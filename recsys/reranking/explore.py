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

    def draw(self, feasible: Bools, greedy: int, coin: int, choice: int) -> tuple[int, bool]:
        """Return the row to show and whether it was drawn from the reserve. coin, choice: words in [0, 2**64)."""
        if not self.reserve or coin >= self.epsilon * WORD:
            return greedy, False
        rows = np.flatnonzero(feasible)[: self.reserve]
        return int(rows[below(choice, rows.shape[0])]), True

    def propensity(self, feasible: Bools, greedy: int, row: int) -> float:
        """Return `distribution(feasible, greedy)[row]` without making the rest."""
        if not self.reserve:
            return float(row == greedy)
        place, size = int(np.count_nonzero(feasible[:row])), int(np.count_nonzero(feasible))
        share = self.epsilon / min(size, self.reserve) if feasible[row] and place < self.reserve else 0.0
        return share + (1.0 - self.epsilon) * float(row == greedy)
