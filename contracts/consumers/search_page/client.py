"""The search page's client: what matches the words that somebody types."""

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the page."""

    track_id: str
    title: str
    artist_name: str
    explicit: bool


class BadQueryError(Exception):
    """The service does not take these words; the message is fit for a person."""


class SearchPage:
    """Calls `recsys`."""

    def __init__(self, base_url: str) -> None:
        """`base_url` is the address of the service without a path."""
        self._http = httpx.Client(base_url=base_url, timeout=5.0)

    def find(self, words: str, limit: int = 10) -> tuple[Hit, ...]:
        """The tracks that have all the words, best first.

        Raises:
            BadQueryError: the service does not take the words.
            httpx.HTTPStatusError: any other refusal.
        """
        response = self._http.get("/v1/search", params={"q": words, "limit": limit})
        if response.headers["content-type"].startswith("application/problem+json"):
            problem: dict[str, Any] = response.json()
            if problem["type"] == "urn:problem-type:recsys:invalid-request":
                raise BadQueryError(problem["title"])
        response.raise_for_status()
        return tuple(
            Hit(item["track_id"], item["title"], item["artist_name"], item["explicit"])
            for item in response.json()["items"]
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
