"""What the services count themselves: read at both ends, compared as calls a request, and named."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from guardrails.load.counts import MOST_COUNTERS, CallWatch, counters
from guardrails.load.judgement import findings, weigh
from guardrails.load.slo import Slo
from guardrails.load.stages import UnusableError
from guardrails.model.exchange import HttpAnswer, HttpRequest
from guardrails.model.load_run import BASE, HEAD, LoadRun, LoadTarget
from tests.load_samples import run_of, sessions_of

TARGETS = [LoadTarget(BASE, "http://127.0.0.1:1", 1), LoadTarget(HEAD, "http://127.0.0.1:2", 2)]
NAME = "store_calls_total"


def shown(**calls: float) -> bytes:
    lines = [f'store_calls_total{{store="events",call="{call}"}} {count}' for call, count in calls.items()]
    return "\n".join(["# TYPE store_calls counter", *lines, "other 3", ""]).encode()


class Pages:
    """Each service shows one page after another."""

    def __init__(self, pages: Mapping[str, list[bytes]]) -> None:
        self.pages = {url: iter(page) for url, page in pages.items()}

    def ask(self, url: str, requests: Sequence[HttpRequest], *, timeout: float, whole: float) -> tuple[HttpAnswer, ...]:
        page = next(self.pages[url])
        return (HttpAnswer(200, page),) if page else ()


def watched(base: list[bytes], head: list[bytes]) -> LoadRun:
    watch = CallWatch(Pages({TARGETS[0].url: base, TARGETS[1].url: head}), "/metrics", (NAME,))
    first = watch.read(TARGETS)
    return watch.noted(run_of(), first, TARGETS)


def test_calls_are_counted_for_each_request_that_we_sent() -> None:
    run = watched([shown(get=100), shown(get=3700)], [shown(), shown(get=7200, put=36)])
    assert run.counts[BASE] == {"store_calls get events": 1.0}
    assert run.counts[HEAD] == {"store_calls get events": 2.0, "store_calls put events": 0.01}


@pytest.mark.parametrize("broken", [b"", b"store_calls_total{nonsense 3\n"])
def test_a_service_that_does_not_tell_has_no_counts(broken: bytes) -> None:
    assert HEAD not in watched([shown(), shown(get=1)], [shown(), broken]).counts
    assert HEAD not in watched([shown(), shown(get=1)], [broken, shown(get=1)]).counts


def test_too_many_counters_are_not_read() -> None:
    with pytest.raises(UnusableError, match=f"has {MOST_COUNTERS + 1} counters"):
        counters(shown(**{f"c{n}": 1.0 for n in range(MOST_COUNTERS + 1)}), [NAME])


def told(head: Mapping[str, float], count: int = 6) -> list[LoadRun]:
    counts = {BASE: {"store_calls get events": 1.0}, HEAD: head}
    return [replace(run, counts=counts) for run in sessions_of(count)]


def test_a_call_for_each_candidate_is_named_as_calls() -> None:
    (found,) = findings(weigh(told({"store_calls get events": 501.0}), Slo()))
    assert found.rule == "load/more-calls"
    assert found.what.startswith("calls a request of 'store_calls get events' is 455.5")
    assert "501.000 against 1.000" in found.what


def test_a_call_that_the_base_never_made_is_found_too() -> None:
    rules = {one.rule for one in findings(weigh(told({"store_calls get events": 1.0, "cache get": 2.0}), Slo()))}
    assert rules == {"load/more-calls"}


@pytest.mark.parametrize("head", [{"store_calls get events": 1.1}, {"store_calls get events": 0.2}, {}])
def test_as_many_calls_or_fewer_are_no_finding(head: Mapping[str, float]) -> None:
    assert list(findings(weigh(told(head), Slo()))) == []
