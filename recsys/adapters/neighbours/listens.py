"""The stream of listening events: messages become events, and are kept like those that callers post.

A message is known by (user_id, event_id), so one that comes twice counts once. The place in the stream is written down
after the events are on disk: nothing is lost, and at worst a batch is read again. A message that cannot be read is
counted, logged and passed over: it will not get better, and the stream must go on.
"""

import asyncio
import logging
import os
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from recsys.adapters.neighbours.errors import NeighbourError
from recsys.adapters.neighbours.http import CallLimits, Neighbour
from recsys.domain.events import Event, Kind
from recsys.domain.items import SECONDS_A_DAY
from recsys.errors import InvalidValueError, StoreUnavailableError
from recsys.ports import Append, Calls, Clock

LOG: Final = logging.getLogger(__name__)
PATH: Final = "/v1/listens"
BATCH: Final = 500
WAIT_SECONDS: Final = 10
LIMITS: Final = CallLimits(connect=1.0, attempt=WAIT_SECONDS + 5.0, total=WAIT_SECONDS + 10.0, body_bytes=4 << 20)
PLACE_GONE: Final = {int(HTTPStatus.GONE): "urn:problem-type:listens:place-gone"}

Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^(?!.*[\u0000-\u001f\u007f])")]
Milliseconds = Annotated[int, Meta(ge=0, le=86_400_000)]


class UnreadableMessageError(ValueError):
    """A message that is not what this service reads."""


class _Message(msgspec.Struct, frozen=True):
    """What recsys reads of a message; further fields are for others."""

    type: Literal["listen", "skip", "like", "block"]
    event_id: Id
    user_id: Id
    occurred_at: Annotated[datetime, Meta(tz=True)]
    track_id: Id | None = None
    artist_id: Id | None = None
    ms_played: Milliseconds | None = None
    request_id: Id | None = None


class Page(msgspec.Struct, frozen=True):
    """What recsys reads of a page of the stream. next: where the next page begins."""

    messages: list[msgspec.Raw]
    next: Annotated[str, Meta(max_length=1_000)]


def decode(message: bytes, now: int) -> Event:
    """Return the event of a message. now: unix seconds. Raises `UnreadableMessageError`."""
    try:
        told = msgspec.json.decode(message, type=_Message)
        occurred_at = int(told.occurred_at.timestamp() // 1)
        if not 0 <= occurred_at <= now + SECONDS_A_DAY:
            raise UnreadableMessageError(f"occurred_at is {told.occurred_at.isoformat()}: before 1970, or to come")
        return Event(
            event_id=told.event_id,
            user_id=told.user_id,
            kind=Kind[told.type.upper()],
            occurred_at=occurred_at,
            track_id=told.track_id,
            artist_id=told.artist_id,
            ms_played=told.ms_played if told.type in ("listen", "skip") else None,
            request_id=told.request_id,
        )
    except (msgspec.MsgspecError, UnicodeDecodeError, InvalidValueError, OverflowError) as error:
        raise UnreadableMessageError(str(error)) from error


class ListenFeed:
    """Asks the stream for messages. A question waits for `WAIT_SECONDS` when there are none."""

    def __init__(self, neighbour: Neighbour) -> None:
        self._neighbour = neighbour

    async def after(self, place: str | None) -> Page | None:
        """Return the messages after a place (None: from the first one); None when the place is no longer kept.

        Raises `NeighbourError`.
        """
        parameters = {"limit": str(BATCH), "wait": str(WAIT_SECONDS), **({"after": place} if place else {})}
        fetched = await self._neighbour.get(PATH, Page, parameters=parameters, problems=PLACE_GONE)
        return fetched.value

    async def close(self) -> None:
        """Close the connections."""
        await self._neighbour.close()


class Bookmark:
    """The place in the stream, in a file. Without a path it is forgotten with the process, like state in memory."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.place: str | None = None
        if path is not None and path.exists():
            try:
                self.place = path.read_text(encoding="utf-8") or None
            except (OSError, UnicodeDecodeError) as error:
                raise StoreUnavailableError(
                    f"the place in the stream, {path}, cannot be read: {error}. Remove it to read from the beginning"
                ) from error

    def put(self, place: str | None) -> None:
        """Write the place down, whole or not at all. Raises `StoreUnavailableError`."""
        self.place = place
        if self._path is None:
            return
        fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            fresh.write_text(place or "", encoding="utf-8")
            fresh.replace(self._path)
        except OSError as error:
            raise StoreUnavailableError(f"the place in the stream cannot be written: {error}") from error


class Listening:
    """A `Background` that reads the stream. pause: seconds after a failure, and after a page without messages."""

    def __init__(self, feed: ListenFeed, bookmark: Bookmark, clock: Clock, calls: Calls, *, pause: float = 0.5) -> None:
        self._feed, self._bookmark, self._clock, self._calls, self._pause = feed, bookmark, clock, calls, pause

    async def run(self, append: Append) -> None:
        """Read until it is cancelled."""
        try:
            while True:
                if not await self._bearing(append):
                    await asyncio.sleep(self._pause)
        finally:
            await self._feed.close()

    async def _bearing(self, append: Append) -> bool:
        """Read a page; a failure is logged, and the same page asked for again. Sources fail open."""
        try:
            return await self.step(append)
        except (NeighbourError, StoreUnavailableError) as error:
            news = error.news if isinstance(error, NeighbourError) else True
            LOG.log(logging.WARNING if news else logging.DEBUG, "the stream of listens stands still: %s", error)
            return False

    async def step(self, append: Append) -> bool:
        """Read one page, and tell whether there was a message. Raises `NeighbourError` or `StoreUnavailableError`."""
        page = await self._feed.after(self._bookmark.place)
        if page is None:
            LOG.error("the stream no longer keeps %r: it is read from its beginning", self._bookmark.place)
            self._bookmark.put(None)
            return False
        events = self._events(page)
        if events:
            await append(events)
        if page.next != self._bookmark.place:
            self._bookmark.put(page.next)
        return bool(page.messages)

    def _events(self, page: Page) -> tuple[Event, ...]:
        events, now = [], self._clock.now()
        for message in page.messages:
            try:
                events.append(decode(bytes(message), now))
            except UnreadableMessageError as error:
                LOG.warning("a message of the stream is passed over: %s", error)
        self._calls.messages("read", len(events))
        self._calls.messages("unreadable", len(page.messages) - len(events))
        return tuple(events)
