"""Sends open arrivals to one service: `python -m guardrails.adapters.loadgen.open ORDER RECORD`.

ORDER is a file of JSON. What was seen is appended to RECORD every half second, a line of JSON each, so that a run that
is stopped loses nothing; the last line of a whole run says that it is one.
"""

# It patches the standard library for gevent, and recurses without end if ssl was imported before.
from locust.util.load_locustfile import load_locustfile  # isort: skip

import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import gevent
import locust

from guardrails.adapters.loadgen.bounds import bound_answers, bound_memory
from guardrails.adapters.loadgen.draws import draw_by_seat
from guardrails.adapters.loadgen.memory import tree_kib
from guardrails.adapters.loadgen.meter import is_alive
from guardrails.adapters.loadgen.opencodec import Line, OpenOrder, decode_order, encode
from guardrails.adapters.loadgen.openlane import OpenLane, schedule
from guardrails.adapters.loadgen.users import ScenarioError, gated, never_retry
from guardrails.model.open_run import Memory, OpenPlan

TICK = 0.5
"""Seconds between two lines of the record."""


class Recorder:
    """Appends to the record what has come since the last line."""

    def __init__(self, path: Path, lane: OpenLane) -> None:
        self._file = path.open("ab", buffering=0)
        self._lane = lane
        self._written = 0
        self._busy = process_time()

    def line(self, *, complaint: str = "", whole: bool = False) -> None:
        """Write a line. The first is the start of the clocks."""
        lane, pid = self._lane, self._lane.target.pid
        fresh, self._written = tuple(lane.answers[self._written :]), len(lane.answers)
        share = (process_time() - self._busy) / max(lane.now(), 1e-9)
        memory = Memory(lane.now(), lane.done, kib) if pid and (kib := tree_kib(pid)) else None
        died = bool(pid and not is_alive(pid))
        one = Line(fresh, dict(lane.errors), dict(lane.marks), memory, share, complaint, died, whole)
        self._file.write(encode(one) + b"\n")


class Replay(locust.FastHttpUser):
    """Sends what a trace holds: which request it is, the arrival says. A status of 400 and above is a failure."""

    @locust.task
    def next_one(self) -> None:
        """Stand by for the next arrival."""
        self.client.request("GET", "/")


def classes(plan: OpenPlan) -> list[Any]:
    """The users who are asked, with the scenario's weights.

    Raises:
        ScenarioError: there are none, or a persona is not among them.
    """
    if plan.trace:
        return [Replay]
    kinds, _shapes = load_locustfile(str(plan.root / plan.locustfile))
    if not kinds:
        raise ScenarioError(f"{plan.locustfile} defines no user class. Derive one from locust.FastHttpUser.")
    if unknown := sorted(set(plan.personas) - set(kinds)):
        known = ", ".join(sorted(kinds))
        raise ScenarioError(f"the scenario names the personas {', '.join(unknown)}; {plan.locustfile} has {known}")
    for name, weight in plan.personas.items():
        kinds[name].weight = weight
    return [kinds[name] for name in sorted(plan.personas or kinds)]


def drive(order: OpenOrder, record: Path, stopped: Callable[[], bool]) -> None:
    """Drive a plan and write the record.

    Raises:
        ScenarioError: the scenario cannot be driven.
    """
    plan = order.plan
    never_retry()
    bound_answers()
    take_seat = draw_by_seat(plan.seed)
    lane = OpenLane(order.target, plan)
    kinds = [gated(kind, lane, plan.request_timeout_seconds, take_seat) for kind in classes(plan)]
    lane.start(kinds, max(plan.users, len(kinds)))
    gevent.sleep(0.05)  # the users come to their first request
    gc.collect()
    gc.freeze()
    recorder = Recorder(record, lane)
    lane.started = perf_counter()
    ticking = gevent.spawn(_tick, recorder)
    cause = gevent.spawn_later(plan.event.at, _cause, lane, plan) if plan.event else None
    whole = schedule(lane, plan.arrivals, lambda: stopped() or bool(lane.trouble() or lane.users_dead()))
    if not stopped():
        lane.end(lambda: stopped() or bool(lane.trouble()))
        if cause is not None:
            cause.join(plan.request_timeout_seconds)
    ticking.kill()
    complaint = "" if whole and not lane.trouble() else lane.trouble() or lane.users_dead()
    if lane.strays:
        raise ScenarioError(f"{lane.strays} requests were sent past the user's own client, so nobody measured them.")
    recorder.line(complaint=complaint, whole=not stopped())


def _tick(recorder: Recorder) -> None:
    while True:
        recorder.line()
        gevent.sleep(TICK)


def _cause(lane: OpenLane, plan: OpenPlan) -> None:
    """Do what the scenario does to the service. Where that fails the scenario is one of nothing, and the run ends."""
    import requests

    one = plan.event
    assert one is not None
    what = f"the cause {one.method} {one.path}"
    try:
        answer = requests.request(
            one.method,
            lane.target.url + one.path,
            data=one.body or None,
            headers={"Content-Type": "application/json"} if one.body else {},
            timeout=plan.request_timeout_seconds,
            allow_redirects=False,
        )
        if answer.status_code >= 400:
            lane.spoilt = f"{what} was answered with status {answer.status_code}"
    except requests.RequestException as error:
        lane.spoilt = f"{what} failed: {type(error).__name__}"


def main() -> None:
    """Read the order, drive, and record; a scenario that cannot be driven is recorded in words."""
    order, record = decode_order(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2])
    bound_memory()
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda which, _frame: asked.append(which))
    # The scenario's own modules come before everything that is installed; ours are imported by now.
    sys.path[:0] = [str(order.plan.root / part) for part in order.plan.path]
    try:
        drive(order, record, lambda: bool(asked))
    except ScenarioError as error:
        with record.open("ab") as file:
            file.write(encode(Line(error=str(error), whole=True)) + b"\n")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
