"""The generator against small servers: what it sends, what it measures, and how it ends when things go wrong."""

import itertools
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from guardrails.adapters.loadrig import LocustRig
from guardrails.adapters.process import ProcessRunner
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.model.load_run import BASE, HEAD, LoadPlan, LoadRun
from guardrails.ports import Command, Completed
from tests.load_servers import SCENARIO, Server, answer, plan_in, queries, serving, target


@pytest.fixture
def rig(tmp_path: Path) -> LocustRig:
    return LocustRig(ProcessRunner(tmp_path / "scratch", os.environ), sys.executable)


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    return plan_in(tmp_path)


def rewrite(plan: LoadPlan, scenario: str) -> LoadPlan:
    (plan.root / plan.locustfile).write_text(scenario)
    return plan


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadRun, Server, Server]:
    """One good run, of which several tests each look at one thing."""
    place = tmp_path_factory.mktemp("driven")
    made = plan_in(place)
    with serving() as base, serving() as head:
        rig = LocustRig(ProcessRunner(place / "scratch", os.environ), sys.executable)
        run = rig.drive(made, [target(BASE, base), target(HEAD, head)])
    return run, base, head


def test_every_request_is_counted_and_measured(driven: tuple[LoadRun, Server, Server]) -> None:
    run, base, head = driven
    assert (run.ended_by, run.complaint) == ("", "")
    for side, server in ((BASE, base), (HEAD, head)):
        assert run.tallies[side].requests == len(server.asked)
        assert run.tallies[side].errors == {}
        assert not run.tallies[side].died
        slices = [one for one in run.slices if one.side == side]
        assert [one.pair for one in slices] == list(range(6))
        assert all(one.complete and len(one.milliseconds) == one.requests > 0 for one in slices)
        assert all(0 < time < 500 for one in slices for time in one.milliseconds)
        assert {name for one in slices for name in one.names} == {"read", "mark", "other"}
        assert all(len(one.names) == len(one.milliseconds) for one in slices)
        assert all(one.cpu_seconds > 0 and one.seconds > 0 for one in slices)
    assert 0 < run.generator_share <= 1.2


def test_what_each_side_holds_and_how_it_began_is_told(driven: tuple[LoadRun, Server, Server]) -> None:
    run, _, _ = driven
    for side in (BASE, HEAD):
        assert run.memory[side].resident > run.memory[side].private_after > 1000
        assert run.memory[side].requests == sum(one.requests for one in run.slices if one.side == side)
        assert len(run.cold_ms[side]) == 4, "every user's first request"
    assert all((one.calls or 0) > 0 for one in run.slices)
    assert not run.pinned


def test_marks_of_the_scenario_are_counted(driven: tuple[LoadRun, Server, Server]) -> None:
    run, base, _ = driven
    assert run.tallies[BASE].marks == {"empty": sum("mark=1" in path for path in queries(base))}


def test_twins_send_the_same(driven: tuple[LoadRun, Server, Server]) -> None:
    _, base, head = driven
    assert sorted(queries(base)) == sorted(queries(head))
    assert len(set(queries(base))) > 10


def test_a_pair_holds_the_same_number_of_requests(driven: tuple[LoadRun, Server, Server]) -> None:
    run, _, _ = driven
    for pair in range(6):
        assert len({one.requests for one in run.slices if one.pair == pair}) == 1


def test_the_sides_are_never_driven_at_once(driven: tuple[LoadRun, Server, Server]) -> None:
    run, base, head = driven
    order = "".join(side for _, side in sorted([(t, "b") for t, _ in base.asked] + [(t, "h") for t, _ in head.asked]))
    turns = [(side, len(list(group))) for side, group in itertools.groupby(order)]
    # Two slices of one side stand together where an order follows its reverse.
    sizes = {one.requests for one in run.slices}
    assert {size % min(sizes) for _, size in turns[-3:]} == {0}
    assert len(turns) <= 2 * 6 + 4


def test_every_kind_of_user_is_driven_and_nobody_thinks(driven: tuple[LoadRun, Server, Server]) -> None:
    _, base, _ = driven
    assert any("other=" in path for path in queries(base))
    assert any("user=" in path for path in queries(base))


@pytest.mark.slow
def test_another_seed_sends_something_else(
    rig: LocustRig, plan: LoadPlan, driven: tuple[LoadRun, Server, Server]
) -> None:
    with serving() as alone:
        run = rig.drive(replace(plan, seed=6), [target(HEAD, alone)])
    assert list(run.tallies) == [HEAD]
    assert not set(queries(alone)) & set(queries(driven[1]))


def test_failures_are_errors_with_their_reason(rig: LocustRig, plan: LoadPlan) -> None:
    def moody(handler: BaseHTTPRequestHandler, number: int) -> None:
        if number % 4 == 1:
            answer(handler, status=503)
        elif number % 4 == 2:
            handler.close_connection = True
            handler.wfile.write(b"garbage\n\n" if number % 8 == 2 else b"")
        else:
            answer(handler)

    with serving() as base, serving(moody) as head:
        run = rig.drive(plan, [target(BASE, base), target(HEAD, head)])
    errors = run.tallies[HEAD].errors
    assert run.tallies[BASE].errors == {}
    assert any("503" in why for why in errors)
    assert any("503" not in why for why in errors)
    bad = sum(n % 4 in (1, 2) for n in range(1, len(head.asked) + 1))
    assert sum(errors.values()) == bad
    good = sum(len(one.milliseconds) for one in run.slices if one.side == HEAD)
    assert good < sum(one.requests for one in run.slices if one.side == HEAD)


@pytest.mark.slow
def test_a_side_that_is_many_times_slower_still_leaves_pairs_enough(rig: LocustRig, plan: LoadPlan) -> None:
    def slow(handler: BaseHTTPRequestHandler, _number: int) -> None:
        time.sleep(0.05)  # what is planted, not what is waited for
        answer(handler)

    wanted = replace(
        plan, pairs=50, least_pairs=12, slice_seconds=0.05, seconds_per_side=1.0, warmup_seconds=0.3,
        request_timeout_seconds=5.0,
    )  # fmt: skip
    with serving() as base, serving(slow) as head:
        run = rig.drive(wanted, [target(BASE, base), target(HEAD, head)])
    assert len({one.pair for one in run.slices if one.side == HEAD and one.complete}) >= wanted.least_pairs


@pytest.mark.slow
def test_an_answer_that_the_scenario_cannot_read_is_an_error(rig: LocustRig, plan: LoadPlan) -> None:
    scenario = SCENARIO.replace('name="read")', 'name="read").json()["id"]', 1)
    with serving() as alone:
        run = rig.drive(replace(rewrite(plan, scenario)), [target(HEAD, alone)])
    assert any("the scenario raised" in why for why in run.tallies[HEAD].errors)


@pytest.mark.slow
def test_a_server_that_hangs_ends_the_run(rig: LocustRig, plan: LoadPlan) -> None:
    with serving() as base, serving(lambda _handler, _number: time.sleep(2)) as head:
        run = rig.drive(replace(plan, users=8, concurrency=1), [target(BASE, base), target(HEAD, head)])
    assert run.ended_by == HEAD
    assert "did not answer in time" in run.complaint


def test_a_server_that_died_is_said(rig: LocustRig, plan: LoadPlan) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with serving() as base, serving() as head:
        run = rig.drive(plan, [target(BASE, base), target(HEAD, head, gone.pid)])
    assert (run.ended_by, run.complaint) == (HEAD, "the service of the head died")
    assert run.tallies[HEAD].died
    assert not run.tallies[BASE].died


PAST_THE_CLIENT = """
from locust import FastHttpUser, task

class Caller(FastHttpUser):
    @task
    def past(self):
        self.client.get("/")
        self.environment.events.request.fire(
            request_type="GET", name="x", response_time=1, response_length=1, exception=None, context={}
        )
"""
NO_CLIENT = "from locust import User, task\nclass Caller(User):\n @task\n def t(self): pass"


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        pytest.param("import nowhere_at_all", "nowhere_at_all", marks=pytest.mark.slow),
        pytest.param("import locust", "defines no user class", marks=pytest.mark.slow),
        pytest.param("def broken(:", "SyntaxError", marks=pytest.mark.slow),
        pytest.param(NO_CLIENT, "Caller has no HTTP client", marks=pytest.mark.slow),
        pytest.param(PAST_THE_CLIENT, "were sent past the user's own client", marks=pytest.mark.slow),
    ],
)
def test_a_scenario_that_cannot_be_driven_is_said(rig: LocustRig, plan: LoadPlan, scenario: str, said: str) -> None:
    with serving() as alone, pytest.raises(JudgementError, match=said):
        rig.drive(replace(rewrite(plan, scenario)), [target(HEAD, alone)])


@pytest.mark.slow
def test_users_that_all_end_are_said(rig: LocustRig, plan: LoadPlan) -> None:
    scenario = "from locust import FastHttpUser\nclass A(FastHttpUser):\n def on_start(self): raise KeyError('no id')"
    with serving() as alone:
        run = rig.drive(replace(rewrite(plan, scenario)), [target(HEAD, alone)])
    assert run.ended_by == HEAD
    assert "every user of the scenario ended" in run.complaint
    assert "no id" in run.complaint


class Canned:
    """`Processes` that only say how the generator ended."""

    def __init__(self, completed: Completed) -> None:
        self.completed = completed
        self.commands: list[Command] = []

    def run(self, command: Command) -> Completed:
        self.commands.append(command)
        return self.completed


@pytest.mark.parametrize(
    ("completed", "error", "said"),
    [
        (Completed(None, "", "", 99.0), JudgementError, "did not end within 99 seconds"),
        (
            Completed(1, "", "ModuleNotFoundError: No module named 'locust'", 1.0),
            ToolMissingError,
            r"recsys-guardrails\[load\]",
        ),
        (Completed(-9, "", "", 1.0, channel=b'{"run":'), JudgementError, "exit status -9 and no report.*wrote nothing"),
    ],
)
def test_a_generator_that_fails_is_never_a_run(
    plan: LoadPlan, completed: Completed, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        LocustRig(Canned(completed), "python").drive(plan, [])  # type: ignore[arg-type] # only run is used


@pytest.mark.slow
def test_stopping_the_check_stops_the_generator(tmp_path: Path, plan: LoadPlan) -> None:
    stopped = threading.Event()
    runner = ProcessRunner(tmp_path / "scratch", os.environ, stopped)
    with serving() as alone, ThreadPoolExecutor(1) as pool:
        endless = replace(plan, seconds_per_side=600.0, pairs=100_000)
        future = pool.submit(LocustRig(runner, sys.executable).drive, endless, [target(HEAD, alone)])
        try:
            while not alone.asked and not future.done():
                time.sleep(0.01)
        finally:
            stopped.set()
        with pytest.raises(JudgementError, match="stopped"):
            future.result()
