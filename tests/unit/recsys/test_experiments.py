"""Experiments: definitions that cannot overlap, assignment, exposure, analysis."""

from collections import Counter

import pytest

from recsys.domain.chance import below, hash64, uniform_words
from recsys.domain.config import Config
from recsys.errors import InvalidValueError
from recsys.experiments.analysis import (
    Sample,
    difference_of_means,
    difference_of_proportions,
    sample_ratio_p_value,
)
from recsys.experiments.assignment import assign, bucket, configured
from recsys.experiments.definitions import Arm, Experiment, Layer, check_layers
from recsys.experiments.exposure import Exposure, first_exposures

ARMS = (Arm("control", 1), Arm("wide", 3, {"artist_cap": 5}))
CAPS = Experiment("caps", "s1", ARMS, 0, 4_000)
CHANCE = Experiment("chance", "s2", (Arm("on", overrides={"epsilon": 0.5}),), 4_000, 10_000)
LAYER = Layer("ranking", "s0", (CAPS, CHANCE))
USERS = [f"user-{row}" for row in range(4_000)]


def test_assignment_is_the_same_every_time() -> None:
    assert [assign(user, [LAYER]) for user in USERS[:50]] == [assign(user, [LAYER]) for user in USERS[:50]]


def test_a_pinned_assignment_stays() -> None:
    # Changing the hash deals every user anew: this fails first.
    assert [bucket(f"user-{row}", "s0") for row in range(4)] == PINNED


PINNED = [9210, 7589, 2131, 7226]


def test_exclusive_experiments_never_share_a_user_and_cover_their_buckets() -> None:
    arms = [assign(user, [LAYER]) for user in USERS]
    assert all(len(found) == 1 for found in arms)
    share = sum("caps" in found for found in arms) / len(arms)
    assert share == pytest.approx(0.4, abs=0.03)


def test_a_bucket_belongs_to_the_range_that_starts_with_it() -> None:
    place = bucket("u1", "s0")
    before = Experiment("before", "s1", (Arm("a"),), 0, place)
    after = Experiment("after", "s2", (Arm("a"),), place, 10_000)
    assert assign("u1", [Layer("l", "s0", (before, after))]) == {"after": "a"}


def test_arms_share_by_weight() -> None:
    arms = Counter(found["caps"] for user in USERS if "caps" in (found := assign(user, [LAYER])))
    assert sample_ratio_p_value([arms["control"], arms["wide"]], [1, 3]) > 0.001


def test_buckets_are_uniform_and_independent_across_salts() -> None:
    cells = Counter((bucket(user, "x", 4), bucket(user, "y", 4)) for user in USERS)
    assert sample_ratio_p_value([cells[left, right] for left in range(4) for right in range(4)], [1] * 16) > 0.001


def test_an_arm_changes_its_settings_and_nothing_else() -> None:
    user = next(user for user in USERS if assign(user, [LAYER]) == {"caps": "wide"})
    assert configured(Config(), user, [LAYER]) == Config(artist_cap=5)
    control = next(user for user in USERS if assign(user, [LAYER]) == {"caps": "control"})
    assert configured(Config(), control, [LAYER]) == Config() == configured(Config(), user, [])


def test_the_salt_deals_anew() -> None:
    again = Layer("ranking", "other", (CAPS, CHANCE))
    assert sum(assign(user, [LAYER]) != assign(user, [again]) for user in USERS[:500]) > 100


@pytest.mark.parametrize(
    "build",
    [
        lambda: Arm("a", 0),
        lambda: Arm("a", overrides={"artist_cup": 1}),
        lambda: Arm("a", overrides={"epsilon": 2.0}),
        lambda: Arm("a", overrides={"artist_cap": 1.5}),
        lambda: Experiment("e", "s", ()),
        lambda: Experiment("e", "s", (Arm("a"), Arm("a"))),
        lambda: Experiment("e", "s", (Arm("a"),), 5, 5),
        lambda: Experiment("e", "s", (Arm("a"),), 0, 10_001),
        lambda: Layer("l", "s", (CAPS, Experiment("late", "s9", (Arm("a"),), 3_999, 5_000))),
        lambda: check_layers([LAYER, Layer("two", "s0", ())]),
        lambda: check_layers([LAYER, Layer("ranking", "s7", ())]),
        lambda: check_layers([LAYER, Layer("two", "s7", (Experiment("caps2", "s8", ARMS),))]),
    ],
)
def test_definitions_that_would_lie_are_refused(build: object) -> None:
    with pytest.raises(InvalidValueError):
        build()  # type: ignore[operator]  # a lambda


def test_users_seen_in_two_arms_are_left_out_and_the_first_exposure_counts() -> None:
    records = [
        Exposure("r3", "u1", "caps", "wide", 30),
        Exposure("r1", "u1", "caps", "wide", 10),
        Exposure("r2", "u2", "caps", "wide", 20),
        Exposure("r4", "u2", "caps", "control", 40),
        Exposure("r0", "u3", "chance", "on", 5),
    ]
    first, mixed = first_exposures(records, "caps")
    assert ({user: record.exposed_at for user, record in first.items()}, mixed) == ({"u1": 10}, {"u2"})


def test_the_sample_ratio_alarm_rings_for_a_real_mismatch_only() -> None:
    assert sample_ratio_p_value([5_000, 5_000], [1, 1]) == 1.0
    assert sample_ratio_p_value([5_000, 5_400], [1, 1]) < 0.001
    # Pearson's statistic 4.0 at one degree of freedom.
    assert sample_ratio_p_value([60, 40], [1, 1]) == pytest.approx(0.0455003, abs=1e-6)


def test_difference_of_means_against_known_values() -> None:
    found = difference_of_means(Sample(100, 10.0, 4.0), Sample(100, 10.5, 5.0))
    assert (found.difference, found.low, found.high) == pytest.approx((0.5, -0.0879892, 1.0879892), abs=1e-6)
    assert found.p_value == pytest.approx(0.0955807, abs=1e-6)


def test_difference_of_proportions_against_known_values() -> None:
    found = difference_of_proportions((200, 1_000), (250, 1_000))
    assert found.p_value == pytest.approx(0.0074196, abs=1e-6)
    assert (found.low, found.high) == pytest.approx((0.0134635, 0.0865365), abs=1e-6)


def test_equal_arms_without_variance_differ_by_nothing() -> None:
    same = Sample(10, 1.0, 0.0)
    assert difference_of_means(same, same).p_value == 1.0
    assert difference_of_means(same, Sample(10, 2.0, 0.0)).p_value == 0.0


@pytest.mark.parametrize(
    "build",
    [
        lambda: sample_ratio_p_value([1], [1]),
        lambda: sample_ratio_p_value([0, 0], [1, 1]),
        lambda: sample_ratio_p_value([1, 1], [1, 0]),
        lambda: Sample(1, 0.0, 0.0),
        lambda: Sample(5, float("nan"), 0.0),
        lambda: difference_of_proportions((2, 1), (0, 1)),
        lambda: difference_of_proportions((0, 0), (0, 1)),
        lambda: difference_of_proportions((0, 1), (0, 1), confidence=1.0),
    ],
)
def test_an_analysis_of_nothing_is_refused(build: object) -> None:
    with pytest.raises(InvalidValueError):
        build()  # type: ignore[operator]  # a lambda


def test_the_hash_tells_parts_apart_and_words_are_a_stream() -> None:
    assert hash64("ab", "c") != hash64("a", "bc")
    assert uniform_words(7, 5).tolist() == uniform_words(7, 9).tolist()[:5]
    # What SplitMix64 gives from these seeds (the published test vectors).
    assert uniform_words(0, 1).tolist() == [0xE220A8397B1DCDAF]
    assert uniform_words(1_234_567, 2).tolist() == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]
    assert uniform_words(7, 5).tolist() != uniform_words(8, 5).tolist()
    assert (below(0, 6), below(2**64 - 1, 6)) == (0, 5)
    words = uniform_words(3, 60_000) % 6
    assert sample_ratio_p_value([int((words == value).sum()) for value in range(6)], [1] * 6) > 0.001
