"""The requests of the behaviour gate: the same for a seed, other ones for another, and of every kind."""

import json
import random
from pathlib import Path

from guardrails.analysis.answers.requests import Asked, parse
from tests.behaviour.generate import requests

ROOT = Path(__file__).resolve().parents[2]
PATHS = ("/v1/recommendations", "/v1/events", "/v1/search", "/similar")


def drawn(seed: int) -> tuple[Asked, ...]:
    return parse("\n".join(json.dumps(one) for one in requests(random.Random(seed), 150)), "generate")


def recorded() -> tuple[Asked, ...]:
    return parse((ROOT / "tests/behaviour/requests.jsonl").read_text(encoding="utf-8"), "requests.jsonl")


def test_a_seed_gives_the_same_requests_and_another_others() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_recorded_and_drawn_requests_are_of_every_kind() -> None:
    for asked in (recorded(), drawn(3)):
        assert len(asked) == 150
        assert all(any(path in one.path for one in asked) for path in PATHS)
        users = {one.user(("user_id",)) or "" for one in asked}
        assert any(user.startswith("new-") for user in users)
        assert any(user.startswith("u0") for user in users)


def test_somebody_who_reported_asks_again() -> None:
    told: set[str] = set()
    again = 0
    for one in recorded():
        body = one.body if isinstance(one.body, dict) else {}
        told |= {event["user_id"] for event in body.get("events", ())}
        again += body.get("user_id") in told
    assert again >= 10
