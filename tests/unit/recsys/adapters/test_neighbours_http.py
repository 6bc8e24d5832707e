"""The client of other services, against a real server on a loopback port that does the worst."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import msgspec
import pytest

from recsys.adapters.neighbours.errors import NeighbourError, Outcome
from recsys.adapters.neighbours.http import CallLimits, Fetched, Neighbour
from recsys.adapters.neighbours.pauses import asked_pause
from recsys.errors import InvalidValueError
from tests.neighbour_server import HEAD, Act, Server, bare, flood, hang, problem, raw, reply, reset, serving, trickle

QUICK = CallLimits(connect=5.0, attempt=0.08, total=5.0, attempts=1, body_bytes=1_000, failures=100)
PATIENT = replace(QUICK, attempt=5.0)
GONE = "urn:problem-type:tests:gone"


class Told(msgspec.Struct):
    n: int


@dataclass
class Counted:
    """`Calls` that remembers."""

    calls: list[tuple[str, str]] = field(default_factory=list)
    circuits: list[bool] = field(default_factory=list)

    def called(self, neighbour: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((neighbour, outcome))

    def circuit(self, neighbour: str, *, is_open: bool) -> None:
        self.circuits.append(is_open)

    def messages(self, outcome: str, count: int) -> None:
        raise AssertionError("there are no messages here")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def fetch(neighbour: Neighbour, times: int = 1, **more: Any) -> list[Fetched[Told] | NeighbourError]:
    """What so many calls end in."""
    found: list[Fetched[Told] | NeighbourError] = []
    for _ in range(times):
        try:
            found.append(await neighbour.get("/thing", Told, problems={410: GONE}, **more))
        except NeighbourError as error:
            found.append(error)
    return found


def asked(*acts: Act, limits: CallLimits = PATIENT, times: int = 1, **more: Any) -> tuple[list[Any], Server, Counted]:
    async def work() -> tuple[list[Any], Server, Counted]:
        counted = Counted()
        async with serving(*acts) as server:
            neighbour = Neighbour("thing", server.url, limits, counted)
            try:
                return await fetch(neighbour, times, **more), server, counted
            finally:
                await neighbour.close()

    return run(work())


@pytest.mark.parametrize(
    ("act", "outcome", "limits"),
    [
        pytest.param(hang, Outcome.TIMEOUT, QUICK, id="hangs"),
        pytest.param(trickle, Outcome.TIMEOUT, QUICK, id="trickles"),
        pytest.param(reset, Outcome.CONNECTION, PATIENT, id="resets"),
        pytest.param(raw(b""), Outcome.CONNECTION, PATIENT, id="closes"),
        pytest.param(raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Outcome.CONNECTION, PATIENT, id="is not HTTP"),
        pytest.param(raw(HEAD + b'{"n": 1}'), Outcome.CONNECTION, PATIENT, id="is cut short"),
        pytest.param(flood, Outcome.UNREADABLE, PATIENT, id="never ends"),
        pytest.param(reply({"n": 1, "x": "y" * 1_000}), Outcome.UNREADABLE, PATIENT, id="is too long"),
        pytest.param(reply(b"<h1>Welcome</h1>", kind="text/html"), Outcome.UNREADABLE, PATIENT, id="is HTML"),
        pytest.param(reply({"n": 1}, kind="text/plain"), Outcome.UNREADABLE, PATIENT, id="is of another type"),
        pytest.param(reply(b"<h1>Welcome</h1>"), Outcome.UNREADABLE, PATIENT, id="only says that it is JSON"),
        pytest.param(reply(b"\xff\xfe"), Outcome.UNREADABLE, PATIENT, id="is not Unicode"),
        pytest.param(reply(b'{"n": 1'), Outcome.UNREADABLE, PATIENT, id="is half of it"),
        pytest.param(reply(b"[" * 900), Outcome.UNREADABLE, PATIENT, id="is deep"),
        pytest.param(reply({"m": 1}), Outcome.UNREADABLE, PATIENT, id="lacks a field"),
        pytest.param(reply({"n": None}), Outcome.UNREADABLE, PATIENT, id="has null for a value"),
        pytest.param(reply(b""), Outcome.UNREADABLE, PATIENT, id="is empty"),
        pytest.param(
            reply({"n": 1}, headers={"content-encoding": "gzip"}), Outcome.UNREADABLE, PATIENT, id="is compressed"
        ),
        pytest.param(bare(304), Outcome.STATUS, PATIENT, id="304 that nobody asked for"),
        pytest.param(bare(204), Outcome.STATUS, PATIENT, id="204"),
        pytest.param(reply({"n": 1}, 404), Outcome.STATUS, PATIENT, id="404"),
        pytest.param(reply({"n": 1}, 500), Outcome.STATUS, PATIENT, id="500"),
        pytest.param(reply(b"<h1>Gone</h1>", 410, "text/html"), Outcome.UNREADABLE, PATIENT, id="410 of a gateway"),
        pytest.param(problem("about:blank", 410), Outcome.STATUS, PATIENT, id="410 of another type"),
    ],
)
def test_what_is_no_answer_is_told_as_what_it_is(act: Act, outcome: Outcome, limits: CallLimits) -> None:
    [error], server, counted = asked(act, limits=limits)
    assert isinstance(error, NeighbourError)
    assert (error.outcome, counted.calls) == (outcome, [("thing", outcome.value)])
    heard = len(server.asked)  # a client in a hurry may have hung up before the server read what it asked
    assert heard <= 1 if outcome is Outcome.TIMEOUT else heard == 1


def test_nobody_listens() -> None:
    async def work() -> list[Any]:
        async with serving(hang) as server:
            url = server.url
        neighbour = Neighbour("thing", url, PATIENT, Counted())
        try:
            return await fetch(neighbour)
        finally:
            await neighbour.close()

    [error] = run(work())
    assert error.outcome is Outcome.CONNECTION


def test_an_answer_and_the_problems_that_are_answers() -> None:
    [one, two], server, counted = asked(
        reply({"n": 7}, kind="application/json; charset=utf-8", headers={"etag": '"a"'}), problem(GONE, 410), times=2
    )
    assert (one.status, one.value, one.etag) == (200, Told(7), '"a"')
    assert (two.status, two.value) == (410, None)
    assert counted.calls == [("thing", "answered")] * 2
    assert "accept-encoding: identity" in server.asked[0].lower()


def test_a_redirect_is_not_followed() -> None:
    [error], server, _ = asked(bare(302, location="/elsewhere"))
    assert (error.outcome, error.again) == (Outcome.STATUS, False)
    assert [head.split()[1] for head in server.asked] == ["/thing"]


def test_an_etag_is_sent_and_304_is_an_answer() -> None:
    [one], server, _ = asked(bare(304), etag='"a"')
    assert (one.status, one.value) == (304, None)
    assert 'if-none-match: "a"' in server.asked[0].lower()


@pytest.mark.parametrize("first", [bare(500), bare(502), bare(503), bare(504), bare(429), reset, raw(b"")])
def test_what_may_pass_is_asked_again(first: Act) -> None:
    [one], server, counted = asked(first, reply({"n": 7}), limits=replace(PATIENT, attempts=3))
    assert (one.value, len(server.asked)) == (Told(7), 2)
    assert counted.calls == [("thing", "answered")], "one call, whatever it took"


@pytest.mark.parametrize("act", [bare(400), bare(401), bare(501), reply({"m": 1}), reply(b"", kind="text/html")])
def test_what_will_not_pass_is_not_asked_again(act: Act) -> None:
    _, server, _ = asked(act, limits=replace(PATIENT, attempts=3))
    assert len(server.asked) == 1


def test_attempts_are_bounded() -> None:
    [error], server, _ = asked(bare(503), limits=replace(PATIENT, attempts=3))
    assert (error.outcome, len(server.asked)) == (Outcome.STATUS, 3)


def test_a_service_that_wants_to_be_left_alone_for_longer_than_the_budget_is() -> None:
    limits = replace(PATIENT, attempts=3, total=2.0)
    _, patient, _ = asked(bare(429, retry_after="3600"), limits=limits)
    _, soon, _ = asked(bare(429, retry_after="0"), limits=limits)
    assert (len(patient.asked), len(soon.asked)) == (1, 3)


def test_the_budget_holds_over_all_attempts() -> None:
    """An attempt would have five seconds, the call has a tenth of one: it is cut, and there is no second."""
    [error], server, _ = asked(hang, limits=replace(PATIENT, total=0.1, attempts=50))
    assert error.outcome is Outcome.TIMEOUT
    assert len(server.asked) <= 1, "it may be cut before the server read what it asked"
    assert 0 < float(str(error).split()[-2]) <= 0.1, "what the attempt was given"


def test_a_circuit_opens_and_closes_again() -> None:
    limits = replace(PATIENT, failures=2, open_seconds=60.0)
    ended, server, counted = asked(bare(500), limits=limits, times=4)
    assert [error.outcome for error in ended] == [Outcome.STATUS, Outcome.STATUS, Outcome.OPEN, Outcome.OPEN]
    assert (len(server.asked), counted.circuits) == (2, [False, True])
    again, server, counted = asked(
        bare(500), bare(500), reply({"n": 1}), limits=replace(limits, open_seconds=0), times=4
    )
    assert [getattr(one, "value", None) for one in again] == [None, None, Told(1), Told(1)]
    assert counted.circuits[-1] is False


def test_retries_end_when_the_circuit_opens() -> None:
    [error], server, _ = asked(bare(500), limits=replace(PATIENT, failures=2, attempts=9))
    assert (error.outcome, len(server.asked)) == (Outcome.OPEN, 2)
    assert not error.news, "it was told when the circuit opened"


def test_answers_that_cannot_be_read_open_the_circuit() -> None:
    ended, server, _ = asked(reply(b"no"), limits=replace(PATIENT, failures=2), times=3)
    assert ([error.outcome for error in ended][2], len(server.asked)) == (Outcome.OPEN, 2)


def test_a_caller_that_leaves_is_no_failure_of_the_service() -> None:
    async def work() -> list[Any]:
        async with serving(hang, reply({"n": 1})) as server:
            neighbour = Neighbour("thing", server.url, replace(PATIENT, failures=1), Counted())
            left = asyncio.create_task(fetch(neighbour))
            while not server.asked:
                await asyncio.sleep(0)
            left.cancel()
            await asyncio.gather(left, return_exceptions=True)
            try:
                return await fetch(neighbour)
            finally:
                await neighbour.close()

    [one] = run(work())
    assert one.value == Told(1)


@pytest.mark.parametrize(
    "url", ["catalogue:80", "ftp://there", "http://", "", "http://a/?b=c", "http://[::1", "http://["]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(InvalidValueError, match="the address of thing is"):
        Neighbour("thing", url, PATIENT, Counted())


def test_a_pause_is_a_number_of_seconds_or_a_date() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    assert [asked_pause(said) for said in (None, "0", "12", "-1", "soon", "1e9", "\u0663")] == [0, 0, 12, 0, 0, 0, 0]
    assert 3_000 < asked_pause(format_datetime(later, usegmt=True)) <= 3_600
    assert asked_pause("Wed, 21 Oct 2015 07:28:00 GMT") == 0
