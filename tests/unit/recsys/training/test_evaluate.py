"""The evaluation is honest: same users for all, independent of their order, and it knows an oracle from a fool."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from recsys.domain.arrays import Ints, Slots
from recsys.domain.histories import Histories, taken
from recsys.domain.packed import PackedStrings
from recsys.pipeline import Engine
from recsys.training.bootstrap_interval import estimates
from recsys.training.errors import DatasetError
from recsys.training.evaluate import Evaluation, cases_of, evaluate
from recsys.training.report import as_details, as_text
from recsys.training.split import Split, SplitKind, split_of
from recsys.training.states import state_at
from recsys.training.systems import SYSTEMS, Case, popularity
from recsys.training.train import train
from tests.recsys_worlds import SMALL_TRAINING, small_model, small_published, small_world


@cache
def split() -> Split:
    return split_of(small_world().histories, SMALL_TRAINING.holdout, SMALL_TRAINING.ranker_share)


def cut() -> Ints:
    return split().cut


@cache
def found() -> Evaluation:
    return evaluate(small_model(), small_world().histories, split())


def oracle(engine: Engine, case: Case) -> Slots:
    return case.relevant[: case.query.k]


def fool(engine: Engine, case: Case) -> Slots:
    return np.setdiff1d(case.eligible, case.relevant)[: case.query.k]


def test_an_oracle_scores_one_and_its_reverse_nothing() -> None:
    results = evaluate(
        small_model(), small_world().histories, split(), systems={"oracle": oracle, "fool": fool}
    ).results["all"]
    for metric in ("recall", "ndcg", "mrr"):
        assert results["oracle"].metrics[metric].mean == pytest.approx(1.0)
        assert results["oracle"].metrics[metric].low == pytest.approx(1.0)
        assert results["fool"].metrics[metric].high == 0.0


def test_quality_floor_the_ranked_slate_beats_popularity() -> None:
    """The paired interval of the gain lies above zero, for the slate before re-ranking and as it is served."""
    results = found().results["all"]
    for system in ("ranked", "served"):
        assert results[system].lift["ndcg"].low > 0.0
        assert results[system].lift["recall"].low > 0.0


def test_the_floor_is_one_that_can_be_missed() -> None:
    backwards = {"popularity": popularity, "ranked": fool}
    lift = evaluate(small_model(), small_world().histories, split(), systems=backwards).results["all"]["ranked"].lift
    assert lift["ndcg"].high < 0.0


def test_coverage_grows_with_k() -> None:
    systems = {"item-item": SYSTEMS["item-item"]}
    coverage = [
        evaluate(small_model(), small_world().histories, split(), k=k, systems=systems)
        .results["all"]["item-item"]
        .coverage
        for k in (1, 5, 20)
    ]
    assert coverage == sorted(coverage)
    assert coverage[0] < coverage[2]


def test_the_order_of_the_users_does_not_matter() -> None:
    turned = reversed_users(small_world().histories)
    systems = {"popularity": popularity, "item-item": SYSTEMS["item-item"]}
    straight, other = (
        evaluate(small_model(), histories, split(), systems=systems).results["all"]
        for histories in (small_world().histories, turned)
    )
    for name in systems:
        assert other[name].coverage == straight[name].coverage
        for metric, value in straight[name].metrics.items():
            assert other[name].metrics[metric].mean == pytest.approx(value.mean, rel=1e-12)


def reversed_users(histories: Histories) -> Histories:
    """The same people under ids that sort the other way round."""
    size = histories.size
    return Histories.grouped(
        PackedStrings.of(f"v{row:06d}" for row in range(size)),
        histories.markets,
        histories.market[::-1],
        histories.allow_explicit[::-1],
        (size - 1 - histories.owner()).astype(np.int32),
        taken(histories.events, slice(None)),
    )


def test_targets_are_new_and_could_have_been_served() -> None:
    cases, without = cases_of(small_model(), small_world().histories, cut(), 10, seed=7, limit=2_000)
    assert len(cases) > 50
    assert without >= 0
    for case in cases:
        row = small_world().histories.row(case.user.user_id)
        assert row is not None
        assert np.isin(case.relevant, case.eligible).all()
        assert not np.isin(case.relevant, state_at(small_world().histories, row, int(cut()[row])).history).any()
        assert case.user.times.max(initial=0) < cut()[row], "the state knows nothing of the held-out time"


def test_at_most_so_many_users_are_judged_and_a_seed_says_which() -> None:
    def users(seed: int) -> list[str]:
        cases, _ = cases_of(small_model(), small_world().histories, cut(), 10, seed=seed, limit=20)
        return [case.user.user_id for case in cases]

    assert len(users(1)) <= 20
    assert users(1) == users(1)
    assert users(1) != users(2)


def test_a_model_that_has_seen_everything_cannot_be_judged() -> None:
    with pytest.raises(DatasetError, match="hold out more"):
        evaluate(small_model(), small_published().histories, split())


def test_the_segments_are_parts_of_the_whole() -> None:
    sizes = dict(found().sizes)
    assert sizes.pop("all") == found().users == sum(sizes.values())


def test_the_table_and_the_json_tell_the_same() -> None:
    text = as_text(found(), "v1", {"cut_off": 1_700_000_000, "kind": "time"})
    details = as_details(found())
    assert "2023-11-14T22:13:20Z" in text
    assert details["users"] == found().users
    ranked = found().results["all"]["ranked"].metrics["ndcg"]
    assert f"{ranked.mean:.3f} [{ranked.low:.3f}, {ranked.high:.3f}]" in text
    assert str(ranked.mean) in str(details["results"])


def test_the_interval_holds_the_mean_and_narrows_with_users() -> None:
    chance = np.random.default_rng(2)
    few, many = (estimates(chance.normal(3.0, 1.0, size=(users, 1)))[0] for users in (30, 3_000))
    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert many.high - many.low == pytest.approx(2 * 1.96 / np.sqrt(3_000), rel=0.15)


def test_users_whom_the_fit_has_not_seen_are_judged_by_what_they_did_last() -> None:
    """Strong generalisation: the whole way, from a fit without them."""
    world = small_world()
    held_out = split_of(world.histories, 0.2, SMALL_TRAINING.ranker_share, SplitKind.USERS, SMALL_TRAINING.seed)
    model = train(world, replace(SMALL_TRAINING, split="users", holdout=0.2)).model
    results = evaluate(model, world.histories, held_out)
    strangers = np.flatnonzero(held_out.cut == 0)
    assert 0 < results.users <= strangers.shape[0]
    assert results.results["all"]["ranked"].lift["ndcg"].mean > 0.0
    fitted = np.diff(world.histories.before(held_out.cut).offsets)
    assert (fitted[strangers] == 0).all()
    assert fitted.sum() == world.histories.events.times.shape[0] - np.diff(world.histories.offsets)[strangers].sum()
