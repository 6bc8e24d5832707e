"""What operators see: health, readiness, metrics, and how failures look."""

from dataclasses import replace
from typing import Any

import pytest

from recsys.errors import PolicyUnavailableError, VersionMismatchError
from recsys.pipeline import STAGES
from recsys.ports import Takedowns
from recsys.retrieval.popular import PopularSource
from recsys.serving.lifecycle import Phase
from tests.serving_fakes import Harness, answered, harness, refused


def test_the_process_is_alive_whatever_else_holds(service: Harness) -> None:
    service.app.lifecycle.advance(Phase.DRAINING)
    assert answered(service.client.get("/healthz")) == {"status": "alive"}


def test_ready_follows_the_lifespan_and_draining_ends_it(service: Harness) -> None:
    assert answered(service.client.get("/readyz")) == {"status": "ready", "model_version": "random"}
    assert "connection" not in service.client.get("/healthz").headers
    service.app.lifecycle.advance(Phase.DRAINING)
    service.app.lifecycle.advance(Phase.READY)
    response = service.client.get("/readyz")
    assert "draining" in refused(response, 503, "not-ready")["detail"]
    assert response.headers["retry-after"] == "1"
    answer = service.client.post("/v1/recommendations", json={"user_id": "u"})
    assert answer.status_code == 200
    assert answer.headers["connection"] == "close"


def test_before_the_lifespan_runs_the_service_is_not_ready() -> None:
    with harness() as service:
        service.app.lifecycle.phase = Phase.STARTING
        assert "starting" in refused(service.client.get("/readyz"), 503, "not-ready")["detail"]


class BrokenPolicy:
    def takedowns(self) -> Takedowns:
        raise PolicyUnavailableError("the file at a secret path is gone")


def test_without_policy_nothing_is_shown() -> None:
    with harness(policy=BrokenPolicy()) as service:
        for response in (
            service.client.post("/v1/recommendations", json={"user_id": "u"}),
            service.client.get("/v1/search?q=track"),
            service.client.get("/v1/tracks/t000001/similar"),
            service.client.get("/readyz"),
        ):
            assert "secret" not in str(refused(response, 503, "policy-unavailable"))


class Exploding:
    """A store with a bug."""

    def settings(self, user_id: str) -> None:
        raise ZeroDivisionError("secret")


def test_a_bug_is_logged_with_the_request_and_hidden_from_clients(caplog: pytest.LogCaptureFixture) -> None:
    with harness(users=Exploding()) as service:
        body = refused(service.client.post("/v1/recommendations", json={"user_id": "u"}), 500, "internal")
    assert "secret" not in str(body)
    assert any(record.exc_info and "secret" in str(record.exc_info[1]) for record in caplog.records)


def test_a_source_that_fails_is_named_and_the_slate_still_comes(
    service: Harness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no popularity today")

    monkeypatch.setattr(PopularSource, "retrieve", fail)
    answer = service.recommend()
    assert answer["degraded"] == ["popular"]
    assert len(answer["items"]) == 20
    assert "no popularity today" in caplog.text
    assert value(service, 'recsys_degraded_total{stage="popular"}') == 1


def value(service: Harness, sample: str) -> float:
    lines = service.client.get("/metrics").text.splitlines()
    found = [line.removeprefix(sample) for line in lines if line.startswith(sample + " ")]
    return float(found[0]) if found else 0.0


def test_metrics_count_what_happened() -> None:
    from recsys.adapters.telemetry import PrometheusTelemetry

    with harness(telemetry=PrometheusTelemetry("m7")) as service:
        answer = service.recommend(k=7)
        service.report(
            {"type": "like", "track_id": "t000001"}, {"type": "like", "track_id": "t000001", "event_id": "0"}
        )
        service.client.get("/nowhere")
        service.client.request("PATCH", "/healthz")
        service.client.get("/v1/tracks/t000001/similar?k=3")
        expected = {
            'recsys_requests_total{method="POST",route="/v1/recommendations",status="200"}': 1,
            'recsys_requests_total{method="GET",route="unmatched",status="404"}': 1,
            'recsys_requests_total{method="PATCH",route="/healthz",status="405"}': 1,
            'recsys_request_seconds_count{route="/v1/tracks/{track_id}/similar"}': 1,
            "recsys_slate_tracks_total": 10,
            'recsys_events_total{outcome="accepted"}': 1,
            'recsys_events_total{outcome="duplicate"}': 1,
            'recsys_model_info{version="m7"}': 1,
            **{f'recsys_stage_seconds_count{{stage="{stage.__name__}"}}': 2 for stage in STAGES},
        }
        assert {sample: value(service, sample) for sample in expected} == expected
        assert value(service, "recsys_candidates_total") >= len(answer["items"])
        assert value(service, 'recsys_removed_total{reason="market"}') > 0
        left = [value(service, f'recsys_stage_tracks_total{{stage="{stage.__name__}"}}') for stage in STAGES]
        assert left[:3] == [value(service, "recsys_candidates_total")] * 3
        removed = sum(
            float(line.rpartition(" ")[2])
            for line in service.client.get("/metrics").text.splitlines()
            if line.startswith("recsys_removed_total")
        )
        assert left[3] == left[2] - removed
        assert left[4] >= left[5] == value(service, "recsys_slate_tracks_total")


def test_an_empty_slate_is_counted() -> None:
    with harness(market=None) as service:
        assert service.recommend()["items"] == []
        assert value(service, 'recsys_empty_slates_total{surface="home"}') >= 1


def test_the_app_refuses_a_model_of_another_schema() -> None:
    with harness() as service:
        outside = service.outside
    model = replace(outside.published.model, schema_version="old")
    with (
        pytest.raises(VersionMismatchError, match="old"),
        harness(published=replace(outside.published, model=model)),
    ):
        pass


def problem_types(document: dict[str, Any], path: str, method: str, status: int) -> list[str]:
    response = document["paths"][path][method]["responses"][str(status)]
    kinds: list[str] = response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["type"][
        "enum"
    ]
    return kinds


def test_the_description_names_the_problems_that_occur(service: Harness) -> None:
    document = service.client.get("/openapi.json").json()
    occurred = {
        ("/v1/recommendations", "post"): service.client.post("/v1/recommendations", json={}),
        ("/v1/tracks/{track_id}/similar", "get"): service.client.get("/v1/tracks/zz/similar"),
        ("/v1/search", "get"): service.client.get("/v1/search?q=a&market=XX"),
        ("/healthz", "get"): service.client.post("/healthz"),
        ("/v1/events", "post"): service.client.post("/v1/events", content="x"),
    }
    for (path, method), response in occurred.items():
        assert response.json()["type"] in problem_types(document, path, method, response.status_code)
