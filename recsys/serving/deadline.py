"""One deadline a request: a stage ends by the sum of the budgets up to its own, so what one leaves is passed on.

What may hang is called in a thread aside, and given up when its share is over. A stage that a slate may go without is
then named in `degraded`; a store that policy hangs on refuses the request. What cannot hang (features, filters,
re-ranking, rendering: arrays in memory, at most `Config.horizon` rows) is not called aside: the last budget is its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, Final, Protocol, TypeAlias, TypeVar, cast

from recsys.domain.attempt import Failure, Outcome, attempt, attempt_each
from recsys.errors import PolicyUnavailableError, RecsysError, StoreUnavailableError
from recsys.pipeline import RANKER
from recsys.settings import Budgets

Value = TypeVar("Value")
Calls: TypeAlias = Sequence[tuple[str, Callable[[], Value]]]
POLICY: Final = "takedowns"
STATE: Final = "state"
LATE: Final[Mapping[str, type[RecsysError]]] = {POLICY: PolicyUnavailableError, STATE: StoreUnavailableError}
MOST_HANGING: Final = 16
LATE_IN_A_ROW: Final = 3
PAUSE_SECONDS: Final = 5.0


class _Job:
    """Calls for one helper. done: their outcomes so far, by the helper alone. left: nobody waits for it any more.

    ended: the helper is through with it.
    """

    def __init__(self, calls: Calls[Any]) -> None:
        self.calls = calls
        self.done: list[Outcome[Any]] = []
        self.left = self.ended = False
        self.over = Lock()
        self.over.acquire()


class _Helper:
    """A thread that makes the calls of one job after the other.

    Not of `concurrent.futures`: a call that never returns would keep its interpreter from ending.
    """

    def __init__(self) -> None:
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        Thread(target=self._run, name="aside", daemon=True).start()

    def _run(self) -> None:
        while (job := self.jobs.get()) is not None:
            for name, call in job.calls:
                job.done.append(attempt(name, call))
                if job.left:
                    break
            job.ended = True
            job.over.release()


class Aside:
    """Calls that may hang, each in its time. For one thread that asks. clock: seconds that never go back.

    A call that was late three times in a row is not made for 5 seconds; then one decides. At most `MOST_HANGING` calls
    may hang at a time; past that none is made.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._helper: _Helper | None = None
        self._hanging: list[_Job] = []
        self._late: dict[str, int] = {}
        self._paused: dict[str, float] = {}

    def run(self, calls: Calls[Value], until: float) -> tuple[Outcome[Value], ...]:
        """Make the calls in order; return by `until` (on the clock) with a failure for each that was not over.

        Every call gets an equal share of the time that those before it have left.
        """
        outcomes: list[Outcome[Value]] = []
        while len(outcomes) < len(calls):
            rest = calls[len(outcomes) :]
            name = rest[0][0]
            if refusal := self._refusal(name):
                outcomes.append(Outcome(None, Failure(name, refusal)))
                continue
            ready = next((row for row, (other, _) in enumerate(rest) if self._refusal(other)), len(rest))
            outcomes += self._together(rest[:ready], len(rest) - ready, until)
        return tuple(outcomes)

    def close(self) -> None:
        """Let the thread end. Calls that hang are left to themselves."""
        if self._helper is not None:
            self._helper.jobs.put(None)
            self._helper = None

    def _refusal(self, name: str) -> str:
        if self._clock() < self._paused.get(name, 0.0):
            return "not asked: it was late too often just now"
        if len(self._hanging) >= MOST_HANGING:
            self._hanging = [job for job in self._hanging if not job.ended]
        return f"not asked: {len(self._hanging)} calls hang" if len(self._hanging) >= MOST_HANGING else ""

    def _together(self, calls: Calls[Value], behind: int, until: float) -> list[Outcome[Value]]:
        """Make calls in one go, up to the first that is late. behind: calls after them that need time as well."""
        job, helper = _Job(calls), self._helper or _Helper()
        self._helper = helper
        helper.jobs.put(job)
        seen = 0
        while True:
            left = max(until - self._clock(), 0.0)
            share = left / (len(calls) - seen + behind)
            if job.over.acquire(timeout=share):
                break
            if len(job.done) == seen:
                return self._given_up(job, share)
            seen = len(job.done)
        self._in_time(calls)
        return job.done

    def _in_time(self, calls: Calls[Value]) -> None:
        for name, _ in calls:
            self._late.pop(name, None)

    def _given_up(self, job: _Job, waited: float) -> list[Outcome[Value]]:
        job.left = True
        self.close()  # the next calls get a thread that answers; this one ends after the call that it hangs in
        done = job.done[:]
        self._in_time(job.calls[: len(done)])
        if len(done) == len(job.calls):
            return done
        self._hanging.append(job)
        name = job.calls[len(done)][0]
        self._late[name] = self._late.get(name, 0) + 1
        if self._late[name] >= LATE_IN_A_ROW:
            self._paused[name] = self._clock() + PAUSE_SECONDS
        return [*done, Outcome(None, Failure(name, f"late: no answer within its share, {waited:.3f} s"))]


class Time(Protocol):
    """What a request has of it."""

    def told(self, asked: Mapping[str, Callable[[], Value]]) -> tuple[Value, ...]:
        """Return what the stores tell, each by its name of `LATE`. Raises what they raise, and those when late."""
        ...

    def stage(self, calls: Calls[Value]) -> Sequence[Outcome[Value]]:
        """Make the calls of a stage of the pipeline: a `Guard`."""
        ...


class Unhurried:
    """All the time in the world: for programs that nobody waits for."""

    def told(self, asked: Mapping[str, Callable[[], Value]]) -> tuple[Value, ...]:
        """Ask one after the other."""
        return tuple(call() for call in asked.values())

    def stage(self, calls: Calls[Value]) -> Sequence[Outcome[Value]]:
        """Attempt one after the other."""
        return attempt_each(calls)


UNHURRIED: Final = Unhurried()


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time of one request. started: on the clock of `aside`."""

    aside: Aside
    budgets: Budgets
    started: float

    def told(self, asked: Mapping[str, Callable[[], Value]]) -> tuple[Value, ...]:
        """Ask the stores within the budget of state."""
        calls = [(name, partial(_said, call)) for name, call in asked.items()]
        outcomes = self.aside.run(calls, self.started + self.budgets.until_state)
        return tuple(_heard(name, outcome) for name, outcome in zip(asked, outcomes, strict=True))

    def stage(self, calls: Calls[Value]) -> Sequence[Outcome[Value]]:
        """Make the ranker's call within its budget, all others within the sources'."""
        ranking = any(name == RANKER for name, _ in calls)
        until = self.budgets.until_ranker if ranking else self.budgets.until_sources
        return self.aside.run(calls, self.started + until)


def _said(call: Callable[[], Value]) -> tuple[Value | None, Exception | None]:
    """Keep the exception as it is: its type tells the client what to do."""
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001  raised again by `_heard`, in the thread that asked
        return None, error


def _heard(name: str, outcome: Outcome[tuple[Value | None, Exception | None]]) -> Value:
    if outcome.value is None:
        raise LATE[name](f"{name} cannot be read: {outcome.failure.error if outcome.failure else 'nothing was said'}")
    value, error = outcome.value
    if error is not None:
        raise error
    return cast(Value, value)
