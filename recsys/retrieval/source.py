"""What a candidate source is."""

from typing import Protocol

from recsys.domain.candidates import Retrieved
from recsys.domain.config import Config
from recsys.domain.context import Context
from recsys.domain.query import Surface


class Source(Protocol):
    """Finds tracks for a request. Pure.

    name: unique, lower case; it is the attribution that a slate shows. surfaces: where the source takes part.
    fails_open: True when a slate may go without the source (marked degraded); False refuses the request instead.
    """

    @property
    def name(self) -> str: ...

    @property
    def surfaces(self) -> frozenset[Surface]: ...

    @property
    def fails_open(self) -> bool: ...

    def budget(self, config: Config) -> int:
        """Return how many tracks the source may add."""
        ...

    def retrieve(self, context: Context) -> Retrieved:
        """Return at most `budget` distinct tracks of the catalogue.

        A source may leave out tracks that a filter would remove, to spend its budget well. The filters stay the
        authority: nothing here is relied on for policy.
        """
        ...
