"""The kinds of slices against small servers: what is in flight in each, and from when latency counts."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import psutil
import pytest

from guardrails.adapters.loadrig import LocustRig
from guardrails.adapters.process import ProcessRunner
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, SINGLE, LoadPlan
from tests.load_servers import answer, plan_in, queries, serving, target


@pytest.fixture
def rig(tmp_path: Path) -> LocustRig:
    return LocustRig(ProcessRunner(tmp_path / "scratch", os.environ), sys.executable)


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    return plan_in(tmp_path)


def test_open_slices_wait_for_no_answer_and_count_from_the_intended_moment(rig: LocustRig, plan: LoadPlan) -> None:
    """A server that stops for a while makes all those wait that would have come meanwhile, not one at a time."""
    stop = threading.Lock()

    def hesitant(handler: BaseHTTPRequestHandler, number: int) -> None:
        with stop:
            if number % 60 == 0:
                time.sleep(0.3)  # what is planted, not what is waited for
        answer(handler)

    wanted = replace(
        plan, pairs=12, open_share=0.9, arrivals_seconds=1.0, arrivals_share=0.9, warmup_seconds=0.5,
        request_timeout_seconds=20.0,
    )  # fmt: skip
    with serving() as base, serving(hesitant) as head:
        run = rig.drive(wanted, [target(BASE, base), target(HEAD, head)])
    assert {one.kind for one in run.slices} == {CLOSED, OPEN}
    assert all(one.complete and len(one.milliseconds) == one.requests for one in run.slices)
    opened = [one for one in run.slices if one.side == HEAD and one.kind == OPEN]
    assert max(sum(time > 100 for time in one.milliseconds) for one in opened) > plan.users, (
        "in a closed loop at most all users wait"
    )
    assert sorted(queries(base)) == sorted(queries(head))


def test_in_single_slices_one_request_is_in_flight(rig: LocustRig, plan: LoadPlan) -> None:
    inside, most = 0, [0]

    def watching(handler: BaseHTTPRequestHandler, number: int) -> None:
        nonlocal inside
        inside += 1
        most.append(inside)
        time.sleep(0.002)  # long enough that others would be seen
        inside -= 1
        answer(handler)

    wanted = replace(plan, users=6, concurrency=6, single_share=0.5, pairs=8, seconds_per_side=1.0)
    with serving() as base, serving(watching) as head:
        run = rig.drive(wanted, [target(BASE, base), target(HEAD, head)])
    assert {one.kind for one in run.slices} == {CLOSED, SINGLE}
    mine = sorted((one for one in run.slices if one.side == HEAD), key=lambda one: one.pair)
    seen = most[-sum(one.requests for one in mine) :]
    for one in mine:
        part, seen = seen[: one.requests], seen[one.requests :]
        assert max(part) == 1 or one.kind == CLOSED
    assert max(most) > 1


OPEN_USERS = 48
LATE_USERS = """
import gevent
from locust import FastHttpUser, task

class Caller(FastHttpUser):
    @task
    def read(self):
        self.client.get("/thing", name="read")
        if self.guardrails_seat >= 4:
            gevent.sleep(0.6)
"""


def test_a_request_that_is_sent_late_has_waited(rig: LocustRig, plan: LoadPlan) -> None:
    """The server is quick; the users of the open slices are not back when their turn comes again."""
    one_at_a_time = threading.Lock()

    def paced(handler: BaseHTTPRequestHandler, _number: int) -> None:
        with one_at_a_time:
            time.sleep(0.002)  # a rate that no machine exceeds, so that a slice has two rounds and not twenty
        answer(handler)

    (plan.root / plan.locustfile).write_text(LATE_USERS)
    wanted = replace(
        plan, pairs=2, least_pairs=2, open_share=0.99, arrivals_seconds=0.3, arrivals_share=0.8, warmup_seconds=0.3,
        request_timeout_seconds=20.0,
    )  # fmt: skip
    with serving(paced) as base, serving(paced) as head:
        run = rig.drive(wanted, [target(BASE, base), target(HEAD, head)])
    late = [one for one in run.slices if one.kind == OPEN and one.requests > OPEN_USERS]
    assert late, "more come than there are users: some must wait for one of them"
    assert all(max(one.milliseconds) > 200 for one in late)


@contextmanager
def idle() -> Iterator[int]:
    """A process that stands for a service, of which only the cores matter."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            yield process.pid
        finally:
            process.kill()


def generator() -> int:
    """The process of the generator."""
    children = psutil.Process().children(recursive=True)
    return next(one.pid for one in children if "guardrails.adapters.loadgen" in one.cmdline())


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="ONE CORE: there is nothing to hold sides apart on")
def test_sides_have_a_core_each_which_are_swapped_and_the_generator_keeps_off(rig: LocustRig, plan: LoadPlan) -> None:
    seen: dict[str, list[tuple[frozenset[int], frozenset[int], frozenset[int]]]] = {BASE: [], HEAD: []}
    with idle() as base_pid, idle() as head_pid:
        pids = {BASE: base_pid, HEAD: head_pid}

        def noting(side: str) -> Callable[[BaseHTTPRequestHandler, int], None]:
            def reply(handler: BaseHTTPRequestHandler, _number: int) -> None:
                other = HEAD if side == BASE else BASE
                cores = (os.sched_getaffinity(pid) for pid in (pids[side], pids[other], generator()))
                mine, others, sender = map(frozenset, cores)
                seen[side].append((mine, others, sender))
                answer(handler)

            return reply

        wanted = replace(
            plan, pinned=True, pairs=20, least_pairs=20, seconds_per_side=6.0, request_timeout_seconds=20.0
        )
        with serving(noting(BASE)) as base, serving(noting(HEAD)) as head:
            run = rig.drive(wanted, [target(BASE, base, base_pid), target(HEAD, head, head_pid)])
    assert run.pinned
    for side in (BASE, HEAD):
        held = [cores for cores in seen[side] if len(cores[0]) == 1]
        assert all(mine != others and not mine & sender for mine, others, sender in held)
        assert len({mine for mine, _, _ in held}) == 2, "the cores are swapped"
