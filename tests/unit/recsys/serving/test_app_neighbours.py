"""The service beside its neighbours: what their answers, and their silence, do to a slate."""

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from recsys.adapters.decisions import JsonDecisions, RotatingFile
from recsys.adapters.policies import DIRECTORY, PolicyArchive
from recsys.adapters.records import DecisionFiles
from recsys.domain.events import Event, Kind
from recsys.errors import PolicyUnavailableError
from recsys.ports import Append, Neighbours, Takedowns, UserProfile
from recsys.serving.replay import digest, replayed
from tests.recsys_fakes import NOW
from tests.serving_fakes import Harness, harness, ids, refused


@dataclass
class Known:
    """`Profiles` that says what it is told."""

    told: UserProfile | None = field(default_factory=UserProfile)
    closed: bool = False

    async def profile(self, user_id: str) -> UserProfile:
        if self.told is None:
            raise PolicyUnavailableError(f"nothing is known of {user_id}")
        return self.told

    async def close(self) -> None:
        self.closed = True


def explicit(service: Harness, answer: dict[str, object]) -> bool:
    catalogue = service.outside.published.model.catalogue
    return bool(catalogue.explicit[catalogue.slots(ids(answer))].any())


def artists(service: Harness, answer: dict[str, object]) -> set[str]:
    catalogue = service.outside.published.model.catalogue
    return {catalogue.artist_ids[slot] for slot in catalogue.artist[catalogue.slots(ids(answer))].tolist()}


def test_blocks_of_a_profile_hold_beside_those_of_events() -> None:
    known = Known()
    with harness(neighbours=Neighbours(known)) as service:
        before = service.recommend(k=20)
        track, artist = ids(before)[0], sorted(artists(service, before))[0]
        service.report({"type": "block", "track_id": ids(before)[1]})
        known.told = UserProfile(
            blocked_tracks=frozenset({track, "unknown"}), blocked_artists=frozenset({artist, "unknown"}), known=True
        )
        after = service.recommend(k=20)
        assert not {track, ids(before)[1]} & set(ids(after))
        assert artist not in artists(service, after)
        assert after["degraded"] == []
    assert known.closed, "the connections are given back"


def test_a_profile_that_is_read_strictly_is_told_and_shows_nothing_explicit() -> None:
    known = Known(UserProfile(allow_explicit=True, known=True))
    with harness(neighbours=Neighbours(known)) as service:
        assert explicit(service, service.recommend(k=50)), "or else this test shows nothing"
        known.told = replace(known.told or UserProfile(), allow_explicit=False, strict=True)
        strict = service.recommend(k=50, allow_explicit=True)
        assert not explicit(service, strict)
        assert strict["degraded"] == ["profile"]
        assert b'recsys_degraded_total{stage="profile"} 1.0' in service.outside.telemetry.render()


def test_without_anything_known_the_request_is_refused() -> None:
    with harness(neighbours=Neighbours(Known(None))) as service:
        answer = service.client.post("/v1/recommendations", json={"user_id": "u", "k": 3})
        refused(answer, 503, "policy-unavailable")
        assert answer.headers["retry-after"]
        assert service.client.get("/v1/search", params={"q": "a"}).status_code == 200, "nobody's profile is needed"


def test_a_list_does_not_go_on_under_another_profile() -> None:
    known = Known()
    with harness(neighbours=Neighbours(known)) as service:
        token = service.recommend(k=3)["next_page_token"]
        service.recommend(k=3, page_token=token)
        known.told = UserProfile(blocked_tracks=frozenset({"t5"}), known=True)
        answer = service.client.post("/v1/recommendations", json={"user_id": "u", "k": 3, "page_token": token})
        refused(answer, 410, "stale-page")


def test_an_answer_under_a_strict_profile_is_given_again_byte_for_byte(tmp_path: Path) -> None:
    known = Known(UserProfile("m0", False, frozenset({"t5"}), frozenset({"a3"}), known=True, strict=True))
    with harness(neighbours=Neighbours(known)) as service:
        answer = service.client.post("/v1/recommendations", json={"user_id": "u", "k": 10})
        published = service.outside.published
        ids_ = published.model.catalogue.ids
        encode = JsonDecisions(ids_, policies=PolicyArchive(tmp_path / DIRECTORY, ids_))
        file = RotatingFile(tmp_path / "worker-0.jsonl")
        file.write(encode(service.decisions.decisions[0], service.decisions.exchanges[0]))
        file.close()
        recorded = DecisionFiles(tmp_path).find(answer.json()["request_id"], published.model.catalogue)
    assert recorded.user.strict
    assert recorded.degraded == ("profile",)
    assert digest(replayed(published, recorded)) == digest(answer.content)


def test_restrictions_hold_beside_the_catalogue_of_the_model_and_are_replayed(tmp_path: Path) -> None:
    with harness() as service:
        catalogue = service.outside.published.model.catalogue
        here, there = catalogue.markets[:2]
        before = service.recommend(k=20, market=here)
        first, second = ids(before)[:2]
        service.policy.current = Takedowns(
            "2", withheld={first: frozenset({here, "unknown"}), "gone": frozenset({here})}
        )
        assert first not in ids(service.recommend(k=50, market=here))
        elsewhere = catalogue.licensed[catalogue.slots([first])[0]] & (1 << catalogue.market_slot(there))
        assert (first in ids(service.recommend(k=50, market=there))) == bool(elsewhere)
        tame = [one for one in ids(before) if not catalogue.explicit[catalogue.slots([one])[0]]]
        service.policy.current = Takedowns("3", explicit=frozenset(tame[:1]), withheld={second: frozenset({here})})
        answer = service.client.post("/v1/recommendations", json={"user_id": "u", "k": 20, "market": here})
        assert not {tame[0], second} & set(ids(answer.json()))
        assert tame[0] in ids(service.recommend(k=50, market=here, allow_explicit=True))
        assert tame[0] not in ids(
            service.client.get("/v1/search", params={"q": "a", "market": here, "limit": 50}).json()
        )
        decisions, exchanges = service.decisions.decisions, service.decisions.exchanges
        archive = PolicyArchive(tmp_path / DIRECTORY, catalogue.ids, catalogue.markets)
        encode, file = JsonDecisions(catalogue.ids, policies=archive), RotatingFile(tmp_path / "worker-0.jsonl")
        for decision, exchange in zip(decisions, exchanges, strict=True):
            file.write(encode(decision, exchange))
        file.close()
        recorded = DecisionFiles(tmp_path).find(answer.json()["request_id"], catalogue)
        assert digest(replayed(service.outside.published, recorded)) == digest(answer.content)


class Working:
    """`Background` that stores an event, and then ends as it is told."""

    def __init__(self, end: Exception | None = None) -> None:
        self._end = end
        self.stored = asyncio.Event()
        self.cancelled = False

    async def run(self, append: Append) -> None:
        await append((Event("e1", "u", Kind.BLOCK, NOW, artist_id="a1"),))
        self.stored.set()
        if self._end:
            raise self._end
        try:
            await asyncio.Event().wait()
        finally:
            self.cancelled = True


def test_work_beside_the_requests_stores_events_and_ends_with_the_service() -> None:
    working = Working()
    with harness(neighbours=Neighbours(background=(working,))) as service:
        service.client.run(working.stored.wait())
        assert "a1" not in artists(service, service.recommend(k=50))
        assert [event.event_id for event in service.events.events("u")] == ["e1"]
    assert working.cancelled


def test_work_that_ends_by_a_fault_is_told_and_takes_nothing_along(caplog: pytest.LogCaptureFixture) -> None:
    working = Working(RuntimeError("a fault of ours"))
    with harness(neighbours=Neighbours(background=(working,))) as service:
        service.client.run(working.stored.wait())
        service.recommend(k=3)
    assert "work beside the requests ended" in caplog.text
