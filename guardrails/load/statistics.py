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


def trimmed_ratio(base: Sequence[float], head: Sequence[float], share: float = 0.1) -> float:
    """The sum of the head's values by the sum of the base's, without the pairs whose ratios are the farthest out.

    A `share` of the pairs is left out at each end: a burst of noise within one slice moves it little. Unlike an average
    of the pairs' ratios it is what the whole costs: a pair of dear requests counts for more than one of cheap ones.
    Values must be positive.

    Raises:
        ValueError: no pair, the sides differ in length, a value is not positive, or a share outside 0 to under 1/2.
    """
    if not 0 <= share < 0.5:
        raise ValueError(f"a share to trim is in [0, 0.5), not {share}")
    pairs = sorted(
        ((b, h) for b, h in zip(base, head, strict=True) if _positive(b, h)), key=lambda pair: pair[1] / pair[0]
    )
    out = int(share * len(pairs))
    kept = pairs[out : len(pairs) - out]
    if not kept:
        raise ValueError("a ratio needs pairs")
    return sum(h for _, h in kept) / sum(b for b, _ in kept)


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


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of some independent values with its standard error; `freedom` says how well that error is known."""

    value: float
    error: float
    freedom: int

    def bound(self, alpha: float) -> float:
        """How far the true mean is from the value to one side, but for the probability `alpha`."""
        return student_quantile(1 - alpha, self.freedom) * self.error


def moderated_mean(values: Sequence[float], prior: float, weight: int) -> Mean:
    """The mean of independent values, with a variance that leans on what such values are known to do.

    A few values can lie close together by luck, and an ordinary t-interval then promises too much. So their variance is
    averaged with `prior` squared (the standard deviation that experience expects), which counts as `weight` more
    degrees of freedom (the moderated t-statistic: Smyth 2004). As values come in they outweigh it. The assumption: the
    values are independent and about normal; `weight` is at least 1.

    Raises:
        ValueError: no value, one that is not finite, or a prior or a weight that is not positive.
    """
    if not values or not all(map(math.isfinite, values)) or prior <= 0 or weight < 1:
        raise ValueError(
            f"a mean needs finite values, a prior and a weight above 0, not {list(values)}, {prior}, {weight}"
        )
    count, middle = len(values), statistics.fmean(values)
    squares = sum((value - middle) ** 2 for value in values)
    freedom = count - 1 + weight
    return Mean(middle, math.sqrt((squares + weight * prior**2) / freedom / count), freedom)


@functools.lru_cache(maxsize=1024)
def student_quantile(share: float, freedom: int) -> float:
    """The value below which `share` of Student's t distribution with `freedom` degrees of freedom lies, to 1e-9.

    Raises:
        ValueError: a share that is not between 0 and 1, or no degree of freedom.
    """
    if not 0 < share < 1 or freedom < 1:
        raise ValueError(f"a quantile of t needs a share in (0, 1) and a degree of freedom, not {share} and {freedom}")
    if share < 0.5:
        return -student_quantile(1 - share, freedom)
    low, high = 0.0, 1.0
    while _student_share(high, freedom) < share:
        low, high = high, 2 * high
    while high - low > 1e-10 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_share(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def _student_share(value: float, freedom: int) -> float:
    """The share of t below a value that is not negative: the finite series of Abramowitz and Stegun 26.7.3 and 4."""
    angle = math.atan(value / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    term = sine * cosine if freedom % 2 else sine
    total = 0.0
    for step in range((freedom - 1) // 2 if freedom % 2 else freedom // 2):
        total += term
        divisor = 2 * step + (3 if freedom % 2 else 2)
        term *= cosine**2 * (divisor - 1) / divisor
    within = 2 / math.pi * (angle + total) if freedom % 2 else total
    return 0.5 + within / 2
