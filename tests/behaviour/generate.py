"""Requests to the service as JSON lines, the same for the same seed: `python -m tests.behaviour.generate --seed 7`.

They are for the world of `recsys train --users 800 --tracks 2000` and a clock that stands at 2026-11-01. What listeners
report stands between what they ask, so that later answers depend on earlier reports.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

USERS, TRACKS = 800, 2000
NOW = datetime(2026, 11, 1, tzinfo=UTC)
MARKETS = ("BR", "DE", "JP", "SE", "US")
WORDS = (
    *("silver", "quiet", "river", "garden", "the", "of", "midnight", "ocean", "café", "lisbon", "göteborg", "live"),
    *("acoustic", "wild", "road", "zoë"),
)
Request = dict[str, Any]


def requests(chance: random.Random, count: int) -> Iterator[Request]:
    """`count` requests."""
    kinds = {home: 5, radio: 2, cold: 2, options: 3, similar: 2, search: 2, report: 3, explained: 1, refused: 1}
    for number in range(count):
        (kind,) = chance.choices(list(kinds), list(kinds.values()))
        yield kind(chance, number)


def _recommend(**body: object) -> Request:
    return {"method": "POST", "path": "/v1/recommendations", "body": body}


def _known(chance: random.Random) -> str:
    # A few users come back often, so that a report of theirs is followed by a question.
    return f"u{int(USERS ** chance.random() ** 1.5):06d}"


def _track(chance: random.Random) -> str:
    return f"t{chance.randrange(TRACKS) + 1:06d}"


def home(chance: random.Random, _: int) -> Request:
    """The home page."""
    return _recommend(user_id=_known(chance), k=chance.choice([10, 20, 20, 50, 100]))


def radio(chance: random.Random, _: int) -> Request:
    """The radio, which may repeat."""
    return _recommend(user_id=_known(chance), k=30, surface="radio")


def cold(chance: random.Random, number: int) -> Request:
    """Somebody of whom the service has never heard, in a market."""
    return _recommend(user_id=f"new-{number}-{chance.randrange(10**6)}", k=20, market=chance.choice(MARKETS))


def options(chance: random.Random, _: int) -> Request:
    """A market, explicit tracks and repeats, said one way or the other or left out."""
    body: Request = {"user_id": _known(chance), "k": 20}
    for field, values in (("market", MARKETS), ("allow_explicit", (True, False)), ("allow_repeats", (True, False))):
        if chance.random() < 0.6:
            body[field] = chance.choice(values)
    return _recommend(**body)


def explained(chance: random.Random, _: int) -> Request:
    """With features and rules."""
    return _recommend(user_id=_known(chance), k=10, explain=True)


def similar(chance: random.Random, _: int) -> Request:
    """More of a track."""
    market = f"&market={chance.choice(MARKETS)}" if chance.random() < 0.5 else ""
    return {"method": "GET", "path": f"/v1/tracks/{_track(chance)}/similar?k=20{market}"}


def search(chance: random.Random, _: int) -> Request:
    """One or two words of titles."""
    words = " ".join(chance.sample(WORDS, chance.choice([1, 1, 2])))
    explicit = "&allow_explicit=true" if chance.random() < 0.3 else ""
    return {"method": "GET", "path": f"/v1/search?q={quote(words)}&limit=30{explicit}"}


def report(chance: random.Random, number: int) -> Request:
    """What a listener did."""
    user, events = _known(chance), []
    for one in range(chance.randint(1, 4)):
        kind = chance.choice(["listen", "listen", "skip", "like", "block"])
        when = NOW - timedelta(minutes=chance.randrange(1, 20_000))
        event = {"type": kind, "event_id": f"e{number}-{one}-{chance.randrange(10**6)}", "user_id": user}
        events.append({**event, "occurred_at": when.isoformat(), "track_id": _track(chance)})
    return {"method": "POST", "path": "/v1/events", "body": {"events": events}}


def refused(chance: random.Random, _: int) -> Request:
    """What the service must refuse."""
    wrong: list[Request] = [
        _recommend(user_id=_known(chance), k=0),
        _recommend(user_id=_known(chance), market="ZZ"),
        _recommend(user_id=_known(chance), size=20),
        {"method": "GET", "path": "/v1/tracks/none/similar"},
        {"method": "GET", "path": "/v1/search?q="},
    ]
    return chance.choice(wrong)


def main() -> int:
    """Print the requests."""
    parser = argparse.ArgumentParser(description="Print requests to the service as JSON lines.")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=150)
    args = parser.parse_args()
    for request in requests(random.Random(args.seed), args.count):
        sys.stdout.write(json.dumps(request, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
