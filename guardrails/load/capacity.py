"""The highest rate at which the budgets hold: a search over a ladder of rates by votes, since one step can mislead."""

import math
from collections import Counter
from dataclasses import dataclass, field

STEP = 1.15
"""Each rung of the ladder is so many times the one below: the interval is at best this wide."""
STRIDE = 4
"""Rungs that are climbed at once while nothing has failed."""
LOWEST, HIGHEST = -8, 32
"""Rungs between which is searched: a third to 87 times the first rate."""
SURE = 2
"""By so many votes more than the other way a rung counts as confirmed."""
MOST_VOTES = 5
MOST_UNCLEAR = 3
"""A rung at which nobody could tell so many times is where the search ends. A busy machine makes one or two."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Between `low`, the highest rate that held, and `high`, the lowest that did not, in arrivals a second.

    `low` is 0 where not even the lowest rate held, `high` infinite where none failed. `confirmed` says that both rungs
    were decided by a lead of two votes; `limited` that the generator was the limit, and not the service.
    """

    low: float
    high: float
    steps: int
    confirmed: bool
    limited: bool = False

    @property
    def estimate(self) -> float:
        """The middle of the interval on the scale of ratios; the bound that is there where the other is not."""
        if self.low and math.isfinite(self.high):
            return math.sqrt(self.low * self.high)
        return self.low or (self.high if math.isfinite(self.high) else 0.0)

    def words(self) -> str:
        """The interval, for people."""
        if self.limited or math.isinf(self.high):
            why = " (the generator was the limit)" if self.limited else ""
            return (f"at least {self.low:.0f}/s" if self.low else "unknown") + why
        if not self.low:
            return f"below {self.high:.0f}/s"
        return f"{self.low:.0f} to {self.high:.0f}/s" + ("" if self.confirmed else ", not confirmed")


@dataclass(slots=True)
class Search:
    """The search for one side. `next_rate` says which rate to try, `vote` takes in how it went.

    A rung holds or fails by the majority of its votes. Upwards in strides until one fails, then by halves until the
    highest rung that holds and the lowest that fails are neighbours; then both are voted on until each leads by two.
    What comes out at random, being near the edge, is so outvoted, and a rung that was wrongly passed is come back to.
    """

    first: float
    votes: dict[int, Counter[bool]] = field(default_factory=dict)
    unclear: Counter[int] = field(default_factory=Counter)
    steps: int = 0

    def rate(self, rung: int) -> float:
        """Arrivals a second at a rung."""
        return self.first * STEP**rung

    def next_rung(self) -> int | None:
        """The rung to try, None when the search is over."""
        low, high = self._low(), self._high()
        if self._ceiling() is not None:
            return None
        if low is None and high is None:
            return 0
        if low is None and high is not None:
            return high - STRIDE if high - STRIDE >= LOWEST else self._unsure(high)
        if high is None and low is not None:
            return low + STRIDE if low + STRIDE <= HIGHEST else None
        assert low is not None
        assert high is not None
        if high - low > 1:
            return (low + high) // 2
        unsure = self._unsure(high)
        return self._unsure(low) if unsure is None else unsure

    def vote(self, rung: int, held: bool | None) -> None:
        """How a step went; None where nobody can tell because the generator was the limit."""
        self.steps += 1
        if held is None:
            self.unclear[rung] += 1
        else:
            self.votes.setdefault(rung, Counter())[held] += 1

    def result(self) -> Capacity:
        """What is known by now."""
        low, high, ceiling = self._low(), self._high(), self._ceiling()
        limited = ceiling is not None and (high is None or ceiling < high)
        sure = low is not None and high is not None and high - low == 1
        return Capacity(
            low=0.0 if low is None else self.rate(low),
            high=math.inf if limited or high is None else self.rate(high),
            steps=self.steps,
            confirmed=sure and abs(self._lead(low or 0)) >= SURE and abs(self._lead(high or 0)) >= SURE,
            limited=limited,
        )

    def _lead(self, rung: int) -> int:
        votes = self.votes.get(rung, Counter())
        return votes[True] - votes[False]

    def _high(self) -> int | None:
        """The lowest rung that fails; a tie counts as failing, since it does not hold."""
        return min((rung for rung in self.votes if self._lead(rung) <= 0), default=None)

    def _low(self) -> int | None:
        high = self._high()
        held = [rung for rung in self.votes if self._lead(rung) > 0 and (high is None or rung < high)]
        return max(held, default=None)

    def _unsure(self, rung: int) -> int | None:
        votes = self.votes.get(rung, Counter())
        return rung if abs(self._lead(rung)) < SURE and votes.total() < MOST_VOTES else None

    def _ceiling(self) -> int | None:
        """The lowest rung at which the generator was the limit again and again."""
        return min((rung for rung, count in self.unclear.items() if count >= MOST_UNCLEAR), default=None)
