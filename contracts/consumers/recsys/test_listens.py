"""What recsys expects of the stream of listens: the messages by themselves, and the pages that they come on."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from pact import Pact, match

from contracts.consumers.recsys.neighbours import asking
from recsys.adapters.neighbours.listens import BATCH, WAIT_SECONDS, ListenFeed, Page, UnreadableMessageError, decode
from recsys.domain.events import Event, Kind

Expecting = Callable[[Pact], AbstractContextManager[str]]
NOW, WHEN = 1_761_955_200, "2025-10-30T12:00:00Z"
ID = r"[^\u0000-\u001f]{1,128}"
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"


@pytest.fixture
def pact() -> Pact:
    return Pact("recsys", "listens").with_specification("V4")


def message(kind: str, **fields: object) -> dict[str, object]:
    return {
        "type": kind,
        "event_id": match.regex("e-1", regex=ID),
        "user_id": match.regex("u-1", regex=ID),
        "occurred_at": match.regex(WHEN, regex=INSTANT),
        **fields,
    }


def read(pact: Pact) -> list[Event]:
    """What the adapter makes of the message."""
    found: list[Event] = []

    def handle(body: str | bytes | None, _: dict[str, Any]) -> None:
        found.append(decode(body.encode() if isinstance(body, str) else body or b"", NOW))

    pact.verify(handle, "Async")
    return found


@pytest.mark.parametrize("kind", ["listen", "skip"])
def test_a_track_was_played(pact: Pact, pact_directory: Path, kind: str) -> None:
    (
        pact.upon_receiving(f"a {kind}", "Async")
        .given(f"a user did a {kind}")
        .with_body(
            message(kind, track_id=match.regex("t12", regex=ID), ms_played=match.int(31_000)), "application/json"
        )
    )
    [event] = read(pact)
    pact.write_file(pact_directory)
    assert event == Event("e-1", "u-1", Kind[kind.upper()], 1_761_825_600, track_id="t12", ms_played=31_000)


def test_an_artist_was_blocked(pact: Pact, pact_directory: Path) -> None:
    (
        pact.upon_receiving("a block of an artist", "Async")
        .given("a user blocked an artist")
        .with_body(message("block", artist_id=match.regex("amber-2000s", regex=ID)), "application/json")
    )
    [event] = read(pact)
    pact.write_file(pact_directory)
    assert (event.kind, event.track_id, event.artist_id) == (Kind.BLOCK, None, "amber-2000s")


def test_a_message_without_a_user_is_refused() -> None:
    with pytest.raises(UnreadableMessageError, match="user_id"):
        decode(json.dumps({"type": "listen", "event_id": "e", "occurred_at": WHEN, "track_id": "t"}).encode(), NOW)


def page_after(url: str, place: str | None) -> Page | None:
    async def ask() -> Page | None:
        async with asking("listens", url) as neighbour:
            return await ListenFeed(neighbour).after(place)

    return asyncio.run(ask())


def asking_after(pact: Pact, what: str, state: str, place: str) -> Any:  # noqa: ANN401 - pact's own builder
    return (
        pact.upon_receiving(what)
        .given(state, place=place)
        .with_request("GET", "/v1/listens")
        .with_query_parameters({"limit": str(BATCH), "wait": str(WAIT_SECONDS), "after": place})
    )


def test_a_page_of_the_stream(pact: Pact, expecting: Expecting) -> None:
    """What is on a page is held to the messages by themselves; here it is only a list of objects."""
    (
        asking_after(pact, "the messages after a place", "there are messages after the place", "41")
        .will_respond_with(200)
        .with_body(
            {"messages": match.each_like({"event_id": match.regex("e-1", regex=ID)}), "next": match.str("42")},
            "application/json",
        )
    )
    with expecting(pact) as url:
        page = page_after(url, "41")
    assert page is not None
    assert (len(page.messages), page.next) == (1, "42")


def test_a_place_that_is_no_longer_kept(pact: Pact, expecting: Expecting) -> None:
    (
        asking_after(pact, "the messages after a place that is gone", "the place is no longer kept", "1")
        .will_respond_with(410)
        .with_body({"type": "urn:problem-type:listens:place-gone"}, "application/problem+json")
    )
    with expecting(pact) as url:
        assert page_after(url, "1") is None
