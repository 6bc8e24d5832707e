"""A small honest recommender in plain Python that offers every capability and keeps every relation.

It is the example to copy when wrapping a recommender of your own, and the body into which `faults` plants its faults.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from hypothesis.strategies import SearchStrategy

from guardrails.invariants.strategies import DAY, worlds
from guardrails.invariants.world import Answer, Entry, Event, EventKind, Item, Request, World, replace_request

SEEN = frozenset({EventKind.LISTEN, EventKind.LIKE})


class Reference:
    """Popularity, co-listening and freshness, added up; an artist cap; exploration over the next few."""

    def __init__(
        self,
        world: World,
        *,
        events: Sequence[Event] = (),
        gone: frozenset[str] = frozenset(),
        sources: Sequence[str] = ("history", "popular", "fresh"),
        cap: tuple[int, int] = (2, 5),
        epsilon: float = 0.25,
        reserve: int = 4,
    ) -> None:
        """A recommender over `world`; the further arguments are what the capabilities change."""
        self.world, self.events, self.gone, self.sources = world, tuple(events), gone, tuple(sources)
        self.cap, self.epsilon, self.reserve = cap, epsilon, reserve
        self.items = {item.id: item for item in world.items}
        plays = {e.id: e for e in world.history if e.kind in SEEN}
        self.popularity = Counter(e.target for e in plays.values())
        self.listeners = {i: {e.user for e in plays.values() if e.target == i} for i in self.items}

    def altered(self, **changes: object) -> "Reference":
        """The same recommender with some of its arguments changed."""
        names = ("events", "gone", "sources", "cap", "epsilon", "reserve")
        return type(self)(self.world, **{name: changes.get(name, getattr(self, name)) for name in names})  # type: ignore[arg-type]  # the names are the constructor's own

    # State -----------------------------------------------------------------------------------------------------------

    def own_events(self, user: str) -> list[Event]:
        """The user's events, each id once, in order of time and id."""
        unique = {e.id: e for e in (*self.world.history, *self.events) if e.user == user}
        return sorted(unique.values(), key=lambda e: (e.at, e.id))

    def targets(self, user: str, *kinds: EventKind) -> set[str]:
        """What the user did one of `kinds` to."""
        return {e.target for e in self.own_events(user) if e.kind in kinds}

    def after(self, events: Sequence[Event]) -> "Reference":
        """See `protocol.Learns`."""
        return self.altered(events=(*self.events, *events))

    def without(self, items: frozenset[str]) -> "Reference":
        """See `protocol.Withdraws`."""
        return self.altered(gone=self.gone | items)

    # Filters ---------------------------------------------------------------------------------------------------------

    def filter_names(self) -> Sequence[str]:
        """See `protocol.Filters`."""
        return ("takedown", "market", "explicit", "blocked", "seen")

    def allows(self, name: str, request: Request, item: Item) -> bool:
        """Whether the filter `name` keeps the item."""
        user = request.user
        if name == "takedown":
            return not item.taken_down and item.id not in self.gone
        if name == "market":
            return request.market in item.markets
        if name == "explicit":
            return not item.explicit or not (request.allow_explicit is False or user in self.world.no_explicit)
        if name == "blocked":
            blocked = self.targets(user, EventKind.BLOCK_ITEM, EventKind.BLOCK_ARTIST)
            return item.id not in blocked and item.artist not in blocked
        return bool(request.allow_repeats) or item.id not in self.targets(user, *SEEN)

    def filtered(self, name: str, request: Request, items: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """See `protocol.Filters`."""
        kept = [i for i in items if self.allows(name, request, self.items[i])]
        return kept, [i for i in items if i not in kept]

    def eligible(self, request: Request) -> frozenset[str]:
        """See `protocol.Eligible`."""
        kept: Sequence[str] = list(self.items)
        for name in self.filter_names():
            kept = self.filtered(name, request, kept)[0]
        return frozenset(kept)

    # Ranking ---------------------------------------------------------------------------------------------------------

    def found_by(self, source: str, request: Request, item: Item) -> float:
        """What a source scores an item with; 0 where it does not bring it."""
        if source == "popular":
            return float(self.popularity[item.id])
        if source == "fresh":
            return 0.5 if self.world.now // DAY - item.released <= 60 else 0.0
        played = self.targets(request.user, *SEEN)
        return 0.25 * sum(len(self.listeners[item.id] & self.listeners[p]) for p in played if p in self.items)

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        """See `protocol.Scores`."""
        names = ("history", "popular", "fresh")
        return {i: sum(self.found_by(name, request, self.items[i]) for name in names) for i in items}

    def source_names(self) -> Sequence[str]:
        """See `protocol.Sources`."""
        return self.sources

    def with_sources(self, order: Sequence[str]) -> "Reference":
        """See `protocol.Sources`."""
        return self.altered(sources=tuple(order))

    def ranked(self, request: Request) -> list[Entry]:
        """Every eligible item, best first: what a source found, then the fallback; one version per entity."""
        scores = self.scores(request, sorted(self.eligible(request)))
        entries = [
            Entry(i, score, tier=int(not any(self.found_by(s, request, self.items[i]) for s in self.sources)))
            for i, score in scores.items()
        ]
        entries.sort(key=lambda e: (e.tier, -e.score, e.id))
        return self.deduplicated(entries)

    def deduplicated(self, entries: Sequence[Entry]) -> list[Entry]:
        """The first entry of each entity."""
        first: dict[str, Entry] = {}
        for entry in entries:
            first.setdefault(self.items[entry.id].entity, entry)
        return list(first.values())

    # The slate as a whole --------------------------------------------------------------------------------------------

    def artist_cap(self) -> tuple[int, int]:
        """See `protocol.Capped`."""
        return self.cap

    def diversified(self, entries: Sequence[Entry]) -> list[Entry]:
        """Greedily the best entry of the tier that keeps the cap, else the best of the tier."""
        cap, window = self.cap
        if cap <= 0 or window <= 0:
            return list(entries)
        left, out = list(entries), list[Entry]()
        while left:
            recent = Counter(self.items[e.id].artist for e in out[max(0, len(out) - window + 1) :])
            tier = [e for e in left if e.tier == left[0].tier]
            chosen = next((e for e in tier if recent[self.items[e.id].artist] < cap), tier[0])
            out.append(chosen)
            left.remove(chosen)
        return out

    def chances(self, left: Sequence[Entry]) -> Mapping[str, float]:
        """The probability of each entry for the next position, given those that are left."""
        pool = [e.id for e in left if e.tier == left[0].tier][: max(1, self.reserve)]
        if left[0].tier or self.epsilon <= 0 or len(pool) == 1:
            return {pool[0]: 1.0}
        share = self.epsilon / len(pool)
        return {i: share + (1.0 - self.epsilon if i == pool[0] else 0.0) for i in pool}

    def explored(self, request: Request, entries: Sequence[Entry]) -> tuple[list[Entry], list[Mapping[str, float]]]:
        """The entries with chance let in, and the probabilities at each position."""
        left, out, slots = list(entries), list[Entry](), list[Mapping[str, float]]()
        while left:
            chances = self.chances(left) if request.explore else {left[0].id: 1.0}
            seed = blake2b(f"{request.seed}/{len(out)}".encode()).digest()
            name = random.Random(seed).choices(list(chances), list(chances.values()))[0]  # noqa: S311 - replayable
            chosen = next(e for e in left if e.id == name)
            left.remove(chosen)
            out.append(Entry(chosen.id, chosen.score, chosen.tier, chances[name]))
            slots.append(chances)
        return out, slots

    def propensities(self, request: Request) -> Sequence[Mapping[str, float]]:
        """See `protocol.Explores`."""
        return self.explored(request, self.ordered(request))[1]

    def ordered(self, request: Request) -> list[Entry]:
        """The whole list before exploration."""
        ranked = self.ranked(request)
        return self.diversified(ranked) if request.rerank else ranked

    def recommend(self, request: Request) -> Answer:
        """See `protocol.Recommender`."""
        return answer(self.explored(request, self.ordered(request))[0][: request.k])

    def pages(self, request: Request, sizes: Sequence[int]) -> Sequence[Answer]:
        """See `protocol.Pages`."""
        whole = self.recommend(replace_request(request, k=sum(sizes))).entries
        ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
        return [answer(whole[end - size : end]) for end, size in zip(ends, sizes, strict=True)]

    # Settings and experiments ----------------------------------------------------------------------------------------

    def spelt_out(self, request: Request) -> Request:
        """See `protocol.Defaults`."""
        explicit = request.user not in self.world.no_explicit if request.allow_explicit is None else None
        repeats = False if request.allow_repeats is None else request.allow_repeats
        allowed = request.allow_explicit if explicit is None else explicit
        return replace_request(request, allow_explicit=allowed, allow_repeats=repeats)

    def switched_off(self) -> Mapping[str, tuple["Reference", "Reference"]]:
        """See `protocol.Switches`."""
        return {
            "epsilon": (self.altered(epsilon=0.0), self.altered(reserve=0)),
            "artist cap": (self.altered(cap=(0, 5)), self.altered(cap=(0, 0))),
        }

    def degenerate(self) -> Mapping[str, "Reference"]:
        """See `protocol.Degenerate`."""
        return {
            "cap 0": self.altered(cap=(0, 5)),
            "window 0": self.altered(cap=(2, 0)),
            "no source": self.altered(sources=()),
            "epsilon 1, reserve 0": self.altered(epsilon=1.0, reserve=0),
        }

    def assign(self, salt: str, unit: str, weights: Sequence[int]) -> int:
        """See `protocol.Assigns`."""
        point = _bucket(salt, unit) % sum(weights)
        return next(arm for arm in range(len(weights)) if point < sum(weights[: arm + 1]))

    def exclusive(self, unit: str, experiments: Sequence[str]) -> Sequence[str]:
        """See `protocol.Assigns`."""
        return (experiments[_bucket("exclusive", unit) % len(experiments)],)


def _bucket(salt: str, unit: str) -> int:
    """A uniform 64-bit number; the length keeps salt and unit apart."""
    return int.from_bytes(blake2b(f"{len(salt)}:{salt}{unit}".encode(), digest_size=8).digest())


def answer(entries: Sequence[Entry]) -> Answer:
    """The answer that holds these entries."""
    return Answer(tuple(entries), repr([(e.id, e.score, e.tier) for e in entries]).encode())


class ReferenceSubject:
    """Builds `Reference` recommenders, or those of a subclass."""

    def __init__(self, kind: type[Reference] = Reference) -> None:
        """`kind` is the class to build."""
        self.kind = kind

    @property
    def offers(self) -> type:
        """See `protocol.Subject`."""
        return self.kind

    def worlds(self) -> SearchStrategy[World]:
        """See `protocol.Subject`."""
        return worlds()

    def build(self, world: World) -> Reference:
        """See `protocol.Subject`."""
        return self.kind(world)
