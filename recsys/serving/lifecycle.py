"""Whether the service takes traffic: starting, ready, draining. It never goes back."""

from dataclasses import dataclass
from enum import IntEnum

from recsys.serving.problems import RETRY_SECONDS, ProblemType, Refusal


class Phase(IntEnum):
    """Ascending in time."""

    STARTING = 0
    READY = 1
    DRAINING = 2


@dataclass(slots=True)
class Lifecycle:
    """The phase. While draining, requests are still answered, and each answer closes its connection."""

    phase: Phase = Phase.STARTING

    def advance(self, phase: Phase) -> None:
        """Go on to a later phase; an earlier one is ignored."""
        self.phase = max(self.phase, phase)

    def check_ready(self) -> None:
        """Raise a refusal unless the service takes new traffic."""
        if self.phase is not Phase.READY:
            raise Refusal(
                ProblemType.NOT_READY,
                f"the service is {self.phase.name.lower()}; send traffic elsewhere",
                headers=(("retry-after", RETRY_SECONDS),),
            )
