"""Training rows know nothing of what came later, and are what serving computes."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TypeAlias

import numpy as np
import pytest

from recsys.domain.arrays import Singles, Slots
from recsys.domain.config import Config
from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.features.assemble import assemble
from recsys.features.schema import SCHEMA
from recsys.pipeline import Engine, recommend
from recsys.training.fit.parts import fit_parts
from recsys.training.relevance import relevant_between
from recsys.training.rows import RankerRows, ranker_rows
from recsys.training.split import Split, split_of
from recsys.training.states import context_at, no_policy, query_at, state_at
from tests.recsys_worlds import SMALL_TRAINING, small_world

PARAMETERS = replace(SMALL_TRAINING, popularity_half_life_days=60.0)
Maker: TypeAlias = Callable[[Histories, Split], tuple[Model, RankerRows]]


@cache
def split() -> Split:
    return split_of(small_world().histories, PARAMETERS.holdout, PARAMETERS.ranker_share)


def fitted(histories: Histories) -> Model:
    return fit_parts(small_world().catalogue, histories, int(histories.events.times.max()) + 1, PARAMETERS)


def honest(histories: Histories, moments: Split) -> tuple[Model, RankerRows]:
    """What training does."""
    base = fitted(histories.before(moments.ranker))
    return base, ranker_rows(base, histories, moments, negatives=20, seed=7)


@cache
def made() -> tuple[Model, RankerRows]:
    return honest(small_world().histories, split())


def leaky_parts(histories: Histories, moments: Split) -> tuple[Model, RankerRows]:
    """A planted fault: the parts have seen the labels."""
    base = fitted(histories.before(moments.cut))
    return base, ranker_rows(base, histories, moments, negatives=20, seed=7)


def leaky_state(histories: Histories, moments: Split) -> tuple[Model, RankerRows]:
    """A planted fault: the user's state is that of the cut-off."""
    base, rows = honest(histories, moments)
    late = [int(moments.cut[user]) for user in rows.users.tolist()]
    return base, replace(rows, values=features(base, histories, rows, late))


def features(model: Model, histories: Histories, rows: RankerRows, moments: list[int]) -> Singles:
    """The features of the rows' tracks, each user as of the moment given, from these events alone."""
    parts: list[Singles] = []
    ends = np.cumsum(rows.sizes).tolist()
    starts = [0, *ends]
    for user, start, end, moment in zip(rows.users.tolist(), starts, ends, moments, strict=False):
        context = context_at(model, state_at(histories, user, moment), moment, Config())
        parts.append(assemble(model, context.profile, context.market, rows.slots[start:end]))
    return np.concatenate(parts)


def knows_only_the_past(maker: Maker) -> bool:
    """Point in time: with every event from the label's moment on deleted, each row's features stay as they are."""
    histories, moments = small_world().histories, split()
    _, rows = maker(histories, moments)
    past = histories.before(moments.ranker)
    base = fitted(past)
    again = features(base, past, rows, rows.moments.tolist())
    return again.tobytes() == rows.values.tobytes()


def test_rows_know_only_the_past() -> None:
    assert knows_only_the_past(lambda histories, moments: made())


@pytest.mark.parametrize("leak", [leaky_parts, leaky_state])
def test_a_planted_leak_is_found(leak: Maker) -> None:
    assert not knows_only_the_past(leak)


def test_training_and_serving_compute_the_same_features() -> None:
    """Train-serve parity: a request at the row's moment logs the same numbers, bit for bit."""
    model, rows = made()
    histories, engine, start = small_world().histories, Engine(model), 0
    for user, size in zip(rows.users.tolist(), rows.sizes.tolist(), strict=True):
        moment = int(split().ranker[user])
        state = state_at(histories, user, moment)
        logged = recommend(engine, query_at(state, moment, 5), state, no_policy(model)).decision.features
        mine: Slots = rows.slots[start : start + size]
        where = np.searchsorted(logged.candidates.slots, mine)
        np.testing.assert_array_equal(logged.candidates.slots[where], mine)
        assert logged.values[where].tobytes() == rows.values[start : start + size].tobytes()
        start += size


def test_grades_are_the_later_plays_that_were_not_yet_known() -> None:
    _, rows = made()
    histories, start = small_world().histories, 0
    for user, size in zip(rows.users.tolist(), rows.sizes.tolist(), strict=True):
        moment, cut = int(split().ranker[user]), int(split().cut[user])
        relevant = relevant_between(histories.events_of(user), moment, cut)
        grades = dict(zip(relevant.slots.tolist(), relevant.grades.tolist(), strict=True))
        group = slice(start, start + size)
        assert rows.grades[group].tolist() == [grades.get(slot, 0) for slot in rows.slots[group].tolist()]
        assert rows.grades[group].any()
        assert not np.isin(rows.slots[group], state_at(histories, user, moment).history).any()
        start += size


def test_no_user_changes_what_is_drawn_for_another() -> None:
    model, rows = made()
    histories = small_world().histories
    gone = int(rows.users[0])
    cuts = np.full(histories.size, 2**62)
    cuts[gone] = 0
    fewer = ranker_rows(model, histories.before(cuts), split(), negatives=20, seed=7)
    rest = rows.of_groups(rows.users != gone)
    assert fewer.users.tolist() == rest.users.tolist()
    np.testing.assert_array_equal(fewer.slots, rest.slots)
    assert fewer.values.tobytes() == rest.values.tobytes()


def test_without_later_plays_there_are_no_rows() -> None:
    model, _ = made()
    rows = ranker_rows(model, small_world().histories.before(split().ranker), split(), negatives=20, seed=7)
    assert rows.groups == 0
    assert rows.values.shape == (0, len(SCHEMA.names))


def test_of_many_users_some_are_drawn_and_their_rows_stay_as_they_are() -> None:
    model, all_rows = made()
    few = ranker_rows(model, small_world().histories, split(), negatives=20, seed=7, limit=15)
    assert 5 < few.groups <= 15 < all_rows.groups
    kept = all_rows.of_groups(np.isin(all_rows.users, few.users))
    assert np.array_equal(few.values, kept.values)
    assert np.array_equal(few.slots, kept.slots)
