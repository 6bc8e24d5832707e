"""When requests come: moments that nobody's answer moves, drawn from a rate that may change with time."""

import math
import random
from collections.abc import Iterator, Sequence

from guardrails.errors import ConfigurationError
from guardrails.model.open_run import Segment

MOST = 200_000
"""Arrivals of one run: each is kept, so this bounds the generator's memory."""


def poisson(segments: Sequence[Segment], seed: int) -> tuple[float, ...]:
    """The moments of a Poisson process with that rate, in seconds, ascending.

    Gaps of a process with rate 1 are mapped through the inverse of the expected count (Cinlar 1975), which is exact for
    a rate that goes evenly from one value to another.

    Raises:
        ConfigurationError: more arrivals than can be kept.
    """
    expected = sum(one.arrivals for one in segments)
    if expected > MOST:
        raise ConfigurationError(
            f"the schedule has {expected:.0f} arrivals, and at most {MOST} are kept. Lower the rate or the length."
        )
    return tuple(_moments(segments, random.Random(seed)))  # noqa: S311 - a schedule, no secret


def _moments(segments: Sequence[Segment], chance: random.Random) -> Iterator[float]:
    begun, counted, next_count = 0.0, 0.0, chance.expovariate(1.0)
    for one in segments:
        while next_count < counted + one.arrivals:
            yield begun + _when(one, next_count - counted)
            next_count += chance.expovariate(1.0)
        begun, counted = begun + one.seconds, counted + one.arrivals


def _when(one: Segment, count: float) -> float:
    """The seconds into a segment at which `count` arrivals are expected."""
    slope = (one.end - one.begin) / one.seconds
    # Of begin*t + slope*t*t/2 = count, the root that stays exact where the slope is nearly nothing.
    return 2 * count / (one.begin + math.sqrt(max(0.0, one.begin**2 + 2 * slope * count)))
