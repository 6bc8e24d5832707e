"""One deadline a request: a stage ends by the sum of the budgets up to its own, so what one leaves is passed on.

What may hang is called in a thread aside, and given up when its share is over. A stage that a slate may go without is
then named in `degraded`; a store that policy hangs on refuses the request. What cannot hang (features, filters,
re-ranking, rendering: arrays in memory, at most `Config.horizon` rows) is waited for: the last budget is its own.
"""

from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
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
LOOK_SECONDS: Final = 0.01


class _LeftError(BaseException):
    """Nobody waits for this work any more. No part of it may catch this."""


class _Job:
    """Work for the helper. told: what its calls came to, in order, those of the attempts before among them.

    over: released when the work has ended, with `answer` or `error`.
    """

    def __init__(self, work: Callable[[], Any], told: list[Outcome[Any]]) -> None:
        self.work, self.told = work, told
        self.answer: Any = None
        self.error: BaseException | None = None
        self.ended = False
        self.calls = 0  # so far
        self.over = Lock()
        self.over.acquire()
        self._call: tuple[str, float, float] | None = None  # under way: its name, its share, and when it began
        self._turn = Lock()  # so that a call ends in time or late, and never both
        self._left = False

    def make(self, name: str, call: Callable[[], Any], share: float) -> Outcome[Any]:
        """Make one call, in the helper. Raises `_LeftError` when it was late."""
        self._call = (name, share, monotonic())
        outcome = attempt(name, call)
        with self._turn:
            if self._left:
                raise _LeftError
            self._call = None
        return outcome

    def late(self) -> tuple[str, float] | None:
        """Return the call that is late, with its share, and leave the helper to it. None while all is well."""
        with self._turn:
            if self._call is None or monotonic() - self._call[2] < self._call[1]:
                return None
            self._left = True
            return self._call[:2]

    def look_in(self) -> float:
        """Return the seconds after which something may be late."""
        call = self._call
        return LOOK_SECONDS if call is None else min(max(call[1] - (monotonic() - call[2]), 0.0), LOOK_SECONDS)


class _Helper:
    """A thread that does one job after the other.

    Not of `concurrent.futures`: a call that never returns would keep its interpreter from ending.
    """

    def __init__(self) -> None:
        self.jobs: SimpleQueue[_Job | None] = SimpleQueue()
        Thread(target=self._run, name="aside", daemon=True).start()

    def _run(self) -> None:
        while (job := self.jobs.get()) is not None:
            try:
                job.answer = job.work()
            except _LeftError:
                job.ended = True
                return
            except BaseException as error:  # noqa: BLE001  whatever it is, somebody waits
                job.error = error
            job.ended = True
            job.over.release()


class Aside:
    """Work with calls that may hang, each in its time. For one thread that asks. clock: seconds that never go back.

    All the work of a request is one hand-over to the helper. When a call of it is late, the work is done again by
    another helper, which is told of each call what it came to before, and of the late one that it failed: so the work
    must be the same each time it is done, but for what its calls tell.

    A call that was late three times in a row is not made for 5 seconds; then one decides. At most `MOST_HANGING` calls
    may hang at a time; past that none is made.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._helper: _Helper | None = None
        self._job: _Job | None = None
        self._hanging: list[_Job] = []
        self._late: dict[str, int] = {}
        self._paused: dict[str, float] = {}

    def whole(self, work: Callable[[], Value]) -> Value:
        """Do the work, in which `run` may be called. Raises what it raises."""
        job = self._begun(work, [])
        try:
            while not job.over.acquire(timeout=job.look_in()):
                if late := job.late():
                    job = self._begun(work, [*job.told[: job.calls - 1], self._given_up(job, *late)])
            if job.error is not None:
                raise job.error
            return cast(Value, job.answer)
        finally:
            self._job = None
            del job  # its error has this frame, which has it

    def run(self, calls: Calls[Value], until: float) -> tuple[Outcome[Value], ...]:
        """Make the calls in order, and be through by `until` (on the clock), with a failure for each that was not over.

        Every call gets an equal share of the time that those before it have left.
        """
        if self._job is None:
            return self.whole(partial(self._each, calls, until))
        return self._each(calls, until)

    def _each(self, calls: Calls[Value], until: float) -> tuple[Outcome[Value], ...]:
        job = self._job
        assert job is not None
        return tuple(self._told(job, name, call, until, len(calls) - row) for row, (name, call) in enumerate(calls))

    def close(self) -> None:
        """Let the thread end. Calls that hang are left to themselves."""
        if self._helper is not None:
            self._helper.jobs.put(None)
            self._helper = None

    def _begun(self, work: Callable[[], Any], told: list[Outcome[Any]]) -> _Job:
        helper = self._helper = self._helper or _Helper()
        job = self._job = _Job(partial(copy_context().run, work), told)
        helper.jobs.put(job)
        return job

    def _told(self, job: _Job, name: str, call: Callable[[], Value], until: float, behind: int) -> Outcome[Value]:
        """Return what a call comes to. In the helper. behind: calls that need of the time, this one included."""
        job.calls += 1
        if job.calls <= len(job.told):
            return job.told[job.calls - 1]
        if (self._paused or self._hanging) and (refusal := self._refusal(name)):
            outcome: Outcome[Value] = Outcome(None, Failure(name, refusal))
        else:
            outcome = job.make(name, call, max(until - self._clock(), 0.0) / behind)
            if self._late:
                self._late.pop(name, None)
        job.told.append(outcome)
        return outcome

    def _refusal(self, name: str) -> str:
        if self._paused and self._clock() < self._paused.get(name, 0.0):
            return "not asked: it was late too often just now"
        if len(self._hanging) >= MOST_HANGING:
            self._hanging = [job for job in self._hanging if not job.ended]
        return f"not asked: {len(self._hanging)} calls hang" if len(self._hanging) >= MOST_HANGING else ""

    def _given_up(self, job: _Job, name: str, share: float) -> Outcome[Any]:
        self._helper = None  # the work goes on in a thread that answers; this one ends with the call that it hangs in
        self._hanging.append(job)
        self._late[name] = self._late.get(name, 0) + 1
        if self._late[name] >= LATE_IN_A_ROW:
            self._paused[name] = self._clock() + PAUSE_SECONDS
        return Outcome(None, Failure(name, f"late: no answer within its share, {share:.3f} s"))


class Time(Protocol):
    """What a request has of it."""

    def whole(self, work: Callable[[], Value]) -> Value:
        """Do all the work of a request, in which the other two are called. Raises what it raises."""
        ...

    def told(self, asked: Mapping[str, Callable[[], Value]]) -> tuple[Value, ...]:
        """Return what the stores tell, each by its name of `LATE`. Raises what they raise, and those when late."""
        ...

    def stage(self, calls: Calls[Value]) -> Sequence[Outcome[Value]]:
        """Make the calls of a stage of the pipeline: a `Guard`."""
        ...


class Unhurried:
    """All the time in the world: for programs that nobody waits for."""

    def whole(self, work: Callable[[], Value]) -> Value:
        """Do it."""
        return work()

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

    def whole(self, work: Callable[[], Value]) -> Value:
        """Do the work aside."""
        return self.aside.whole(work)

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
