"""POST /v1/events: durable, deduplicated, and in the very next answer."""

import asyncio
from collections.abc import Sequence
from threading import Event as Flag
from typing import Any

import httpx
import pytest

from recsys.domain.events import Event, Kind
from recsys.errors import StoreUnavailableError
from recsys.settings import Limits
from tests.recsys_fakes import NOW
from tests.serving_fakes import INSTANT, Harness, harness, ids, refused


def test_every_field_reaches_the_store(service: Harness) -> None:
    answer = service.report(
        {"type": "listen", "track_id": "t000001", "ms_played": 31_000, "request_id": "r"},
        {"type": "skip", "track_id": "t000002", "occurred_at": "2024-10-04T03:00:00.9+02:00"},
        {"type": "like", "track_id": "t000003"},
        {"type": "block", "artist_id": "a00001"},
        {"type": "block", "track_id": "t000004"},
    )
    assert answer == {"accepted": 5, "duplicates": 0}
    assert service.events.events("u") == (
        Event("0", "u", Kind.LISTEN, NOW, track_id="t000001", ms_played=31_000, request_id="r"),
        Event("1", "u", Kind.SKIP, NOW, track_id="t000002"),
        Event("2", "u", Kind.LIKE, NOW, track_id="t000003"),
        Event("3", "u", Kind.BLOCK, NOW, artist_id="a00001"),
        Event("4", "u", Kind.BLOCK, NOW, track_id="t000004"),
    )


def test_the_next_answer_reflects_a_listen_a_skip_and_a_block(service: Harness) -> None:
    shown = service.recommend(k=3)["items"]
    service.report(
        {"type": "listen", "track_id": shown[0]["track_id"]},
        {"type": "skip", "track_id": shown[1]["track_id"]},
        {"type": "block", "artist_id": shown[2]["artist_id"]},
    )
    after = service.recommend(k=100)
    assert not {item["track_id"] for item in shown} & set(ids(after))
    assert shown[2]["artist_id"] not in {item["artist_id"] for item in after["items"]}


def test_the_same_event_twice_counts_once(service: Harness) -> None:
    listen = {"type": "listen", "track_id": "t000001", "event_id": "e"}
    assert service.report(listen) == {"accepted": 1, "duplicates": 0}
    assert service.report(listen) == {"accepted": 0, "duplicates": 1}
    assert service.report({**listen, "event_id": "f"}, {**listen, "event_id": "f"}) == {"accepted": 1, "duplicates": 1}
    assert len(service.events.events("u")) == 2


def test_another_users_event_of_the_same_id_is_another_event(service: Harness) -> None:
    service.report({"type": "like", "track_id": "t000001"})
    assert service.report({"type": "like", "track_id": "t000001", "user_id": "v"})["accepted"] == 1


def test_a_track_that_the_catalogue_lacks_is_stored_without_effect(service: Harness) -> None:
    before = service.recommend()["items"]
    assert service.report({"type": "listen", "track_id": "nowhere"})["accepted"] == 1
    assert service.recommend()["items"] == before


def test_one_wrong_event_stores_none(service: Harness) -> None:
    events = [
        {"type": "like", "event_id": "1", "user_id": "u", "occurred_at": INSTANT, "track_id": "t000001"},
        {"type": "like", "event_id": "2", "user_id": "u", "occurred_at": INSTANT},
    ]
    body = refused(service.client.post("/v1/events", json={"events": events}), 422, "invalid-request")
    assert body["errors"] == [{"pointer": "/events/1/track_id", "detail": "required field is missing"}]
    assert service.events.events("u") == ()


@pytest.mark.parametrize(
    ("occurred_at", "good"),
    [
        ("1970-01-01T00:00:00Z", True),
        ("1969-12-31T23:59:59Z", False),
        ("2024-10-05T01:00:00Z", True),
        ("2024-10-05T01:00:01Z", False),
        ("9999-12-31T23:59:59Z", False),
        ("0001-01-01T00:00:00+23:59", False),
        ("2024-10-04T01:00:00", False),
        (NOW, False),
    ],
)
def test_times_lie_between_1970_and_tomorrow(service: Harness, occurred_at: str | int, good: bool) -> None:
    event = {"type": "like", "event_id": "1", "user_id": "u", "occurred_at": occurred_at, "track_id": "t000001"}
    response = service.client.post("/v1/events", json={"events": [event]})
    if good:
        assert response.status_code == 200
    else:
        errors = refused(response, 422, "invalid-request")["errors"]
        assert errors[0]["pointer"] == "/events/0/occurred_at"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"type": "block"}, "/events/0"),
        ({"type": "block", "track_id": "t", "artist_id": "a"}, "/events/0"),
        ({"type": "like", "artist_id": "a"}, "/events/0/artist_id"),
        ({"type": "like", "track_id": "t", "ms_played": 1}, "/events/0/ms_played"),
        ({"type": "listen", "track_id": "t", "ms_played": -1}, "/events/0/ms_played"),
        ({"type": "listen", "track_id": "t", "ms_played": 86_400_001}, "/events/0/ms_played"),
        ({"type": "dance", "track_id": "t"}, "/events/0/type"),
        ({"type": "like", "track_id": ""}, "/events/0/track_id"),
        ({"type": "like", "track_id": "t" * 129}, "/events/0/track_id"),
        ({"type": "like", "track_id": "t", "event_id": "a\nb"}, "/events/0/event_id"),
    ],
)
def test_an_event_that_makes_no_sense_is_refused(service: Harness, change: dict[str, Any], pointer: str) -> None:
    event = {"event_id": "1", "user_id": "u", "occurred_at": INSTANT, **change}
    body = refused(service.client.post("/v1/events", json={"events": [event]}), 422, "invalid-request")
    assert body["errors"][0]["pointer"] == pointer


class BrokenEvents:
    """A store whose disk is full."""

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        raise StoreUnavailableError("disk is full: secret path")

    def events(self, user_id: str) -> tuple[Event, ...]:
        raise StoreUnavailableError("disk is gone: secret path")


def test_a_store_that_fails_is_told_and_not_explained_to_clients() -> None:
    event = {"type": "like", "event_id": "1", "user_id": "u", "occurred_at": INSTANT, "track_id": "t000001"}
    with harness(events=BrokenEvents()) as service:
        for response in (
            service.client.post("/v1/events", json={"events": [event]}),
            service.client.post("/v1/recommendations", json={"user_id": "u"}),
            service.client.get("/readyz"),
        ):
            body = refused(response, 503, "store-unavailable")
            assert response.headers["retry-after"] == "1"
            assert "secret" not in str(body)


class SlowEvents:
    """A store that writes when it is let."""

    def __init__(self) -> None:
        self.go, self.transactions = Flag(), list[int]()

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        assert self.go.wait(10)
        self.transactions.append(len(events))
        return tuple(event.event_id != "old" for event in events)

    def events(self, user_id: str) -> tuple[Event, ...]:
        return ()


def like(event_id: str) -> dict[str, Any]:
    event = {"type": "like", "event_id": event_id, "user_id": "u", "occurred_at": INSTANT, "track_id": "t000001"}
    return {"events": [event]}


def test_requests_that_wait_share_a_transaction_and_learn_their_own_counts() -> None:
    store = SlowEvents()

    async def post(service: Harness, event_id: str) -> httpx.Response:
        transport = httpx.ASGITransport(service.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.post("/v1/events", json=like(event_id))

    async def together(service: Harness) -> list[httpx.Response]:
        posts = [asyncio.create_task(post(service, "old" if n == 3 else str(n))) for n in range(10)]
        while service.app.writer.pending < 10:
            await asyncio.sleep(0)
        store.go.set()
        return await asyncio.gather(*posts)

    with harness(events=store) as service:
        answers = [response.json() for response in service.client.run(together(service))]
    assert answers == [{"accepted": int(n != 3), "duplicates": int(n == 3)} for n in range(10)]
    assert sum(store.transactions) == 10
    assert len(store.transactions) <= 2


def test_more_events_than_may_wait_are_refused() -> None:
    with harness(limits=Limits(pending_events=1)) as service:
        two = {"events": [like("1")["events"][0], like("2")["events"][0]]}
        refused(service.client.post("/v1/events", json=two), 503, "store-unavailable")
        assert service.client.post("/v1/events", json=like("1")).status_code == 200
        assert service.client.post("/v1/events", json=like("2")).status_code == 200
