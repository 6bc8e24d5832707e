"""The generator against small servers: what it sends, what it measures, and how it ends when things go wrong."""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from guardrails.adapters.loadrig import LocustRig
from guardrails.adapters.process import ProcessRunner
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.model.load_run import BASE, CLOSED, HEAD, OPEN, SINGLE, LoadPlan, LoadRun, LoadTarget
from guardrails.ports import Command, Completed

SCENARIO = """
import random
from locust import FastHttpUser, HttpUser, between, task
from shared_name import PATH

class Caller(FastHttpUser):
    wait_time = between(60, 90)

    def on_start(self):
        self.me = random.randrange(10**9)

    @task(2)
    def read(self):
        self.client.get(f"{PATH}?user={self.me}&n={random.randrange(10**9)}", name="read")

    @task
    def mark(self):
        with self.client.get(f"{PATH}?user={self.me}&mark=1", name="mark", catch_response=True) as response:
            response.request_meta["context"]["empty"] = True

class Other(HttpUser):
    wait_time = between(60, 90)
    @task
    def read(self):
        self.client.get(f"{PATH}?other={random.randrange(10**9)}", name="other")
"""


class Server(ThreadingHTTPServer):
    """Remembers what it was asked. `reply` makes the answer of a path, or misbehaves."""

    daemon_threads = True

    def __init__(self, reply: Callable[[BaseHTTPRequestHandler, int], None]) -> None:
        self.asked: list[tuple[float, str]] = []
        self.reply = reply
        super().__init__(("127.0.0.1", 0), Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A broken connection is what some of these tests are about."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.asked.append((time.monotonic(), self.path))
        server.reply(self, len(server.asked))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Quiet."""


def answer(handler: BaseHTTPRequestHandler, _number: int = 0, status: int = 200) -> None:
    handler.wfile.write(f"HTTP/1.1 {status} Said\r\nContent-Length: 2\r\n\r\nok".encode())


@contextmanager
def serving(reply: Callable[[BaseHTTPRequestHandler, int], None] = answer) -> Iterator[Server]:
    with Server(reply) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def target(side: str, server: Server, pid: int | None = None) -> LoadTarget:
    return LoadTarget(side, f"http://127.0.0.1:{server.server_port}", pid or os.getpid())


@pytest.fixture
def rig(tmp_path: Path) -> LocustRig:
    return LocustRig(ProcessRunner(tmp_path / "scratch", os.environ), sys.executable)


@pytest.fixture
def plan(tmp_path: Path) -> LoadPlan:
    (tmp_path / "tree/lib").mkdir(parents=True)
    (tmp_path / "tree/scenario.py").write_text(SCENARIO)
    (tmp_path / "tree/lib/shared_name.py").write_text("PATH = '/thing'")
    return LoadPlan(
        root=tmp_path / "tree",
        locustfile="scenario.py",
        path=(".", "lib"),
        seed=5,
        pairs=6,
        users=4,
        concurrency=2,
        slice_seconds=0.02,
        seconds_per_side=3.0,
        warmup_seconds=0.01,
        request_timeout_seconds=0.5,
        least_pairs=6,
    )


def rewrite(plan: LoadPlan, scenario: str) -> LoadPlan:
    (plan.root / plan.locustfile).write_text(scenario)
    return plan


def queries(server: Server) -> list[str]:
    return [path for _, path in server.asked]


@pytest.fixture(scope="module")
def driven(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadRun, Server, Server]:
    """One good run, of which several tests each look at one thing."""
    place = tmp_path_factory.mktemp("driven")
    made: LoadPlan = plan.__wrapped__(place)  # type: ignore[attr-defined] # the fixture's function
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
