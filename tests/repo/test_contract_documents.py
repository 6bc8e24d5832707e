"""The promises of this repository: who made them, and that they are as good as themselves."""

import json
from datetime import date
from pathlib import Path

import pytest

from guardrails.analysis.pact_changes import differences
from guardrails.analysis.pacts import Pact, parse
from guardrails.analysis.promises.openapi import compare, deprecated, sunset
from guardrails.analysis.promises.readers import Readers
from guardrails.analysis.promises.schemas import Side, sends
from guardrails.analysis.promises.steps import Kind

PLACE = Path(__file__).parents[2] / "contracts"
EVENTS = sorted((PLACE / "events").glob("*.json"))


def pacts() -> list[Pact]:
    return [parse(path.name, path.read_text(encoding="utf-8")) for path in sorted((PLACE / "pacts").glob("*.json"))]


def test_every_consumer_has_a_pact_and_every_pact_a_consumer() -> None:
    directories = {path.parent.name.replace("_", "-") for path in (PLACE / "consumers").glob("*/client.py")}
    assert {pact.consumer for pact in pacts()} == directories


def test_pacts_promise_what_they_promise() -> None:
    assert differences(pacts(), pacts(), pacts()) == []


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_schemas_allow_what_they_allow(path: Path) -> None:
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert sends(Side(schema, schema), Side(schema, schema)) == []


def test_what_the_home_feed_reads_cannot_go_unnoticed() -> None:
    told = json.loads((PLACE / "openapi.json").read_text(encoding="utf-8"))
    readers, today = Readers(pacts()), date(2026, 1, 1)
    assert compare(told, told, readers, today) == []
    fewer = json.loads(json.dumps(told))
    del fewer["components"]["schemas"]["Item"]["properties"]["reason"]
    found = {
        one.operation: one
        for one in compare(told, fewer, readers, today)
        if one.step.what == "`items[].reason` is gone"
    }
    recommended = found["POST /v1/recommendations"]
    assert recommended.step.kind is Kind.BREAKING
    assert "home-feed" in {reader.consumer for reader in recommended.readers}


def test_what_is_deprecated_says_until_when() -> None:
    told = json.loads((PLACE / "openapi.json").read_text(encoding="utf-8"))
    assert [name for name, said in deprecated(told).items() if sunset(said) is None] == []
