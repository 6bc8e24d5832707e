"""The first tracks of a fixed order that a user has not played."""

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Slots
from recsys.domain.context import Context


def first_unplayed(context: Context, order: Slots, count: int) -> NDArray[np.intp]:
    """Return the first `count` positions of `order` that may be shown, looking no further than needed.

    All of them may where the surface repeats.
    """
    if context.query.repeats:
        return np.arange(min(count, order.shape[0]))
    reach = count + context.user.history.shape[0]
    while True:
        rows = (~context.played(order[:reach])).nonzero()[0][:count]
        if rows.shape[0] == count or reach >= order.shape[0]:
            return rows
        reach *= 2
