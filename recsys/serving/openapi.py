"""The API's description, OpenAPI 3.1, made from the types of `wire` and the table of problems.

contracts/openapi.json is the published copy; `make openapi` writes it anew.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import msgspec

from recsys.serving import wire
from recsys.serving.problems import MEDIA_TYPE, ProblemType

Json: TypeAlias = dict[str, Any]
P: Final = ProblemType
REFERENCE: Final = "#/components/schemas/{name}"
VERSION: Final = "1.0.0"
REQUEST_ID: Final[Json] = {
    "X-Request-Id": {"description": "UUID of the request.", "schema": {"type": "string", "format": "uuid"}}
}
EXTRA_HEADERS: Final[dict[int, Json]] = {
    405: {"Allow": {"description": "The methods that the path has.", "schema": {"type": "string"}}},
    503: {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}},
}
BODY: Final = (P.MALFORMED_JSON, P.REQUEST_TIMEOUT, P.BODY_TOO_LARGE, P.UNSUPPORTED_MEDIA_TYPE, P.INVALID_REQUEST)
ANYWHERE: Final = (P.METHOD_NOT_ALLOWED, P.INTERNAL)
POLICY: Final = (P.POLICY_UNAVAILABLE, P.VERSION_MISMATCH)


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint. answer: a type of `wire`, or the media type of text. path_parameter: its one path parameter."""

    path: str
    method: str
    name: str
    summary: str
    answer: type[wire.Answer] | str
    problems: tuple[ProblemType, ...] = ()
    body: type[wire.Request] | None = None
    query: type[wire.Request] | None = None
    path_parameter: str | None = None


OPERATIONS: Final = (
    Operation(
        "/v1/recommendations",
        "post",
        "recommend",
        "A slate of tracks for a user",
        wire.RecommendationAnswer,
        (*BODY, P.UNKNOWN_MARKET, P.STALE_PAGE, P.OVERLOADED, P.STORE_UNAVAILABLE, *POLICY),
        body=wire.RecommendationRequest,
    ),
    Operation(
        "/v1/events",
        "post",
        "record",
        "What users did; durable when answered, and in every answer from then on",
        wire.EventsAnswer,
        (*BODY, P.STORE_UNAVAILABLE),
        body=wire.EventsRequest,
    ),
    Operation(
        "/v1/search",
        "get",
        "search",
        "Tracks by title and artist",
        wire.SearchAnswer,
        (P.INVALID_REQUEST, P.UNKNOWN_MARKET, P.OVERLOADED, *POLICY),
        query=wire.SearchRequest,
    ),
    Operation(
        "/v1/tracks/{track_id}/similar",
        "get",
        "similar",
        "Tracks like one",
        wire.SimilarAnswer,
        (P.UNKNOWN_TRACK, P.INVALID_REQUEST, P.UNKNOWN_MARKET, P.OVERLOADED, *POLICY),
        query=wire.SimilarRequest,
        path_parameter="track_id",
    ),
    Operation("/healthz", "get", "health", "Whether the process is alive", wire.HealthAnswer),
    Operation(
        "/readyz",
        "get",
        "ready",
        "Whether to send traffic here",
        wire.ReadyAnswer,
        (P.NOT_READY, P.STORE_UNAVAILABLE, *POLICY),
    ),
    Operation("/metrics", "get", "metrics", "Counters in the text format of Prometheus", "text/plain"),
    Operation("/openapi.json", "get", "openapi", "This document", "application/json"),
)


def document() -> Json:
    """Return the description as JSON values."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Music recommendations",
            "version": VERSION,
            "description": (wire.__doc__ or "").strip(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {operation.path: {operation.method: _operation(operation)} for operation in OPERATIONS},
        "components": {"schemas": _schemas()},
    }


def text() -> str:
    """Return the description as text: sorted keys, so that a difference shows what changed."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _operation(operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {"200": _answer(operation)} | _problems((*operation.problems, *ANYWHERE)),
    }
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _answer(operation: Operation) -> Json:
    answer = operation.answer
    content = {answer: {"schema": {}}} if isinstance(answer, str) else _content(answer)
    return {"description": operation.summary, "headers": REQUEST_ID, "content": content}


def _content(type_: type[msgspec.Struct]) -> Json:
    return {"application/json": {"schema": {"$ref": REFERENCE.format(name=type_.__name__)}}}


def _problems(kinds: tuple[ProblemType, ...]) -> Json:
    by_status: dict[int, list[ProblemType]] = {}
    for kind in kinds:
        by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _problem(status, found) for status, found in sorted(by_status.items())}


def _problem(status: int, kinds: list[ProblemType]) -> Json:
    narrowed = {"properties": {"type": {"enum": [kind.uri for kind in kinds]}, "status": {"const": status}}}
    schema = {"allOf": [{"$ref": REFERENCE.format(name="Problem")}, narrowed]}
    return {
        "description": "; ".join(kind.title for kind in kinds) + ".",
        "headers": REQUEST_ID | EXTRA_HEADERS.get(status, {}),
        "content": {MEDIA_TYPE.decode(): {"schema": schema}},
    }


def _parameters(operation: Operation) -> list[Json]:
    found: list[Json] = []
    if operation.path_parameter:
        name = operation.path_parameter
        found.append({"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}})
    if operation.query is not None:
        (_, schemas) = msgspec.json.schema_components([operation.query], ref_template=REFERENCE)
        schema = schemas[operation.query.__name__]
        required = set(schema.get("required", ()))
        found += [_parameter(name, part, required=name in required) for name, part in schema["properties"].items()]
    return found


def _parameter(name: str, schema: Mapping[str, Any], *, required: bool) -> Json:
    """A query parameter is text: it cannot be null, only left out."""
    described = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    merged = (choices[0] if choices else {}) | described
    if schema.get("default") is not None:
        merged["default"] = schema["default"]
    return {"name": name, "in": "query", "required": required, "schema": merged}


def _schemas() -> Json:
    types = {type_ for operation in OPERATIONS for type_ in (operation.body, operation.answer)}
    structs = [type_ for type_ in types if isinstance(type_, type)] + [wire.Problem]
    (_, schemas) = msgspec.json.schema_components(structs, ref_template=REFERENCE)
    return schemas
