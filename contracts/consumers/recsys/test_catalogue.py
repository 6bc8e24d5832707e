"""What recsys expects of the catalogue service. The code under these tests is the adapter that runs in production."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import pytest
from pact import Pact, match

from contracts.consumers.recsys.neighbours import asking
from recsys.adapters.memory import MemoryTakedowns
from recsys.adapters.neighbours.catalogue import Catalogue, PolledTakedowns, Restricted, Restrictions, Withdrawn
from recsys.adapters.neighbours.errors import NeighbourError, Outcome
from recsys.adapters.neighbours.http import Fetched
from recsys.errors import PolicyUnavailableError

Expecting = Callable[[Pact], AbstractContextManager[str]]
Value = TypeVar("Value")
ETAG = '"9c1f"'


@pytest.fixture
def pact() -> Pact:
    return Pact("recsys", "catalogue").with_specification("V4")


def ask(url: str, question: Callable[[Catalogue], Awaitable[Fetched[Value]]]) -> Fetched[Value]:
    """One answer of the adapter."""

    async def asked() -> Fetched[Value]:
        async with asking("catalogue", url) as neighbour:
            return await question(Catalogue(neighbour))

    return asyncio.run(asked())


def test_what_was_taken_down(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the takedowns")
        .given("a track and an artist were taken down", track="t01", artist="amber-2000s")
        .with_request("GET", "/v1/takedowns")
        .with_header("Accept", "application/json")
        .will_respond_with(200)
        .with_header("ETag", match.regex(ETAG, regex=r'(W/)?"[^"]*"'))
        .with_body(
            {"tracks": match.each_like(match.str("t01")), "artists": match.each_like(match.str("amber-2000s"))},
            "application/json",
        )
    )
    with expecting(pact) as url:
        found = ask(url, lambda catalogue: catalogue.takedowns())
    assert found.value == Withdrawn(frozenset({"t01"}), frozenset({"amber-2000s"}))
    assert found.etag == ETAG


def test_a_track_that_is_restricted(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the restricted tracks")
        .given("a track is restricted", track="t02", market="SE")
        .with_request("GET", "/v1/tracks/restricted")
        .with_header("Accept", "application/json")
        .will_respond_with(200)
        .with_header("ETag", match.regex(ETAG, regex=r'(W/)?"[^"]*"'))
        .with_body(
            {
                "tracks": match.each_like(
                    {
                        "track_id": match.str("t02"),
                        "withheld_in": match.each_like(match.str("SE")),
                        "explicit": match.bool(True),
                    }
                )
            },
            "application/json",
        )
    )
    with expecting(pact) as url:
        found = ask(url, lambda catalogue: catalogue.restrictions())
    assert found.value == Restrictions([Restricted("t02", frozenset({"SE"}), explicit=True)])


def test_no_track_is_restricted(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the restricted tracks, of which there are none")
        .given("no track is restricted")
        .with_request("GET", "/v1/tracks/restricted")
        .will_respond_with(200)
        .with_body({"tracks": []}, "application/json")
    )
    with expecting(pact) as url:
        assert ask(url, lambda catalogue: catalogue.restrictions()).value == Restrictions([])


def test_nothing_is_taken_down(pact: Pact, expecting: Expecting) -> None:
    """Both lists are there when they are empty: a field that is missing is no list."""
    (
        pact.upon_receiving("the takedowns, of which there are none")
        .given("nothing was taken down")
        .with_request("GET", "/v1/takedowns")
        .will_respond_with(200)
        .with_body({"tracks": [], "artists": []}, "application/json")
    )
    with expecting(pact) as url:
        assert ask(url, lambda catalogue: catalogue.takedowns()).value == Withdrawn(frozenset(), frozenset())


def test_the_list_is_still_the_same(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the takedowns, when the caller has them")
        .given("the list of takedowns has the ETag", etag=ETAG)
        .with_request("GET", "/v1/takedowns")
        .with_header("If-None-Match", ETAG)
        .will_respond_with(304)
    )

    with expecting(pact) as url:
        found = ask(url, lambda catalogue: catalogue.takedowns(ETAG))
    assert (found.status, found.value) == (304, None)


def test_a_catalogue_that_cannot_answer_withdraws_everything(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the takedowns, while they cannot be read")
        .given("the list of takedowns cannot be read")
        .with_request("GET", "/v1/takedowns")
        .will_respond_with(503)
        .with_header("Retry-After", match.regex("1", regex=r"\d+"))
    )

    async def poll(url: str) -> None:
        async with asking("catalogue", url) as neighbour:
            takedowns = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns())
            with pytest.raises(NeighbourError, match="answers 503") as caught:
                await takedowns.poll()
            assert (caught.value.outcome, caught.value.again, caught.value.after) == (Outcome.STATUS, True, 1.0)
            with pytest.raises(PolicyUnavailableError):
                takedowns.takedowns()

    with expecting(pact) as url:
        asyncio.run(poll(url))
