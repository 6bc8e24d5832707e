"""What the search page expects of recsys."""

from collections.abc import Callable
from contextlib import AbstractContextManager, closing

import pytest
from pact import Pact, match

from contracts.consumers.search_page.client import BadQueryError, SearchPage

Expecting = Callable[[Pact], AbstractContextManager[str]]


@pytest.fixture
def pact() -> Pact:
    return Pact("search-page", "recsys").with_specification("V4")


def test_what_matches_is_found(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a search for words that many titles have")
        .with_request("GET", "/v1/search")
        .with_query_parameters({"q": "harbour lights", "limit": "3"})
        .will_respond_with(200)
        .with_body(
            {
                "items": match.each_like(
                    {
                        "track_id": match.str("t02"),
                        "title": match.regex("Harbour Lights 2", regex="Harbour Lights.*"),
                        "artist_name": match.str("An Artist"),
                        "explicit": match.bool(False),
                    },
                    min=3,
                    max=3,
                )
            },
            "application/json",
        )
    )
    with expecting(pact) as url, closing(SearchPage(url)) as page:
        assert page.find("harbour lights", 3)[0].title == "Harbour Lights 2"


def test_nothing_matches(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a search for words that no title has")
        .with_request("GET", "/v1/search")
        .with_query_parameters({"q": "zyzzyva", "limit": "10"})
        .will_respond_with(200)
        .with_body({"items": []}, "application/json")
    )
    with expecting(pact) as url, closing(SearchPage(url)) as page:
        assert page.find("zyzzyva") == ()


def test_what_was_taken_down_is_not_found(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a search for the title of a track that was taken down")
        .given("the track was taken down", track="t01")
        .with_request("GET", "/v1/search")
        .with_query_parameters({"q": "night train 1", "limit": "10"})
        .will_respond_with(200)
        .with_body({"items": []}, "application/json")
    )
    with expecting(pact) as url, closing(SearchPage(url)) as page:
        assert page.find("night train 1") == ()


def test_no_words_are_told_apart_from_a_failure(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("a search without words")
        .with_request("GET", "/v1/search")
        .with_query_parameters({"q": "", "limit": "10"})
        .will_respond_with(422)
        .with_body(
            {"type": "urn:problem-type:recsys:invalid-request", "status": 422, "title": match.str("Not valid")},
            "application/problem+json",
        )
    )
    with expecting(pact) as url, closing(SearchPage(url)) as page, pytest.raises(BadQueryError):
        page.find("")
