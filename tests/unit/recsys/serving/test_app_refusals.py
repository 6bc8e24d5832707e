"""Input that is wrong in every way: always a problem document, never a 500."""

import json
from collections.abc import Iterable

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys.settings import Limits
from tests.serving_fakes import INSTANT, Client, Harness, harness, refused

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"", 400, "malformed-json"),
        (b"{", 400, "malformed-json"),
        (b'{"user_id": "u"} {}', 400, "malformed-json"),
        (b"\xef\xbb\xbf{}", 400, "malformed-json"),
        (b'{"user_id": "\xff"}', 400, "malformed-json"),
        (b'{"user_id": "\\ud800"}', 400, "malformed-json"),
        (b'{"user_id": "u", "k": NaN}', 400, "malformed-json"),
        (b'{"user_id": "u", "k": Infinity}', 400, "malformed-json"),
        (b'{"user_id": ' + b"[" * 100_000, 422, "invalid-request"),
        (b"[" * 100_000, 422, "invalid-request"),
        (b'{"user_id": "u", "k": 1e999}', 422, "invalid-request"),
        (b"null", 422, "invalid-request"),
        (b"{}", 422, "invalid-request"),
    ],
)
def test_bodies_that_are_no_request(service: Harness, body: bytes, status: int, kind: str) -> None:
    refused(service.client.post("/v1/recommendations", content=body, headers=JSON), status, kind)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_id", 1),
        ("user_id", None),
        ("user_id", ""),
        ("user_id", "u" * 129),
        ("user_id", "a\x00b"),
        ("user_id", "a\n"),
        ("k", 0),
        ("k", -1),
        ("k", 101),
        ("k", 10**400),
        ("k", "20"),
        ("k", 20.0),
        ("k", True),
        ("surface", "similar"),
        ("surface", "HOME"),
        ("market", ""),
        ("market", 1),
        ("allow_explicit", 1),
        ("explain", "yes"),
        ("colour", "red"),
        ("a/b~c", 1),
        ("seed", 1),
        ("now", 1),
        ("offset", 1),
    ],
)
def test_the_field_that_is_wrong_is_pointed_at(service: Harness, field: str, value: object) -> None:
    response = service.client.post("/v1/recommendations", json={"user_id": "u", field: value})
    (error,) = refused(response, 422, "invalid-request")["errors"]
    assert error["pointer"] == "/" + field.replace("~", "~0").replace("/", "~1")


@pytest.mark.parametrize(
    ("declared", "good"),
    [
        ("application/json", True),
        ("Application/JSON; charset=UTF-8", True),
        ('application/json;charset="utf-8"', True),
        ("application/json; charset=latin-1", False),
        ("text/plain", False),
        ("application/jsonp", False),
        ("", False),
        (None, False),
    ],
)
def test_the_body_must_be_declared_as_json(service: Harness, declared: str | None, good: bool) -> None:
    headers = {} if declared is None else {"content-type": declared}
    response = service.client.post("/v1/recommendations", content=b'{"user_id": "u"}', headers=headers)
    if good:
        assert response.status_code == 200
    else:
        refused(response, 415, "unsupported-media-type")


def test_a_wrong_method_names_the_right_ones(service: Harness) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "HEAD"):
        response = service.client.request(method, "/v1/events")
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
    response = service.client.post("/v1/search")
    refused(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "GET, HEAD"


def test_head_answers_as_get_does_without_a_body(service: Harness) -> None:
    response = service.client.request("HEAD", "/healthz")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(service.client.get("/healthz").content))
    assert service.client.raw("HEAD", "/healthz")[1]["body"] == b""


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/recommendations/", "//v1/events", "/V1/events", "/a%00b", "/é"])
def test_a_path_that_is_none(service: Harness, path: str) -> None:
    refused(service.client.get(path), 404, "not-found")


JSON_HEADER = (b"content-type", b"application/json")


@pytest.mark.parametrize("length", [[], [(b"content-length", b"5")], [(b"content-length", b"x")]])
def test_a_body_is_counted_while_it_streams(length: list[tuple[bytes, bytes]]) -> None:
    with harness(limits=Limits(body_bytes=1_000)) as service:
        start, body = service.client.raw(headers=[JSON_HEADER, *length], chunks=[b" " * 100] * 11, end="late")
    assert start["status"] == 413
    assert (b"connection", b"close") in start["headers"]
    assert json.loads(body["body"])["type"].endswith(":body-too-large")


def test_a_declared_length_above_the_limit_is_refused_before_a_byte_is_read() -> None:
    with harness(limits=Limits(body_bytes=1_000, body_seconds=0.01)) as service:
        start, _ = service.client.raw(headers=[JSON_HEADER, (b"content-length", b"1001")], end="late")
    assert start["status"] == 413


def test_a_body_at_the_limit_is_read() -> None:
    with harness(limits=Limits(body_bytes=1_000)) as service:
        padded = b'{"user_id": "u"}'.ljust(1_000)
        assert service.client.post("/v1/recommendations", content=padded, headers=JSON).status_code == 200
        response = service.client.post("/v1/recommendations", content=padded + b" ", headers=JSON)
        refused(response, 413, "body-too-large")


@pytest.mark.parametrize("chunks", [[], [b"{"]])
def test_a_body_that_never_ends_times_out(chunks: list[bytes]) -> None:
    with harness(limits=Limits(body_seconds=0.01)) as service:
        start, _ = service.client.raw(chunks=chunks, end="late")
    assert start["status"] == 408


def test_nobody_is_answered_when_the_client_has_gone(service: Harness) -> None:
    assert service.client.raw(chunks=[b"{"], end="gone") == []


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
IDS = st.text(max_size=5) | JSON_VALUES
REQUESTS = st.fixed_dictionaries(
    {"user_id": IDS},
    optional={
        "k": st.integers(-2, 103) | JSON_VALUES,
        "market": st.sampled_from(["M0", "M1", "XX"]) | JSON_VALUES,
        "surface": st.sampled_from(["home", "radio", "similar"]) | JSON_VALUES,
        "allow_explicit": st.booleans() | JSON_VALUES,
        "allow_repeats": JSON_VALUES,
        "explain": st.booleans() | JSON_VALUES,
        "page_token": JSON_VALUES,
        "more": JSON_VALUES,
    },
)
EVENT = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["listen", "skip", "like", "block"]) | JSON_VALUES,
        "event_id": IDS,
        "user_id": IDS,
        "occurred_at": st.just(INSTANT) | st.datetimes().map(lambda moment: moment.isoformat() + "Z") | JSON_VALUES,
    },
    optional={"track_id": IDS, "artist_id": IDS, "ms_played": st.integers() | JSON_VALUES, "request_id": IDS},
)
EVENTS = st.fixed_dictionaries({"events": st.lists(EVENT, max_size=3) | JSON_VALUES})


def never_fails(client: Client, path: str, body: bytes) -> None:
    response = client.post(path, content=body, headers=JSON)
    assert response.status_code in (200, 400, 422), response.text
    if response.status_code != 200:
        refused(response, response.status_code, response.json()["type"].rpartition(":")[2])


@settings(max_examples=40)
@given(REQUESTS | JSON_VALUES)
def test_no_request_for_a_slate_makes_the_service_fail(shared: Client, body: object) -> None:
    never_fails(shared, "/v1/recommendations", json.dumps(body).encode())


@settings(max_examples=40)
@given(EVENTS | JSON_VALUES)
def test_no_report_of_events_makes_the_service_fail(shared: Client, body: object) -> None:
    never_fails(shared, "/v1/events", json.dumps(body).encode())


@settings(max_examples=40)
@given(st.binary(max_size=60))
def test_no_bytes_make_the_service_fail(shared: Client, body: bytes) -> None:
    never_fails(shared, "/v1/events", body)


@settings(max_examples=40)
@given(st.text(max_size=20), st.dictionaries(st.sampled_from(["q", "limit", "market", "k", "year_from"]), st.text()))
def test_no_path_or_query_makes_the_service_fail(shared: Client, track: str, parameters: dict[str, str]) -> None:
    try:
        url = httpx.URL("http://service/").copy_with(path="/v1/tracks/" + track + "/similar", params=parameters)
    except (httpx.InvalidURL, UnicodeEncodeError):
        return
    assert shared.get(str(url)).status_code in (200, 404, 422)
    assert shared.get("/v1/search", params=parameters).status_code in (200, 422)


@pytest.fixture(scope="module")
def shared() -> Iterable[Client]:
    with harness() as service:
        yield service.client
