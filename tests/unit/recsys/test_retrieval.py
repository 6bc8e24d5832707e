"""Sources and their merge: budgets, ties, attribution, and failures that are named."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from recsys.domain.candidates import Retrieved
from recsys.domain.config import DEFAULT, Config
from recsys.domain.context import Context, context_of
from recsys.domain.query import Surface, UserState
from recsys.errors import InvalidValueError
from recsys.retrieval.itemitem import ItemItemSource
from recsys.retrieval.merge import SOURCES, gather, merge
from recsys.retrieval.popular import PopularSource
from recsys.retrieval.releases import ReleaseSource
from recsys.retrieval.source import Source
from tests.recsys_fakes import (
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
        Track("t0", artist="a", popularity=0.1),
        Track("t1", artist="b", popularity=0.9, released=TODAY - 10),
        Track("t2", artist="c", popularity=0.9, released=TODAY - 5),
        Track("t3", artist="a", popularity=0.2, released=TODAY - 20),
        Track("t4", artist="d", popularity=0.0, released=TODAY + 1),
        Track("t5", artist="d", popularity=0.0, recording="t0"),
    ],
    {("t0", "t1"): 0.5, ("t0", "t2"): 0.5, ("t0", "t3"): -0.5, ("t0", "t5"): 0.9, ("t0", "t4"): 0.1},
)


def context(history: tuple[str, ...] = (), config: Config = DEFAULT, **query: object) -> Context:
    user = make_user(MODEL.catalogue, history)
    return context_of(make_query(**query), user, no_takedowns(MODEL.catalogue), MODEL, config)


def test_item_item_returns_positive_responses_and_leaves_played_recordings_out() -> None:
    found = ItemItemSource().retrieve(context(("t0",)))
    assert found.slots.tolist() == [1, 2, 4]
    repeats = ItemItemSource().retrieve(context(("t0",), allow_repeats=True))
    assert repeats.slots.tolist() == [5, 1, 2, 4]


def test_item_item_spends_its_budget_on_what_is_new() -> None:
    model = make_model([Track(f"t{row}") for row in range(3)], {("t0", "t1"): 0.9, ("t0", "t2"): 0.5})
    user = make_user(model.catalogue, ["t0", "t1"])
    here = context_of(make_query(), user, no_takedowns(model.catalogue), model, Config(item_item_budget=1))
    assert ItemItemSource().retrieve(here).slots.tolist() == [2]


def test_item_item_looks_on_where_the_best_are_releases_of_what_was_played() -> None:
    tracks = [Track(f"t{row:02d}", recording=f"t{row // 10 * 10:02d}") for row in range(32)]
    model = make_model(tracks, {("t30", f"t{row:02d}"): 1 - row / 100 for row in range(30)})
    user = make_user(model.catalogue, ["t00", "t10", "t30"])  # stands for the first 20 tracks
    here = context_of(make_query(), user, no_takedowns(model.catalogue), model, Config(item_item_budget=2))
    assert ItemItemSource().retrieve(here).slots.tolist() == [20, 21]


def test_item_item_has_nothing_without_a_history() -> None:
    assert ItemItemSource().retrieve(context()).slots.shape == (0,)


def test_popular_goes_by_popularity_then_slot_and_spends_its_budget_on_what_is_new() -> None:
    assert PopularSource().retrieve(context()).slots.tolist()[:4] == [1, 2, 3, 0]
    two = Config(popular_budget=2)
    assert PopularSource().retrieve(context(("t1",), two)).slots.tolist() == [2, 3]


def test_popular_spends_its_budget_whatever_was_played_and_stops_at_the_end() -> None:
    tracks = [Track(f"t{row:02d}", popularity=1 - row / 100, recording=f"t{row // 4 * 4:02d}") for row in range(40)]
    model = make_model(tracks)
    user = make_user(model.catalogue, [f"t{row:02d}" for row in range(0, 32, 4)])  # stands for the first 32 tracks
    here = context_of(make_query(), user, no_takedowns(model.catalogue), model, Config(popular_budget=3))
    assert PopularSource().retrieve(here).slots.tolist() == [32, 33, 34]
    rest = context_of(make_query(), user, no_takedowns(model.catalogue), model, Config(popular_budget=30))
    assert PopularSource().retrieve(rest).slots.tolist() == list(range(32, 40))


def test_popular_has_nothing_for_an_unknown_market() -> None:
    assert PopularSource().retrieve(context(market="XX")).slots.shape == (0,)


def test_releases_are_recent_not_future_and_of_known_artists_first() -> None:
    assert ReleaseSource().retrieve(context()).slots.tolist() == [2, 1, 3]
    assert ReleaseSource().retrieve(context(("t0",))).slots.tolist() == [3, 2, 1]


def test_the_faintest_trace_of_an_artist_outweighs_the_newest_release() -> None:
    user = make_user(
        MODEL.catalogue, ["t0"], times=np.zeros(1, dtype=np.int64), strengths=np.array([0.25], dtype=np.float32)
    )
    faint = context_of(make_query(), user, no_takedowns(MODEL.catalogue), MODEL, DEFAULT)
    assert faint.profile.listening.artists.weight.max() == 1 / 256
    assert ReleaseSource().retrieve(faint).slots.tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    ("days", "want"), [(0, []), (4, []), (5, [2]), (9, [2]), (10, [2, 1]), (19, [2, 1]), (20, [2, 1, 3])]
)
def test_the_release_window_is_closed_at_both_ends(days: int, want: list[int]) -> None:
    assert ReleaseSource().retrieve(context(config=Config(release_window_days=days))).slots.tolist() == want


def test_a_track_is_new_from_the_day_of_its_release() -> None:
    model = make_model([Track("t0", released=TODAY + 1), Track("t1", released=TODAY), Track("t2", released=TODAY)])
    here = context_of(make_query(), make_user(model.catalogue), no_takedowns(model.catalogue), model, DEFAULT)
    assert ReleaseSource().retrieve(here).slots.tolist() == [1, 2]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_no_source_exceeds_its_budget_or_repeats_a_track(source: Source) -> None:
    model = random_model(300)
    for budget in (0, 1, 7, 10_000):
        config = Config(item_item_budget=budget, popular_budget=budget, release_budget=budget)
        found = source.retrieve(
            context_of(make_query(), random_user(model, 40, 1), no_takedowns(model.catalogue), model, config)
        )
        assert found.slots.shape[0] <= budget == source.budget(config)
        assert np.unique(found.slots).shape == found.slots.shape


def part(*pairs: tuple[int, float]) -> Retrieved:
    return Retrieved(np.array([slot for slot, _ in pairs], dtype=np.int32), np.array([score for _, score in pairs]))


def test_merge_is_the_union_with_who_returned_what() -> None:
    merged = merge([part((5, 1.0), (2, 0.5)), part((2, 9.0), (7, 8.0)), part()], ("one", "two", "three"))
    assert merged.slots.tolist() == [2, 5, 7]
    assert merged.provenance.tolist() == [0b11, 0b01, 0b10]
    assert merged.source_scores.tolist() == [[0.5, 9.0, 0.0], [1.0, 0.0, 0.0], [0.0, 8.0, 0.0]]


def test_the_order_of_the_sources_never_changes_the_set() -> None:
    parts = [part((5, 1.0), (2, 0.5)), part((2, 9.0), (7, 8.0))]
    one, two = merge(parts, ("a", "b")), merge(parts[::-1], ("b", "a"))
    assert one.slots.tolist() == two.slots.tolist()
    assert one.source_scores.tolist() == two.source_scores[:, ::-1].tolist()


def test_merging_nothing_gives_nothing() -> None:
    assert merge([], ()).slots.shape == (0,)
    assert merge([part()], ("a",)).slots.shape == (0,)


@dataclass(frozen=True)
class Broken:
    """A source that raises, or returns what it may not."""

    answer: Retrieved | None = None
    name: str = "broken"
    surfaces: frozenset[Surface] = frozenset(Surface)
    fails_open: bool = True

    def budget(self, config: Config) -> int:
        return 1

    def retrieve(self, context: Context) -> Retrieved:
        if self.answer is None:
            raise ZeroDivisionError("no wheel")
        return self.answer


@pytest.mark.parametrize(
    "broken",
    [Broken(), Broken(part((99, 1.0))), Broken(part((-1, 1.0))), Broken(part((1, np.nan)))],
    ids=["raises", "unknown slot", "negative slot", "not a number"],
)
def test_a_source_that_fails_is_left_out_and_named(broken: Broken) -> None:
    sources = (broken, PopularSource())
    found = gather(context(), sources)
    assert [failure.name for failure in found.failures] == ["broken"]
    assert found.slots.tolist() == gather(context(), (PopularSource(),)).slots.tolist()


def test_the_failure_says_what_went_wrong() -> None:
    assert gather(context(), (Broken(),)).failures[0].error == "ZeroDivisionError: no wheel"


def test_a_source_that_fails_closed_refuses_the_request() -> None:
    with pytest.raises(ZeroDivisionError):
        gather(context(), (replace(Broken(), fails_open=False),))
    with pytest.raises(InvalidValueError):
        gather(context(), (Broken(part((99, 1.0)), fails_open=False),))


def test_a_source_takes_part_on_its_surfaces_only() -> None:
    found = gather(context(surface=Surface.SIMILAR, about=0), SOURCES)
    assert found.slots.tolist() == [1, 2, 4, 5]
    assert set(found.provenance.tolist()) == {1}


def test_an_unknown_user_has_candidates() -> None:
    query = make_query(market="GB")
    cold = context_of(query, UserState.cold("u9"), no_takedowns(MODEL.catalogue), MODEL, Config())
    assert gather(cold, SOURCES).slots.shape[0] == 6
