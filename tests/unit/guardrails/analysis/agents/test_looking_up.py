"""Where a thing belongs, and who reads a field."""

import json
from pathlib import Path

import pytest

from guardrails.analysis.agents.belonging import layerings, purity, where
from guardrails.analysis.agents.readers import who_reads
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree

CONTRACTS = """[importlinter]
root_package = shop

[importlinter:contract:layers]
name = layers
type = layers
containers = shop
layers =
    web
    diversity | filters
    domain
broken_contract_guidance = Ask the owner.

[importlinter:contract:pure]
name = pure
type = forbidden
source_modules = shop.filters
forbidden_modules =
    os
    socket
"""
FILES = {
    ".importlinter": CONTRACTS,
    "shop/web.py": '"""HTTP: requests are parsed and answers rendered."""\n',
    "shop/diversity/__init__.py": '"""Artists are spread over a slate."""\n',
    "shop/filters.py": '"""Removes tracks that may not be shown."""\n',
    "shop/domain.py": "X = 1\n",
}


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(FakeTree(tmp_path, FILES))


@pytest.mark.parametrize(
    ("description", "first"),
    [
        ("spread the artists of a slate", "shop.diversity"),
        ("parse HTTP requests", "shop.web"),
        ("remove tracks that were taken down", "shop.filters"),
    ],
)
def test_the_layer_that_speaks_of_it_comes_first(sources: Sources, description: str, first: str) -> None:
    text = where(description, layerings(".importlinter", CONTRACTS), sources, purity(".importlinter", CONTRACTS))
    assert text.startswith(f"- {first}:")
    assert text.endswith("Ask the owner.")


def test_what_it_may_and_must_not_import_is_said(sources: Sources) -> None:
    text = where("remove tracks", layerings(".importlinter", CONTRACTS), sources, purity(".importlinter", CONTRACTS))
    assert "May import: domain. Must not import: os, socket." in text


def test_nothing_speaks_of_it(sources: Sources) -> None:
    text = where("zebra", layerings(".importlinter", CONTRACTS), sources, {})
    assert text == "No layer speaks of that. The layers, the highest first: shop: web > diversity|filters > domain."
    assert "none are declared" in where("zebra", (), sources, {})


@pytest.mark.parametrize("text", [None, "", "[broken", "[other]\nx = 1\n"])
def test_no_contracts_are_no_layers(text: str | None) -> None:
    assert layerings(".importlinter", text) == ()
    assert purity(".importlinter", text) == {}


def test_readers_are_found_by_the_end_of_the_path(tmp_path: Path) -> None:
    body = {"items": [{"id": "t1", "reason": "popular"}], "reason": 1}
    pact = {"consumer": {"name": "feed"}, "provider": {"name": "shop"},
            "interactions": [{"description": "a shelf", "response": {"body": body}}, 7]}  # fmt: skip
    schema = {"properties": {"items": {"type": "array", "items": {"properties": {"reason": {"type": "string"}}}}}}
    files = {"pacts/feed.json": json.dumps(pact), "pacts/bad.json": "{", "events/e.json": json.dumps(schema)}
    sources = Sources(FakeTree(tmp_path, files))
    both = "- described in events/e.json\n- feed (of shop): a shelf (pacts/feed.json)"
    assert who_reads("items[].reason", sources, "pacts", "events", "openapi.json") == both
    assert who_reads("$.items.reason", sources, "pacts", "events", "openapi.json") == both
    assert "Nobody is known" in who_reads("items[].score", sources, "pacts", "events", "openapi.json")
    assert "Name a field" in who_reads("", sources, "pacts", "events", "openapi.json")
