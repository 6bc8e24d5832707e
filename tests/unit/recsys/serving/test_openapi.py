"""The API's description: valid, complete, and the committed copy is the one that the code makes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from recsys.serving import openapi, wire
from recsys.serving.problems import ProblemType
from tests.serving_fakes import INSTANT, Harness

COPY = Path(__file__).parents[4] / "contracts" / "openapi.json"


def test_the_committed_copy_is_up_to_date() -> None:
    assert COPY.read_text(encoding="utf-8") == openapi.text(), openapi.__doc__


def test_every_reference_leads_somewhere() -> None:
    document = openapi.document()

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            found = set().union(*(references(part) for part in value.values()))
            return found | ({value["$ref"]} if isinstance(value.get("$ref"), str) else set())
        return set().union(*(references(part) for part in value)) if isinstance(value, list) else set()

    found = references(document)
    assert found
    assert found == {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}


def test_every_schema_is_a_schema() -> None:
    for schema in openapi.document()["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_route_is_described(service: Harness) -> None:
    for path, operations in openapi.document()["paths"].items():
        for method in operations:
            answer = service.client.request(method, path.replace("{track_id}", "t000001"))
            assert answer.status_code not in (404, 405), (method, path)
    assert len(openapi.document()["paths"]) == 8


def test_every_problem_type_is_described_somewhere() -> None:
    text = openapi.text()
    unused = {kind for kind in ProblemType if kind.uri not in text}
    assert unused == {ProblemType.NOT_FOUND}  # no path has it: it is the answer of every path that is none


def validator(name: str) -> jsonschema.Draft202012Validator:
    document = openapi.document()
    return jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", **document})


def test_answers_are_as_described(service: Harness) -> None:
    explained = service.recommend(k=5, explain=True)
    validator("RecommendationAnswer").validate(explained)
    validator("SimilarAnswer").validate(service.client.get("/v1/tracks/t000001/similar").json())
    validator("SearchAnswer").validate(service.client.get("/v1/search?q=track").json())
    validator("ReadyAnswer").validate(service.client.get("/readyz").json())
    validator("EventsAnswer").validate(service.report({"type": "like", "track_id": "t"}))
    validator("Problem").validate(service.client.get("/v1/search?q=").json())


@pytest.mark.parametrize(
    ("name", "body", "good"),
    [
        ("RecommendationRequest", {"user_id": "u"}, True),
        ("RecommendationRequest", {"user_id": "u", "market": None}, True),
        ("RecommendationRequest", {"user_id": ""}, False),
        ("RecommendationRequest", {"user_id": "a\n"}, False),
        ("RecommendationRequest", {"user_id": "u", "k": 101}, False),
        ("RecommendationRequest", {"user_id": "u", "colour": 1}, False),
        ("EventsRequest", {"events": []}, False),
        (
            "EventsRequest",
            {"events": [{"type": "like", "event_id": "e", "user_id": "u", "occurred_at": INSTANT, "track_id": "t"}]},
            True,
        ),
        ("EventsRequest", {"events": [{"type": "like", "event_id": "e", "user_id": "u"}]}, False),
    ],
)
def test_the_schema_and_the_service_agree_on_a_body(service: Harness, name: str, body: Any, good: bool) -> None:
    path = {"RecommendationRequest": "/v1/recommendations", "EventsRequest": "/v1/events"}[name]
    assert validator(name).is_valid(body) == good
    assert (service.client.post(path, json=body).status_code == 200) == good


def test_problem_documents_hold_only_what_the_standard_and_we_name() -> None:
    assert set(json.loads(openapi.text())["components"]["schemas"]["Problem"]["properties"]) == {
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "errors",
    }
    assert wire.Problem.__struct_config__.omit_defaults
