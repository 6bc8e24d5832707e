"""Parts that fail, one at a time, under the whole service: an answer in time, marked, and hard policy intact.

The invariants `degradation`, `deadline` and `hard-policy` of docs/serving.md, each with the faults that it is for. A
fault that hangs does so until the test is over, so that a service that waited for it would never answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag
from typing import Any

import numpy as np
import pytest

from recsys.adapters.memory import MemoryEvents, MemoryTakedowns
from recsys.domain.candidates import Retrieved
from recsys.domain.events import Event
from recsys.domain.published import Published
from recsys.errors import PolicyUnavailableError, StoreUnavailableError
from recsys.features.schema import SCHEMA
from recsys.ports import Takedowns
from recsys.retrieval.itemitem import ItemItemSource
from recsys.retrieval.popular import PopularSource
from recsys.retrieval.releases import ReleaseSource
from recsys.settings import Budgets, Limits
from tests.serving_fakes import Harness, answered, harness, ids, no_histories, refused, small_outside

HURRIED = Limits(budgets=Budgets(whole=1.5, profile=0.05, wait=0.2, state=0.05, sources=0.3, ranker=0.6, rest=0.3))
SOURCES = {"item_item": ItemItemSource, "popular": PopularSource, "releases": ReleaseSource}
Fault = Callable[..., Any]


def raises(*_: object) -> Any:
    raise RuntimeError("planted")


def garbage(*_: object) -> Any:
    return Retrieved(np.array([10**6], dtype=np.int32), np.array([1.0]))


def not_a_number(*_: object) -> Any:
    return Retrieved(np.array([1], dtype=np.int32), np.array([np.nan]))


def nothing_at_all(*_: object) -> Any:
    return None


def a_flood(*_: object) -> Any:
    return Retrieved(np.zeros(5_000, dtype=np.int32), np.zeros(5_000))


@pytest.fixture
def hangs() -> Iterator[Fault]:
    over = Flag()

    def call(*_: object) -> Any:
        over.wait()

    yield call
    over.set()


FAULTS = ("raises", "hangs", "garbage", "not_a_number", "nothing_at_all", "a_flood")


@pytest.fixture
def fault(request: pytest.FixtureRequest, hangs: Fault) -> Fault:
    return {
        "raises": raises,
        "hangs": hangs,
        "garbage": garbage,
        "not_a_number": not_a_number,
        "nothing_at_all": nothing_at_all,
        "a_flood": a_flood,
    }[request.param]


def prepared(service: Harness) -> set[str]:
    """Give user u a history, a blocked artist and a takedown; return what must never be shown."""
    first = service.recommend(k=20, allow_explicit=True)["items"]
    service.report(
        {"type": "like", "track_id": first[0]["track_id"]},
        {"type": "block", "artist_id": first[1]["artist_id"]},
        {"type": "block", "track_id": first[2]["track_id"]},
    )
    service.policy.current = Takedowns("v2", tracks=frozenset({first[3]["track_id"]}))
    catalogue = service.outside.published.model.catalogue
    artist = catalogue.artist_slot(first[1]["artist_id"])
    blocked = {catalogue.ids[slot] for slot in np.flatnonzero(catalogue.artist == artist)}
    explicit = {catalogue.ids[slot] for slot in np.flatnonzero(catalogue.explicit)}
    return blocked | explicit | {first[2]["track_id"], first[3]["track_id"], first[0]["track_id"]}


def check_degraded(service: Harness, forbidden: set[str], missing: list[str]) -> None:
    answer = service.recommend(k=20)
    assert answer["degraded"] == missing
    assert len(answer["items"]) == 20
    assert not forbidden & set(ids(answer))
    assert 'recsys_degraded_total{stage="' + missing[0] in service.client.get("/metrics").text


@pytest.mark.parametrize("fault", FAULTS, indirect=True)
@pytest.mark.parametrize("name", sorted(SOURCES))
def test_degradation_a_source_that_fails_is_done_without(
    name: str, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with harness(HURRIED) as service:
        forbidden = prepared(service)
        monkeypatch.setattr(SOURCES[name], "retrieve", fault)
        check_degraded(service, forbidden, [name])


def test_degradation_without_any_source_the_catalogue_still_answers(
    hangs: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    with harness(HURRIED) as service:
        forbidden = prepared(service)
        for source in SOURCES.values():
            monkeypatch.setattr(source, "retrieve", hangs)
        check_degraded(service, forbidden, ["item_item", "releases", "popular"])


class BrokenScorer:
    """A ranker whose `score` is the fault."""

    schema_version = SCHEMA.version

    def __init__(self, fault: Fault) -> None:
        self.score = fault


@pytest.mark.parametrize("fault", ["raises", "hangs", "nothing_at_all"], indirect=True)
def test_degradation_without_the_ranker_popularity_ranks(fault: Fault) -> None:
    model = small_outside().published.model
    healthy = True
    broken = BrokenScorer(lambda features: model.scorer.score(features) if healthy else fault(features))
    published = Published(replace(model, scorer=broken), no_histories(model), {})
    with harness(HURRIED, published=published) as service:
        forbidden = prepared(service)
        healthy = False
        check_degraded(service, forbidden, ["ranker"])
        assert {item["tier"] for item in service.recommend(k=20)["items"]} == {"fallback"}


class Stores(MemoryEvents):
    """Events, until a fault is planted in reading or writing them."""

    reading: Fault | None = None
    writing: Fault | None = None

    def events(self, user_id: str) -> tuple[Event, ...]:
        return self.reading(user_id) if self.reading else super().events(user_id)

    def append(self, events: Sequence[Event]) -> tuple[bool, ...]:
        return self.writing(events) if self.writing else super().append(events)


class Policy(MemoryTakedowns):
    """Takedowns, until a fault is planted in reading them."""

    reading: Fault | None = None

    def takedowns(self) -> Takedowns:
        return self.reading() if self.reading else super().takedowns()


def locked(*_: object) -> Any:
    raise StoreUnavailableError("planted: database is locked")


def unreadable(*_: object) -> Any:
    raise PolicyUnavailableError("planted")


ASKED = {"json": {"user_id": "u", "k": 5}}


@pytest.mark.parametrize("planted", [unreadable, None], ids=["raises", "hangs"])
def test_hard_policy_a_policy_store_that_fails_refuses_every_answer_that_names_tracks(
    planted: Fault | None, hangs: Fault
) -> None:
    policy = Policy()
    with harness(HURRIED, policy=policy) as service:
        (track,) = ids(service.recommend(k=1))
        policy.reading = planted or hangs
        for response in (
            service.client.post("/v1/recommendations", **ASKED),
            service.client.get(f"/v1/tracks/{track}/similar"),
            service.client.get("/v1/search", params={"q": "title"}),
            service.client.get("/readyz"),
        ):
            refused(response, 503, "policy-unavailable")
            assert int(response.headers["retry-after"]) >= 1
        policy.reading = None
        assert service.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("planted", [locked, None], ids=["raises", "hangs"])
def test_hard_policy_without_the_store_of_blocks_nobody_gets_a_slate_but_what_concerns_nobody_goes_on(
    planted: Fault | None, hangs: Fault
) -> None:
    events = Stores()
    with harness(HURRIED, events=events) as service:
        (track,) = ids(service.recommend(k=1))
        events.reading = planted or hangs
        refused(service.client.post("/v1/recommendations", **ASKED), 503, "store-unavailable")
        answered(service.client.get(f"/v1/tracks/{track}/similar"))
        answered(service.client.get("/v1/search", params={"q": "title"}))
        events.reading = None
        assert len(service.recommend(k=5)["items"]) == 5


@pytest.mark.parametrize("planted", [locked, None], ids=["raises", "hangs"])
def test_deadline_events_that_cannot_be_written_are_refused_in_time_and_slates_go_on(
    planted: Fault | None, hangs: Fault
) -> None:
    events = Stores()
    with harness(replace(HURRIED, store_seconds=0.05), events=events) as service:
        track = service.recommend(k=1)["items"][0]["track_id"]
        like = {"type": "like", "event_id": "e", "user_id": "u", "occurred_at": "2024-10-04T01:00:00Z"}
        body = {"events": [like | {"track_id": track}]}
        events.writing = planted or hangs
        refused(service.client.post("/v1/events", json=body), 503, "store-unavailable")
        assert len(service.recommend(k=5)["items"]) == 5
        if planted:
            events.writing = None
            assert answered(service.client.post("/v1/events", json=body)) == {"accepted": 1, "duplicates": 0}


def test_a_source_that_goes_on_hanging_is_soon_not_waited_for(hangs: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    with harness(HURRIED) as service:
        asked = []
        monkeypatch.setattr(PopularSource, "retrieve", lambda *_: asked.append(1) or hangs())
        for _ in range(8):
            assert service.recommend(k=5)["degraded"] == ["popular"]
        assert len(asked) == 3
