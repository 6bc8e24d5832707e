"""What a call to another service may end in, beside an answer."""

from enum import StrEnum

from recsys.errors import RecsysError


class Outcome(StrEnum):
    """How a call, or an attempt, ended: the label of a metric."""

    ANSWERED = "answered"
    TIMEOUT = "timeout"
    """No whole answer in time."""
    CONNECTION = "connection"
    """Refused, reset, cut short, or not HTTP."""
    STATUS = "status"
    """A status that this client has no use for; redirects are among them."""
    UNREADABLE = "unreadable"
    """An answer that is not what was asked for: too long, of another type, not JSON, or without a field."""
    OPEN = "open"
    """The circuit is open: the service was not asked."""


class NeighbourError(RecsysError):
    """A service that this one asks gives no answer that can be used. What it is for decides whether that is borne.

    again: asking once more may help. after: seconds that the service wants to be left alone, 0 when it says nothing.
    """

    def __init__(self, what: str, outcome: Outcome, *, again: bool = False, after: float = 0.0) -> None:
        super().__init__(what)
        self.outcome, self.again, self.after = outcome, again, after

    @property
    def news(self) -> bool:
        """Whether it is worth a line of the log: that a circuit is open was told when it opened."""
        return self.outcome is not Outcome.OPEN
