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

from guardrails.adapters.loadgen.meter import HASTE
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


CROWD = 48
LATE_USERS = """
import time

import gevent
from locust import FastHttpUser, task

TIRED = time.monotonic() + 2.0

class Caller(FastHttpUser):
    @task
    def read(self):
        self.client.get("/thing", name="read")
        if time.monotonic() > TIRED:
            gevent.sleep(0.6)
"""


def test_a_request_that_is_sent_late_has_waited(rig: LocustRig, plan: LoadPlan) -> None:
    """The server is quick; after the warm-up the users are not back when their turn comes again."""
    one_at_a_time = threading.Lock()

    def paced(handler: BaseHTTPRequestHandler, _number: int) -> None:
        with one_at_a_time:
            time.sleep(0.002)  # a rate that no machine exceeds, so that a slice has two rounds and not twenty
        answer(handler)

    (plan.root / plan.locustfile).write_text(LATE_USERS)
    wanted = replace(
        plan, pairs=20, seconds_per_side=2.0, open_share=0.99, arrivals_seconds=0.3, arrivals_share=0.8,
        warmup_seconds=0.3, request_timeout_seconds=20.0,
    )  # fmt: skip
    with serving(paced) as base, serving(paced) as head:
        run = rig.drive(wanted, [target(BASE, base), target(HEAD, head)])
    last = [one for one in run.slices if one.kind == OPEN and one.requests > CROWD][-2:]
    assert last, "more come than there are users: some must wait for one of them"
    assert all(max(one.milliseconds) > 200 for one in last)


KINDS = """
from locust import FastHttpUser, task


class Caller(FastHttpUser):
    weight = 3

    @task
    def read(self):
        self.client.get("/thing", name="read")


class Other(FastHttpUser):
    weight = 1

    @task
    def write(self):
        self.client.get("/other", name="write")
"""


def test_slices_of_few_users_hold_what_every_kind_of_user_does(rig: LocustRig, plan: LoadPlan) -> None:
    """Two users at a time, of two kinds: not the same two in every slice, and twins in both slices of a pair."""
    (plan.root / plan.locustfile).write_text(KINDS)
    wanted = replace(plan, users=2, concurrency=2, single_share=0.5, pairs=48, least_pairs=48)
    with serving() as base, serving() as head:
        run = rig.drive(wanted, [target(BASE, base), target(HEAD, head)])
    sent = {
        side: [name for one in run.slices if one.side == side for name in sorted(one.names)] for side in (BASE, HEAD)
    }
    assert 0.15 < sent[HEAD].count("write") / len(sent[HEAD]) < 0.35
    for kind in (CLOSED, SINGLE):
        assert {name for one in run.slices if one.kind == kind for name in one.names} == {"read", "write"}
    by_pair: dict[int, dict[str, list[str]]] = {}
    for one in run.slices:
        by_pair.setdefault(one.pair, {})[one.side] = sorted(one.names)
    assert all(both[BASE] == both[HEAD] for both in by_pair.values())


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
def test_sides_have_a_core_each_and_both_slices_of_a_pair_the_same_one(rig: LocustRig, plan: LoadPlan) -> None:
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
    by_pair: dict[int, set[frozenset[int]]] = {}
    for side in (BASE, HEAD):
        held = [cores for cores in seen[side] if len(cores[0]) == 1]
        assert all(mine != others and not mine & sender for mine, others, sender in held)
        assert len({mine for mine, _, _ in held}) == 2, "now this core, now that one"
        answered = iter(held)
        for one in (one for one in run.slices if one.side == side):
            by_pair.setdefault(one.pair, set()).update(next(answered)[0] for _ in range(one.requests))
    assert all(len(cores) == 1 for cores in by_pair.values()), "one core for both, which the machine may slow down"


def test_services_and_generator_go_before_other_programs(rig: LocustRig, plan: LoadPlan) -> None:
    """All three alike: none is measured with more or less of the machine than the other."""
    seen: set[tuple[int, ...]] = set()
    with idle() as base_pid, idle() as head_pid:
        try:
            os.setpriority(os.PRIO_PROCESS, base_pid, -1)
        except OSError:
            pytest.skip("THE PRIORITY of a process cannot be raised here: run as root")

        def noting(handler: BaseHTTPRequestHandler, _number: int) -> None:
            seen.add(tuple(os.getpriority(os.PRIO_PROCESS, pid) for pid in (base_pid, head_pid, generator())))
            answer(handler)

        with serving(noting) as base, serving(noting) as head:
            rig.drive(
                replace(plan, pairs=2, least_pairs=2), [target(BASE, base, base_pid), target(HEAD, head, head_pid)]
            )
    assert seen == {(HASTE,) * 3}
