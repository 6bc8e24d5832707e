"""The home-feed backend's client: fills the personalised shelf of the home screen.

It reads only what a shelf shows, and ignores every other field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Card:
    """One card of the shelf."""

    track_id: str
    title: str
    artist_id: str
    artist_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The shelf. `next_page` is None on the last page; `degraded` names what the service did without."""

    request_id: str
    cards: tuple[Card, ...]
    degraded: tuple[str, ...]
    next_page: str | None


class UnknownMarketError(Exception):
    """The service has no such market; the message is fit for a log."""


class HomeFeed:
    """Calls `recsys`."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is the address of the service without a path."""
        self._http = httpx.Client(base_url=base_url, timeout=5.0)

    def shelf(self, user_id: str, size: int, *, market: str | None = None, page: str | None = None) -> Shelf:
        """The shelf of a user.

        Raises:
            UnknownMarketError: the service does not know the market.
            httpx.HTTPStatusError: any other refusal.
        """
        body: dict[str, Any] = {"user_id": user_id, "k": size}
        if market is not None:
            body["market"] = market
        if page is not None:
            body["page_token"] = page
        response = self._http.post("/v1/recommendations", json=body)
        if response.headers["content-type"].startswith("application/problem+json"):
            problem = response.json()
            if problem["type"] == "urn:problem-type:recsys:unknown-market":
                raise UnknownMarketError(problem["detail"])
        response.raise_for_status()
        return _shelf(response.json())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def _shelf(answer: Mapping[str, Any]) -> Shelf:
    return Shelf(
        request_id=answer["request_id"],
        cards=tuple(
            Card(item["track_id"], item["title"], item["artist_id"], item["artist_name"], item["reason"])
            for item in answer["items"]
        ),
        degraded=tuple(answer["degraded"]),
        next_page=answer.get("next_page_token"),
    )
