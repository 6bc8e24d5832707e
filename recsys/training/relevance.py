"""What counts as a hit: tracks that a user played or liked in a span of time."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Ints, Slots
from recsys.domain.events import EventColumns, Kind
from recsys.domain.history import FULL_LISTEN_MS

PLAYED: Final = 1
LIKED: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Relevant:
    """slots: (r,) int32, ascending, distinct. grades: (r,) int8, 1 for played, 2 for liked. first: (r,) int64, when."""

    slots: Slots
    grades: NDArray[np.int8]
    first: Ints


def relevant_between(events: EventColumns, start: int, end: int) -> Relevant:
    """Return the tracks listened to for 30 s (or for an unknown time) or liked in [start, end), unix seconds."""
    full = (events.ms_played < 0) | (events.ms_played >= FULL_LISTEN_MS)
    liked = events.kinds == Kind.LIKE
    hit = ((events.kinds == Kind.LISTEN) & full) | liked
    rows = np.flatnonzero(hit & (events.tracks >= 0) & (events.times >= start) & (events.times < end))
    slots, first, position = np.unique(events.tracks[rows], return_index=True, return_inverse=True)
    grades = np.full(slots.shape[0], PLAYED, dtype=np.int8)
    np.maximum.at(grades, position, np.where(liked[rows], LIKED, PLAYED).astype(np.int8))
    return Relevant(slots, grades, events.times[rows][first])
