"""How many candidates a slate may cost, by how long requests wait: fewer under pressure, all again when it is over."""

from typing import Final

STEPS: Final = (100, 70, 50, 35, 25)
NARROW_SECONDS: Final = 0.05
WIDEN_SECONDS: Final = 0.005
SMOOTHING: Final = 0.1
LEAST_REQUESTS: Final = 20  # between two steps, so that each is felt before the next


class Breadth:
    """The share of each source's budget, in percent, from a moving mean of the wait.

    Two thresholds far apart and a least number of requests between two steps keep it from swinging to and fro.
    """

    def __init__(self, narrow: float = NARROW_SECONDS, widen: float = WIDEN_SECONDS) -> None:
        self._narrow, self._widen = narrow, widen
        self._step, self._since, self._wait = 0, 0, 0.0

    def after(self, waited: float) -> int:
        """Take the wait of one more request (seconds); return the breadth that it gets."""
        self._wait += SMOOTHING * (waited - self._wait)
        self._since += 1
        if self._since >= LEAST_REQUESTS:
            if self._wait > self._narrow and self._step < len(STEPS) - 1:
                self._step, self._since = self._step + 1, 0
            elif self._wait < self._widen and self._step > 0:
                self._step, self._since = self._step - 1, 0
        return STEPS[self._step]
