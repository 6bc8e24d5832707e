"""What the history says: exact sums, decay, and nothing for nobody."""

import gc
import weakref
from dataclasses import replace

import numpy as np

from recsys.domain.arrays import Floats
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.profile import Profile, Profiles, history_weights, profile_of
from recsys.domain.query import UserState
from tests.recsys_fakes import NOW, Track, make_model, make_user, random_model, random_user

MODEL = make_model(
    [Track("t0", artist="a"), Track("t1", artist="b"), Track("t2", artist="b", explicit=True)],
    {("t0", "t1"): 0.3, ("t0", "t2"): -0.2, ("t1", "t2"): 0.7},
    half_life=30 * SECONDS_A_DAY,
)


def responses(profile: Profile, tracks: int) -> Floats:
    """To every track."""
    return profile.item_item.of(np.arange(tracks, dtype=np.int32))


def test_responses_are_those_of_a_sum_over_the_whole_catalogue() -> None:
    model = random_model(300, width=20)
    user = random_user(model, 50, seed=4)
    weights, rows = history_weights(model, user, NOW), model.item_item
    dense = np.zeros(300)
    np.add.at(dense, rows.neighbours[user.history], rows.weights[user.history].astype(np.float64) * weights[:, None])
    profile, turned = profile_of(model, user, NOW), np.arange(300, dtype=np.int32)[::-1]
    assert responses(profile, 300).tolist() == dense.tolist()
    assert profile.item_item.of(turned).tolist() == dense[::-1].tolist()
    assert profile.item_item_top == dense.max()


def test_weights_halve_with_each_half_life_and_never_vanish() -> None:
    user = make_user(MODEL.catalogue, ["t0", "t1", "t2"])
    ages = np.array([3_000, 60, 0]) * SECONDS_A_DAY
    user = replace(user, times=NOW - ages, strengths=np.array([1.0, 2.0, 1.0], dtype=np.float32))
    assert history_weights(MODEL, user, NOW).tolist() == [1 / 64, 0.5, 1.0]


def test_a_listen_in_the_future_counts_as_now() -> None:
    user = replace(make_user(MODEL.catalogue, ["t0"]), times=np.array([NOW + 999_999]))
    assert history_weights(MODEL, user, NOW).tolist() == [1.0]


def test_only_the_newest_rows_weigh() -> None:
    model = replace(MODEL, history_limit=1)
    profile = profile_of(model, replace(make_user(model.catalogue, ["t0", "t1"]), times=np.array([NOW, NOW])), NOW)
    assert responses(profile, 3).tolist() == [0.0, 0.0, float(model.item_item.weights[1, 2])]
    assert profile.history_size == 2


def test_one_more_play_raises_each_score_by_exactly_its_response() -> None:
    model = random_model(200, width=30)
    user = random_user(model, 40, seed=1)
    fresh = int(np.setdiff1d(np.arange(200), user.history)[0])
    more = replace(
        user,
        history=np.append(user.history, np.int32(fresh)),
        times=np.append(user.times, NOW),
        strengths=np.append(user.strengths, np.float32(1)),
    )
    gain = responses(profile_of(model, more, NOW), 200) - responses(profile_of(model, user, NOW), 200)
    row = np.zeros(200)
    np.add.at(row, model.item_item.neighbours[fresh], model.item_item.weights[fresh].astype(np.float64))
    assert gain.tolist() == row.tolist()


def test_the_order_of_the_history_does_not_change_a_bit() -> None:
    model = random_model(200, width=30)
    user = random_user(model, 60, seed=2)
    same_time = replace(user, times=np.full(60, NOW - 5))
    turned = replace(same_time, history=same_time.history[::-1], strengths=same_time.strengths[::-1])
    left, right = profile_of(model, same_time, NOW), profile_of(model, turned, NOW)
    assert responses(left, 200).tobytes() == responses(right, 200).tobytes()
    assert left.listening.tastes[0].tobytes() == right.listening.tastes[0].tobytes()


def test_artists_are_counted_over_plays_and_skips() -> None:
    user = make_user(MODEL.catalogue, ["t1", "t2"], skipped=MODEL.catalogue.slots(["t0"]), skip_times=np.array([NOW]))
    profile = profile_of(MODEL, user, NOW)
    heard = profile.listening.artists
    plays, skips, last = (column[profile.number].tolist() for column in (heard.plays, heard.skips, heard.last))
    assert (plays, skips) == ([0, 2], [1, 0])
    assert last == [0, int(user.times[1])]
    assert profile.listening.explicit_share == 0.5


def test_an_artist_who_was_neither_played_nor_skipped_has_no_plays_and_no_skips() -> None:
    model = make_model([Track(f"t{row}", artist=name) for row, name in enumerate("aabbcd")])
    skipped = model.catalogue.slots(["t0", "t4"])
    user = make_user(model.catalogue, ["t1", "t2", "t3"], skipped=skipped, skip_times=np.array([NOW, NOW]))
    profile = profile_of(model, user, NOW)
    heard = profile.listening.artists
    columns = (heard.plays, heard.skips, heard.weight > 0, heard.last > 0)
    assert [column[profile.number].tolist() for column in columns] == [
        [1, 2, 0, 0],
        [1, 0, 1, 0],
        [True, True, False, False],
        [True, True, False, False],
    ]


def test_a_user_without_history_has_a_profile_of_zeros() -> None:
    profile = profile_of(MODEL, UserState.cold("u9"), NOW)
    assert not responses(profile, 3).any()
    listening = profile.listening
    assert (profile.item_item_top, listening.weight, listening.mean_popularity, profile.history_size) == (
        0.0,
        0.0,
        0.0,
        0,
    )
    assert (profile.last, listening.variety, listening.newest) == (None, 0.0, 0)
    assert not listening.tastes.any()


def values_of(profile: Profile) -> list[object]:
    """Everything that a profile says."""
    heard = profile.listening.artists
    columns = (heard.weight, heard.plays, heard.skips, heard.likes, heard.recent, heard.last)
    return [
        *(
            column.tobytes()
            for column in (profile.item_item.values, profile.number, profile.listening.tastes, *columns)
        ),
        *(profile.listening.weight, profile.listening.newest, profile.last, profile.now),
    ]


def test_a_profile_that_reads_what_was_kept_says_the_same() -> None:
    model, profiles = random_model(300, width=20), Profiles()
    user = random_user(model, 50, seed=4)
    for now in range(NOW, NOW + 40 * SECONDS_A_DAY, 20_000):
        assert values_of(profiles.of(model, user, now)) == values_of(profile_of(model, user, now))


def test_what_was_heard_is_read_again_until_a_weight_the_state_or_the_model_is_another() -> None:
    model, profiles = random_model(300, width=20), Profiles()
    user = random_user(model, 50, seed=4)
    first = profiles.of(model, user, NOW).listening
    assert profiles.of(model, user, NOW + 1).listening is first
    assert profiles.of(model, replace(user, liked=user.history[:3]), NOW).listening is not first
    assert profiles.of(model, user, NOW).listening is first
    assert profiles.of(replace(model), user, NOW).listening is not first
    assert profiles.of(model, user, NOW).listening is not first
    assert profiles.of(model, user, NOW + 5 * SECONDS_A_DAY).listening is not profiles.of(model, user, NOW).listening


def test_what_was_kept_goes_with_the_state() -> None:
    model, profiles = random_model(300, width=20), Profiles()
    user = random_user(model, 50, seed=4)
    kept = weakref.ref(profiles.of(model, user, NOW).listening.artists.plays)
    assert kept() is not None
    del user
    gc.collect()
    assert kept() is None
