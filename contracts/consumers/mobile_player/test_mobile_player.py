"""What the mobile player expects of recsys."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest
from pact import Pact, match

from contracts.consumers.mobile_player.client import Player, Receipt, RejectedEventsError, UnknownTrackError

Expecting = Callable[[Pact], AbstractContextManager[str]]


@pytest.fixture
def pact() -> Pact:
    return Pact("mobile-player", "recsys").with_specification("V4")


def event(kind: str, **more: object) -> dict[str, object]:
    return {
        "type": kind,
        "event_id": f"player-{kind}-1",
        "user_id": "player-user",
        "occurred_at": "2025-10-31T20:15:00Z",
        **more,
    }


EVENTS = (
    event("listen", track_id="t02", ms_played=201_000),
    event("skip", track_id="t03", ms_played=4_000),
    event("like", track_id="t04"),
    event("block", artist_id="amber-2000s"),
)


def tracks(least: int) -> dict[str, object]:
    track = {
        "track_id": match.str("t12"),
        "title": match.str("A Title"),
        "artist_name": match.str("An Artist"),
        "explicit": match.bool(False),
    }
    return {"items": match.each_like(track, min=least)}


@pytest.mark.parametrize("sent", EVENTS, ids=lambda e: e["type"])
def test_every_kind_of_event_is_accepted(pact: Pact, expecting: Expecting, sent: dict[str, object]) -> None:
    (
        pact.upon_receiving(f"a {sent['type']} event")
        .given("no event of the user is stored", user="player-user")
        .with_request("POST", "/v1/events")
        .with_body({"events": [sent]}, "application/json")
        .will_respond_with(200)
        .with_body({"accepted": 1, "duplicates": 0}, "application/json")
    )
    with expecting(pact) as url, closing(Player(url)) as player:
        assert player.report([sent]) == Receipt(1, 0)


def test_an_event_that_is_sent_again_counts_once(pact: Pact, expecting: Expecting) -> None:
    sent = event("like", track_id="t04") | {"event_id": "player-retry", "user_id": "player-retries"}
    (
        pact.upon_receiving("an event that was stored before")
        .given("the event is stored", event=sent)
        .with_request("POST", "/v1/events")
        .with_body({"events": [sent]}, "application/json")
        .will_respond_with(200)
        .with_body({"accepted": 0, "duplicates": 1}, "application/json")
    )
    with expecting(pact) as url, closing(Player(url)) as player:
        assert player.report([sent]) == Receipt(0, 1)


def test_a_malformed_event_is_refused_with_its_place(pact: Pact, expecting: Expecting) -> None:
    sent = event("listen", track_id="t02", ms_played=-1)
    (
        pact.upon_receiving("an event with a negative length")
        .with_request("POST", "/v1/events")
        .with_body({"events": [sent]}, "application/json")
        .will_respond_with(422)
        .with_body(
            {
                "status": 422,
                "detail": match.str("/events/0/ms_played: must be at least 0"),
                "errors": [{"pointer": "/events/0/ms_played"}],
            },
            "application/problem+json",
        )
    )
    with expecting(pact) as url, closing(Player(url)) as player, pytest.raises(RejectedEventsError) as refused:
        player.report([sent])
    assert refused.value.pointers == ("/events/0/ms_played",)


def test_what_could_follow_a_track(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("what could follow a track")
        .with_request("GET", "/v1/tracks/t02/similar")
        .with_query_parameters({"k": "5", "market": "001"})
        .will_respond_with(200)
        .with_body(tracks(5), "application/json")
    )
    with expecting(pact) as url, closing(Player(url)) as player:
        assert player.up_next("t02", 5, "001")[0].track_id == "t12"


def test_a_track_that_does_not_exist(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("what could follow a track that does not exist")
        .with_request("GET", "/v1/tracks/no-such-track/similar")
        .with_query_parameters({"k": "5", "market": "001"})
        .will_respond_with(404)
        .with_body(
            {"type": "urn:problem-type:recsys:unknown-track", "status": 404, "detail": match.str("no such track")},
            "application/problem+json",
        )
    )
    with expecting(pact) as url, closing(Player(url)) as player, pytest.raises(UnknownTrackError):
        player.up_next("no-such-track", 5, "001")


def test_a_search_finds_a_track_by_its_title(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a search for a title")
        .with_request("GET", "/v1/search")
        .with_query_parameters({"q": "night", "market": "001", "limit": "3"})
        .will_respond_with(200)
        .with_body(tracks(1), "application/json")
    )
    with expecting(pact) as url, closing(Player(url)) as player:
        assert player.search("night", "001", 3)[0].title == "A Title"
