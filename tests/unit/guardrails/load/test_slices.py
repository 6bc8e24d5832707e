"""The kinds of slices against small servers: what is in flight in each, and from when latency counts."""

import os
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

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
