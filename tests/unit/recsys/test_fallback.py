"""When something is missing: candidates, a user, a market, a source, the ranker, or any setting at all."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from recsys.domain.candidates import Retrieved, Tier
from recsys.domain.config import Config
from recsys.domain.context import Context
from recsys.domain.query import UserState
from recsys.errors import InvalidValueError
from recsys.features.schema import SCHEMA
from recsys.pipeline import Engine, eligible, recommend
from recsys.retrieval.merge import SOURCES
from recsys.retrieval.popular import PopularSource
from tests.recsys_fakes import (
    Case,
    Track,
    make_engine,
    make_model,
    make_query,
    make_user,
    no_takedowns,
    random_case,
    random_model,
    shown,
)

MODEL = random_model(400, seed=1)
DEFAULTS = Engine(MODEL)
SCARCE = make_engine(MODEL, item_item_budget=10, popular_budget=5, release_budget=5, epsilon=0.3)
USERS = pytest.mark.parametrize("seed", range(4))


def case(seed: int, **changes: Any) -> Case:
    return random_case(MODEL, seed, **changes)


def replace_model(**changes: Any) -> Any:
    """`dataclasses.replace` leaves the derived field to the constructor."""
    return replace(MODEL, **changes)


@USERS
def test_a_short_supply_of_candidates_is_refilled_in_the_fallback_tier(seed: int) -> None:
    slate = recommend(SCARCE, *case(seed, k=100)).slate
    assert (slate.tier == Tier.FALLBACK).any()
    rows = slate.tier == Tier.FALLBACK
    assert [slate.source_names(row) for row in np.flatnonzero(rows)] == [("backfill",)] * int(rows.sum())


def test_the_fallback_goes_by_popularity_then_slot() -> None:
    model = make_model([Track(f"t{row}", popularity=(0.5, 0.9, 0.5, 0.7)[row]) for row in range(4)])
    engine = replace(make_engine(model, popular_budget=0, artist_cap=0, epsilon=0.0))
    slate = recommend(engine, make_query(), make_user(model.catalogue), no_takedowns(model.catalogue)).slate
    assert shown(engine, slate.slots) == ["t1", "t3", "t0", "t2"]


def test_the_fallback_takes_the_most_popular_where_few_fit() -> None:
    model = make_model([Track(f"t{row}", artist=f"a{row}", popularity=row / 10) for row in range(9)])
    engine = make_engine(model, max_k=2, pool_size=2, popular_budget=0, epsilon=0.0)
    slate = recommend(engine, make_query(2), make_user(model.catalogue), no_takedowns(model.catalogue)).slate
    assert shown(engine, slate.slots) == ["t8", "t7"]


def test_the_fallback_goes_on_until_there_is_enough() -> None:
    # The 8 most popular tracks are the first chunk of a horizon of 2; none of them may be shown.
    tracks = [Track(f"t{row:02d}", artist=f"a{row}", popularity=1 - row / 100, explicit=row < 8) for row in range(40)]
    model = make_model(tracks)
    engine = make_engine(model, max_k=2, pool_size=2, popular_budget=0, epsilon=0.0)
    user = make_user(model.catalogue, allow_explicit=False)
    assert shown(engine, recommend(engine, make_query(2), user, no_takedowns(model.catalogue)).slate.slots) == [
        "t08",
        "t09",
    ]


def test_the_fallback_shows_one_release_of_a_recording_however_far_apart_they_stand() -> None:
    # The first chunk holds 8 tracks, of which t07 alone may be shown; t08, in the next, is the same recording.
    tracks = [
        Track(f"t{row:02d}", popularity=1 - row / 100, explicit=row < 7, recording="t07" if row == 8 else None)
        for row in range(40)
    ]
    model = make_model(tracks)
    engine = make_engine(model, max_k=2, pool_size=2, popular_budget=0, epsilon=0.0)
    user = make_user(model.catalogue, allow_explicit=False)
    assert shown(engine, recommend(engine, make_query(2), user, no_takedowns(model.catalogue)).slate.slots) == [
        "t07",
        "t09",
    ]


def test_an_unknown_user_is_answered_from_popularity_under_policy() -> None:
    here = case(3)
    cold = UserState.cold("nobody")
    slate = recommend(DEFAULTS, here.query, cold, here.policy).slate
    assert slate.size == 20
    assert not MODEL.catalogue.explicit[slate.slots].any()
    assert "popular" in {name for row in range(20) for name in slate.source_names(row)}


@pytest.mark.parametrize("market", ["XX", None])
def test_an_unknown_market_is_shown_nothing(market: str | None) -> None:
    here = case(1, market=market)
    served = recommend(DEFAULTS, here.query, replace(here.user, market=None), here.policy)
    assert served.slate.size == 0
    assert eligible(DEFAULTS, here.query, replace(here.user, market=None), here.policy).shape == (0,)


@pytest.mark.parametrize(
    "settings",
    [
        {"artist_cap": 0},
        {"artist_window": 0},
        {"max_k": 0},
        {"pool_size": 0},
        {"explore_reserve": 0, "epsilon": 1.0},
        {"epsilon": 1.0, "relevance_weight": 0.0},
        {"item_item_budget": 0, "popular_budget": 0, "release_budget": 0},
        {"release_window_days": 0, "skip_exclusion_days": 0},
    ],
    ids=lambda settings: ",".join(settings),
)
def test_degenerate_settings_lose_no_candidate(settings: dict[str, float]) -> None:
    engine = make_engine(MODEL, **settings)
    here = case(1, k=min(20, engine.config.max_k))
    served = recommend(engine, *here)
    assert served.slate.size == min(here.query.k, eligible(engine, *here).shape[0])
    kept, removed = served.decision.filtered.kept.slots, served.decision.filtered.removed
    assert kept.shape[0] + removed.shape[0] == served.decision.features.candidates.slots.shape[0]


@pytest.mark.parametrize("size", [0, 1])
def test_a_catalogue_of_nothing_or_one(size: int) -> None:
    model = make_model([Track("t0")][:size])
    served = recommend(Engine(model), make_query(), make_user(model.catalogue), no_takedowns(model.catalogue))
    assert served.slate.size == size


@dataclass(frozen=True)
class Failing(PopularSource):
    name: str = "failing"

    def retrieve(self, context: Context) -> Retrieved:
        raise TimeoutError("too slow")


@USERS
def test_a_source_that_fails_is_named_and_done_without(seed: int) -> None:
    engine = Engine(MODEL, sources=(*SOURCES, Failing()))
    served = recommend(engine, *case(seed))
    assert served.slate.degraded == ("failing",)
    assert served.decision.failures[0].error == "TimeoutError: too slow"
    assert served.slate.slots.tolist() == recommend(DEFAULTS, *case(seed)).slate.slots.tolist()


class BrokenScorer:
    """A ranker that fails in the way it was made for."""

    schema_version = SCHEMA.version

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def score(self, features: Any) -> Any:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


@pytest.mark.parametrize(
    "answer",
    [RuntimeError("down"), InvalidValueError("NaN"), np.zeros(3, dtype=np.int64), np.zeros(400)],
    ids=["raises", "not finite", "wrong length", "wrong dtype"],
)
def test_without_its_ranker_the_engine_answers_by_popularity_under_policy(answer: Any) -> None:
    engine = Engine(
        replace_model(scorer=BrokenScorer(answer)),
        Config(artist_cap=0, relevance_weight=1, epsilon=0, popular_budget=0, max_k=50, pool_size=50),
    )
    here = case(1, k=50)
    slate = recommend(engine, *here).slate
    assert slate.degraded == ("ranker",)
    assert (slate.tier == Tier.FALLBACK).all()
    assert set(slate.slots.tolist()) <= set(eligible(engine, *here).tolist())
    assert slate.size == 50
    assert slate.provenance.any()
    keys = list(zip((-slate.scores).tolist(), slate.slots.tolist(), strict=True))
    assert keys == sorted(keys)
    market = MODEL.catalogue.market_slot("M0")
    assert market is not None
    rest = np.setdiff1d(eligible(engine, *here), slate.slots)
    rest = rest[~np.isin(MODEL.catalogue.recording[rest], MODEL.catalogue.recording[slate.slots])]
    assert MODEL.popularity[market, rest].max() <= MODEL.popularity[market, slate.slots].min() + 1e-6
