"""Filters: each rule, its laws, and hard policy that fails closed."""

from dataclasses import replace
from itertools import islice, permutations

import numpy as np
import pytest

from recsys.domain.candidates import Reason, Scored
from recsys.domain.config import Config
from recsys.domain.context import Context, context_of
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.query import PolicySnapshot, Query, Surface, UserState
from recsys.errors import VersionMismatchError
from recsys.reranking.filters import POINTWISE, reasons, sift
from tests.recsys_fakes import (
    NOW,
    TODAY,
    Track,
    make_model,
    make_query,
    make_user,
    no_takedowns,
    random_model,
    random_user,
)

MODEL = make_model(
    [
        Track("t0", artist="a"),
        Track("t1", artist="b", explicit=True),
        Track("t2", artist="c", markets=("DE",)),
        Track("t3", artist="d", markets=()),
        Track("t4", artist="e", released=TODAY + 1),
        Track("t5", artist="f", recording="t0"),
        Track("t6", artist="g"),
        Track("t7", artist="h", released=TODAY),
    ]
)
CATALOGUE = MODEL.catalogue
ALL = np.arange(8, dtype=np.int32)


def context(user: UserState | None = None, policy: PolicySnapshot | None = None, **query: object) -> Context:
    who = user or make_user(CATALOGUE)
    return context_of(make_query(**query), who, policy or no_takedowns(CATALOGUE), MODEL, Config())


def removed(context: Context, reason: Reason) -> list[str]:
    found = reasons(context, ALL)
    return [CATALOGUE.ids[slot] for slot in ALL[found == reason].tolist()]


def test_the_market_needs_a_licence() -> None:
    assert removed(context(), Reason.MARKET) == ["t2", "t3"]
    assert removed(context(market="DE"), Reason.MARKET) == ["t3"]


@pytest.mark.parametrize("market", ["XX", ""])
def test_an_unknown_market_licenses_nothing(market: str) -> None:
    user = make_user(CATALOGUE, market=None)
    assert removed(context(user, market=market), Reason.MARKET) == list(CATALOGUE.ids)


def test_the_requests_market_goes_before_the_users() -> None:
    assert removed(context(make_user(CATALOGUE, market="DE"), market="GB"), Reason.MARKET) == ["t2", "t3"]


@pytest.mark.parametrize(
    ("asked", "setting", "allowed"),
    [
        (None, None, False),
        (True, None, True),
        (None, True, True),
        (True, True, True),
        (False, True, False),
        (True, False, False),
        (None, False, False),
        (False, None, False),
    ],
)
def test_explicit_tracks_need_somebodys_yes_and_nobodys_no(
    asked: bool | None, setting: bool | None, allowed: bool
) -> None:
    user = make_user(CATALOGUE, allow_explicit=setting)
    assert removed(context(user, allow_explicit=asked), Reason.EXPLICIT) == ([] if allowed else ["t1"])


def test_takedowns_of_tracks_and_of_artists() -> None:
    policy = PolicySnapshot.of(CATALOGUE, frozenset({"t0", "gone"}), frozenset({"g", "nobody"}), "p2")
    assert removed(context(policy=policy), Reason.TAKEDOWN) == ["t0", "t6"]


def test_a_policy_for_another_catalogue_refuses_the_request() -> None:
    with pytest.raises(VersionMismatchError, match="covers 2 tracks"):
        context(policy=PolicySnapshot("p", np.zeros(2, dtype=np.bool_)))


@pytest.mark.parametrize("column", ["blocked", "liked", "skipped"])
@pytest.mark.parametrize("about", [None, 3])
def test_a_user_state_of_another_catalogue_refuses_the_request(column: str, about: int | None) -> None:
    changes = {column: np.array([8], dtype=np.int32)}
    if column == "skipped":
        changes["skip_times"] = np.array([NOW])
    with pytest.raises(VersionMismatchError, match="slot 8"):
        context(make_user(CATALOGUE, **changes), about=about)


def test_blocked_artists_and_every_release_of_blocked_recordings() -> None:
    user = make_user(CATALOGUE, blocked=CATALOGUE.slots(["t5"]), blocked_artists=np.array([6], dtype=np.int32))
    assert removed(context(user), Reason.BLOCKED_TRACK) == ["t0", "t5"]
    assert removed(context(user), Reason.BLOCKED_ARTIST) == ["t6"]


def test_tracks_appear_on_the_day_of_their_release() -> None:
    assert removed(context(), Reason.UNRELEASED) == ["t4"]


def test_seen_recordings_stay_away_unless_repeats_are_allowed() -> None:
    user = make_user(CATALOGUE, ["t0"])
    assert removed(context(user), Reason.SEEN) == ["t0", "t5"]
    assert removed(context(user, allow_repeats=True), Reason.SEEN) == []
    assert removed(context(user, surface=Surface.RADIO), Reason.SEEN) == []
    assert removed(context(user, surface=Surface.RADIO, allow_repeats=False), Reason.SEEN) == ["t0", "t5"]


def test_skips_hold_for_their_time_even_where_repeats_are_allowed() -> None:
    days = Config().skip_exclusion_days * SECONDS_A_DAY
    for at, want in ((NOW, ["t6"]), (NOW - days + 1, ["t6"]), (NOW - days, [])):
        user = make_user(CATALOGUE, skipped=CATALOGUE.slots(["t6"]), skip_times=np.array([at]))
        assert removed(context(user, allow_repeats=True), Reason.SKIPPED) == want


def test_the_track_that_a_slate_is_about_is_not_in_it() -> None:
    assert removed(context(about=5), Reason.ABOUT) == ["t0", "t5"]


def scored(scores: list[int], slots: list[int] | None = None) -> Scored:
    rows = np.array(slots if slots is not None else range(len(scores)), dtype=np.int32)
    zeros = np.zeros(rows.shape[0], dtype=np.uint8)
    return Scored(rows, np.array(scores, dtype=np.int64), zeros, zeros.astype(np.uint32))


@pytest.mark.parametrize(
    ("scores", "winner"), [([5, 0, 0, 0, 0, 9], 5), ([9, 0, 0, 0, 0, 5], 0), ([7, 0, 0, 0, 0, 7], 0)]
)
def test_the_best_release_of_a_recording_stays_ties_to_the_lower_slot(scores: list[int], winner: int) -> None:
    found = sift(context(), scored(scores))
    assert {winner} == {0, 5} & set(found.kept.slots.tolist())
    assert found.counts()["same_recording"] == 1


def test_a_better_release_that_may_not_be_shown_does_not_push_out_one_that_may() -> None:
    policy = PolicySnapshot.of(CATALOGUE, frozenset({"t5"}), version="p2")
    found = sift(context(policy=policy), scored([1, 0, 0, 0, 0, 9]))
    assert 0 in found.kept.slots.tolist()


def random_context(seed: int) -> Context:
    model = random_model(200, seed)
    tracks = frozenset(model.catalogue.ids[::17])
    policy = PolicySnapshot.of(model.catalogue, tracks, version="p")
    query: Query = make_query(about=3 if seed % 2 else None)
    return context_of(query, random_user(model, 40, seed), policy, model, Config())


@pytest.mark.parametrize("seed", range(4))
def test_kept_and_removed_are_the_input_and_filtering_again_removes_nothing(seed: int) -> None:
    here = random_context(seed)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(200)[:120]).astype(np.int32)
    found = sift(here, scored(rng.integers(0, 9, 120).tolist(), rows.tolist()))
    assert sorted(found.kept.slots.tolist() + found.removed.tolist()) == rows.tolist()
    assert found.kept.slots.tolist() == sorted(found.kept.slots.tolist())
    assert sum(found.counts().values()) == found.removed.shape[0] > 0
    again = sift(here, found.kept)
    assert again.kept.slots.tolist() == found.kept.slots.tolist()
    assert again.removed.shape == (0,)


def test_pointwise_filters_commute() -> None:
    here = random_context(1)
    slots = np.arange(200, dtype=np.int32)
    want = (reasons(here, slots) == 0).tolist()
    for filters in islice(permutations(POINTWISE), 0, 5_000, 250):
        assert (reasons(here, slots, filters) == 0).tolist() == want


def test_every_filter_has_its_own_reason_and_removes_something_somewhere() -> None:
    assert len({rule.reason for rule in POINTWISE}) == len(POINTWISE)
    seen = {
        int(reason) for seed in range(4) for reason in reasons(random_context(seed), np.arange(200, dtype=np.int32))
    }
    assert seen >= {int(rule.reason) for rule in POINTWISE}


def test_a_filter_that_calls_itself_idle_would_drop_nothing() -> None:
    slots, idle = np.arange(200, dtype=np.int32), set[Reason]()
    for here in (context(), context(allow_repeats=True), *(random_context(seed) for seed in range(8))):
        for rule in POINTWISE:
            if rule.idle is not None and rule.idle(here):
                idle.add(rule.reason)
                tracks = slots[: here.model.catalogue.size]
                assert not rule.drop(here, tracks).any(), rule.reason.name
    assert idle == {rule.reason for rule in POINTWISE if rule.idle is not None}


def test_nothing_in_nothing_out() -> None:
    found = sift(context(), scored([]))
    assert (found.kept.slots.shape, found.removed.shape, found.counts()) == ((0,), (0,), {})


def test_a_filter_that_raises_refuses_the_request() -> None:
    def broken(context: Context, slots: object) -> object:
        raise OSError("the licence table is gone")

    rules = (replace(POINTWISE[0], drop=broken), *POINTWISE[1:])
    with pytest.raises(OSError, match="licence table"):
        sift(context(), scored([1, 2]), rules)
