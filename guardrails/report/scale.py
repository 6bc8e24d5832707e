"""From numbers to places on a picture: linear, logarithmic, or by nines, with round marks."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

MOST_TICKS = 6
NINES = ((0.0, "0"), (50.0, "50"), (90.0, "90"), (99.0, "99"), (99.9, "99.9"), (99.99, "99.99"), (99.999, "99.999"))


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers from `least` to `most` lie between the places `start` and `end`; `bend` makes them even."""

    least: float
    most: float
    start: float
    end: float
    bend: Callable[[float], float]

    def place(self, number: float) -> float:
        """Where it lies, at the nearer edge if it is outside."""
        least, most = self.bend(self.least), self.bend(self.most)
        share = (self.bend(min(max(number, self.least), self.most)) - least) / (most - least) if most > least else 0.5
        return round(self.start + share * (self.end - self.start), 1)


def linear(numbers: Sequence[float], start: float, end: float, *, from_zero: bool = False) -> Scale:
    """A scale that holds `numbers` with some room; it begins at nothing if it may and they lie near it."""
    least, most = min(numbers, default=0.0), max(numbers, default=1.0)
    if least > 0 and (from_zero or least < 0.5 * most):
        least = 0.0
    room = (most - least) * 0.08 or abs(most) * 0.1 or 1.0
    return Scale(least - room if least else 0.0, most + room, start, end, float)


def logarithmic(numbers: Sequence[float], start: float, end: float) -> Scale:
    """A scale on which equal ratios have equal room. All `numbers` must be positive."""
    return Scale(min(numbers), max(numbers), start, end, math.log)


def nines(numbers: Sequence[float], start: float, end: float) -> Scale:
    """A scale of percentiles below 100 on which each further nine has the same room."""
    return Scale(min(numbers), max(numbers), start, end, lambda percent: -math.log10(max(1e-12, 1 - percent / 100)))


def round_marks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """Round numbers on a linear scale with their places, some five of them."""
    span = scale.most - scale.least
    rough = span / 4
    size = 10.0 ** math.floor(math.log10(rough)) if rough > 0 else 1.0
    step = next(size * times for times in (1, 2, 2.5, 5, 10) if size * times >= rough * 0.75)
    first = math.ceil(scale.least / step - 1e-9)
    last = math.floor(scale.most / step + 1e-9)
    return tuple((scale.place(n * step), label(n * step)) for n in range(first, min(last, first + 2 * MOST_TICKS) + 1))


def ratio_marks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """Round numbers on a logarithmic scale: of 1, 2 and 5 times a power of ten as many as have room."""
    low, high = math.floor(math.log10(scale.least)), math.ceil(math.log10(scale.most))
    for digits in ((1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
        found = [d * 10.0**power for power in range(low, high + 1) for d in digits]
        inside = [number for number in found if scale.least <= number <= scale.most]
        if len(inside) <= MOST_TICKS:
            return tuple((scale.place(number), label(number)) for number in inside)
    powers = range(low, high + 1, max(1, (high - low) // 4))
    return tuple((scale.place(10.0**p), label(10.0**p)) for p in powers if scale.least <= 10.0**p <= scale.most)


def nine_marks(scale: Scale) -> tuple[tuple[float, str], ...]:
    """The percentiles that people speak of."""
    return tuple((scale.place(percent), said) for percent, said in NINES if scale.least <= percent <= scale.most)


def label(number: float) -> str:
    """A number as short as a mark has room for."""
    if number and not 1e-3 <= abs(number) < 1e6:
        return f"{number:.1e}"
    return f"{number:.4g}" if abs(number) < 10_000 else f"{number:.0f}"


def known(numbers: Iterable[float | None]) -> list[float]:
    """Those that are known."""
    return [number for number in numbers if number is not None]
