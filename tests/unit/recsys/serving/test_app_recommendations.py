"""POST /v1/recommendations: what a client sees of a slate."""

from dataclasses import replace

import pytest

from recsys.domain.config import DEFAULT
from recsys.domain.items import SECONDS_A_DAY
from recsys.experiments.definitions import Arm, Experiment, Layer
from recsys.ports import Takedowns, UserSettings
from tests.recsys_fakes import NOW
from tests.serving_fakes import Harness, harness, ids, refused


def test_an_unknown_user_gets_a_slate_with_only_a_user_id(service: Harness) -> None:
    answer = service.recommend()
    assert len(answer["items"]) == 20
    assert len(set(ids(answer))) == 20
    assert answer["surface"] == "home"
    assert answer["model_version"] == "random"
    assert answer["degraded"] == []
    assert answer["experiments"] == {}


def test_an_item_says_what_and_why(service: Harness) -> None:
    catalogue = service.outside.published.model.catalogue
    for position, item in enumerate(service.recommend(k=50)["items"]):
        slot = catalogue.slot(item["track_id"])
        assert slot is not None
        assert item["title"] == catalogue.titles[slot]
        assert item["artist_id"] == catalogue.artist_ids[catalogue.artist[slot]]
        assert item["artist_name"] == catalogue.artist_names[catalogue.artist[slot]]
        assert item["explicit"] == bool(catalogue.explicit[slot])
        assert item["position"] == position
        assert item["tier"] in ("scored", "fallback")
        assert item["sources"]
        assert 0 < item["propensity"] <= 1
        assert "explanation" not in item


def test_the_request_id_names_the_answer_and_the_decision(service: Harness) -> None:
    response = service.client.post("/v1/recommendations", json={"user_id": "u"})
    request_id = response.json()["request_id"]
    assert response.headers["x-request-id"] == request_id
    assert [decision.slate.request_id for decision in service.decisions.decisions] == [request_id]


def test_the_same_request_gives_the_same_items(service: Harness) -> None:
    assert service.recommend(k=100)["items"] == service.recommend(k=100)["items"]


def test_a_default_given_equals_a_default_left_out(service: Harness) -> None:
    spelt = service.recommend(k=20, surface="home", market=None, allow_explicit=None, allow_repeats=None, explain=False)
    assert spelt["items"] == service.recommend()["items"]


def test_now_and_the_seed_are_attached_at_the_edge(service: Harness) -> None:
    service.recommend()
    (decision,) = service.decisions.decisions
    assert (decision.query.now, decision.query.seed) == (NOW, 1)


def test_the_market_is_the_requests_else_the_users_else_the_services(service: Harness) -> None:
    service.users.put("settled", UserSettings(market="M1"))
    for fields in ({}, {"user_id": "settled"}, {"user_id": "settled", "market": "M2"}):
        service.recommend(**fields)
    assert [decision.query.market for decision in service.decisions.decisions] == ["M0", "M1", "M2"]


def test_a_market_that_the_catalogue_lacks_is_refused(service: Harness) -> None:
    response = service.client.post("/v1/recommendations", json={"user_id": "u", "market": "XX"})
    body = refused(response, 422, "unknown-market")
    assert body["errors"] == [{"pointer": "/market", "detail": "'XX' is not among M0, M1, M2"}]


def test_explicit_tracks_appear_only_when_allowed(service: Harness) -> None:
    assert not any(item["explicit"] for item in service.recommend(k=100)["items"])
    assert any(item["explicit"] for item in service.recommend(k=100, allow_explicit=True)["items"])
    service.users.put("u", UserSettings(allow_explicit=False))
    assert not any(item["explicit"] for item in service.recommend(k=100, allow_explicit=True)["items"])


def test_a_takedown_holds_from_the_next_answer_on(service: Harness) -> None:
    first, *_ = ids(service.recommend())
    service.policy.current = Takedowns(version="2", tracks=frozenset({first}))
    assert first not in ids(service.recommend(k=100))
    service.policy.current = Takedowns(version="3")
    assert ids(service.recommend())[0] == first


def test_explain_adds_features_scores_rules_and_what_was_removed(service: Harness) -> None:
    answer = service.recommend(k=100, explain=True)
    assert answer["removed"]["market"] > 0
    explained = [item for item in answer["items"] if item["sources"] != ["backfill"]]
    assert explained
    for item in explained:
        assert item["explanation"]["features"]["artist_days"] == 365.0
        assert set(item["explanation"]["source_scores"]) == set(item["sources"])
    rules = [item["explanation"]["rules"] for item in answer["items"] if item["reason"] == "discovery"]
    assert rules
    assert all("explored" in found for found in rules)


def test_a_backfilled_track_has_no_features_and_says_so() -> None:
    config = replace(DEFAULT, popular_budget=1, release_budget=0, item_item_budget=0)
    with harness(config=config) as service:
        backfilled = service.recommend(explain=True)["items"][-1]
    assert backfilled["explanation"] == {"features": {}, "source_scores": {}, "rules": ["backfilled"]}
    assert backfilled["reason"] in ("catalogue", "discovery")
    assert backfilled["tier"] == "fallback"


def test_pages_follow_each_other_without_overlap(service: Harness) -> None:
    whole = service.recommend(k=100)["items"]
    pages, token = [], None
    for _ in range(4):
        page = service.recommend(k=25, page_token=token)
        service.clock.time += 60
        pages += page["items"]
        token = page["next_page_token"]
    assert pages == whole


def test_the_last_page_has_no_token(service: Harness) -> None:
    token, sizes = None, []
    while True:
        page = service.recommend(k=90, page_token=token)
        sizes.append(len(page["items"]))
        token = page.get("next_page_token")
        if token is None:
            break
    assert len(sizes) == 2
    assert sum(sizes) > 90


def test_a_list_ends_where_the_pool_does() -> None:
    """More tracks are eligible, but re-ranking sees no more: a token would lead to an empty page."""
    with harness(config=replace(DEFAULT, pool_size=100)) as service:
        first = service.recommend(k=50, allow_explicit=True)
        second = service.recommend(k=50, allow_explicit=True, page_token=first["next_page_token"])
    assert len(second["items"]) == 50
    assert "next_page_token" not in second


def test_a_page_of_another_request_is_refused(service: Harness) -> None:
    token = service.recommend()["next_page_token"]
    response = service.client.post("/v1/recommendations", json={"user_id": "other", "page_token": token})
    assert refused(response, 422, "invalid-request")["errors"][0]["pointer"] == "/page_token"


def test_a_page_is_gone_after_an_event_a_takedown_or_an_hour(service: Harness) -> None:
    def gone(token: str) -> None:
        response = service.client.post("/v1/recommendations", json={"user_id": "u", "page_token": token})
        refused(response, 410, "stale-page")

    token = service.recommend()["next_page_token"]
    service.report({"type": "like", "track_id": "t000001"})
    gone(token)
    token = service.recommend()["next_page_token"]
    service.policy.current = Takedowns(version="2")
    gone(token)
    token = service.recommend()["next_page_token"]
    service.clock.time += 3_601
    gone(token)


def test_a_token_cannot_move_the_clock_forward(service: Harness) -> None:
    service.clock.time += SECONDS_A_DAY
    token = service.recommend()["next_page_token"]
    service.clock.time = NOW
    response = service.client.post("/v1/recommendations", json={"user_id": "u", "page_token": token})
    refused(response, 410, "stale-page")


@pytest.mark.parametrize("token", ["x", "%%%", "kwE", "AAAA", "é", "x" * 512])
def test_a_token_of_nobody_is_refused(service: Harness, token: str) -> None:
    response = service.client.post("/v1/recommendations", json={"user_id": "u", "page_token": token})
    assert refused(response, 422, "invalid-request")["errors"][0]["pointer"] == "/page_token"


def test_arms_are_answered_logged_and_in_force() -> None:
    arms = (Arm("off", overrides={"epsilon": 0.0}), Arm("on", overrides={"epsilon": 0.5}))
    layer = Layer("l", "l1", (Experiment("exploring", "e1", arms),))
    with harness(layers=(layer,)) as service:
        for n in range(20):
            answer = service.recommend(user_id=f"u{n}")
            decision = service.decisions.decisions[-1]
            arm = answer["experiments"]["exploring"]
            assert decision.slate.arms == {"exploring": arm}
            assert decision.config.epsilon == {"off": 0.0, "on": 0.5}[arm]
        assert {decision.slate.arms["exploring"] for decision in service.decisions.decisions} == {"off", "on"}
