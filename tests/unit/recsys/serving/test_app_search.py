"""GET /v1/search and GET /v1/tracks/{id}/similar."""

import pytest

from recsys.ports import Takedowns
from tests.recsys_fakes import TODAY
from tests.serving_fakes import Harness, answered, ids, refused


def search(service: Harness, **parameters: str) -> list[str]:
    return list(ids(answered(service.client.get("/v1/search", params=parameters))))


def eligible(service: Harness, market: int, *, explicit: bool) -> list[str]:
    catalogue = service.outside.published.model.catalogue
    return [
        catalogue.ids[slot]
        for slot in range(catalogue.size)
        if int(catalogue.licensed[slot]) >> market & 1
        and catalogue.released[slot] <= TODAY
        and (explicit or not catalogue.explicit[slot])
    ]


def test_search_finds_what_may_be_shown_and_nothing_else(service: Harness) -> None:
    """Every title is "Track N": the word matches all of them, and the filters come before the limit."""
    for market in (0, 1, 2):
        for explicit in (False, True):
            allowed = eligible(service, market, explicit=explicit)
            found = search(service, q="track", market=f"M{market}", allow_explicit=str(explicit).lower(), limit="100")
            assert found == allowed[:100]


def test_a_title_finds_its_own_track_first(service: Harness) -> None:
    catalogue = service.outside.published.model.catalogue
    for track in eligible(service, 0, explicit=True)[:40]:
        slot = catalogue.slot(track)
        assert slot is not None
        assert search(service, q=catalogue.titles[slot], allow_explicit="true")[0] == track


def test_years_bound_the_release_on_both_sides(service: Harness) -> None:
    hits = answered(service.client.get("/v1/search?q=track&year_from=2019&year_to=2020&limit=100"))["items"]
    assert hits
    assert {hit["released"][:4] for hit in hits} == {"2019", "2020"}
    assert search(service, q="track", year_from="2020", year_to="2019") == []


def test_a_takedown_holds_in_search_and_similar(service: Harness) -> None:
    found = search(service, q="track")
    near = ids(answered(service.client.get(f"/v1/tracks/{found[1]}/similar")))
    service.policy.current = Takedowns(version="2", tracks=frozenset({found[0], near[0]}))
    assert found[0] not in search(service, q="track", limit="100")
    assert near[0] not in ids(answered(service.client.get(f"/v1/tracks/{found[1]}/similar?k=100")))


def test_a_release_is_found_from_its_day_on(service: Harness) -> None:
    before = len(search(service, q="track", limit="100", year_from="2024", year_to="2025"))
    service.clock.time += 86_400 * 30
    assert len(search(service, q="track", limit="100", year_from="2024", year_to="2025")) > before


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("", "/q"),
        ("q=", "/q"),
        ("q=a&q=b", "/q"),
        ("q=%01", "/q"),
        ("q=a&limit=0", "/limit"),
        ("q=a&limit=101", "/limit"),
        ("q=a&limit=1.0", "/limit"),
        ("q=a&limit=1e1", "/limit"),
        ("q=a&limit=" + "9" * 400, "/limit"),
        ("q=a&year_from=null", "/year_from"),
        ("q=a&allow_explicit=1", "/allow_explicit"),
        ("q=a&colour=red", "/colour"),
        ("q=a&market=", "/market"),
        ("q=" + "a" * 201, "/q"),
    ],
)
def test_parameters_are_strict(service: Harness, query: str, pointer: str) -> None:
    body = refused(service.client.get(f"/v1/search?{query}"), 422, "invalid-request")
    assert body["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("query", [b"q=%ff", b"q=\xe9", b"&".join([b"p=1"] * 40)])
def test_a_query_string_that_is_no_text_is_refused(service: Harness, query: bytes) -> None:
    start, body = service.client.raw("GET", "/v1/search", query)
    assert start["status"] == 422
    assert b"percent-encoded" in body["body"]


def test_an_unknown_market_is_refused(service: Harness) -> None:
    refused(service.client.get("/v1/search?q=a&market=XX"), 422, "unknown-market")
    refused(service.client.get("/v1/tracks/t000001/similar?market=XX"), 422, "unknown-market")


def test_similar_tracks_leave_out_the_track_itself(service: Harness) -> None:
    answer = answered(service.client.get("/v1/tracks/t000001/similar?k=100&allow_explicit=true"))
    assert answer["track_id"] == "t000001"
    assert "t000001" not in ids(answer)
    assert len(ids(answer)) == len(set(ids(answer))) > 0
    assert {item["propensity"] for item in answer["items"]} == {1.0}
    assert answer["items"][0]["reason"] == "similar_track"


def test_similar_tracks_of_an_unknown_track_are_not_found(service: Harness) -> None:
    for track in ("nowhere", "a/b", "%00", "é", "a%0Ab", "a%0A"):
        refused(service.client.get(f"/v1/tracks/{track}/similar"), 404, "unknown-track")
