"""The stages' values, one type each: Candidates, Features, Scored, Filtered. m candidates, by slot until sorted.

Retrieval alone adds items. Features and ranking keep the same items in the same order. Filters only remove.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Bytes, Floats, Index, Ints, Singles, Slots
from recsys.domain.attempt import Failure
from recsys.errors import InvalidValueError


class Tier(IntEnum):
    """Which scorer a score is from. The fallback tier comes after the scored one, whatever its scores."""

    SCORED = 0
    FALLBACK = 1


SCORED: Final = np.uint8(Tier.SCORED)
FALLBACK: Final = np.uint8(Tier.FALLBACK)
"""As columns hold them: numpy asks an enumeration a lot before it takes it for a number."""


class Reason(IntEnum):
    """Why a filter removed a candidate: the first filter in declared order that does."""

    TAKEDOWN = 1
    MARKET = 2
    EXPLICIT = 3
    BLOCKED_ARTIST = 4
    BLOCKED_TRACK = 5
    UNRELEASED = 6
    SKIPPED = 7
    SEEN = 8
    ABOUT = 9
    SAME_RECORDING = 10


REASON_NAMES: Final = {int(reason): reason.name.lower() for reason in Reason}


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What one source returns.

    slots: (r,) int32, distinct, any order. scores: (r,) float64, on the source's own scale.
    """

    slots: Slots
    scores: Floats

    def __post_init__(self) -> None:
        if self.slots.shape != self.scores.shape or self.slots.ndim != 1:
            raise InvalidValueError(
                f"a source returned {self.slots.shape} slots and {self.scores.shape} scores; both must be (r,)"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The union of all sources.

    slots: (m,) int32, strictly ascending. provenance: (m,) uint32, bit i set when sources[i] returned the track; the
    lowest bit is the attributed source. source_scores: (m, s) float64, 0 where a source did not return the track.
    sources: the s names in declared priority. failures: of the sources that were done without.
    """

    slots: Slots
    provenance: NDArray[np.uint32]
    source_scores: Floats
    sources: tuple[str, ...]
    failures: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        size = self.slots.shape[0]
        if self.provenance.shape != (size,) or self.source_scores.shape != (size, len(self.sources)):
            raise InvalidValueError(
                f"{size} candidates need provenance ({size},) and source_scores ({size}, {len(self.sources)})"
            )
        if size > 1 and not (self.slots[1:] > self.slots[:-1]).all():
            raise InvalidValueError(
                "candidate slots must be strictly ascending: merge them with recsys.retrieval.merge"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Candidates with one row of features each. values: (m, f) float32, columns as in the schema."""

    candidates: Candidates
    values: Singles

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[0] != self.candidates.slots.shape[0]:
            raise InvalidValueError(
                f"{self.candidates.slots.shape[0]} candidates have {self.values.shape} features; want (m, f)"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """Candidates with scores.

    scores: (m,) int64 in units of 2**-20. tier: (m,) uint8 of `Tier`. Rows ascend by slot from retrieval to the
    filters; the pool that re-ranking sees is ordered by (tier, -score, slot). failures: a ranker done without.
    """

    slots: Slots
    scores: Ints
    tier: Bytes
    provenance: NDArray[np.uint32]
    failures: tuple[Failure, ...] = ()

    def __post_init__(self) -> None:
        if not self.slots.shape == self.scores.shape == self.tier.shape == self.provenance.shape:
            raise InvalidValueError("slots, scores, tier and provenance of scored candidates must have one length")

    def take(self, rows: Index) -> "Scored":
        """Return the given rows, in that order."""
        slots, scores, tier = self.slots.take(rows), self.scores.take(rows), self.tier.take(rows)
        return Scored(slots, scores, tier, self.provenance.take(rows), self.failures)


@dataclass(frozen=True, slots=True, eq=False)
class Filtered:
    """kept and removed: together the input. kept keeps the input's order.

    removed: (r,) int32 slots. reasons: (r,) uint8 of `Reason`, by row of removed.
    """

    kept: Scored
    removed: Slots
    reasons: Bytes

    def __post_init__(self) -> None:
        if self.removed.shape != self.reasons.shape:
            raise InvalidValueError(
                f"{self.removed.shape} removed slots have {self.reasons.shape} reasons; each needs one"
            )

    def counts(self) -> dict[str, int]:
        """Return the number removed by reason, in lower case, reasons without any left out."""
        found = np.bincount(self.reasons).tolist()
        return {REASON_NAMES[reason]: count for reason, count in enumerate(found) if count}
