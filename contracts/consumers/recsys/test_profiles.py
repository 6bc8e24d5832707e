"""What recsys expects of the profile service. The code under these tests is the adapter that runs in production."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from pact import Pact, match

from contracts.consumers.recsys.neighbours import asking
from recsys.adapters.neighbours.profiles import KeptProfiles, NoShelf, ProfileClient
from recsys.errors import PolicyUnavailableError
from recsys.ports import UserProfile

Expecting = Callable[[Pact], AbstractContextManager[str]]
ETAG = '"41"'


@pytest.fixture
def pact() -> Pact:
    return Pact("recsys", "profiles").with_specification("V4")


def asked(url: str, user_id: str) -> UserProfile:
    async def ask() -> UserProfile:
        async with asking("profiles", url) as neighbour:
            return await KeptProfiles(ProfileClient(neighbour), NoShelf()).profile(user_id)

    return asyncio.run(ask())


def test_the_profile_of_a_user_who_has_set_everything(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the profile of a user")
        .given("the user has a profile", user="profile-owner", track="t02", artist="amber-2000s")
        .with_request("GET", "/v1/profile")
        .with_query_parameter("user_id", "profile-owner")
        .with_header("Accept", "application/json")
        .will_respond_with(200)
        .with_header("ETag", match.regex(ETAG, regex=r'(W/)?"[^"]*"'))
        .with_body(
            {
                "market": match.str("SE"),
                "allow_explicit": match.bool(False),
                "blocked_tracks": match.each_like(match.str("t02")),
                "blocked_artists": match.each_like(match.str("amber-2000s")),
            },
            "application/json",
        )
    )
    with expecting(pact) as url:
        found = asked(url, "profile-owner")
    assert (found.market, found.allow_explicit, found.known, found.strict) == ("SE", False, True, False)
    assert (found.blocked_tracks, found.blocked_artists) == ({"t02"}, {"amber-2000s"})


def test_what_was_never_set_is_null_and_not_left_out(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the profile of a user who has set nothing")
        .given("the user has set nothing", user="profile-blank")
        .with_request("GET", "/v1/profile")
        .with_query_parameter("user_id", "profile-blank")
        .will_respond_with(200)
        .with_body(
            {"market": None, "allow_explicit": None, "blocked_tracks": [], "blocked_artists": []}, "application/json"
        )
    )
    with expecting(pact) as url:
        assert asked(url, "profile-blank") == UserProfile(known=True)


def test_a_user_whom_the_service_does_not_know(pact: Pact, expecting: Expecting) -> None:
    """The type tells it from the 404 of a gateway, which must not pass for a user without blocks."""
    (
        pact.upon_receiving("the profile of a user whom nobody knows")
        .given("nobody knows the user", user="profile-stranger")
        .with_request("GET", "/v1/profile")
        .with_query_parameter("user_id", "profile-stranger")
        .will_respond_with(404)
        .with_body({"type": "urn:problem-type:profiles:unknown-user"}, "application/problem+json")
    )
    with expecting(pact) as url:
        assert asked(url, "profile-stranger") == UserProfile()


def test_the_profile_is_still_the_same(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the profile of a user, when the caller has it")
        .given("the profile of the user has the ETag", user="profile-owner", etag=ETAG)
        .with_request("GET", "/v1/profile")
        .with_query_parameter("user_id", "profile-owner")
        .with_header("If-None-Match", ETAG)
        .will_respond_with(304)
    )

    async def ask(url: str) -> int:
        async with asking("profiles", url) as neighbour:
            return (await ProfileClient(neighbour).profile("profile-owner", ETAG)).status

    with expecting(pact) as url:
        assert asyncio.run(ask(url)) == 304


def test_a_service_that_cannot_answer_is_not_a_user_without_blocks(pact: Pact, expecting: Expecting) -> None:
    (
        pact.upon_receiving("the profile of a user, while profiles cannot be read")
        .given("profiles cannot be read")
        .with_request("GET", "/v1/profile")
        .with_query_parameter("user_id", "profile-owner")
        .will_respond_with(503)
    )
    with expecting(pact) as url, pytest.raises(PolicyUnavailableError, match="answers 503"):
        asked(url, "profile-owner")
