"""Laws of ranking, for any items."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shop.diversity import cap, diversify
from shop.domain import Item
from shop.filters import distinct, unseen
from shop.ranking import normalise, rank

ITEMS = st.lists(
    st.builds(
        Item,
        st.sampled_from([f"i{n}" for n in range(30)]),
        st.sampled_from(["abba", "robyn", "roxette"]),
        st.floats(0, 1, allow_nan=False),
    ),
    max_size=20,
)


@given(ITEMS)
def test_rank_only_reorders(items: list[Item]) -> None:
    ranked = rank(items)
    assert sorted(ranked, key=repr) == sorted(items, key=repr)
    assert all(a.score >= b.score for a, b in zip(ranked, ranked[1:], strict=False))


@given(ITEMS, st.integers(0, 25))
def test_diversify_takes_as_many_as_there_are(items: list[Item], k: int) -> None:
    assert len(diversify(rank(items), k)) == min(k, len(items))


@settings(max_examples=200)
@given(ITEMS, st.frozensets(st.sampled_from(["i1", "i2", "i3"])))
def test_nothing_seen_comes_back(items: list[Item], seen: frozenset[str]) -> None:
    assert not {item.item_id for item in unseen(items, seen)} & seen


@given(ITEMS, st.integers(1, 4))
def test_no_artist_has_too_many(items: list[Item], most: int) -> None:
    kept = cap(items, most)
    assert all(sum(i.artist == a for i in kept) <= most for a in ("abba", "robyn", "roxette"))


@given(ITEMS)
def test_ids_are_distinct(items: list[Item]) -> None:
    ids = [item.item_id for item in distinct(items)]
    assert len(ids) == len(set(ids))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=50))
def test_normalised_scores_lie_between_0_and_1(scores: list[float]) -> None:
    assume(min(scores) < max(scores))
    scaled = normalise(scores)
    assert min(scaled) == 0.0
    assert max(scaled) == 1.0
