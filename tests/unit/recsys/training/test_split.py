"""Where the past ends."""

import numpy as np
import pytest

from recsys.domain.events import EventColumns
from recsys.domain.histories import Histories
from recsys.domain.packed import PackedStrings
from recsys.training.split import FOREVER, SplitKind, last_moments, split_of, time_moments
from tests.recsys_worlds import small_world


def histories(users: list[list[int]]) -> Histories:
    """One user a list of times."""
    times = np.array([time for user in users for time in user], dtype=np.int64)
    owner = np.repeat(np.arange(len(users)), [len(user) for user in users]).astype(np.int32)
    size = times.shape[0]
    none = np.full(size, -1, dtype=np.int32)
    events = EventColumns(np.zeros(size, dtype=np.int8), np.zeros(size, dtype=np.int32), none, times, none)
    settings = np.zeros(len(users), dtype=np.int8)
    return Histories.grouped(
        PackedStrings.of(f"u{row:03d}" for row in range(len(users))), ("SE",), settings, settings, owner, events
    )


def test_one_moment_leaves_the_newest_share_out() -> None:
    data = histories([[0, 10, 20, 30, 40], [50, 60, 70, 80, 90]])
    assert time_moments(data, 0.2).tolist() == [80, 80]
    assert time_moments(data, 0.5).tolist() == [50, 50]


def test_last_moments_leave_out_each_users_own_last_events() -> None:
    data = histories([list(range(10)), [100, 101], []])
    moments = last_moments(data, 0.2)
    assert moments[0] == 8
    kept = np.diff(data.before(moments).offsets)
    assert kept.tolist() == [8, 2, 0], "a user with too few events keeps them all"


def test_people_who_return_are_split_by_time() -> None:
    split = split_of(small_world().histories, 0.2, 0.15)
    assert split.kind is SplitKind.TIME
    assert split.at is not None
    assert (split.ranker < split.cut).all()


def test_people_who_come_once_are_split_by_user() -> None:
    once = histories([[1_000 * user + second for second in range(40)] for user in range(30)])
    split = split_of(once, 0.2, 0.2)
    assert split.kind is SplitKind.LAST
    assert split.at is None
    assert (np.diff(once.before(split.cut).offsets) == 32).all()
    assert (np.diff(once.before(split.ranker).offsets) == 24).all()


def test_without_a_holdout_everything_is_fitted() -> None:
    data = small_world().histories
    split = split_of(data, 0.0, 0.15)
    assert split.kind is SplitKind.NONE
    assert data.before(split.cut).events.times.shape == data.events.times.shape


@pytest.mark.parametrize("kind", [SplitKind.TIME, SplitKind.LAST])
def test_the_three_spans_are_disjoint_and_complete(kind: SplitKind) -> None:
    data = small_world().histories
    split = split_of(data, 0.2, 0.15, kind)
    owner, times = data.owner(), data.events.times
    spans = [times < split.ranker[owner], (times >= split.ranker[owner]) & (times < split.cut[owner])]
    spans.append(times >= split.cut[owner])
    assert (np.sum(spans, axis=0) == 1).all()
    assert all(span.any() for span in spans)


def test_held_out_users_are_drawn_by_the_seed_and_told_nothing_of() -> None:
    data = small_world().histories
    one, same, other = (split_of(data, 0.25, 0.15, SplitKind.USERS, seed) for seed in (1, 1, 2))
    chosen = one.cut == 0
    assert chosen.sum() == round(0.25 * data.size)
    assert (one.cut == same.cut).all()
    assert (one.cut != other.cut).any()
    assert (one.judged[~chosen] == FOREVER).all(), "who was fitted is not judged"
    given = np.diff(data.before(one.judged).offsets)[chosen]
    sizes = np.diff(data.offsets)[chosen]
    assert (given >= np.floor(0.8 * sizes) - 1).all()
    assert (given <= np.ceil(0.8 * sizes) + 1).all()
