"""The answer and its record: the slate that is rendered, and the decision that is logged for replay."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import SCORE_SCALE, Bools, Bytes, Floats, Ints, Slots
from recsys.domain.attempt import Failure
from recsys.domain.candidates import Features, Filtered, Scored
from recsys.domain.candidates import Tier as Tier
from recsys.domain.config import Config
from recsys.domain.query import PolicySnapshot, Query, Snapshot, UserState
from recsys.errors import InvalidValueError


@dataclass(frozen=True, slots=True, eq=False)
class Slate:
    """An ordered list of j <= k tracks.

    slots: (j,) int32. scores: (j,) int64 in units of 2**-20 (`real_scores` for floats). tier: (j,) uint8 of `Tier`.
    provenance: (j,) uint32 bits over `sources`; 0 for a backfilled track that no source returned.
    propensities: (j,) float64 in (0, 1], the chance of this track at this position given the positions before it.
    positions: (j,) int32, offset, offset + 1, ...
    arms: experiment name to arm name. degraded: names of the stages that failed and were done without.
    removed: number of candidates removed, by reason. snapshot: what a further page must be asked under.
    """

    request_id: str
    user_id: str
    slots: Slots
    scores: Ints
    tier: Bytes
    provenance: NDArray[np.uint32]
    propensities: Floats
    positions: Slots
    sources: tuple[str, ...]
    arms: Mapping[str, str]
    degraded: tuple[str, ...]
    removed: Mapping[str, int]
    snapshot: Snapshot

    def __post_init__(self) -> None:
        columns = (self.scores, self.tier, self.provenance, self.propensities, self.positions)
        if any(column.shape != self.slots.shape for column in columns):
            raise InvalidValueError(f"the columns of slate {self.request_id!r} differ in length")

    @property
    def size(self) -> int:
        """j, the number of tracks."""
        return int(self.slots.shape[0])

    @property
    def model_version(self) -> str:
        """The version of the model that made the slate."""
        return self.snapshot.model_version

    @property
    def real_scores(self) -> Floats:
        """The scores as (j,) float64."""
        return self.scores / SCORE_SCALE

    def source_names(self, row: int) -> tuple[str, ...]:
        """Return the sources of one row, the attributed one first; ("backfill",) when no source returned the track."""
        return self.names_of(int(self.provenance[row]))

    def names_of(self, bits: int) -> tuple[str, ...]:
        """Return the sources of a row's `provenance`, as `source_names` does."""
        return tuple(name for bit, name in enumerate(self.sources) if bits >> bit & 1) or ("backfill",)


@dataclass(frozen=True, slots=True, eq=False)
class Decision:
    """All that is needed to explain a slate and to make it again: logged beside it, never rendered.

    query: the request with now and seed. user, policy: as they were. features: every candidate and its features.
    filtered: kept and removed.
    pool: what re-ranking saw, in its order. selected ⊎ removed ⊎ unselected = candidates ⊎ backfill.
    relaxed: (j,) bool, positions where no track left in the tier satisfied the artist cap, so that the cap gave way.
    explored: (j,) bool, positions drawn from the reserve. config: the settings in force, experiments applied.
    failures: what stands in `Slate.degraded`, with the errors.
    """

    query: Query
    user: UserState
    policy: PolicySnapshot
    slate: Slate
    features: Features
    filtered: Filtered
    pool: Scored
    relaxed: Bools
    explored: Bools
    config: Config
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went over the wire about one decision, so that a replay can be held against it.

    route: the template of the path. request: the JSON of the request, its defaults filled in. digest: the SHA-256 of
    the answer's bytes, in hexadecimal digits.
    """

    route: str
    request: bytes
    digest: str
