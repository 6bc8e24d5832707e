"""Packed strings, many users' histories as columns, and what is published together."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys.domain.events import EventColumns, Kind
from recsys.domain.histories import ALLOWS, FORBIDS, UNSET, Histories, merged, taken
from recsys.domain.history import fold
from recsys.domain.packed import PackedStrings
from recsys.domain.published import Published
from recsys.errors import InvalidValueError
from tests.recsys_worlds import small_published

TEXTS = st.lists(st.text(st.characters(exclude_categories=("Cs",)), max_size=8))
Row = tuple[int, int, int]


@given(TEXTS)
def test_packed_strings_come_back(texts: list[str]) -> None:
    packed = PackedStrings.of(texts)
    assert packed.unpack() == tuple(packed) == tuple(texts)
    assert [packed[row] for row in range(len(packed))] == texts


@given(TEXTS, st.text(max_size=8))
def test_bisection_finds_what_a_dictionary_finds(texts: list[str], other: str) -> None:
    ordered = sorted(set(texts))
    packed, places = PackedStrings.of(ordered), {text: row for row, text in enumerate(ordered)}
    for text in (*ordered, other):
        assert packed.find(text) == places.get(text)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="not valid Unicode"):
        PackedStrings.of(["\ud800"])
    with pytest.raises(InvalidValueError, match="not UTF-8"):
        PackedStrings(np.array([255], dtype=np.uint8), np.array([0, 1])).unpack()
    with pytest.raises(InvalidValueError, match="must rise"):
        PackedStrings(np.zeros(2, dtype=np.uint8), np.array([0, 2, 1, 2]))
    with pytest.raises(IndexError):
        PackedStrings.of(["a"])[1]


def columns(rows: Sequence[Row], kind: Kind = Kind.LISTEN) -> EventColumns:
    """rows: (time, track, artist)."""
    times, tracks, artists = (np.array([row[column] for row in rows], dtype=np.int64) for column in range(3))
    return EventColumns(
        kinds=np.full(len(rows), kind, dtype=np.int8),
        tracks=tracks.astype(np.int32),
        artists=artists.astype(np.int32),
        times=times,
        ms_played=np.full(len(rows), -1, dtype=np.int32),
    )


def histories(owner: Sequence[int], rows: Sequence[Row], users: int = 3) -> Histories:
    return Histories.grouped(
        ids=PackedStrings.of(f"u{row}" for row in range(users)),
        markets=("BR", "SE"),
        market=np.array([0, 1, -1][:users], dtype=np.int8),
        allow_explicit=np.array([UNSET, FORBIDS, ALLOWS][:users], dtype=np.int8),
        user=np.array(owner, dtype=np.int32),
        events=columns(rows),
    )


def test_each_user_gets_the_own_events_in_order() -> None:
    found = histories([2, 0, 2, 0], [(9, 1, -1), (8, 2, -1), (3, 3, -1), (5, 4, -1)])
    assert found.events_of(0).times.tolist() == [5, 8]
    assert found.events_of(1).times.tolist() == []
    assert found.events_of(2).tracks.tolist() == [3, 1]
    assert found.owner().tolist() == [0, 0, 2, 2]


@given(st.permutations([(5, 1, -1), (5, 2, -1), (5, -1, 3), (5, 1, -1), (4, 9, -1), (5, -1, 2)]))
def test_the_order_that_events_come_in_does_not_matter(rows: list[Row]) -> None:
    found, other = histories([0] * 6, rows).events, histories([0] * 6, sorted(rows)).events
    for name in ("kinds", "tracks", "artists", "times", "ms_played"):
        np.testing.assert_array_equal(getattr(found, name), getattr(other, name), name)


def test_users_are_found_with_their_settings() -> None:
    found = histories([], [])
    assert [found.row(key) for key in ("u0", "u2", "u3", "")] == [0, 2, None, None]
    assert [found.market_of(row) for row in range(3)] == ["BR", "SE", None]
    assert [found.allow_explicit_of(row) for row in range(3)] == [None, False, True]


def test_before_cuts_each_user_at_the_own_moment_exclusively() -> None:
    found = histories([0, 0, 1, 2], [(5, 1, -1), (8, 2, -1), (8, 3, -1), (1, 4, -1)])
    kept = found.before(np.array([8, 9, 1]))
    assert [kept.events_of(row).tracks.tolist() for row in range(3)] == [[1], [3], []]


@pytest.mark.parametrize(
    "wrong",
    [
        {"offsets": np.array([0, 1, 1, 1])},
        {"offsets": np.array([0, 2, 1, 2])},
        {"market": np.array([0, 1, 2], dtype=np.int8)},
        {"market": np.array([0, 1], dtype=np.int8)},
    ],
)
def test_columns_that_do_not_fit_are_refused(wrong: dict[str, np.ndarray]) -> None:
    good = histories([0, 0], [(1, 1, -1), (2, 2, -1)])
    fields = {name: getattr(good, name) for name in Histories.__slots__}
    with pytest.raises(InvalidValueError):
        Histories(**{**fields, **wrong})


def test_an_act_that_two_places_hold_counts_once() -> None:
    trained = columns([(1, 10, -1), (5, 11, -1)])
    stored = columns([(5, 11, -1), (5, 12, -1), (7, 10, -1)])
    both = merged(trained, stored)
    assert list(zip(both.times.tolist(), both.tracks.tolist(), strict=True)) == [(1, 10), (5, 11), (5, 12), (7, 10)]
    assert fold("u", both).strengths.tolist() == [1.0, 1.0, 2.0]


def test_two_acts_of_one_place_both_count() -> None:
    twice = columns([(5, 11, -1), (5, 11, -1)])
    assert merged(twice, columns([])).times.tolist() == [5, 5]
    assert merged(columns([]), twice).times.tolist() == [5, 5]
    assert merged(columns([]), columns([])).times.tolist() == []


def test_other_kinds_tracks_and_unknown_tracks_are_not_the_same_act() -> None:
    one = columns([(5, 11, -1)])
    assert merged(one, columns([(5, 11, -1)], Kind.LIKE)).times.shape == (2,)
    assert merged(one, columns([(5, 12, -1)])).times.shape == (2,)
    unknown = columns([(5, -1, -1)])
    assert merged(unknown, unknown).times.shape == (2,), "who knows whether two unknown tracks are one"


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), max_size=12), st.data())
def test_a_log_that_is_split_in_two_and_overlaps_gives_the_same_state(
    acts: list[tuple[int, int]], data: st.DataObject
) -> None:
    log = columns([(time, track, -1) for time, track in sorted(set(acts))])
    rows = range(log.times.shape[0])
    cut = data.draw(st.integers(0, len(rows)))
    overlap = data.draw(st.integers(0, cut))
    state = fold("u", merged(taken(log, slice(0, cut)), taken(log, slice(cut - overlap, None))))
    whole = fold("u", log)
    assert state.version == whole.version
    assert state.history.tolist() == whole.history.tolist()
    assert state.strengths.tolist() == whole.strengths.tolist()


def test_a_model_and_users_of_another_catalogue_are_not_published_together() -> None:
    model = small_published().model
    with pytest.raises(InvalidValueError, match="different markets"):
        Published(model, histories([], []), {})
    good = small_published().histories
    foreign = columns([(1, model.catalogue.size, -1)])
    offsets = np.concatenate(([0], np.ones(good.size, dtype=np.int64)))
    wrong = Histories(good.ids, good.markets, good.market, good.allow_explicit, offsets, foreign)
    with pytest.raises(InvalidValueError, match="track slots outside"):
        Published(model, wrong, {})
