"""Did an arm make a difference: differences with intervals, and the health check that comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, isfinite, sqrt
from statistics import NormalDist
from typing import Final

from scipy.special import chdtrc

from recsys.errors import InvalidValueError

SAMPLE_RATIO_ALARM: Final = 0.001
"""Below this p-value the arms' sizes are not what was asked for, and nothing else may be read."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Treatment minus control: the difference, its confidence interval, and the two-sided p-value."""

    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Summary of one arm. size: units. mean: of the metric over units. variance: unbiased, over units."""

    size: int
    mean: float
    variance: float

    def __post_init__(self) -> None:
        if self.size < 2 or not (isfinite(self.mean) and isfinite(self.variance)) or self.variance < 0:
            raise InvalidValueError(f"a sample needs 2 units and a finite mean and variance, not {self}")


def sample_ratio_p_value(counts: Sequence[int], weights: Sequence[float]) -> float:
    """Return the p-value of Pearson's chi-squared test that units fell on the arms by the weights.

    counts: units by arm, two arms or more. weights: the shares that were asked for, positive. Compare with
    `SAMPLE_RATIO_ALARM`. Source: Fabijan et al. 2019, "Diagnosing Sample Ratio Mismatch in Online Experiments".
    """
    total, share = sum(counts), sum(weights)
    if len(counts) != len(weights) or len(counts) < 2 or total <= 0 or min(counts) < 0 or min(weights) <= 0:
        raise InvalidValueError(
            f"counts {list(counts)} and weights {list(weights)}: want two arms or more, weights above 0"
        )
    expected = [total * weight / share for weight in weights]
    statistic = sum((count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True))
    return float(chdtrc(len(counts) - 1, statistic))


def difference_of_means(control: Sample, treatment: Sample, confidence: float = 0.95) -> Effect:
    """Return treatment minus control by Welch's test in its large-sample form (normal quantiles).

    Meant for hundreds of units an arm or more; with few units the interval is a little too narrow.
    """
    error = sqrt(control.variance / control.size + treatment.variance / treatment.size)
    return _effect(treatment.mean - control.mean, error, error, confidence)


def difference_of_proportions(control: tuple[int, int], treatment: tuple[int, int], confidence: float = 0.95) -> Effect:
    """Return treatment minus control for (successes, units) each: pooled z-test, unpooled (Wald) interval."""
    for successes, units in (control, treatment):
        if not 0 <= successes <= units or units == 0:
            raise InvalidValueError(
                f"{successes} successes of {units} units; want 0 <= successes <= units, units above 0"
            )
    (hits, size), (more, other) = control, treatment
    rate, pooled = hits / size, (hits + more) / (size + other)
    error = sqrt(pooled * (1 - pooled) * (1 / size + 1 / other))
    wald = sqrt(rate * (1 - rate) / size + more / other * (1 - more / other) / other)
    return _effect(more / other - rate, error, wald, confidence)


def _effect(difference: float, test_error: float, interval_error: float, confidence: float) -> Effect:
    if not 0 < confidence < 1:
        raise InvalidValueError(f"confidence is {confidence}; it must lie between 0 and 1")
    reach = NormalDist().inv_cdf(0.5 + confidence / 2) * interval_error
    return Effect(difference, difference - reach, difference + reach, _p_value(difference, test_error))


def _p_value(difference: float, error: float) -> float:
    if error > 0:
        return erfc(abs(difference) / error / sqrt(2))
    return 1.0 if difference == 0 else 0.0
