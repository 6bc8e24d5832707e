"""The promises of this repository: who made them, and that they are as good as themselves."""

import ast
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
US = "recsys"
EVENTS = sorted((PLACE / "events").glob("*.json"))


def pacts() -> list[Pact]:
    return [parse(path.name, path.read_text(encoding="utf-8")) for path in sorted((PLACE / "pacts").glob("*.json"))]


def test_every_consumer_has_a_pact_and_every_pact_a_consumer() -> None:
    directories = {path.parent.name.replace("_", "-") for path in (PLACE / "consumers").glob("*/test_*.py")}
    assert {pact.consumer for pact in pacts()} == directories
    assert {(pact.consumer == US) != (pact.provider == US) for pact in pacts()} == {True}, "we are one side of each"


def test_consumers_have_clients_of_their_own_and_we_have_none_but_our_adapters() -> None:
    for directory in sorted({path.parent for path in (PLACE / "consumers").glob("*/test_*.py")}):
        imported = {name for path in directory.glob("*.py") for name in _imported(path)}
        ours = {name for name in imported if name.split(".")[0] == US}
        if directory.name == US:
            assert "recsys.adapters.neighbours.http" in ours
            assert not (directory / "client.py").exists(), "the code under these tests is what runs in production"
        else:
            assert not ours, f"{directory.name} reads the service's code"
            assert f"contracts.consumers.{directory.name}.client" in imported


def _imported(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    found = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return found | {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}


def test_who_must_be_unknown_is_nobody_of_whom_another_state_stores_events() -> None:
    """Events cannot be taken back, so a teardown cannot make a user unknown again: users must be apart."""
    blank, told = set(), set()
    for pact in pacts():
        for one in pact.interactions if pact.provider == US else ():
            for state in one.said.get("providerStates", ()):
                user = (state.get("params") or {}).get("user")
                (blank if state["name"] == "nobody knows the user" else told).add(user)
    assert blank - {None}, "or else this test shows nothing"
    assert not (blank & told) - {None}


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
