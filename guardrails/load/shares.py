"""Shares of the head's requests that have a budget: what failed, what was answered with nothing or with too little.

A machine that stands still for half a second makes a service refuse what has waited for too long, as it should. So what
one session alone shows is a doubt, and sessions after it tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.load.recorder import Totals, totals
from guardrails.load.sequence import CONFIRMING
from guardrails.load.slo import Budget
from guardrails.model.load_run import HEAD, LoadRun

CERTAIN = 2
"""Sessions that must show too great a share."""


@dataclass(frozen=True, slots=True)
class Exceeded:
    """A share of which the head has more than `allowed`, over all `sessions` of one kind. `mark` is the scenario's, or
    empty for requests that failed; `numbers` are those of the sessions that have more by themselves, from 0."""

    mark: str
    allowed: float
    sessions: tuple[LoadRun, ...]
    numbers: tuple[int, ...]

    @property
    def is_certain(self) -> bool:
        """Whether enough sessions have it."""
        return len(self.numbers) >= CERTAIN

    @property
    def is_pending(self) -> bool:
        """Whether sessions to come may make it certain."""
        return not self.is_certain and len(self.sessions) - 1 - self.numbers[0] < CONFIRMING

    @property
    def where(self) -> str:
        """In which sessions, in words."""
        return f"in {len(self.numbers)} of {len(self.sessions)} session{'s' * (len(self.sessions) > 1)}"

    def of(self, side: Totals) -> float:
        """The share that a side has."""
        return share_of(self.mark, side)


def share_of(mark: str, side: Totals) -> float:
    """A side's share of a mark, or of what failed."""
    return side.mark_share(mark) if mark else side.error_share


def exceeded(sessions: Sequence[LoadRun], budget: Budget, *, marks: bool) -> Iterator[Exceeded]:
    """Every share that is too great in some sessions of one kind; `marks`: those of the scenario too."""
    limits: Mapping[str, float] = {"": budget.error_share, **(budget.shares() if marks else {})}
    for mark, allowed in limits.items():
        if share_of(mark, totals(sessions, HEAD)) > allowed:
            numbers = tuple(n for n, run in enumerate(sessions) if share_of(mark, totals([run], HEAD)) > allowed)
            yield Exceeded(mark, allowed, tuple(sessions), numbers)
