"""Diversity and exploration: the cap in every window, its relaxation, MMR, and exact propensities."""

from collections import Counter

import numpy as np
import pytest

from recsys.domain.candidates import Scored, Tier
from recsys.domain.config import Config
from recsys.domain.context import Context, context_of
from recsys.domain.model import Model
from recsys.reranking.arrange import arrange, distributions
from recsys.reranking.diversity import BLOCK
from tests.recsys_fakes import Track, make_model, make_query, make_user, no_takedowns, random_model, random_user

PLAIN = Config(artist_cap=0, relevance_weight=1.0, epsilon=0.0)


def context(model: Model, config: Config, **query: object) -> Context:
    return context_of(make_query(**query), make_user(model.catalogue), no_takedowns(model.catalogue), model, config)


def by_artists(names: str, vectors: dict[str, tuple[float, float]] | None = None) -> Model:
    tracks = [Track(f"t{row:02d}", artist=name) for row, name in enumerate(names)]
    return make_model(tracks, vectors=vectors)


def pool(scores: list[int], fallback: int = 0) -> Scored:
    """Slots 0, 1, … in rank order; the last `fallback` rows are of the fallback tier."""
    size = len(scores)
    tier = np.array([Tier.SCORED] * (size - fallback) + [Tier.FALLBACK] * fallback, dtype=np.uint8)
    return Scored(
        np.arange(size, dtype=np.int32), np.array(scores, dtype=np.int64), tier, np.zeros(size, dtype=np.uint32)
    )


def names_of(model: Model, rows: np.ndarray) -> str:
    return "".join(model.catalogue.artist_ids[model.catalogue.artist[row]] for row in rows)


def test_with_everything_off_the_order_is_the_rank() -> None:
    model = by_artists("aabb")
    found = arrange(context(model, PLAIN), pool([9, 8, 7, 6]), 3)
    assert found.rows.tolist() == [0, 1, 2]
    assert found.propensities.tolist() == [1.0, 1.0, 1.0]


def test_the_cap_holds_in_every_window_and_each_position_takes_the_best_that_may() -> None:
    model = by_artists("aaaabbcc")
    found = arrange(
        context(model, Config(artist_cap=1, artist_window=3, relevance_weight=1.0, epsilon=0)), pool([9] * 8), 8
    )
    assert names_of(model, found.rows) == "abcabcaa"
    assert found.relaxed.tolist() == [False] * 7 + [True]


def test_when_the_cap_cannot_hold_the_artist_least_in_the_window_comes_first() -> None:
    model = by_artists("aaaab")
    config = Config(artist_cap=1, artist_window=10, relevance_weight=1.0, epsilon=0)
    found = arrange(context(model, config), pool([9, 8, 7, 6, 1]), 5)
    assert names_of(model, found.rows) == "abaaa"
    assert found.relaxed.tolist() == [False, False, True, True, True]


def test_where_the_cap_gives_way_the_artists_still_take_turns() -> None:
    model = by_artists("aaabb")
    config = Config(artist_cap=1, artist_window=10, relevance_weight=1.0, epsilon=0)
    assert names_of(model, arrange(context(model, config), pool([9, 8, 7, 2, 1]), 5).rows) == "ababa"


@pytest.mark.parametrize(("cap", "window"), [(1, 1), (1, 2), (1, 5), (2, 3), (2, 10), (3, 4)])
@pytest.mark.parametrize("epsilon", [0.0, 0.5])
def test_the_cap_gives_way_only_where_nothing_else_is_left(cap: int, window: int, epsilon: float) -> None:
    model = random_model(80, seed=cap)
    config = Config(artist_cap=cap, artist_window=window, epsilon=epsilon)
    rows = pool(list(range(80, 0, -1)), fallback=30)
    found = arrange(context(model, config), rows, 80)
    artist = model.catalogue.artist.tolist()
    for position, row in enumerate(found.rows.tolist()):
        before = [artist[other] for other in found.rows[max(position - window + 1, 0) : position]]
        left = [
            other for other in range(80) if other not in found.rows[:position] and rows.tier[other] == rows.tier[row]
        ]
        allowed = [other for other in left if before.count(artist[other]) < cap]
        assert found.relaxed[position] == (not allowed)
        assert row in allowed or not allowed


def test_the_fallback_tier_never_overtakes() -> None:
    model = by_artists("aaab")
    config = Config(artist_cap=1, artist_window=9, relevance_weight=0.1, epsilon=0.9)
    assert arrange(context(model, config), pool([3, 2, 1, 99], fallback=1), 4).rows.tolist()[3] == 3


def test_mmr_trades_relevance_for_difference_by_its_weight() -> None:
    vectors = {"t00": (1.0, 0.0), "t01": (1.0, 0.0), "t02": (0.0, 1.0)}
    model = by_artists("abc", vectors)
    scores = pool([100, 90, 50])

    def rows(weight: float) -> list[int]:
        config = Config(artist_cap=0, relevance_weight=weight, epsilon=0)
        return arrange(context(model, config), scores, 3).rows.tolist()

    assert rows(1.0) == [0, 1, 2]
    assert rows(0.9) == [0, 1, 2]
    assert rows(0.3) == [0, 2, 1]


@pytest.mark.parametrize("tracks", [40, 150])
def test_mmr_follows_its_definition(tracks: int) -> None:
    assert tracks < BLOCK or tracks > 2 * BLOCK  # within one block of similarities, and over several
    model = random_model(tracks, seed=9)
    scores = sorted(np.random.default_rng(1).integers(0, 1 << 30, tracks).tolist(), reverse=True)
    found = arrange(context(model, Config(artist_cap=0, relevance_weight=0.5, epsilon=0)), pool(scores), tracks)
    vectors = model.embeddings.astype(np.float64)
    relevance = (np.array(scores) - scores[-1]) / (scores[0] - scores[-1])
    nearest, left = np.zeros(tracks), set(range(tracks))
    for row in found.rows.tolist():
        value = 0.5 * relevance - 0.5 * nearest / 127**2
        assert value[row] >= max(value[list(left)]) - 2e-6
        left.remove(row)
        nearest = np.maximum(nearest, vectors @ vectors[row])


def test_a_query_may_turn_diversity_and_exploration_off() -> None:
    model = random_model(60)
    config = Config(artist_cap=1, relevance_weight=0.2, epsilon=0.9)
    plain = arrange(context(model, config, diversify=False, explore=False), pool([5] * 60), 60)
    assert plain.rows.tolist() == list(range(60))


@pytest.mark.parametrize("config", [Config(), Config(epsilon=1.0), Config(epsilon=0.3, explore_reserve=3), PLAIN])
def test_a_shorter_slate_is_a_prefix(config: Config) -> None:
    model = random_model(90)
    here = context(model, config)
    whole = arrange(here, pool(list(range(90, 0, -1)), 20), 90)
    for count in (0, 1, 7, 50):
        found = arrange(here, pool(list(range(90, 0, -1)), 20), count)
        assert found.rows.tolist() == whole.rows[:count].tolist()
        assert found.propensities.tolist() == whole.propensities[:count].tolist()


@pytest.mark.parametrize("reserve", [1, 4, 500])
@pytest.mark.parametrize("epsilon", [0.0, 0.25, 1.0])
def test_propensities_sum_to_one_and_equal_their_recomputation(epsilon: float, reserve: int) -> None:
    model = random_model(60)
    here = context(model, Config(epsilon=epsilon, explore_reserve=reserve))
    rows = pool(list(range(60, 0, -1)), 15)
    found = arrange(here, rows, 60)
    chances = distributions(here, rows, found.rows)
    assert chances.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert chances[np.arange(60), found.rows] == pytest.approx(found.propensities, abs=1e-15)
    assert (found.propensities > 0).all()
    assert found.explored.any() == (epsilon > 0)


def test_each_row_is_shown_as_often_as_its_propensity_says() -> None:
    model = by_artists("abcdef")
    config = Config(epsilon=0.5, explore_reserve=4, relevance_weight=1.0, artist_cap=0)
    rows = pool([6, 5, 4, 3, 2, 1])
    want = distributions(context(model, config), rows, np.zeros(1, dtype=np.int32))[0]
    shown = Counter(int(arrange(context(model, config, seed=seed), rows, 1).rows[0]) for seed in range(1_000))
    for row in range(6):
        assert shown[row] / 1_000 == pytest.approx(want[row], abs=0.04)
    assert want.tolist() == [0.625, 0.125, 0.125, 0.125, 0.0, 0.0]


def test_the_seed_and_the_user_decide_and_the_request_id_does_not() -> None:
    model = random_model(60)
    config, rows = Config(epsilon=1.0), pool(list(range(60, 0, -1)))

    def order(**query: object) -> list[int]:
        return arrange(context(model, config, **query), rows, 60).rows.tolist()

    assert order(seed=1, request_id="x") == order(seed=1, request_id="y")
    assert order(seed=1) != order(seed=2)
    other = context_of(make_query(seed=1), random_user(model, 0, 5), no_takedowns(model.catalogue), model, config)
    assert arrange(other, rows, 60).rows.tolist() != order(seed=1)


@pytest.mark.parametrize("count", [-1, 0, 5])
def test_an_empty_pool_gives_an_empty_slate(count: int) -> None:
    assert arrange(context(by_artists("a"), Config()), pool([]), count).rows.shape == (0,)
