"""Hypothesis strategies for worlds, requests and events. Small on purpose: a small counterexample is a readable one."""

import itertools
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from guardrails.invariants.world import Event, EventKind, Item, Request, World

DAY = 86_400
NOW = 1_750_000_000
STRANGER = "user-nobody-knows"
MARKETS = ("DE", "SE", "US")


# (another version of an earlier item?, markets, explicit, taken down), the plain one first: examples shrink towards it.
# One draw for four attributes: drawing is what an example costs most.
_KINDS = tuple(
    itertools.product(
        (False, False, False, True),
        (MARKETS, MARKETS[:1], MARKETS[1:], MARKETS, MARKETS[::2], ()),
        (False, True),
        (False, False, False, False, True),
    )
)


@st.composite
def _items(draw: DrawFn, most: int, artists: int) -> tuple[Item, ...]:
    rows = draw(
        st.lists(st.tuples(st.sampled_from(_KINDS), st.integers(0, artists - 1), st.integers(0, 400)), max_size=most)
    )
    entities: list[str] = []
    for index, ((version, *_), _artist, age) in enumerate(rows):
        entities.append(entities[age % index] if version and index else f"t{index:03}")
    return tuple(
        Item(
            id=f"t{index:03}",
            entity=entities[index],
            artist=f"a{artist:02}",
            markets=frozenset(markets),
            explicit=explicit,
            taken_down=taken_down,
            released=NOW // DAY - age,
        )
        for index, ((_, markets, explicit, taken_down), artist, age) in enumerate(rows)
    )


def events(users: Sequence[str], items: Sequence[Item], most: int, prefix: str) -> SearchStrategy[tuple[Event, ...]]:
    """Up to `most` events with distinct ids that begin with `prefix`, in the 90 days before `NOW`."""
    if not users or not items:
        return st.just(())
    by_id = {item.id: item for item in items}
    acts = tuple(itertools.product(users, EventKind))
    one = st.tuples(st.sampled_from(acts), st.sampled_from(sorted(by_id)), st.integers(NOW - 90 * DAY, NOW))

    def build(rows: list[tuple[tuple[str, EventKind], str, int]]) -> tuple[Event, ...]:
        return tuple(
            Event(f"{prefix}{n}", user, kind, by_id[target].artist if kind is EventKind.BLOCK_ARTIST else target, at)
            for n, ((user, kind), target, at) in enumerate(rows)
        )

    return st.lists(one, max_size=most).map(build)


@st.composite
def worlds(draw: DrawFn, most_items: int = 12, most_events: int = 10) -> World:
    """Worlds of at most `most_items` items, 4 artists, 3 markets and 4 users, with versions, takedowns and blocks."""
    items = draw(_items(most_items, 4))
    users = ("u0", "u1", "u2", "u3")
    return World(
        items=items,
        users=users,
        markets=MARKETS,
        history=draw(events(users, items, most_events, "e")),
        now=NOW,
        no_explicit=frozenset(draw(st.sets(st.sampled_from(users), max_size=2))),
        seed=draw(st.integers(0, 2**16)),
    )


def requests(world: World) -> SearchStrategy[Request]:
    """Requests that make sense in `world`, of known users and of one whom nobody knows."""
    return st.builds(
        Request,
        user=st.sampled_from((*world.users, STRANGER)),
        k=st.integers(1, 24),
        market=st.sampled_from(world.markets),
        seed=st.integers(0, 2**31 - 1),
        allow_explicit=st.sampled_from((None, True, False)),
        allow_repeats=st.sampled_from((None, True, False)),
    )
