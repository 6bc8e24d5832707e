"""Features: the schema, the values, and rows that do not depend on their batch."""

from dataclasses import replace

import numpy as np
import pytest

from recsys.domain.arrays import Singles
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.profile import profile_of
from recsys.domain.query import UserState
from recsys.features.assemble import assemble
from recsys.features.schema import SCHEMA, Feature, Schema
from tests.recsys_fakes import NOW, TODAY, Track, make_model, make_user, random_model, random_user

MODEL = make_model(
    [
        Track("t0", artist="a", popularity=0.5, released=TODAY - 60),
        Track("t1", artist="b", popularity=0.25, explicit=True, released=TODAY + 3),
        Track("t2", artist="b"),
    ],
    {("t2", "t0"): 0.5, ("t2", "t1"): 0.25},
    vectors={"t0": (1, 0), "t1": (0, 1), "t2": (1, 0)},
)


def row_of(values: Singles, row: int, name: str) -> float:
    return float(values[row, SCHEMA.position(name)])


def test_the_version_changes_with_names_order_and_directions() -> None:
    one, two = Feature("one"), Feature("two")
    versions = {Schema(features).version for features in [(one, two), (two, one), (one,), (one, Feature("two", 1))]}
    assert len(versions) == 4


def test_there_is_no_feature_of_the_position() -> None:
    assert not [name for name in SCHEMA.names if "position" in name or "rank" in name]


def test_names_are_distinct_and_directions_known() -> None:
    assert len(set(SCHEMA.names)) == len(SCHEMA.names)
    assert set(SCHEMA.monotone) <= {-1, 0, 1}


def test_values_of_a_known_user() -> None:
    user = make_user(MODEL.catalogue, ["t2"], skipped=MODEL.catalogue.slots(["t1"]), skip_times=np.array([NOW]))
    values = assemble(MODEL, profile_of(MODEL, user, NOW), 1, np.arange(3, dtype=np.int32))
    weight = 63 / 64  # one day of a half-life of 60 days
    assert row_of(values, 0, "item_item") == 0.5 * weight
    assert row_of(values, 1, "item_item_share") == 0.5
    assert row_of(values, 0, "taste_similarity") == 1.0
    assert row_of(values, 1, "taste_similarity") == 0.0
    assert row_of(values, 0, "popularity") == 0.5
    assert row_of(values, 0, "popularity_gap") == 0.5
    assert row_of(values, 0, "freshness") == pytest.approx(1 / 3)
    assert row_of(values, 1, "freshness") == 1.0
    assert row_of(values, 1, "age_years") < 0
    assert row_of(values, 1, "artist_share") == 1.0
    assert row_of(values, 1, "artist_skip_rate") == 0.25
    assert row_of(values, 1, "artist_days") == pytest.approx(1.0)
    assert row_of(values, 0, "artist_days") == 365.0
    assert row_of(values, 1, "explicit_gap") == 1.0
    assert row_of(values, 1, "artist_skips") == 1.0
    assert row_of(values, 2, "history_size") == 1.0
    assert row_of(values, 0, "history_popularity") == 0.0
    assert row_of(values, 0, "history_variety") == 1.0
    assert row_of(values, 0, "idle_days") == 1.0


def test_a_track_is_held_against_the_greatest_of_its_artist() -> None:
    values = assemble(MODEL, profile_of(MODEL, UserState.cold("u9"), NOW), 0, np.arange(3, dtype=np.int32))
    assert values[:, SCHEMA.position("artist_popularity")].tolist() == [0.5, 0.25, 0.25]
    assert values[:, SCHEMA.position("artist_popularity_gap")].tolist() == [0.0, 0.0, -0.25]


def test_what_is_recent_is_read_from_the_newest_ten_tracks() -> None:
    tracks = [Track(f"t{row:02d}", artist="new" if row > 2 else "old") for row in range(14)]
    vectors = {f"t{row:02d}": (1, 0) if row in (1, 2, 12, 13) else (0, 1) for row in range(14)}
    model = make_model(tracks, {("t02", "t13"): 1.0, ("t03", "t13"): 2.0, ("t12", "t13"): 4.0}, vectors=vectors)
    state = make_user(
        model.catalogue, [f"t{row:02d}" for row in range(13)], liked=model.catalogue.slots(["t01", "t03"])
    )
    state = replace(state, times=np.full(13, NOW))
    values = assemble(model, profile_of(model, state, NOW), 0, np.array([0, 13], dtype=np.int32))
    assert row_of(values, 1, "item_item") == 7.0
    assert row_of(values, 1, "item_item_recent") == 6.0
    assert row_of(values, 1, "artist_recent") == 10.0
    assert row_of(values, 0, "artist_recent") == 0.0
    assert row_of(values, 0, "artist_likes") == row_of(values, 1, "artist_likes") == 1.0
    assert row_of(values, 1, "last_similarity") == 1.0
    assert row_of(values, 1, "liked_similarity") == pytest.approx(np.sqrt(0.5), abs=0.01)
    assert row_of(values, 1, "recent_similarity") == pytest.approx(1 / np.hypot(1, 9), abs=0.01)
    assert row_of(values, 1, "taste_similarity") == pytest.approx(3 / np.hypot(3, 10), abs=0.01)
    assert row_of(values, 0, "history_variety") == np.float32(2 / 13)


def test_days_without_a_listen_are_counted_up_to_a_year() -> None:
    user = make_user(MODEL.catalogue, ["t0", "t2"])
    user = replace(user, times=NOW - np.array([10, 1]) * SECONDS_A_DAY)
    later = [assemble(MODEL, profile_of(MODEL, user, now), 0, np.zeros(1, dtype=np.int32)) for now in (NOW, NOW * 2)]
    assert [row_of(values, 0, "idle_days") for values in later] == [1.0, 365.0]


def test_a_user_without_history_gets_finite_features() -> None:
    values = assemble(MODEL, profile_of(MODEL, UserState.cold("u9"), NOW), None, np.arange(3, dtype=np.int32))
    assert np.isfinite(values).all()
    assert not values[:, SCHEMA.position("popularity")].any()


def test_a_row_is_the_same_alone_and_in_any_batch() -> None:
    model = random_model(400)
    profile = profile_of(model, random_user(model, 80, seed=1), NOW)
    slots = np.arange(400, dtype=np.int32)
    whole = assemble(model, profile, 0, slots)
    turned = assemble(model, profile, 0, slots[::-1])
    assert turned.tobytes() == whole[::-1].tobytes()
    for slot in range(0, 400, 13):
        alone = assemble(model, profile, 0, slots[slot : slot + 1])
        assert alone[0].tobytes() == whole[slot].tobytes()


def test_an_empty_batch_has_no_rows() -> None:
    values = assemble(MODEL, profile_of(MODEL, UserState.cold("u9"), NOW), 0, np.zeros(0, dtype=np.int32))
    assert values.shape == (0, len(SCHEMA.features))


def test_a_skip_moves_no_feature_but_the_artists_skips() -> None:
    user = make_user(MODEL.catalogue, ["t2"])
    worse = replace(user, skipped=MODEL.catalogue.slots(["t0"]), skip_times=np.array([NOW]))
    slots = np.arange(3, dtype=np.int32)
    before, after = (assemble(MODEL, profile_of(MODEL, state, NOW), 1, slots) for state in (user, worse))
    changed = [SCHEMA.names[place] for place in np.flatnonzero((before != after).any(axis=0))]
    assert changed == ["artist_skips", "artist_skip_rate"]
    assert (after >= before).all()
