"""Pacts that consumers in other languages wrote are read, compared and verified as they are."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from guardrails.adapters.pact import NativePactVerifier
from guardrails.analysis.pacts import Interaction, parse
from guardrails.analysis.promises.interactions import compare
from guardrails.ports import Command, InteractionResult
from guardrails.probes.contracts import SHOP
from tests.judge_fakes import DirStore
from tests.judge_suites import processes_in

PLACE = Path(__file__).parents[3] / "foreign_pacts"
NAMES = ("pact_js_v3_messages", "pact_js_v4", "pact_jvm_v3", "pact_jvm_v4")
TRACK: dict[str, Any] = {
    "id": 2**63 - 1,
    "safe": 2**53 - 1,
    "gain": 0.1,
    "ratio": 2.5,
    "title": "Bjørk 日本 🎵",
    "released": "1999-12-31",
    "played": "2026-11-02T13:14:15+01:00",
    "tags": ["old", "quiet"],
}
LISTEN: dict[str, Any] = {"id": 2**53 - 1, "title": "Ein anderer Titel"}


def test_all_of_them_are_tried() -> None:
    assert sorted(path.stem for path in PLACE.glob("*.json")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_they_are_read_and_promise_what_they_promise(name: str) -> None:
    text = (PLACE / f"{name}.json").read_text(encoding="utf-8")
    read = parse(name, text)
    assert read.digest == parse(name, json.dumps(json.loads(text), sort_keys=True)).digest
    for one in read.interactions:
        assert one.states == ("the track is there",)
        assert one.is_message is ("messages" in name)
        assert compare(one, one) == []
        assert compare(one, _less(one)) != []


def _less(one: Interaction) -> Interaction:
    """The same without the title of the track."""
    said = json.loads(one.canonical)
    promise = said.get("response", said)
    body = promise.get("body", promise.get("contents"))
    del body.get("content", body)["title"]
    return Interaction(one.consumer, one.description, one.states, said)


def verified(tmp_path: Path, **changes: Any) -> dict[str, InteractionResult]:
    """What becomes of all of them, by consumer, with `changes` to what the shop answers."""
    shop = SHOP.replace('{"id": 7, "title": "Blue", "reason": "listening"}', repr({**TRACK, **changes}))
    shop = shop.replace('{"id": 7, "at": 1.5}', repr({**LISTEN, **changes}))
    assert shop.count("Bj") + shop.count("anderer") >= 1
    (tmp_path / "shop.py").write_text(shop, encoding="utf-8")
    processes = processes_in(tmp_path)
    verifier = NativePactVerifier(processes, DirStore(tmp_path / "store"), sys.executable)
    command = Command((sys.executable, "shop.py", "--port", "{port}"), tmp_path)
    texts = [(PLACE / f"{name}.json").read_text(encoding="utf-8") for name in NAMES]
    with processes.serve(command, ready_path="/readyz", ready_timeout=30) as service:
        told = verifier.verify(
            "shop",
            texts,
            url=service.url,
            states_url=f"{service.url}/_states",
            timeout=60,
            messages_url=f"{service.url}/_messages",
        )
    assert told.complaint == ""
    return {one.consumer: one for one in told.results}


def test_they_are_verified_as_they_are(tmp_path: Path) -> None:
    told = verified(tmp_path)
    assert {name: one.mismatches or one.error for name, one in told.items()} == dict.fromkeys(
        ("android-app", "android-tv", "web-app", "web-stats"), ""
    )


def test_the_last_bit_and_the_last_letter_count(tmp_path: Path) -> None:
    wrong = {
        "id": 2**63 - 2,
        "safe": 2**53 - 2,
        "title": "Bjørk 日本 🎶",
        "gain": 0.1 + 2**-56,
        "released": "1999-13-31",
    }
    told = verified(tmp_path, **wrong)
    paths = {name: sorted({mismatch.path for mismatch in one.mismatches}) for name, one in told.items()}
    assert paths == {
        "android-app": ["$.gain", "$.id", "$.released", "$.title"],
        "android-tv": ["$.title"],
        "web-app": ["$.gain", "$.safe", "$.title"],
        "web-stats": ["$.id"],
    }
