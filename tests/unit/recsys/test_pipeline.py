"""The whole engine: what must hold of every slate, whoever asks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from recsys.domain.candidates import Tier
from recsys.domain.config import Config
from recsys.domain.query import PolicySnapshot, Surface
from recsys.domain.slate import Slate
from recsys.errors import InvalidQueryError, StaleSnapshotError, VersionMismatchError
from recsys.experiments.definitions import Arm, Experiment, Layer
from recsys.experiments.exposure import exposures
from recsys.features.schema import SCHEMA
from recsys.pipeline import STAGES, Engine, Served, eligible, propensities, recommend, score
from recsys.ranking.linear import LinearScorer
from recsys.retrieval.merge import SOURCES
from tests.recsys_fakes import (
    Case,
    Track,
    linear,
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
DEFAULTS, CLASSIC = Engine(MODEL), Engine(MODEL, Config().classic())
SCARCE = make_engine(MODEL, item_item_budget=10, popular_budget=5, release_budget=5, epsilon=0.3)
ENGINES = pytest.mark.parametrize("engine", [DEFAULTS, CLASSIC, SCARCE], ids=["default", "classic", "scarce"])
USERS = pytest.mark.parametrize("seed", range(4))


def case(seed: int, **changes: Any) -> Case:
    return random_case(MODEL, seed, **changes)


def fingerprint(slate: Slate) -> tuple[bytes, ...]:
    columns = (slate.slots, slate.scores, slate.tier, slate.provenance, slate.propensities, slate.positions)
    return tuple(column.tobytes() for column in columns)


@ENGINES
@USERS
@pytest.mark.parametrize("k", [0, 1, 20, 100])
def test_a_slate_is_well_formed(engine: Engine, seed: int, k: int) -> None:
    here = case(seed, k=k)
    slate = recommend(engine, *here).slate
    allowed = eligible(engine, *here)
    recording = MODEL.catalogue.recording
    assert slate.size == min(k, np.unique(recording[allowed]).shape[0])
    assert np.unique(recording[slate.slots]).shape[0] == slate.size
    assert set(slate.slots.tolist()) <= set(allowed.tolist())
    assert (np.diff(slate.tier.astype(int)) >= 0).all()
    for tier in Tier:
        rows = slate.tier == tier
        assert slate.scores[rows].tolist() == score(engine, here.query, here.user, slate.slots[rows], tier).tolist()


@USERS
def test_before_re_ranking_a_slate_holds_the_greatest_scores_in_order_ties_by_slot(seed: int) -> None:
    here = case(seed, k=50)
    slate = recommend(CLASSIC, *here).slate
    allowed = eligible(CLASSIC, *here)
    rest = np.setdiff1d(allowed, slate.slots)
    rest = rest[~np.isin(MODEL.catalogue.recording[rest], MODEL.catalogue.recording[slate.slots])]
    keys = list(zip((-slate.scores).tolist(), slate.slots.tolist(), strict=True))
    assert keys == sorted(keys)
    worst = score(CLASSIC, here.query, here.user, rest)
    assert slate.scores.min() >= worst.max()
    assert (slate.tier == Tier.SCORED).all()


@ENGINES
@USERS
def test_the_same_query_gives_the_same_bytes(engine: Engine, seed: int) -> None:
    one, two = recommend(engine, *case(seed)), recommend(Engine(MODEL, engine.config), *case(seed))
    assert fingerprint(one.slate) == fingerprint(two.slate)
    again = recommend(engine, one.decision.query, case(seed).user, case(seed).policy)
    assert fingerprint(again.slate) == fingerprint(one.slate)


@ENGINES
@USERS
def test_a_shorter_slate_is_a_prefix_and_pages_join(engine: Engine, seed: int) -> None:
    whole = recommend(engine, *case(seed, k=60)).slate
    for k in (0, 1, 17, 59):
        assert recommend(engine, *case(seed, k=k)).slate.slots.tolist() == whole.slots[:k].tolist()
    pages = [recommend(engine, *case(seed, k=20, offset=at, snapshot=whole.snapshot)).slate for at in (0, 20, 40)]
    assert [slot for page in pages for slot in page.slots.tolist()] == whole.slots.tolist()
    assert [place for page in pages for place in page.positions.tolist()] == list(range(whole.size))
    assert np.concatenate([page.propensities for page in pages]).tolist() == whole.propensities.tolist()


def test_a_page_past_the_end_is_empty() -> None:
    assert recommend(DEFAULTS, *case(0, offset=DEFAULTS.config.horizon)).slate.size == 0


@pytest.mark.parametrize("change", ["now", "seed", "model", "policy", "config", "state"])
def test_a_page_of_a_list_that_changed_is_refused(change: str) -> None:
    query, user, policy = case(1)
    query = replace(query, snapshot=recommend(DEFAULTS, query, user, policy).slate.snapshot, offset=20)
    assert recommend(DEFAULTS, query, user, policy).slate.size == 20
    engine = {"model": Engine(replace_model(version="next")), "config": make_engine(MODEL, epsilon=0.5)}.get(
        change, DEFAULTS
    )
    query = {"now": replace(query, now=query.now + 1), "seed": replace(query, seed=9)}.get(change, query)
    user = replace(user, version=user.version + (change == "state"))
    policy = replace(policy, version="p2") if change == "policy" else policy
    with pytest.raises(StaleSnapshotError, match="offset 0"):
        recommend(engine, query, user, policy)


def replace_model(**changes: Any) -> Any:
    """`dataclasses.replace` leaves the derived field to the constructor."""
    return replace(MODEL, **changes)


@ENGINES
@USERS
def test_selected_filtered_and_unselected_are_the_input(engine: Engine, seed: int) -> None:
    decision = recommend(engine, *case(seed, k=20)).decision
    candidates = decision.features.candidates.slots.tolist()
    kept, removed = decision.filtered.kept.slots.tolist(), decision.filtered.removed.tolist()
    assert sorted(kept + removed) == candidates
    backfill = [slot for slot, bits in zip(decision.pool.slots, decision.pool.provenance, strict=True) if not bits]
    assert set(decision.pool.slots.tolist()) <= set(kept) | set(backfill)
    assert set(decision.slate.slots.tolist()) <= set(decision.pool.slots.tolist())
    assert not set(backfill) & set(candidates)


@USERS
def test_deleting_a_track_that_is_not_shown_changes_nothing_and_one_that_is_moves_the_rest_up(seed: int) -> None:
    here = case(seed, k=30)
    before = recommend(CLASSIC, *here).slate.slots.tolist()
    longer = recommend(CLASSIC, *case(seed, k=31)).slate.slots.tolist()
    recording = MODEL.catalogue.recording
    outside = int(np.setdiff1d(np.arange(400), before)[::-1][0])
    for gone, want in ((outside, before), (before[4], before[:4] + longer[5:])):
        without = here.policy.taken_down | (recording == recording[gone])
        again = recommend(CLASSIC, here.query, here.user, PolicySnapshot("p2", without)).slate.slots.tolist()
        assert again == want


@USERS
def test_another_users_state_and_the_request_id_change_nothing(seed: int) -> None:
    want = fingerprint(recommend(DEFAULTS, *case(seed)).slate)
    recommend(DEFAULTS, *case(seed + 1))
    assert fingerprint(recommend(DEFAULTS, *case(seed, request_id="other")).slate) == want


@USERS
def test_a_default_that_is_said_equals_one_that_is_left_out(seed: int) -> None:
    said = case(seed, surface=Surface.HOME, allow_repeats=False, diversify=True, explore=True, offset=0, explain=True)
    assert fingerprint(recommend(DEFAULTS, *said).slate) == fingerprint(recommend(DEFAULTS, *case(seed)).slate)
    off = make_engine(MODEL, epsilon=0.0)
    asked_off = recommend(DEFAULTS, *case(seed, explore=False)).slate
    assert recommend(off, *case(seed)).slate.slots.tolist() == asked_off.slots.tolist()


@USERS
def test_logged_propensities_equal_their_recomputation_and_sum_to_one(seed: int) -> None:
    here = case(seed, k=20, offset=10)
    decision = recommend(SCARCE, *here).decision
    chances = propensities(SCARCE, decision, here.user, here.policy)
    assert chances.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    place = {slot: row for row, slot in enumerate(decision.pool.slots.tolist())}
    rows = [place[slot] for slot in decision.slate.slots.tolist()]
    assert chances[np.arange(10, 30), rows] == pytest.approx(decision.slate.propensities, abs=1e-15)
    assert decision.slate.propensities.min() > 0


@pytest.mark.parametrize(
    "change", [{"k": -1}, {"k": 101}, {"offset": -1}, {"offset": 201}, {"about": 400}, {"about": -1}]
)
def test_a_query_out_of_range_is_refused(change: dict[str, int]) -> None:
    with pytest.raises(InvalidQueryError, match=next(iter(change))):
        recommend(DEFAULTS, *case(1, **change))


def test_a_model_of_another_schema_is_refused() -> None:
    with pytest.raises(VersionMismatchError, match="schema 'old'"):
        Engine(replace_model(schema_version="old"))
    with pytest.raises(VersionMismatchError, match="scorer"):
        Engine(replace_model(scorer=LinearScorer((0.0,), "old")))


def test_a_slate_about_a_track_resembles_it_and_leaves_it_out() -> None:
    model = make_model(
        [Track(f"t{row}", artist=f"a{row}", popularity=row / 10) for row in range(5)],
        {("t4", "t1"): 0.9, ("t4", "t0"): 0.5},
    )
    engine = make_engine(model, epsilon=0.0)
    query = make_query(surface=Surface.SIMILAR, about=4)
    slate = recommend(engine, query, make_user(model.catalogue, ["t1"]), no_takedowns(model.catalogue)).slate
    assert shown(engine, slate.slots)[:2] == ["t1", "t0"]
    assert "t4" not in shown(engine, slate.slots)


def test_skipping_an_artists_track_never_raises_that_artist() -> None:
    here = case(1)
    artist = MODEL.catalogue.artist
    slots = np.arange(400, dtype=np.int32)
    before = score(DEFAULTS, here.query, here.user, slots)
    for track in range(0, 400, 37):
        skipped = np.union1d(here.user.skipped, [track]).astype(np.int32)
        worse = replace(here.user, skipped=skipped, skip_times=np.full(skipped.shape, here.query.now))
        after = score(DEFAULTS, here.query, worse, slots)
        assert (after[artist == artist[track]] <= before[artist == artist[track]]).all()


def test_an_experiment_changes_the_slates_of_its_arm_only_and_is_exposed() -> None:
    layer = Layer("l", "s0", (Experiment("wild", "s1", (Arm("off"), Arm("on", overrides={"epsilon": 1.0}))),))
    engine = Engine(MODEL, layers=(layer,))
    arms = set()
    for seed in range(12):
        served = recommend(engine, *case(seed))
        arm = served.slate.arms["wild"]
        arms.add(arm)
        plain = recommend(DEFAULTS, *case(seed)).slate
        assert (fingerprint(served.slate) == fingerprint(plain)) == (arm == "off")
        assert served.decision.config.epsilon == (1.0 if arm == "on" else DEFAULTS.config.epsilon)
        assert [record.arm for record in exposures(served.slate)] == [arm]
    assert arms == {"on", "off"}
    assert exposures(recommend(engine, *case(0, k=0)).slate) == ()


def test_a_stage_that_ranks_or_arranges_keeps_the_candidates_it_was_given() -> None:
    seen: list[Served] = [recommend(DEFAULTS, *case(seed)) for seed in range(4)]
    for served in seen:
        decision = served.decision
        assert decision.features.values.shape == (decision.features.candidates.slots.shape[0], len(SCHEMA.features))
    assert [stage.__name__ for stage in STAGES] == ["retrieve", "describe", "rank", "keep", "refill", "order"]


def test_scores_decide_not_the_order_of_the_sources() -> None:
    turned = Engine(MODEL, CLASSIC.config, sources=SOURCES[::-1])
    one, two = recommend(CLASSIC, *case(1)).slate, recommend(turned, *case(1)).slate
    assert one.slots.tolist() == two.slots.tolist()
    assert one.scores.tolist() == two.scores.tolist()


def test_ties_are_broken_by_id() -> None:
    model = make_model([Track(f"t{row}", artist=f"a{row}") for row in range(6)], scorer=linear())
    engine = make_engine(model, epsilon=0.0)
    slate = recommend(engine, make_query(), make_user(model.catalogue), no_takedowns(model.catalogue)).slate
    assert shown(engine, slate.slots) == ["t0", "t1", "t2", "t3", "t4", "t5"]
