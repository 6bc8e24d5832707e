"""The provider states that the pacts name, each put up through the service's own doors.

Events go in over HTTP and takedowns through the file that operators write, so that these handlers know nothing of the
service's code and keep working when it is rewritten. Every state has a teardown. Messages are handed out as the service
emitted them: a state has a slate served, and the message is what the service logged about it.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from contracts.provider.records import Records

Params = Mapping[str, Any]
STRANGER = "states-stranger"
SHOWN = 30  # as many as the consumers ask for: what is further down would be missed anyway
MESSAGES = frozenset({"the decision on a slate", "the exposure of a user to an experiment"})
"""What the service emits, by the names that the pacts give it: both are lines of the decision log."""
WHEN = "2025-10-30T12:00:00Z"


class States:
    """Puts states up in one running service and takes them down again."""

    def __init__(self, base_url: str, takedowns: Path, records: Records) -> None:
        """`takedowns` is the file from which the service reads what was withdrawn, `records` are what it logs."""
        self._records = records
        self._served = ""
        self._http = httpx.Client(base_url=base_url, timeout=10.0)
        self._takedowns = takedowns
        self._setups: Mapping[str, Callable[[Params], Params]] = {
            "": _nothing,  # pact asks for this one where an interaction names no state
            "nobody knows the user": _nothing,
            "no event of the user is stored": _nothing,
            "the user has listened": self._listened,
            "the user has blocked the artist": self._blocked,
            "the track was taken down": self._taken_down,
            "the event is stored": self._stored,
            "a slate was served": self._slate,
        }

    def change(self, state: str, action: str, params: Params) -> Params:
        """Put `state` up or take it down; return the values that the pact's generators may use.

        Raises:
            LookupError: no handler for the state, or the service lacks what the state speaks of.
            httpx.HTTPError: the service refused.
        """
        if state not in self._setups:
            raise LookupError(f"no handler for the provider state {state!r}; known: {', '.join(sorted(self._setups))}")
        if action == "teardown":
            self._withdraw()
            self._served = ""
            return {}
        return self._setups[state](params)

    def message(self, description: str) -> bytes:
        """The message of that name about the slate that was served last, as the service emitted it.

        Raises:
            LookupError: no such message, or no state had a slate served.
        """
        if description not in MESSAGES:
            raise LookupError(f"no message {description!r}; known: {', '.join(sorted(MESSAGES))}")
        if not self._served:
            raise LookupError(f"no slate was served: give {description!r} the state 'a slate was served'")
        return self._records.of(self._served)

    def _slate(self, params: Params) -> Params:
        answer = self._post("/v1/recommendations", {"user_id": params["user"], "k": params["k"]})
        self._served = answer["request_id"]
        return {}

    def _listened(self, params: Params) -> Params:
        for n, item in enumerate(self._popular(5)):
            self._send({"type": "listen", "event_id": f"listened-{n}", "track_id": item["track_id"]}, params["user"])
        return {}

    def _blocked(self, params: Params) -> Params:
        artist = params["artist"]
        liked = [item for item in self._popular(100) if item["artist_id"] == artist]
        if not liked:
            raise LookupError(f"no track by {artist} is recommended to anybody: blocking it would show nothing")
        for n, item in enumerate(liked[:-1]):
            self._send({"type": "like", "event_id": f"liked-{n}", "track_id": item["track_id"]}, params["user"])
        self._send({"type": "block", "event_id": "blocked", "artist_id": artist}, params["user"])
        return {}

    def _taken_down(self, params: Params) -> Params:
        if params["track"] not in {item["track_id"] for item in self._popular(SHOWN)}:
            raise LookupError(f"{params['track']} is recommended to nobody: taking it down would show nothing")
        self._withdraw(params["track"])
        return {}

    def _stored(self, params: Params) -> Params:
        self._post("/v1/events", {"events": [params["event"]]})
        return {}

    def _withdraw(self, *tracks: str) -> None:
        fresh = self._takedowns.with_suffix(".new")
        fresh.write_text(json.dumps({"tracks": tracks, "artists": []}))
        fresh.replace(self._takedowns)

    def _popular(self, k: int) -> list[dict[str, Any]]:
        answer = self._post("/v1/recommendations", {"user_id": STRANGER, "k": k})
        items: list[dict[str, Any]] = answer["items"]
        return items

    def _send(self, event: Mapping[str, Any], user: str) -> None:
        self._post("/v1/events", {"events": [{"user_id": user, "occurred_at": WHEN, **event}]})

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        response = self._http.post(path, json=body)
        response.raise_for_status()
        return response.json()


def _nothing(_: Params) -> Params:
    return {}
