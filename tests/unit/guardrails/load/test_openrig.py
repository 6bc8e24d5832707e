"""Open arrivals against small servers: when requests are sent, what is measured, and how it ends if things go wrong."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters.openrig import OpenRig
from guardrails.adapters.process import ProcessRunner
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.load.arrivals import poisson
from guardrails.model.open_run import Event, OpenPlan, OpenTarget, Segment, Traced
from guardrails.ports import Command, Completed
from tests import load_server as server

SCENARIO = """
from locust import FastHttpUser, HttpUser, between, task

class Fast(FastHttpUser):
    wait_time = between(60, 90)
    @task
    def read(self):
        with self.client.get("/fast", name="read", catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            response.request_meta["context"]["empty"] = True

class Plain(HttpUser):
    wait_time = between(60, 90)
    @task
    def read(self):
        self.client.get("/plain", name="plain")
"""


@pytest.fixture
def rig(tmp_path: Path) -> OpenRig:
    return OpenRig(ProcessRunner(tmp_path / "scratch", os.environ), sys.executable)


@pytest.fixture
def plan(tmp_path: Path) -> OpenPlan:
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/scenario.py").write_text(SCENARIO)
    return OpenPlan(
        root=tmp_path / "tree",
        locustfile="scenario.py",
        path=(".",),
        seed=5,
        arrivals=tuple(n / 60 for n in range(60)),
        seconds=1.0,
        users=16,
        request_timeout_seconds=5.0,
        quiet_seconds=1.0,
    )


@pytest.mark.slow
def test_every_arrival_is_sent_and_measured(rig: OpenRig, plan: OpenPlan) -> None:
    with server.serving() as asked:
        run = rig.arrive(plan, OpenTarget(asked.url, os.getpid()))
    assert sorted(one.at for one in run.answers) == pytest.approx(plan.arrivals, abs=1e-3)
    assert len(asked.requests) == run.planned == 60
    assert all(one.good and one.ms >= one.lag_ms >= 0 for one in run.answers)
    assert (dict(run.errors), run.complaint, run.partial, run.died) == ({}, "", False, False)
    assert {path for _, path, _ in asked.requests} == {"/fast", "/plain"}
    assert run.marks == {"empty": sum(path == "/fast" for _, path, _ in asked.requests)}
    assert [one.done for one in run.memory] == sorted(one.done for one in run.memory)
    assert run.memory[-1].kib > 1000


@pytest.mark.slow
def test_nobody_waits_for_an_answer(rig: OpenRig, plan: OpenPlan) -> None:
    """A closed loop would send one after the other; arrivals come although none was answered."""
    with server.serving(server.slow(0.4)) as asked:
        run = rig.arrive(replace(plan, arrivals=tuple(n / 100 for n in range(12))), OpenTarget(asked.url))
    assert asked.most_at_once > 4
    assert all(one.ms >= 400 for one in run.answers)


@pytest.mark.slow
def test_latency_counts_from_the_intended_moment(rig: OpenRig, plan: OpenPlan) -> None:
    """One user, three arrivals at once: the third waits for the other two, and that is the service's time."""
    one_user = replace(plan, users=1, personas={"Fast": 1}, arrivals=(0.0, 0.001, 0.002))
    with server.serving(server.slow(0.2)) as asked:
        run = rig.arrive(one_user, OpenTarget(asked.url))
    waits = sorted(one.ms for one in run.answers)
    assert waits[0] >= 200
    assert waits[1] >= 395
    assert waits[2] >= 595
    assert asked.most_at_once == 1
    assert sorted(one.lag_ms for one in run.answers)[:2] == [0.0, 0.0], "the wait for a user is not the generator's lag"


@pytest.mark.slow
def test_what_finds_no_room_is_an_error(rig: OpenRig, plan: OpenPlan) -> None:
    crowded = replace(plan, users=1, backlog=2, personas={"Fast": 1}, arrivals=(0.0,) * 6)
    with server.serving(server.slow(0.3)) as asked:
        run = rig.arrive(crowded, OpenTarget(asked.url))
    assert len(run.answers) == 6
    assert sum(count for why, count in run.errors.items() if "1 were in flight and 2 waited" in why) == 3


@pytest.mark.slow
def test_a_trace_is_replayed_as_it_came(rig: OpenRig, plan: OpenPlan) -> None:
    trace = (
        Traced(0.0, "GET", "/a?x=1"),
        Traced(0.1, "POST", "/b", '{"k": 1}'),
        Traced(0.2, "GET", "/c/d"),
    )
    with server.serving() as asked:
        run = rig.arrive(replace(plan, trace=trace, arrivals=(0.0, 0.1, 0.2), locustfile=""), OpenTarget(asked.url))
    assert asked.requests == [("GET", "/a?x=1", b""), ("POST", "/b", b'{"k": 1}'), ("GET", "/c/d", b"")]
    assert all(one.good for one in run.answers)


@pytest.mark.slow
def test_the_cause_is_sent_once_and_its_failure_spoils_the_run(rig: OpenRig, plan: OpenPlan) -> None:
    def moody(handler: server.BaseHTTPRequestHandler, number: int) -> None:
        server.answer(handler, status=500 if handler.path == "/reload" else 200)

    with server.serving(moody) as asked:
        run = rig.arrive(replace(plan, event=Event(0.2, "POST", "/reload", "{}")), OpenTarget(asked.url))
    assert [one for one in asked.requests if one[1] == "/reload"] == [("POST", "/reload", b"{}")]
    assert run.complaint == "the cause POST /reload was answered with status 500"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (server.close, "connection closed"),
        (server.garbage, "HTTPParseError"),
        (server.slow(5.0), "no answer in time"),
        (server.endless, "an answer of more than 16000000 bytes"),
        (server.drip, "no whole answer within 1.5 s"),
    ],
)
def test_a_service_that_misbehaves_ends_the_run_in_words(
    rig: OpenRig, plan: OpenPlan, reply: server.Reply, said: str
) -> None:
    long = replace(plan, personas={"Fast": 1}, arrivals=poisson((Segment(30.0, 40.0, 40.0),), 1), seconds=30.0)
    long = replace(long, request_timeout_seconds=1.5)
    with server.serving(reply) as asked:
        run = rig.arrive(long, OpenTarget(asked.url))
    assert not any(one.good for one in run.answers)
    assert said in str(run.errors)
    assert "not one request was answered well" in run.complaint
    assert len(run.answers) < run.planned, "it ends early"


@pytest.mark.slow
def test_a_service_that_ends_half_way_is_said_with_the_moment(rig: OpenRig, plan: OpenPlan) -> None:
    def half(handler: server.BaseHTTPRequestHandler, number: int) -> None:
        (server.answer if number <= 40 else server.close)(handler, number)

    long = replace(plan, arrivals=poisson((Segment(30.0, 40.0, 40.0),), 1), seconds=30.0)
    with server.serving(half) as asked:
        run = rig.arrive(long, OpenTarget(asked.url))
    assert run.complaint.startswith("from second ")
    assert sum(one.good for one in run.answers) == 40


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "personas", "said"),
    [
        ("import nowhere_at_all", {}, "nowhere_at_all"),
        ("import locust", {}, "defines no user class"),
        (SCENARIO, {"Fats": 1}, "names the personas Fats; scenario.py has Fast, Plain"),
    ],
)
def test_a_scenario_that_cannot_be_driven_is_said(
    rig: OpenRig, plan: OpenPlan, scenario: str, personas: dict[str, int], said: str
) -> None:
    (plan.root / plan.locustfile).write_text(scenario)
    with server.serving() as asked, pytest.raises(JudgementError, match=said):
        rig.arrive(replace(plan, personas=personas), OpenTarget(asked.url))


class Canned:
    """`Processes` that only say how the generator ended, and write `record` first."""

    def __init__(self, completed: Completed | BaseException, record: bytes = b"") -> None:
        self.completed, self.record = completed, record

    def run(self, command: Command) -> Completed:
        Path(command.argv[-1]).write_bytes(self.record)
        if isinstance(self.completed, BaseException):
            raise self.completed
        return self.completed


LINE = b'{"answers": [{"at": 0.1, "lag_ms": 0.0, "ms": 5.0, "good": true}]}\n'


@pytest.mark.parametrize(
    ("completed", "error", "said"),
    [
        (Completed(None, "", "", 99.0), JudgementError, "did not end within 99 seconds"),
        (Completed(1, "", "No module named 'locust'", 1.0), ToolMissingError, r"recsys-guardrails\[load\]"),
        (Completed(-9, "", "killed", 1.0), JudgementError, "exit status -9 and no whole record.*killed"),
    ],
)
def test_a_generator_that_fails_is_never_a_run(
    plan: OpenPlan, completed: Completed, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        OpenRig(Canned(completed, LINE), "python").arrive(plan, OpenTarget("http://x"))  # type: ignore[arg-type] # only run is used


def test_what_was_seen_before_a_stop_is_kept_as_a_part(plan: OpenPlan) -> None:
    rig = OpenRig(Canned(KeyboardInterrupt(), LINE + LINE + LINE[:20]), "python")  # type: ignore[arg-type] # only run is used
    with pytest.raises(KeyboardInterrupt):
        rig.arrive(plan, OpenTarget("http://x"))
    assert rig.kept is not None
    assert rig.kept.partial
    assert len(rig.kept.answers) == 2
