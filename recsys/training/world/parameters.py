"""What a synthetic world is made from. Equal parameters give equal bytes, in any process."""

from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.published import JSON
from recsys.training.errors import DatasetError

DEFAULT_END: Final = 1_793_491_200  # 2026-11-01T00:00Z. Fixed: a seed must give the same world every day.
LIMITS: Final = {"users": 1_000_000, "tracks": 200_000, "days": 3_650}


@dataclass(frozen=True, slots=True)
class WorldParameters:
    """How large, how long, which chance.

    users, tracks, days: at least 1. seed: at least 0. end: unix seconds of the last moment.
    Raises `DatasetError` for a value out of range.
    """

    users: int = 2_000
    tracks: int = 5_000
    days: int = 180
    seed: int = 7
    end: int = DEFAULT_END

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            value = getattr(self, name)
            if not 1 <= value <= limit:
                raise DatasetError(f"{name} is {value}; it must be from 1 to {limit}")
        if self.seed < 0:
            raise DatasetError(f"seed is {self.seed}; it must be 0 or more")
        if self.end - self.days * SECONDS_A_DAY < 0:
            raise DatasetError(f"the world would begin before 1970: end is {self.end} and it lasts {self.days} days")

    @property
    def start(self) -> int:
        """Unix seconds of the first moment."""
        return self.end - self.days * SECONDS_A_DAY

    @property
    def end_day(self) -> int:
        """The day of `end` since 1970-01-01."""
        return self.end // SECONDS_A_DAY

    def chance(self, stage: str) -> np.random.Generator:
        """Return the generator of one stage, independent of how much chance the other stages use."""
        return np.random.Generator(np.random.PCG64([self.seed, *stage.encode()]))

    def as_source(self) -> dict[str, JSON]:
        """Return what `recsys evaluate` needs to make the same world again."""
        return {"format": "synthetic", **asdict(self)}
