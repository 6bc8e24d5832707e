"""Popularity by market, its decay, trends and skip rates."""

import numpy as np
import pytest

from recsys.domain.events import EventColumns, Kind
from recsys.domain.histories import Histories
from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.packed import PackedStrings
from recsys.training.fit.half_life import choose_half_life
from recsys.training.fit.popularity import fit_popularity, fit_skip_rate, fit_trend
from recsys.training.pairs import pairs_of
from recsys.training.split import Split, SplitKind

NOW = 1_000 * SECONDS_A_DAY
MONTH = 30 * SECONDS_A_DAY


def plays(*rows: tuple[int, int, int, Kind], markets: tuple[int, ...] = (0, 0, 1, 1)) -> Histories:
    """rows: (user, track, days ago, kind)."""
    user, track, days, kind = (np.array(column) for column in zip(*rows, strict=True))
    none = np.full(user.shape[0], -1, dtype=np.int32)
    times = (NOW - days * SECONDS_A_DAY).astype(np.int64)
    return Histories.grouped(
        PackedStrings.of(f"u{row}" for row in range(len(markets))),
        ("BR", "SE"),
        np.array(markets, dtype=np.int8),
        np.zeros(len(markets), dtype=np.int8),
        user.astype(np.int32),
        EventColumns(kind.astype(np.int8), track.astype(np.int32), none, times, none),
    )


LISTEN, SKIP, LIKE = Kind.LISTEN, Kind.SKIP, Kind.LIKE


def popularity(histories: Histories, tracks: int = 3) -> np.ndarray:
    return fit_popularity(pairs_of(histories, tracks), histories, tracks, NOW, MONTH)


def test_each_market_has_its_own_taste() -> None:
    brazil, sweden = popularity(plays((0, 0, 1, LISTEN), (1, 0, 1, LISTEN), (2, 1, 1, LISTEN), (3, 1, 1, LISTEN)))
    assert brazil[0] > brazil[1]
    assert sweden[1] > sweden[0]
    assert brazil[2] == sweden[2] == 0.0


def test_a_market_without_plays_follows_the_world() -> None:
    found = popularity(plays((0, 0, 1, LISTEN), (1, 1, 1, LISTEN), (1, 0, 1, LISTEN), markets=(0, 0, 1, 1)))
    world = popularity(plays((0, 0, 1, LISTEN), (1, 1, 1, LISTEN), (1, 0, 1, LISTEN), markets=(-1, -1, 1, 1)))
    np.testing.assert_allclose(found[1], world[1], rtol=1e-6)
    assert found[1][0] > found[1][1] > 0.0


def test_an_old_play_counts_half_after_the_half_life() -> None:
    fresh, old, _ = np.expm1(popularity(plays((0, 0, 0, LISTEN), (1, 1, 30, LISTEN)), tracks=3)[0])
    assert fresh / old == pytest.approx(2.0, rel=1e-5)


def test_a_like_counts_twice_a_listen() -> None:
    liked, heard, _ = np.expm1(popularity(plays((0, 0, 0, LIKE), (1, 1, 0, LISTEN)), tracks=3)[0])
    assert liked / heard == pytest.approx(2.0, rel=1e-5)


def test_without_any_play_nothing_is_popular() -> None:
    assert not popularity(plays((0, 0, 0, SKIP))).any()


def test_what_was_played_lately_trends() -> None:
    histories = plays(*((user, 0, 1, LISTEN) for user in range(4)), *((user, 1, 60, LISTEN) for user in range(4)))
    rising, falling, silent = fit_trend(pairs_of(histories, 3), 3, NOW, MONTH)
    assert rising > 0.0 > falling
    assert silent == 0.0


def test_skip_rates_are_smoothed_towards_all_tracks() -> None:
    histories = plays(*((0, 0, day, SKIP) for day in range(1, 31)), *((1, 1, day, LISTEN) for day in range(1, 31)))
    skipped, heard, unknown = fit_skip_rate(histories, 3)
    assert heard < unknown < skipped
    assert unknown == pytest.approx(0.5)
    assert skipped == pytest.approx((30 + 5) / 40)


def test_the_half_life_that_foretells_is_chosen() -> None:
    """Old favourites return in the one case, last week's in the other."""
    past = [(user, track, days, LISTEN) for user in range(4) for track, days in ((0, 400), (1, 400), (2, 2))]

    def chosen(next_track: int) -> float:
        histories = plays(*past, *((user, next_track, 0, LISTEN) for user in range(4)))
        moments = np.full(4, NOW - SECONDS_A_DAY)
        split = Split(SplitKind.TIME, moments, moments + 2 * SECONDS_A_DAY)
        before = histories.before(moments)
        return choose_half_life(pairs_of(before, 3), histories, split, 3, NOW - SECONDS_A_DAY)

    assert chosen(next_track=2) == 15.0
    assert chosen(next_track=0) == 3_600.0


def test_without_plays_to_foretell_the_middle_half_life_is_taken() -> None:
    histories = plays((0, 0, 5, LISTEN))
    later = np.full(4, NOW)
    split = Split(SplitKind.TIME, later, later)
    assert choose_half_life(pairs_of(histories, 3), histories, split, 3, NOW) == 60.0
