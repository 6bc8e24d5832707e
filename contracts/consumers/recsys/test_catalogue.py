"""What recsys expects of the catalogue service. The code under these tests is the adapter that runs in production."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from pact import Pact, match

from contracts.consumers.recsys.neighbours import asking
from recsys.adapters.memory import MemoryTakedowns
from recsys.adapters.neighbours.catalogue import Catalogue, PolledTakedowns
from recsys.adapters.neighbours.errors import NeighbourError, Outcome
from recsys.errors import PolicyUnavailableError
from recsys.ports import Takedowns

Expecting = Callable[[Pact], AbstractContextManager[str]]
ETAG = '"9c1f"'


@pytest.fixture
def pact() -> Pact:
    return Pact("recsys", "catalogue").with_specification("V4")


def polled(url: str, times: int = 1) -> Takedowns:
    """What is withdrawn after so many questions."""

    async def ask() -> Takedowns:
        async with asking("catalogue", url) as neighbour:
            takedowns = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns())
            for _ in range(times):
                await takedowns.poll()
            return takedowns.takedowns()

    return asyncio.run(ask())


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
        found = polled(url)
    assert (found.tracks, found.artists) == ({"t01"}, {"amber-2000s"})


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
        found = polled(url)
    assert (found.tracks, found.artists) == (frozenset(), frozenset())


def test_the_list_is_still_the_same(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the takedowns, when the caller has them")
        .given("the list of takedowns has the ETag", etag=ETAG)
        .with_request("GET", "/v1/takedowns")
        .with_header("If-None-Match", ETAG)
        .will_respond_with(304)
    )

    async def ask(url: str) -> int:
        async with asking("catalogue", url) as neighbour:
            fetched = await Catalogue(neighbour).takedowns(ETAG)
            assert fetched.value is None
            return fetched.status

    with expecting(pact) as url:
        assert asyncio.run(ask(url)) == 304


def test_a_catalogue_that_cannot_answer_withdraws_everything(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the takedowns, while they cannot be read")
        .given("the list of takedowns cannot be read")
        .with_request("GET", "/v1/takedowns")
        .will_respond_with(503)
        .with_header("Retry-After", match.regex("1", regex=r"\d+"))
    )

    async def ask(url: str) -> None:
        async with asking("catalogue", url) as neighbour:
            takedowns = PolledTakedowns(Catalogue(neighbour), MemoryTakedowns())
            with pytest.raises(NeighbourError, match="answers 503") as caught:
                await takedowns.poll()
            assert (caught.value.outcome, caught.value.again, caught.value.after) == (Outcome.STATUS, True, 1.0)
            with pytest.raises(PolicyUnavailableError):
                takedowns.takedowns()

    with expecting(pact) as url:
        asyncio.run(ask(url))
