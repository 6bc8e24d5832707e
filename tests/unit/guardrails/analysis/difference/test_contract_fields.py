"""Contracts field by field, and who reads each."""

import json
from pathlib import Path
from typing import Any

import pytest

from guardrails.analysis.difference import contracts
from guardrails.model.difference import ContractField
from tests.difference_samples import difference_of

ITEM: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "price": {"type": "number"},
        "kind": {"enum": ["a", "b"]},
        "next": {"$ref": "#/components/schemas/Item"},
    },
}


def description(item: dict[str, Any], **operation: Any) -> str:
    """A service with two operations that answer with the same items."""
    schema = {
        "type": "object",
        "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}},
    }
    answers = {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}
    paths = {"/items": {"get": answers | operation}, "/more/{id}": {"get": answers}}
    return json.dumps({"paths": paths, "components": {"schemas": {"Item": item}}})


def pact(consumer: str, body: Any, path: str = "/items") -> str:
    one = {
        "description": f"what {consumer} reads",
        "request": {"method": "GET", "path": path},
        "response": {"status": 200, "body": body},
    }
    sides = {"consumer": {"name": consumer}, "provider": {"name": "shop"}}
    return json.dumps(sides | {"interactions": [one], "metadata": {"pactSpecification": {"version": "2.0.0"}}})


BASE = {
    "api.json": description(ITEM),
    "pacts/web-shop.json": pact("web", {"items": [{"id": "x", "price": 1.5}]}),
    "pacts/app-shop.json": pact("app", {"items": [{"id": "x"}]}, "/more/7"),
    "pacts/broken.json": "{",
}


def found(directory: Path, head: dict[str, str | None]) -> dict[str, ContractField]:
    return {one.field: one for one in difference_of(directory, BASE, BASE | head).contracts}  # type: ignore[arg-type]


def test_a_field_that_goes_comes_or_changes_is_told_once_with_who_reads_it(tmp_path: Path) -> None:
    fields = {name: said for name, said in ITEM["properties"].items() if name != "price"}
    fields |= {"id": {"type": "integer", "nullable": True}, "tempo": {"type": ["number", "null"], "maximum": 9}}
    told = found(tmp_path, {"api.json": description(ITEM | {"properties": fields, "required": ["id", "kind"]})})
    both = ("GET /items answers 200", "GET /more/{id} answers 200")
    assert told["`items[].price`"] == ContractField(
        "api.json", both, "`items[].price`", "number, optional", "", ("web",)
    )
    assert told["`items[].id`"].before == "string, minLength 1, required"
    assert told["`items[].id`"].after == "integer, nullable, required"
    assert told["`items[].id`"].readers == ("app", "web")
    assert told["`items[].kind`"].after == "one of a, b, required"
    assert told["`items[].tempo`"].after == "number or null, maximum 9, optional"
    assert told["`items[].tempo`"].readers == ()
    assert "`items`" not in told


def test_what_is_taken_is_felt_by_whoever_calls(tmp_path: Path) -> None:
    asked = {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}
    body = {"content": {"application/json": {"schema": {"properties": {"k": {"type": "integer"}}}}}}
    told = found(tmp_path, {"api.json": description(ITEM, parameters=[asked], requestBody=body, deprecated=True)})
    assert {name: (one.after, one.readers) for name, one in told.items()} == {
        "query parameter q": ("string, required", ("web",)),
        "`k`": ("integer, optional", ("web",)),
        "the operation": ("deprecated", ("web",)),
    }


def test_an_event_and_its_combined_schemas(tmp_path: Path) -> None:
    old = {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"oneOf": [{"type": "string"}]}}}]}
    new = {"properties": {"a": {"const": 1}, "b": {"anyOf": [{"type": "string"}, {"$ref": "#/x/Part"}]}}}
    base = BASE | {"events/made.json": json.dumps(old)}
    told = difference_of(tmp_path, base, base | {"events/made.json": json.dumps(new)}).contracts
    assert [(one.field, one.before, one.after) for one in told] == [
        ("`a`", "string, optional", "anything, const 1, optional"),
        ("`b`", "string, optional", "string or Part, optional"),
    ]


@pytest.mark.parametrize("text", ["{", "[]", '{"paths": 7}', '{"paths": {"/a": {"get": {"responses": [1]}}}}', None])
def test_what_cannot_be_read_says_nothing_and_is_no_crash(text: str | None, tmp_path: Path) -> None:
    told = found(tmp_path, {"api.json": text})
    assert all(not one.after or one.field in ("the operation", "the answer") for one in told.values())
    assert "`items[].id`" in told


def test_schemas_that_hold_themselves_and_huge_ones_are_bounded(tmp_path: Path) -> None:
    many = {f"f{n:05}": {"type": "string"} for n in range(6000)} | {"next": {"$ref": "#/components/schemas/Item"}}
    told = found(tmp_path, {"api.json": description(ITEM | {"properties": many})})
    assert len(told) <= contracts.MOST_SHOWN
    loop = {"$ref": "#/components/schemas/Item"}
    assert found(tmp_path, {"api.json": description(loop)})["`items[].id`"].after == ""
