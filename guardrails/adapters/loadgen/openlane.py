"""Open arrivals: users stand by, and each arrival is handed to the one that has stood by for longest."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import gevent
from gevent.event import AsyncResult, Event
from geventhttpclient.response import HTTPParseError

from guardrails.adapters.loadgen.bounds import LateError, within
from guardrails.adapters.loadgen.lane import MARKS, MOST_LETTERS, MOST_REASONS
from guardrails.adapters.loadgen.meter import is_alive
from guardrails.adapters.loadgen.users import User, spawned
from guardrails.model.open_run import Answer, OpenPlan, OpenTarget, Traced

KEY = "guardrails_arrival"
"""The key of a request's context that says which arrival it is."""
IDLE_SECONDS = 3.0
"""A connection that lay idle for longer is opened anew, because the service may rightly have closed it."""
LEAST_TRIED = 20
"""So many arrivals in a row must have failed before a silence counts."""


class Arrival:
    """One arrival on its way. `lag` is in seconds and the generator's own; `settled` once its outcome is known."""

    __slots__ = ("at", "cause", "ended", "lag", "number", "sent", "settled", "waited")

    def __init__(self, number: int, at: float) -> None:
        self.number, self.at, self.lag, self.sent, self.ended = number, at, 0.0, 0.0, 0.0
        self.waited = self.settled = False
        self.cause = ""


class OpenLane:
    """The users of one service, and what became of every arrival that was given to them."""

    def __init__(self, target: OpenTarget, plan: OpenPlan) -> None:
        self.target, self.plan = target, plan
        self.started = 0.0
        self.answers: list[Answer] = []
        self.errors: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()
        self.open = self.done = self.strays = self._seats = 0
        self.spoilt = ""
        self.calm = Event()
        self._idle: deque[tuple[User, AsyncResult[Arrival]]] = deque()
        self._backlog: deque[Arrival] = deque()
        self._current: dict[User, Arrival] = {}
        self._last: dict[User, float] = {}
        self._good_at, self._bad_since = 0.0, 0
        self._environment: Any = None

    def start(self, classes: list[Any], users: int) -> None:
        """Make the users, who then stand by."""
        hooks = (self._on_request, self._on_user_error)
        self._environment = spawned(classes, users, self.target.url, *hooks)

    def now(self) -> float:
        """Seconds since the schedule began."""
        return perf_counter() - self.started

    def arrive(self, number: int, at: float) -> None:
        """Hand over an arrival whose moment has come: to a user who stands by, else to the next one who will."""
        one = Arrival(number, at)
        self.open += 1
        while self._idle:
            user, waiting = self._idle.popleft()
            if not user.greenlet.dead:
                waiting.set(one)
                return
        one.waited = True
        if len(self._backlog) >= self.plan.backlog:
            self._settle(one, f"not sent: {self.plan.users} were in flight and {self.plan.backlog} waited")
            return
        self._backlog.append(one)

    def seat(self, _user: User) -> int:
        """Take in a user; returns its number."""
        self._seats += 1
        return self._seats - 1

    def send(self, user: User, request: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever locust's client answers
        """Stand by until an arrival is handed over, and send the request as its own."""
        self._close(user)
        one = self._next(user)
        self._current[user] = one
        if perf_counter() - self._last.get(user, 0.0) > IDLE_SECONDS:
            user.guardrails_reconnect()
        one.sent = self.now()
        one.lag = 0.0 if one.waited else one.sent - one.at
        if self.plan.trace:
            args, kwargs = _replayed(self.plan.trace[one.number])
        # A redirect could lead to a host that nobody asked to be loaded.
        asked = {"allow_redirects": False, **kwargs, "context": {**(kwargs.get("context") or {}), KEY: one}}
        try:
            answer = within(self.plan.request_timeout_seconds, request, *args, **asked)
            # What went wrong below the scenario: it may only see a status of 0, or half an answer.
            one.cause = _cause_of(answer)
            return answer
        except LateError as error:
            self._settle(one, str(error))
            raise
        finally:
            one.ended = self.now()
            self._last[user] = perf_counter()

    def _next(self, user: User) -> Arrival:
        if self._backlog:
            return self._backlog.popleft()
        waiting: AsyncResult[Arrival] = AsyncResult()
        self._idle.append((user, waiting))
        arrival: Arrival = waiting.get()
        return arrival

    def _close(self, user: User) -> None:
        """The arrival that the user had before, whose outcome nobody reported."""
        before = self._current.pop(user, None)
        if before is not None and not before.settled:
            self._settle(before, "no outcome was reported")

    def _settle(self, one: Arrival, error: str = "") -> None:
        if one.settled:
            return
        one.settled = True
        self.open -= 1
        self.done += 1
        now = self.now()
        ended = one.ended or now
        self.answers.append(
            Answer(round(one.at, 4), round(1000 * one.lag, 3), round(1000 * (ended - one.at), 3), not error)
        )
        if error:
            self._blame(error)
            self._bad_since += 1
        else:
            self._good_at, self._bad_since = now, 0
        if self.open == 0:
            self.calm.set()

    def _blame(self, reason: str) -> None:
        reason = reason[:MOST_LETTERS]
        known = reason in self.errors or len(self.errors) < MOST_REASONS
        self.errors[reason if known else "others"] += 1

    def _on_request(
        self, name: str, response_time: float, context: Mapping[str, Any] | None, exception: object, **_rest: object
    ) -> None:
        one = (context or {}).get(KEY)
        if context is None or one is None:
            self.strays += 1
            return
        # The answer was whole then: what the scenario does with it afterwards is not the service's time.
        one.ended = one.sent + response_time / 1000
        if exception is not None:
            self._settle(one, f"{name}: {one.cause or _words(exception)}")
            return
        self._settle(one)
        self.marks.update(mark for mark in MARKS if context.get(mark) is True)

    def _on_user_error(self, user_instance: User, exception: BaseException, **_rest: object) -> None:
        """An exception of the scenario itself is what a wrong answer looks like to it."""
        # locust says "user" and hands over the set of tasks.
        one = self._current.get(getattr(user_instance, "user", user_instance))
        if isinstance(exception, LateError):
            return
        reason = f"the scenario raised {exception!r}"
        if one is not None and not one.settled:
            self._settle(one, one.cause or reason)
        else:
            self._blame(reason)

    def trouble(self) -> str:
        """Why it makes no sense to go on; empty where it does."""
        if self.spoilt:
            return self.spoilt
        if self.target.pid and not is_alive(self.target.pid):
            return "the service ended"
        quiet = self.now() - self._good_at
        if self._bad_since >= LEAST_TRIED and quiet >= self.plan.quiet_seconds:
            when = f"from second {self._good_at:.1f} on" if self._good_at else "from the start"
            return f"{when} not one request was answered well ({quiet:.1f} s)"
        unanswered = self.open and quiet >= self.plan.quiet_seconds + self.plan.request_timeout_seconds
        if unanswered:
            return f"no answer came for {quiet:.1f} s, with {self.open} requests waiting"
        return ""

    def end(self, stop: Callable[[], bool]) -> None:
        """Wait for what is still owed; what is not sent, or not answered, in time has failed."""
        self._until_calm(self.plan.drain_seconds, stop)
        while self._backlog:
            self._settle(self._backlog.popleft(), "not sent: every user waited for an answer until the end")
        self._until_calm(self.plan.request_timeout_seconds + 1, stop)
        for one in list(self._current.values()):
            self._settle(one, "no outcome was reported")

    def _until_calm(self, seconds: float, stop: Callable[[], bool]) -> None:
        until = perf_counter() + seconds
        self.calm.clear()
        while self.open and (left := until - perf_counter()) > 0 and not stop():
            self.calm.wait(min(left, 0.25))

    def users_dead(self) -> str:
        """Why nobody stands by; empty where somebody does."""
        if self._environment.runner.user_count:
            return ""
        common = self.errors.most_common(1)
        return "every user of the scenario ended" + (f": {common[0][0]}" if common else "")


def _cause_of(answer: object) -> str:
    """What locust knows to have gone wrong with a request that it handed to the scenario; empty where nothing did."""
    meta = getattr(answer, "request_meta", None) or {}
    found: object = getattr(answer, "error", None) or meta.get("exception")
    # A status of 400 and above is for the scenario to judge, in its own words.
    if found is None or (
        getattr(answer, "status_code", None) and not isinstance(found, HTTPParseError | gevent.Timeout)
    ):
        return ""
    return _words(found)


def _words(exception: object) -> str:
    """A failure without the address that was asked: the same failure is one reason, however many were asked."""
    if isinstance(exception, gevent.Timeout):
        return f"no whole answer within {exception.seconds:g} s"
    original = getattr(exception, "original", None)
    if isinstance(original, BaseException | str):
        return "no answer in time" if "second" in str(original) or "timed out" in str(original) else repr(original)
    return repr(exception)


def _replayed(one: Traced) -> tuple[tuple[str, str], dict[str, Any]]:
    """The arguments of a request of a trace. Its name holds the first part of the path: there are few of those."""
    name = f"{one.method} /{one.path[1:].partition('?')[0].partition('/')[0]}"
    body = {"data": one.body, "headers": {"Content-Type": "application/json"}} if one.body else {}
    return (one.method, one.path), {"name": name, **body}


def schedule(lane: OpenLane, arrivals: tuple[float, ...], stop: Callable[[], bool]) -> bool:
    """Hand every arrival over at its moment. False where the run was stopped or is in trouble before the end."""
    for number, at in enumerate(arrivals):
        while (left := at - lane.now()) > 0:
            gevent.sleep(min(left, 0.25))
            if stop():
                return False
        if lane.now() - at > 1.0 and stop():  # far behind: the loop above would never ask
            return False
        lane.arrive(number, at)
        gevent.sleep(0)
    return True
