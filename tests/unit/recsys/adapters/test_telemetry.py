"""What is counted: noted at once, added up for many requests together, and never lost between the two."""

import re
from threading import Thread

from prometheus_client import CollectorRegistry, generate_latest

from recsys.adapters import telemetry
from recsys.adapters.telemetry import STAGE, PrometheusTelemetry, Times

SECONDS = (0.0, 0.00005, 0.00005001, 0.0001, 0.003, 0.1, 0.2, 50.0)


def value(telemetry: PrometheusTelemetry, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", telemetry.render().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_many_observations_at_once_count_as_one_after_another() -> None:
    texts = []
    for together in (True, False):
        registry = CollectorRegistry()
        times = Times("t", "Times.", buckets=STAGE, registry=registry)
        if together:
            times.observe_all(SECONDS)
        else:
            for seconds in SECONDS:
                times.observe(seconds)
        texts.append([line for line in generate_latest(registry).splitlines() if b"_created" not in line])
    assert texts[0] == texts[1]


def test_what_was_noted_is_shown_and_shown_once() -> None:
    counted = PrometheusTelemetry("m")
    for _ in range(3):
        counted.stage("rank", 0.002)
        counted.answered("/v1/search", "GET", 200, 0.004)
        counted.asked("events", "append")
    for _ in range(2):
        assert value(counted, 'recsys_stage_seconds_count{stage="rank"}') == 3
        assert value(counted, 'recsys_stage_seconds_bucket{le="0.0025",stage="rank"}') == 3
        assert value(counted, 'recsys_requests_total{method="GET",route="/v1/search",status="200"}') == 3
        assert value(counted, 'recsys_store_calls_total{call="append",store="events"}') == 3


def test_what_nobody_asks_for_is_added_up_before_it_grows() -> None:
    counted = PrometheusTelemetry("m")
    for _ in range(2 * telemetry.MOST_NOTED):
        counted.answered("/healthz", "GET", 200, 0.001)
    assert len(counted._counted) <= telemetry.MOST_NOTED  # what no answer shows: what it keeps in memory
    assert len(counted._timed) <= telemetry.MOST_NOTED
    assert value(counted, 'recsys_request_seconds_count{route="/healthz"}') == 2 * telemetry.MOST_NOTED


def test_nothing_that_another_thread_notes_meanwhile_is_lost() -> None:
    counted = PrometheusTelemetry("m")
    noting = [Thread(target=lambda: [counted.asked("events", "append") for _ in range(5_000)]) for _ in range(3)]
    for thread in noting:
        thread.start()
    while any(thread.is_alive() for thread in noting):
        counted.settle()
    assert value(counted, 'recsys_store_calls_total{call="append",store="events"}') == 15_000
