"""The greedy pass that orders the pool: what diversity wants at each position, and what exploration shows there."""

from dataclasses import dataclass

import numpy as np

from recsys.domain.arrays import Bools, Floats, Slots
from recsys.domain.candidates import Scored
from recsys.domain.chance import hash64
from recsys.domain.context import Context
from recsys.reranking.diversity import Walk, ready
from recsys.reranking.explore import Explorer


@dataclass(frozen=True, slots=True, eq=False)
class Arranged:
    """The first j positions. rows: (j,) int32 rows of the pool, distinct.

    propensities: (j,) float64 given the positions before. relaxed: (j,) bool, the artist cap gave way. explored: (j,)
    bool, drawn from the reserve.
    """

    rows: Slots
    propensities: Floats
    relaxed: Bools
    explored: Bools


def arrange(context: Context, scored: Scored, count: int) -> Arranged:
    """Return the first `count` positions of the pool (all of a shorter one).

    scored: ordered by (tier, -score, slot). Each position depends on the positions before and on the seed only, so that
    a smaller count gives a prefix.
    """
    count = max(min(count, scored.slots.shape[0]), 0)
    pool, explorer = ready(context, scored), Explorer.of(context)
    if not (pool.penalty or pool.cap or explorer.reserve):
        return _as_ranked(count)
    drawn = explorer.drawn(hash64("explore", context.query.seed, context.user.user_id), count)
    walk, reserve = Walk(pool), explorer.reserve or pool.size
    greedy: dict[int, int] = {}
    apart: dict[int, tuple[int, int]] = {}
    while len(walk.picks) < count:
        walk.advance(next((position for position in drawn if position >= len(walk.picks)), count), reserve)
        position = len(walk.picks)
        if position == count:
            break
        row = walk.best()
        if position in drawn:
            greedy[position] = row
            row = explorer.draw(walk, drawn[position])
        if row >= reserve or not walk.size:
            apart[position] = explorer.place(walk, row)
        walk.pick(row)
    rows, sizes = np.array(walk.picks, dtype=np.int32), np.array(walk.sizes, dtype=np.int64)
    explored = np.zeros(count, dtype=np.bool_)
    explored[list(drawn)] = True
    return Arranged(rows, explorer.propensities(rows, sizes, greedy, apart), sizes == 0, explored)


def distributions(context: Context, scored: Scored, rows: Slots) -> Floats:
    """Return (j, p) float64: at each position the chance of every row, given the `rows` shown before it.

    The reference for the logged propensities: row i of the result at rows[i] equals `Arranged.propensities[i]`.
    """
    explorer, walk = Explorer.of(context), Walk(ready(context, scored))
    found = np.zeros((rows.shape[0], scored.slots.shape[0]))
    for position, row in enumerate(rows.tolist()):
        feasible, _ = walk.feasible()
        found[position] = explorer.distribution(feasible, walk.best())
        walk.pick(row)
    return found


def _as_ranked(count: int) -> Arranged:
    """With everything off, the pool's own order."""
    off = np.zeros(count, dtype=np.bool_)
    return Arranged(np.arange(count, dtype=np.int32), np.ones(count), off, off)
