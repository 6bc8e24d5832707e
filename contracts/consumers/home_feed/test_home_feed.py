"""What the home-feed backend expects of recsys."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest
from pact import Pact, match

from contracts.consumers.home_feed.client import HomeFeed, UnknownMarketError

Expecting = Callable[[Pact], AbstractContextManager[str]]
REASONS = "listening|popular|new_release|similar_track|discovery|catalogue"


@pytest.fixture
def pact() -> Pact:
    return Pact("home-feed", "recsys").with_specification("V4")


def card(**changes: object) -> dict[str, object]:
    return {
        "track_id": match.str("t12"),
        "title": match.str("A Title"),
        "artist_id": match.str("cedar-2000s"),
        "artist_name": match.str("An Artist"),
        "reason": match.regex("listening", regex=REASONS),
    } | changes


def shelf(least: int, **changes: object) -> dict[str, object]:
    return {
        "request_id": match.regex("0b0e7f4e-53a2-4a30-8c5e-3f6f2c9d1a11", regex=r"[0-9a-f-]{32,36}"),
        "items": match.each_like(card(**changes), min=least),
        "degraded": [],
    }


def test_the_shelf_of_a_user_who_has_listened(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a shelf of three for a user who has listened")
        .given("the user has listened", user="home-listener")
        .with_request("POST", "/v1/recommendations")
        .with_body({"user_id": "home-listener", "k": 3}, "application/json")
        .will_respond_with(200)
        .with_body(shelf(3), "application/json")
    )
    with expecting(pact) as url, closing(HomeFeed(url)) as feed:
        found = feed.shelf("home-listener", 3)
    assert found.request_id
    assert found.cards[0].artist_name == "An Artist"
    assert found.degraded == ()
    assert found.next_page is None


def test_the_shelf_of_a_new_user_is_not_empty(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a shelf for a user whom nobody knows")
        .given("nobody knows the user", user="home-stranger")
        .with_request("POST", "/v1/recommendations")
        .with_body({"user_id": "home-stranger", "k": 5}, "application/json")
        .will_respond_with(200)
        .with_body(shelf(5), "application/json")
    )
    with expecting(pact) as url, closing(HomeFeed(url)) as feed:
        assert feed.shelf("home-stranger", 5).cards


def test_a_blocked_artist_is_not_on_the_shelf(pact: Pact, expecting: Expecting) -> None:
    others = r"(birch|cedar|dune|elm|fern)-2000s"
    (
        pact.upon_receiving("a shelf for a user who has blocked an artist")
        .given("the user has blocked the artist", user="home-blocker", artist="amber-2000s")
        .with_request("POST", "/v1/recommendations")
        .with_body({"user_id": "home-blocker", "k": 30}, "application/json")
        .will_respond_with(200)
        .with_body(shelf(10, artist_id=match.regex("cedar-2000s", regex=others)), "application/json")
    )
    with expecting(pact) as url, closing(HomeFeed(url)) as feed:
        assert "amber-2000s" not in {card.artist_id for card in feed.shelf("home-blocker", 30).cards}


def test_a_track_that_was_taken_down_is_not_on_the_shelf(pact: Pact, expecting: Expecting) -> None:
    others = r"t0[2-9]|t[1-9]\d"
    (
        pact.upon_receiving("a shelf after a takedown")
        .given("the track was taken down", track="t01")
        .with_request("POST", "/v1/recommendations")
        .with_body({"user_id": "home-stranger", "k": 30}, "application/json")
        .will_respond_with(200)
        .with_body(shelf(10, track_id=match.regex("t12", regex=others)), "application/json")
    )
    with expecting(pact) as url, closing(HomeFeed(url)) as feed:
        assert "t01" not in {card.track_id for card in feed.shelf("home-stranger", 30).cards}


def test_a_full_shelf_says_how_to_ask_for_more(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the first page of a long shelf")
        .given("nobody knows the user", user="home-stranger")
        .with_request("POST", "/v1/recommendations")
        .with_body({"user_id": "home-stranger", "k": 4, "market": "001"}, "application/json")
        .will_respond_with(200)
        .with_body(shelf(4) | {"next_page_token": match.regex("cGFnZQ", regex=r"\S+")}, "application/json")
    )
    with expecting(pact) as url, closing(HomeFeed(url)) as feed:
        assert feed.shelf("home-stranger", 4, market="001").next_page == "cGFnZQ"


def test_an_unknown_market_is_told_apart_from_a_failure(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a shelf for a market that does not exist")
        .with_request("POST", "/v1/recommendations")
        .with_body({"user_id": "home-stranger", "k": 3, "market": "ATLANTIS"}, "application/json")
        .will_respond_with(422)
        .with_body(
            {
                "type": "urn:problem-type:recsys:unknown-market",
                "status": 422,
                "title": match.str("The catalogue has no such market"),
                "detail": match.str("market ATLANTIS is not known"),
            },
            "application/problem+json",
        )
    )
    with (
        expecting(pact) as url,
        closing(HomeFeed(url)) as feed,
        pytest.raises(UnknownMarketError, match="ATLANTIS"),
    ):
        feed.shelf("home-stranger", 3, market="ATLANTIS")
