"""What callers can rely on less in a new OpenAPI description, who reads it, and what may go as its time is over."""

import copy
from collections.abc import Callable
from datetime import date
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from guardrails.analysis.pacts import Pact, parse
from guardrails.analysis.promises.openapi import compare, deprecated
from guardrails.analysis.promises.readers import Reader, Readers
from guardrails.probes.contracts import interaction, pact
from tests.unit.guardrails.analysis.promises.test_schemas import instances, nearly, schemas

Json = dict[str, Any]
TODAY = date(2026, 6, 1)


def document() -> Json:
    track = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "title": {"type": "string"}, "old": {"type": "string"}},
        "required": ["id", "title", "old"],
    }
    answer = {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Track"}}},
        "headers": {"ETag": {}},
    }
    get: Json = {
        "parameters": [
            {"in": "path", "name": "id", "required": True, "schema": {"type": "string"}},
            {"in": "query", "name": "k", "schema": {"type": "integer", "maximum": 100}},
        ],
        "responses": {"200": answer, "404": {}},
    }
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}}}
    return {
        "paths": {"/tracks/{id}": {"get": get}, "/events": {"post": {"requestBody": body, "responses": {"200": {}}}}},
        "components": {"schemas": {"Track": track}},
    }


def pacts(*more: Json) -> list[Pact]:
    return [parse("contracts/pacts/player-shop.json", pact(interaction(), *more))]


def changes(edit: Callable[[Json], object], before: Json | None = None) -> list[tuple[str, str, tuple[str, ...]]]:
    old = before or document()
    new = copy.deepcopy(old)
    edit(new)
    found = compare(old, new, Readers(pacts()), TODAY)
    return [
        (one.step.kind.value, f"{one.operation}: {one.step.what}", tuple(r.consumer for r in one.readers))
        for one in found
    ]


def track(told: Json) -> Json:
    found: Json = told["components"]["schemas"]["Track"]
    return found


def get(told: Json) -> Json:
    found: Json = told["paths"]["/tracks/{id}"]["get"]
    return found


GET, PLAYER = "GET /tracks/{id}: ", ("player",)


@pytest.mark.parametrize(
    ("edit", "kind", "what", "who"),
    [
        (lambda d: track(d)["properties"].pop("title"), "breaking", GET + "`title` is gone", PLAYER),
        (lambda d: track(d)["properties"].pop("old"), "breaking", GET + "`old` is gone", ()),
        (lambda d: track(d)["required"].remove("id"), "weakening", GET + "`id` may be missing, and was always", PLAYER),
        (lambda d: get(d)["responses"].pop("200"), "breaking", GET + "the status 200 is gone", PLAYER),
        (lambda d: get(d)["responses"].update({"202": {}}), "weakening", GET + "the status 202 is new", PLAYER),
        (lambda d: get(d)["responses"]["200"]["headers"].pop("ETag"), "breaking", GET + "the header ETag", PLAYER),
        (lambda d: get(d)["responses"]["200"].update(content={}), "breaking", GET + "the 200 answer is no", PLAYER),
        (lambda d: get(d)["parameters"][1].update(required=True), "breaking", GET + "the query parameter k", PLAYER),
        (lambda d: get(d)["parameters"].pop(), "weakening", GET + "the query parameter k is no longer taken", PLAYER),
        (
            lambda d: get(d)["parameters"][1]["schema"].update(maximum=50),
            "breaking", GET + "the query parameter k has the maximum 50, and had 100", PLAYER,
        ),
        (
            lambda d: get(d)["parameters"].append({"in": "query", "name": "m", "required": True}),
            "breaking", GET + "the query parameter m is new and must be given", PLAYER,
        ),
        (lambda d: d["paths"].pop("/events"), "breaking", "POST /events: POST /events is gone, and was not depr", ()),
        (
            lambda d: d["paths"]["/events"]["post"]["requestBody"].update(required=True),
            "breaking", "POST /events: a body must now be sent", (),
        ),
        (
            lambda d: d["paths"]["/events"]["post"]["requestBody"]["content"]["application/json"]["schema"].update(
                required=["a"]
            ),
            "breaking", "POST /events: what is sent: `a` must now be given", (),
        ),
        (
            lambda d: d["paths"]["/events"]["post"]["requestBody"].update(content={}),
            "breaking", "POST /events: a body of application/json is no longer taken", (),
        ),
    ],
)  # fmt: skip
def test_what_callers_lose_is_told_with_who_reads_it(
    edit: Callable[[Json], object], kind: str, what: str, who: tuple[str, ...]
) -> None:
    [(found, said, readers)] = changes(edit)
    assert (found, readers) == (kind, who)
    assert said.startswith(what)


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: None,
        lambda d: track(d)["properties"].update(year={"type": "integer"}),
        lambda d: get(d)["responses"].pop("404"),
        lambda d: get(d)["responses"].update({"503": {}}),
        lambda d: get(d)["parameters"].append({"in": "query", "name": "m"}),
        lambda d: get(d)["parameters"][1]["schema"].update(maximum=500),
        lambda d: d["paths"].update({"/new": {"get": {"responses": {}}}}),
        lambda d: get(d).update(summary="Other words", deprecated=True),
    ],
)
def test_what_callers_need_not_mind(edit: Callable[[Json], object]) -> None:
    assert changes(edit) == []


def retiring(day: str | None, **said: Any) -> Json:
    told = document()
    track(told)["properties"]["old"] |= {"deprecated": True, **({"x-sunset": day} if day else {}), **said}
    told["paths"]["/events"]["post"] |= {"deprecated": True, **({"x-sunset": day} if day else {})}
    return told


def test_what_is_over_and_read_by_nobody_may_go() -> None:
    def drop(told: Json) -> None:
        track(told)["properties"].pop("old")
        track(told)["required"].remove("old")
        told["paths"].pop("/events")

    assert changes(drop, retiring("2026-06-01")) == []
    early = changes(drop, retiring("2026-06-02"))
    assert [what for _, what, _ in early] == [
        "GET /tracks/{id}: `old` is gone",
        "POST /events: POST /events is gone, and its sunset is 2026-06-02 only",
    ]
    assert len(changes(drop, retiring(None))) == len(changes(drop, retiring("soon"))) == 2


def test_a_field_does_not_go_with_another_of_its_name() -> None:
    told = retiring("2026-06-01")
    album = {"type": "object", "properties": {"old": {"type": "string"}}, "required": ["old"]}
    told["components"]["schemas"]["Album"] = album
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Album"}}}}
    told["paths"]["/albums"] = {"get": {"responses": {"200": answer}}}

    def drop(told: Json) -> None:
        told["components"]["schemas"]["Album"] = {"type": "object", "properties": {}}

    assert changes(drop, told) == [("breaking", "GET /albums: `old` is gone", ())]


@st.composite
def described(draw: DrawFn, schema: Json, taken: Json) -> Json:
    """A description of one call, that sends and takes what the schemas say."""
    k = {"in": "query", "name": "k"}
    parameters = draw(st.sampled_from([[], [k], [{**k, "required": True}]]))
    body = {"content": {"application/json": {"schema": taken}}, "required": draw(st.booleans())}
    said = {"parameters": parameters, "requestBody": body, "responses": {"200": json_answer(schema)}}
    return {"paths": {"/it": {"post": said}}}


def json_answer(schema: Json) -> Json:
    return {"content": {"application/json": {"schema": schema}}}


@settings(max_examples=80)
@given(st.data())
def test_what_is_called_compatible_serves_old_callers(data: st.DataObject) -> None:
    """Whatever the new description sends, old callers can read; whatever they send, the new one takes."""
    sent, taken = data.draw(schemas(1, "object array")), data.draw(schemas(1, "object"))
    old = data.draw(described(sent, taken))
    now_sent, now_taken = data.draw(nearly(sent)), data.draw(nearly(taken))
    new = data.draw(described(now_sent, now_taken))
    if compare(old, new, Readers(()), TODAY):
        return
    valid = [jsonschema.Draft202012Validator(one) for one in (sent, now_sent, taken, now_taken)]
    for answer in data.draw(st.lists(instances(now_sent), min_size=4, max_size=4)):
        assert not valid[1].is_valid(answer) or valid[0].is_valid(answer), (sent, now_sent, answer)
    for request in data.draw(st.lists(instances(taken), min_size=4, max_size=4)):
        assert not valid[2].is_valid(request) or valid[3].is_valid(request), (taken, now_taken, request)
    before, after = (one["paths"]["/it"]["post"] for one in (old, new))
    assert before["requestBody"]["required"] or not after["requestBody"]["required"]
    must = [any(one.get("required") for one in said["parameters"]) for said in (before, after)]
    assert must[0] or not must[1]


def test_what_is_over_and_still_read_may_not_go() -> None:
    told = document()
    track(told)["properties"]["title"] |= {"deprecated": True, "x-sunset": "2026-01-01"}
    get(told).update({"deprecated": True, "x-sunset": "2026-01-01"})
    assert changes(lambda d: track(d)["properties"].pop("title"), told)[0][2] == PLAYER
    [(_, said, who)] = changes(lambda d: d["paths"].pop("/tracks/{id}"), told)
    assert said.endswith("is gone, and is still used")
    assert who == PLAYER


def test_what_is_deprecated_is_listed() -> None:
    assert list(deprecated(retiring("2026-06-01"))) == ["POST /events", "Track.old"]


def test_readers_are_known_by_operation_and_field() -> None:
    listed = interaction("tracks", request={"method": "GET", "path": "/tracks"})
    listed["response"] = {"status": 200, "body": {"items": [{"reason": "x"}]}}
    readers = Readers(pacts(listed))
    who = (Reader("player", "contracts/pacts/player-shop.json", 11),)
    assert readers.of("get", "/tracks/{id}") == readers.of("get", "/tracks/{id}", "`title`") == who
    assert readers.of("post", "/tracks/{id}") == readers.of("get", "/tracks/{id}", "`year`") == ()
    assert [reader.consumer for reader in readers.of("get", "/tracks", "`items[].reason`")] == ["player"]
