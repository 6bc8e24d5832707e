"""One side of a load run: its service, its users, and the gate through which each of their requests goes."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from random import Random
from time import perf_counter
from typing import Any

import gevent
from gevent.event import Event
from gevent.lock import Semaphore

from guardrails.adapters.loadgen.meter import is_alive
from guardrails.adapters.loadgen.users import User, UserClass, spawned
from guardrails.model.load_run import LoadPlan, LoadTally, LoadTarget

SLICE = "guardrails_slice"
"""The key of a request's context that says in which slice it was sent."""
WAITED = "guardrails_waited"
"""The key of a request's context that says how many milliseconds later than intended it was sent."""
MARKS = ("empty", "degraded")
"""Keys of a request's context by which the scenario marks a good answer."""
MOST_REASONS = 20
MOST_LETTERS = 300
MOST_CUT = 2
"""So many slices of a side may be cut before it counts as stuck."""
IDLE_SECONDS = 1.0
"""A connection that lay idle for longer is opened anew, because the service may rightly have closed it."""
COARSE_SECONDS = 0.002


class Slice:
    """What is sent to one side in one go. `owed` counts the requests that are still to be sent or to end; `is_open`
    says that they come by a schedule that waits for no answer."""

    def __init__(self, number: int, owed: int, *, is_open: bool = False) -> None:
        self.number, self.owed, self.ended, self.is_open = number, owed, 0, is_open
        self.milliseconds: list[float] = []
        self.names: list[str] = []
        self.seconds = 0.0
        self.cut = False

    @property
    def complete(self) -> bool:
        """Whether every request that was owed has ended."""
        return self.owed == 0 and not self.cut


class Lane:
    """One side. Its users send only what `run` lets them send."""

    def __init__(self, target: LoadTarget, plan: LoadPlan) -> None:
        self.side, self.pid, self.url = target.side, target.pid, target.url
        self.timeout = plan.request_timeout_seconds
        self.strays = 0
        self._concurrency = plan.concurrency
        self._slots = Semaphore(plan.concurrency)
        self._together = plan.users
        self._chance, self._deck = Random(f"{plan.seed}:deal"), list[User]()  # noqa: S311 - a schedule, no secret
        self._tokens: dict[User, Semaphore] = {}
        self._due: dict[User, deque[float]] = {}
        self._turn = 0
        self.lags: list[float] = []
        self._last: dict[User, float] = {}
        self._slices: list[Slice] = []
        self._quiet = Event()
        self._sent = self._reported = self._raised = 0
        self._errors: Counter[str] = Counter()
        self._marks: Counter[str] = Counter()
        self._environment: Any = None

    def start(self, classes: list[UserClass], users: int) -> None:
        """Make the users, who then wait for their first slice."""
        self._environment = spawned(classes, users, self.url, self._on_request, self._on_user_error)

    def stop(self) -> None:
        """End the users."""
        self._environment.runner.stop()
        self._environment.events.quitting.fire(environment=self._environment, reverse=True)

    def seat(self, user: User) -> int:
        """Take in a user; returns its number, which is that of its twin too."""
        self._tokens[user] = Semaphore(0)
        self._due[user] = deque()
        return len(self._tokens) - 1

    def send(self, user: User, request: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever locust's client answers
        """Wait until the user may send a request, and send it."""
        now = self._admit(user)
        if perf_counter() - self._last.get(user, 0.0) > IDLE_SECONDS:
            user.guardrails_reconnect()
        context = {**(kwargs.get("context") or {}), SLICE: now.number}
        if now.is_open:
            context[WAITED] = 1000 * (perf_counter() - self._due[user].popleft())
        self._sent += 1
        try:
            return request(*args, **{**kwargs, "context": context})
        finally:
            now.ended += 1
            self._last[user] = perf_counter()
            if not now.is_open:
                self._slots.release()
            self._settle(now)

    def _admit(self, user: User) -> Slice:
        """Wait for a request of the slice that the user owes, and for a free slot."""
        while True:
            self._tokens[user].acquire()
            if self._slices[-1].is_open:
                return self._slices[-1]
            self._slots.acquire()
            now = self._slices[-1]
            if not now.cut:
                return now
            self._slots.release()
            self._settle(now)

    def _settle(self, one: Slice) -> None:
        one.owed -= 1
        if one.owed == 0:
            self._quiet.set()

    def run_single(self, quota: int, limit: float) -> Slice:
        """As `run`, with one request in flight."""
        # Nothing is in flight between slices, so the slots are free.
        for _ in range(self._concurrency - 1):
            self._slots.acquire()
        try:
            return self.run(quota, limit)
        finally:
            for _ in range(self._concurrency - 1):
                self._slots.release()

    def run(self, quota: int, limit: float) -> Slice:
        """Let the users whose turn it is send `quota` requests each, and wait for the last answer, at most `limit`
        seconds."""
        living = [self._tokens[user] for user in self._dealt() if not user.greenlet.dead]
        one = Slice(len(self._slices), quota * len(living))
        self._slices.append(one)
        if not living:
            return one
        self._quiet.clear()
        started = perf_counter()
        for tokens in living:
            for _ in range(quota):
                tokens.release()
        if not self._quiet.wait(limit):
            self._cut(one)
        one.seconds = perf_counter() - started
        return one

    def _dealt(self) -> list[User]:
        """The next users of the crowd. Everybody has a turn before anybody has another, or slices would hold the
        requests of one kind of user alone; twins have theirs together, since both sides shuffle alike."""
        if len(self._deck) < self._together:
            self._deck = self._chance.sample(list(self._tokens), len(self._tokens))
        dealt, self._deck = self._deck[: self._together], self._deck[self._together :]
        return dealt

    def arrive(self, offsets: Sequence[float], limit: float) -> Slice:
        """Send a request at each of the `offsets` (seconds from now, ascending) and wait for the last answer.

        The users take turns. A user that still waits for an answer sends late, and that is counted as the service's
        time; what the generator itself is late is kept in `lags`, in milliseconds.
        """
        living = [user for user in self._tokens if not user.greenlet.dead]
        one = Slice(len(self._slices), len(offsets) if living else 0, is_open=True)
        self._slices.append(one)
        if not living or not offsets:
            return one
        self._quiet.clear()
        started = perf_counter()
        for offset in offsets:
            sleep_until(started + offset)
            self.lags.append(1000 * (perf_counter() - started - offset))
            user = living[self._turn % len(living)]
            self._turn += 1
            self._due[user].append(started + offset)
            self._tokens[user].release()
        if not self._quiet.wait(limit):
            self._cut(one)
            for due in self._due.values():
                due.clear()
        one.seconds = perf_counter() - started
        return one

    def first_answers(self) -> tuple[float, ...]:
        """Response times of the good answers of the first slice, in milliseconds."""
        return tuple(self._slices[0].milliseconds) if self._slices else ()

    def trouble(self) -> str:
        """Why it makes no sense to go on with this side; empty where it does."""
        if not is_alive(self.pid):
            return f"the service of the {self.side} died"
        if sum(one.cut for one in self._slices) >= MOST_CUT:
            return f"the service of the {self.side} did not answer in time"
        if all(user.greenlet.dead for user in self._tokens):
            common = self._errors.most_common(1)
            last = f": {common[0][0]}" if common else ""
            return f"every user of the scenario ended on the {self.side}{last}"
        return ""

    def _cut(self, one: Slice) -> None:
        """End a slice early: take back what was not sent, and wait for what was."""
        one.cut = True
        for tokens in self._tokens.values():
            while tokens.acquire(blocking=False):
                one.owed -= 1
        if one.owed > 0:
            self._quiet.wait(self.timeout + 1)

    def _on_request(
        self, name: str, response_time: float, context: Mapping[str, Any] | None, exception: object, **_rest: object
    ) -> None:
        number = (context or {}).get(SLICE)
        if context is None or number is None:
            self.strays += 1
            return
        self._reported += 1
        if exception is not None:
            self._blame(f"{name}: {exception!r}")
            return
        self._slices[number].milliseconds.append(round(response_time + context.get(WAITED, 0.0), 4))
        self._slices[number].names.append(name[:MOST_LETTERS])
        self._marks.update(mark for mark in MARKS if context.get(mark) is True)

    def _on_user_error(self, exception: BaseException, **_rest: object) -> None:
        """An exception of the scenario itself is what a wrong answer looks like to it."""
        self._raised += 1
        self._blame(f"the scenario raised {exception!r}")

    def _blame(self, reason: str) -> None:
        reason = reason[:MOST_LETTERS]
        known = reason in self._errors or len(self._errors) < MOST_REASONS
        self._errors[reason if known else "others"] += 1

    def tally(self) -> LoadTally:
        """The totals so far. A request whose outcome nobody reported is an error, unless the scenario raised for it."""
        silent = self._sent - self._reported - self._raised
        errors = {**self._errors, **({"no outcome was reported": silent} if silent > 0 else {})}
        return LoadTally(self.side, self._sent, errors, dict(self._marks), not is_alive(self.pid))


def sleep_until(moment: float) -> None:
    """Let the others run until a moment of perf_counter. The event loop's timers count whole milliseconds, so the last
    two are spent asking."""
    if (left := moment - perf_counter()) > COARSE_SECONDS:
        gevent.sleep(left - COARSE_SECONDS)
    while perf_counter() < moment:
        gevent.sleep(0)
    gevent.sleep(0)
