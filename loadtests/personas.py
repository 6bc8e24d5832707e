"""Four kinds of users of the music service, and what each of them must get.

Who they are is drawn anew in each run (`random` is seeded by GUARDRAILS_LOAD_SEED, else by the system), so that nobody
can prepare for them. An answer that is not what the API promises is a failure, whatever its status. An empty slate and
a degraded one are marked in the request's context, where the gate counts them.
"""

import os
import random
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from locust import FastHttpUser, between, constant_pacing, task

KNOWN_USERS = int(os.environ.get("LOAD_USERS", "800"))
"""How many users the model was trained on: u000001 to u000800 in the world that `recsys train --users 800` makes."""
MARKETS = tuple(os.environ.get("LOAD_MARKETS", "BR,DE,JP,SE,US").split(","))
REPORTS_OF_ONE_LIFE = 40
"""After so many reports a heavy listener becomes somebody else, before the catalogue is used up."""
Item = dict[str, Any]


def known_user(shift: int) -> str:
    """A user of the model. A few are met often and most rarely (the chance falls as 1 / rank); `shift` says who."""
    rank = int(KNOWN_USERS ** random.random())
    return f"u{(rank * 7919 + shift) % KNOWN_USERS + 1:06d}"


def new_user() -> str:
    """Somebody of whom the service has never heard."""
    return f"new-{random.getrandbits(48):012x}"


def wrong_with_slate(items: object, k: int, banned: Collection[str]) -> str:
    """What breaks the API's promise in a slate of at most `k` without the `banned` tracks; empty where nothing does."""
    if not isinstance(items, list) or not all(isinstance(item, dict) and item.get("track_id") for item in items):
        return "items are no list of tracks"
    ids = [item["track_id"] for item in items]
    if len(ids) > k:
        return f"{len(ids)} items where {k} were asked for"
    if len(set(ids)) < len(ids):
        return "a track comes twice"
    if back := set(ids) & set(banned):
        return f"{len(back)} tracks come back that were just heard"
    return ""


class Listener(FastHttpUser):
    """What all of them can do. Each method checks its answer and returns what is in it, or nothing after a failure."""

    abstract = True
    wait_time = between(1.0, 4.0)
    user_id: str

    def on_start(self) -> None:
        """Begin as somebody."""
        self.become()

    def become(self) -> None:
        """Become a user of the model with nothing on the screen."""
        self.user_id = known_user(random.randrange(KNOWN_USERS))
        self.slate: list[Item] = []

    def ask(
        self, method: str, path: str, name: str, key: str, k: int, *, json: object = None, banned: Collection[str] = ()
    ) -> list[Item]:
        """Send a request whose answer holds a list of tracks under `key`."""
        with self.client.request(method, path, name=name, json=json, catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}: {(response.text or '')[:120]}")
                return []
            answer = response.json()
            items = answer.get(key)
            if wrong := wrong_with_slate(items, k, banned):
                response.failure(wrong)
                return []
            response.request_meta["context"]["empty"] = not items and key == "items" and "search" not in name
            response.request_meta["context"]["degraded"] = bool(answer.get("degraded"))
            return list(items)

    def recommend(self, k: int = 20, banned: Collection[str] = (), **fields: object) -> list[Item]:
        """A slate."""
        body = {"user_id": self.user_id, "k": k, **fields}
        name = f"recommend {fields.get('surface', 'home')}"
        return self.ask("POST", "/v1/recommendations", name, "items", k, json=body, banned=banned)

    def similar(self, track: str, k: int = 20) -> list[Item]:
        """Tracks like one."""
        return self.ask("GET", f"/v1/tracks/{quote(track)}/similar?k={k}", "similar", "items", k, banned=[track])

    def search(self, words: str, limit: int = 20) -> list[Item]:
        """Tracks with all of some words."""
        return self.ask("GET", f"/v1/search?q={quote(words)}&limit={limit}", "search", "items", limit)

    def report(self, kind: str, items: Sequence[Item], **fields: object) -> bool:
        """Say what happened to some tracks; whether it is on disk."""
        now = datetime.now(UTC).isoformat()
        events = [
            {
                "type": kind,
                "event_id": f"{random.getrandbits(96):024x}",
                "user_id": self.user_id,
                "occurred_at": now,
                "track_id": item["track_id"],
                **fields,
            }
            for item in items
        ]
        name = f"report {kind}"
        with self.client.post("/v1/events", name=name, json={"events": events}, catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}: {(response.text or '')[:120]}")
                return False
            if response.json().get("accepted") != len(events):
                response.failure("not every event was accepted")
                return False
            return True


class ReturningListener(Listener):
    """Comes back, looks at the home page, follows a track, hears one now and then."""

    weight = 5

    @task(6)
    def home(self) -> None:
        """Open the home page."""
        self.slate = self.recommend()

    @task(2)
    def follow(self) -> None:
        """Look for more of a track from the home page."""
        if not self.slate:
            self.home()
            return
        self.similar(random.choice(self.slate)["track_id"])

    @task(1)
    def radio(self) -> None:
        """Turn on the radio, which may repeat what was heard."""
        self.recommend(k=50, surface="radio")

    @task(2)
    def hear(self) -> None:
        """Hear a track of the home page, or skip it."""
        if not self.slate:
            self.home()
            return
        kind = random.choices(["listen", "skip", "like"], [6, 3, 1])[0]
        self.report(kind, [random.choice(self.slate)])


class NewListener(Listener):
    """Has no history: the cold-start slate, in a market, again and again as somebody else."""

    weight = 2

    def become(self) -> None:
        """Become somebody new."""
        super().become()
        self.user_id, self.market = new_user(), random.choice(MARKETS)

    @task(4)
    def first_look(self) -> None:
        """Open the app for the first time."""
        self.become()
        self.slate = self.recommend(market=self.market)

    @task(2)
    def second_look(self) -> None:
        """Look again."""
        self.slate = self.recommend(market=self.market)

    @task(1)
    def like(self) -> None:
        """Like the first tracks, which makes a history."""
        if not self.slate:
            self.second_look()
            return
        self.report("like", self.slate[:3])


class HeavyListener(Listener):
    """Hears one slate after another: every report changes the next answer, so no answer can be kept for later."""

    weight = 2
    wait_time = constant_pacing(2.0)

    def become(self) -> None:
        """Become somebody else."""
        super().become()
        self.reports, self.heard = 0, set[str]()

    @task
    def session(self) -> None:
        """Ask, hear most of it, skip the rest, and never see again what was heard."""
        if self.reports >= REPORTS_OF_ONE_LIFE:
            self.become()
        self.slate = self.recommend(k=20, banned=self.heard)
        heard, skipped = self.slate[:6], self.slate[6:8]
        if heard and self.report("listen", heard, ms_played=180_000):
            self.heard |= {item["track_id"] for item in heard}
        if skipped:
            self.report("skip", skipped, ms_played=4_000)
        self.reports += 1


class Searcher(Listener):
    """Types words of titles, as people do: one or two, sometimes in another case, sometimes what nobody wrote."""

    weight = 1

    @task(5)
    def look_for(self) -> None:
        """Search for words of a title that is known from somewhere."""
        if not self.slate:
            self.slate = self.recommend(k=50)
            return
        words = random.choice(self.slate)["title"].split()
        asked = " ".join(random.sample(words, min(len(words), random.randint(1, 2))))
        found = self.search(random.choice([asked, asked.lower(), asked.upper()]))
        if found:
            self.slate = found

    @task(1)
    def mistype(self) -> None:
        """Search for what does not exist."""
        self.search(f"xq{random.getrandbits(24):06x}")

    @task(2)
    def open_one(self) -> None:
        """Open a track that was found."""
        if not self.slate:
            self.look_for()
            return
        self.similar(random.choice(self.slate)["track_id"])
