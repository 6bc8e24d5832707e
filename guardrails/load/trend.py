"""How fast something grows, and how sure: a slope that outliers do not move, with its interval."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope with bounds, each wrong with probability at most alpha. Without a bound it is infinite."""

    estimate: float
    low: float
    high: float


UNKNOWN = Slope(0.0, -math.inf, math.inf)


def theil_sen(x: Sequence[float], y: Sequence[float], alpha: float) -> Slope:
    """The median of the slopes between all pairs of points (Theil 1950), with the bounds of Sen (1968).

    Assumption: what is left after the slope is taken out is independent from point to point and alike distributed. A
    program's memory is not: it grows in steps and is given back rarely. So give it the medians of blocks (`blocks`)
    that are longer than those steps, and take no single slope for a proof.

    Raises:
        ValueError: the sides differ in length.
    """
    points = sorted(zip(x, y, strict=True))
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for i, a in enumerate(points) for b in points[i + 1 :] if b[0] > a[0])
    if not slopes:
        return UNKNOWN
    n, count = len(points), len(slopes)
    reach = -statistics.NormalDist().inv_cdf(alpha) * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low, high = math.floor((count - reach) / 2) - 1, math.ceil((count + reach) / 2)
    estimate = statistics.median(slopes)
    if low < 0 or high >= count:
        return Slope(estimate, -math.inf, math.inf)
    return Slope(estimate, slopes[low], slopes[high])


def blocks(x: Sequence[float], y: Sequence[float], count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The medians of `count` blocks of neighbouring points, fewer where there are too few points."""
    size = max(1, len(x) // count)
    starts = range(0, len(x) - size + 1, size)
    return (
        tuple(statistics.median(x[start : start + size]) for start in starts),
        tuple(statistics.median(y[start : start + size]) for start in starts),
    )
