"""The mobile player's client: reports what is played, and asks what could follow.

It reads only what the player shows, and ignores every other field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Track:
    """One track of a list."""

    track_id: str
    title: str
    artist_name: str
    explicit: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many of the events that were sent were new, and how many the service had already."""

    accepted: int
    duplicates: int


class RejectedEventsError(Exception):
    """The service refused the events; `pointers` are the JSON pointers of what is wrong."""

    def __init__(self, detail: str, pointers: tuple[str, ...]) -> None:
        """`detail` is the service's sentence."""
        super().__init__(detail)
        self.pointers = pointers


class UnknownTrackError(Exception):
    """The service has no such track."""


class Player:
    """Calls `recsys`."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is the address of the service without a path."""
        self._http = httpx.Client(base_url=base_url, timeout=5.0)

    def report(self, events: Sequence[Mapping[str, Any]]) -> Receipt:
        """Report events; once this returns they are durable, and a retry with the same ids is harmless.

        Raises:
            RejectedEventsError: an event is malformed; none was stored.
            httpx.HTTPStatusError: any other refusal; try again later.
        """
        response = self._http.post("/v1/events", json={"events": list(events)})
        if response.status_code == 422:
            problem = response.json()
            raise RejectedEventsError(problem["detail"], tuple(e["pointer"] for e in problem["errors"]))
        response.raise_for_status()
        answer = response.json()
        return Receipt(answer["accepted"], answer["duplicates"])

    def up_next(self, track_id: str, size: int, market: str) -> tuple[Track, ...]:
        """Tracks like the one that plays.

        Raises:
            UnknownTrackError: the service does not know the track.
            httpx.HTTPStatusError: any other refusal.
        """
        response = self._http.get(f"/v1/tracks/{track_id}/similar", params={"k": size, "market": market})
        if response.status_code == 404:
            raise UnknownTrackError(response.json()["detail"])
        return _tracks(response)

    def search(self, text: str, market: str, limit: int) -> tuple[Track, ...]:
        """Tracks whose title or artist matches.

        Raises:
            httpx.HTTPStatusError: the service refused.
        """
        return _tracks(self._http.get("/v1/search", params={"q": text, "market": market, "limit": limit}))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _tracks(response: httpx.Response) -> tuple[Track, ...]:
    response.raise_for_status()
    return tuple(
        Track(item["track_id"], item["title"], item["artist_name"], item["explicit"])
        for item in response.json()["items"]
    )
