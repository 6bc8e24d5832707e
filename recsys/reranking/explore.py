"""Exploration: at each position, a small chance of drawing from the reserve, with the exact propensity of every row.

At one position with feasible rows F, the greedy row g and the reserve R (the first r rows of F in rank order):
pi(a) = (1 - epsilon) * [a = g] + epsilon / |R| * [a in R]. It sums to 1, given the positions before.
Without exploration pi(g) = 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

import numpy as np

from recsys.domain.arrays import Bools, Floats, Ints, Slots
from recsys.domain.chance import WORD, below, uniform_words
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

    def drawn(self, key: int, count: int) -> dict[int, int]:
        """Return the positions in [0, count) that are drawn from the reserve, each with the word of its choice.

        A coin and a choice by position: they depend on the key and the position alone.
        """
        if not self.reserve:
            return {}
        words = uniform_words(key, 2 * count)
        rows = (words[::2] < ceil(self.epsilon * WORD)).nonzero()[0]
        return dict(zip(rows.tolist(), words[1::2][rows].tolist(), strict=True))

    def draw(self, walk: Walk, choice: int) -> int:
        """Return the row that is drawn. choice: a word in [0, 2**64)."""
        rows = walk.feasible()[0].nonzero()[0][: self.reserve]
        return int(rows[below(choice, rows.shape[0])])

    def place(self, walk: Walk, row: int) -> tuple[int, int]:
        """Return how many rows are feasible, and how many of them stand before `row`, at least, past the reserve.

        (0, 0) when nothing is drawn.
        """
        if not self.reserve:
            return 0, 0
        least = row - (walk.stop - walk.size)
        if walk.size and least >= self.reserve:
            return walk.size, least  # whatever it is, it is not within the reserve
        feasible = walk.feasible()[0]
        return int(np.count_nonzero(feasible)), int(np.count_nonzero(feasible[:row]))

    def propensities(
        self, rows: Slots, sizes: Ints, greedy: Mapping[int, int], apart: Mapping[int, tuple[int, int]]
    ) -> Floats:
        """Return (j,) float64: `distribution` of the row that was shown at each position, without making the rest.

        rows: (j,), those shown. sizes: (j,), how many were feasible. greedy: the greedy row, by position, where another
        may have been shown. apart: what `place` told, by position, of rows that need not stand within the reserve: no
        more rows than a row's own number stand before it.
        """
        chances = np.ones(rows.shape[0])
        for position, row in greedy.items():
            chances[position] = float(row == rows[position])
        if not self.reserve:
            return chances
        sizes, places = sizes.copy(), rows.copy()
        for position, told in apart.items():
            sizes[position], places[position] = told
        share = np.where(places < self.reserve, self.epsilon / np.minimum(sizes, self.reserve), 0.0)
        return np.asarray(share + (1.0 - self.epsilon) * chances)
