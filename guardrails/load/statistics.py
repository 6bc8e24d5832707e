"""The statistics of paired measurements: how many times as much, and how sure.

They stand alone and need nothing but the standard library. The assumption of every interval here: if the two sides were
the same, then in each pair either of the two values could as well have been the other side's. A schedule that throws a
coin for each pair makes that true by design, however the machine drifts from pair to pair and however heavy its tails
are. What it does not cover is a difference between two *processes* of the same program (where memory happened to lie):
compare against a margin above 1, and confirm with processes that were started anew.
"""

import functools
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

EXACT_UP_TO = 60
"""Pairs up to which the distribution of the signed-rank statistic is counted out; above, it is normal to 1e-3."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """An estimate of a ratio with a lower and an upper bound, each wrong with probability at most alpha."""

    estimate: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """The factor between the estimate and the bound that is farther away."""
        if self.low <= 0:
            return math.inf
        return max(self.estimate / self.low, self.high / self.estimate)


UNKNOWN = Ratio(1.0, 0.0, math.inf)
"""What is known of a ratio when there are too few pairs for any bound."""


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie, interpolated linearly (Hyndman and Fan 1996, type 7).

    Raises:
        ValueError: no value, or a share outside 0 to 1.
    """
    if not values or not 0 <= share <= 1:
        raise ValueError(f"a quantile needs values and a share in [0, 1], not {len(values)} values and {share}")
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def paired_ratio(base: Sequence[float], head: Sequence[float], alpha: float) -> Ratio:
    """How many times as large the head's values are as the base's, pair by pair.

    The estimate is the pseudo-median of the ratios' logarithms (Hodges and Lehmann 1963), the bounds are those that the
    signed-rank test (Wilcoxon 1945) at the one-sided level `alpha` does not reject. Values must be positive. With too
    few pairs for a bound at that level the bounds are 0 and infinity.

    Raises:
        ValueError: the sides differ in length, or a value is not positive.
    """
    logs = [math.log(h / b) for b, h in zip(base, head, strict=True) if _positive(b, h)]
    if not logs:
        return UNKNOWN
    walsh = sorted((one + other) / 2 for i, one in enumerate(logs) for other in logs[i:])
    estimate = math.exp(statistics.median(walsh))
    cut = signed_rank_cut(len(logs), alpha)
    if cut == 0:
        return Ratio(estimate, 0.0, math.inf)
    return Ratio(estimate, math.exp(walsh[cut - 1]), math.exp(walsh[-cut]))


def _positive(base: float, head: float) -> bool:
    if not (0 < base < math.inf and 0 < head < math.inf):
        raise ValueError(f"a ratio needs positive, finite values, not {base} and {head}")
    return True


@functools.lru_cache(maxsize=128)
def signed_rank_cut(n: int, alpha: float) -> int:
    """The greatest k with P(W < k) <= alpha, W being the signed-rank statistic of `n` pairs without a difference.

    The k-th smallest average of two differences is then a lower bound of their centre at the level `alpha`. It is 0
    where n is too small for any bound.
    """
    if n > EXACT_UP_TO:
        mean, deviation = n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
        return max(0, math.floor(mean + statistics.NormalDist().inv_cdf(alpha) * deviation + 0.5))
    ways = [1]
    for rank in range(1, n + 1):
        longer = [0] * (len(ways) + rank)
        for total, count in enumerate(ways):
            longer[total] += count
            longer[total + rank] += count
        ways = longer
    allowed, below = alpha * 2**n, 0
    for total, count in enumerate(ways):
        below += count
        if below > allowed:
            return total
    return len(ways)


def detectable(ratio: Ratio, margin: float, alpha: float, power: float = 0.95) -> float:
    """The smallest true ratio whose lower bound would exceed `margin` with probability `power`, at today's noise.

    The noise is read from the width of the interval, which is taken for normal.
    """
    if math.isinf(ratio.spread):
        return math.inf
    normal = statistics.NormalDist()
    return margin * math.pow(ratio.spread, 1 + normal.inv_cdf(power) / -normal.inv_cdf(alpha))
