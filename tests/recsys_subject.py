"""The engine of `recsys` as a subject of the invariants: over generated worlds, and over a trained model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from hypothesis.strategies import SearchStrategy, builds

from guardrails.invariants.strategies import worlds
from guardrails.invariants.world import Answer, Entry, Event, EventKind, Item, Request, World, replace_request
from recsys.domain.config import DEFAULT, Config
from recsys.domain.context import context_of
from recsys.domain.events import Event as RecsysEvent
from recsys.domain.events import EventColumns, Kind
from recsys.domain.history import fold
from recsys.domain.items import Catalogue
from recsys.domain.model import ItemItem, Model, popular_order_of, quantised_embeddings, release_order_of
from recsys.domain.query import PolicySnapshot, Query, Snapshot, UserState
from recsys.experiments.assignment import assign
from recsys.experiments.definitions import BUCKETS, Arm, Experiment, Layer
from recsys.features.schema import SCHEMA
from recsys.pipeline import Engine, Served, eligible, propensities, recommend, score
from recsys.ranking.linear import LinearScorer
from recsys.reranking.filters import POINTWISE
from recsys.retrieval.merge import SOURCES
from recsys.retrieval.source import Source
from tests.recsys_worlds import small_published, world_now

KINDS = {
    EventKind.LISTEN: Kind.LISTEN,
    EventKind.LIKE: Kind.LIKE,
    EventKind.SKIP: Kind.SKIP,
    EventKind.BLOCK_ITEM: Kind.BLOCK,
    EventKind.BLOCK_ARTIST: Kind.BLOCK,
}


def catalogue_of(world: World) -> Catalogue:
    """The world's items as a catalogue."""
    artists = tuple(sorted({item.artist for item in world.items}))
    slots = {item.id: slot for slot, item in enumerate(world.items)}
    licensed = [sum(1 << bit for bit, m in enumerate(world.markets) if m in item.markets) for item in world.items]
    return Catalogue(
        ids=tuple(slots),
        titles=tuple(f"Title of {item.id}" for item in world.items),
        artist=np.array([artists.index(item.artist) for item in world.items], dtype=np.int32),
        artist_ids=artists,
        artist_names=artists,
        recording=np.array([slots[item.entity] for item in world.items], dtype=np.int32),
        explicit=np.array([item.explicit for item in world.items], dtype=np.bool_),
        released=np.array([item.released for item in world.items], dtype=np.int32),
        markets=world.markets,
        licensed=np.array(licensed, dtype=np.uint64),
    )


@lru_cache(maxsize=8)
def model_of(world: World) -> Model:
    """A model whose weights are drawn from the world's seed: relations must hold whatever training comes up with."""
    catalogue, rng = catalogue_of(world), np.random.default_rng(world.seed)
    size, markets = catalogue.size, len(world.markets)
    popularity = rng.choice([0.0, 0.25, 0.5, 1.0], (markets, size)).astype(np.float32)
    return Model(
        version=f"world-{world.seed}",
        schema_version=SCHEMA.version,
        catalogue=catalogue,
        item_item=ItemItem.quantised(
            np.tile(np.arange(size, dtype=np.int32), (size, 1)), rng.normal(0.0, 0.5, (size, size))
        ),
        scorer=LinearScorer(tuple(rng.choice([0.0, 0.5, 1.0], len(SCHEMA.names)).tolist()), SCHEMA.version),
        popularity=popularity,
        popular_order=popular_order_of(popularity),
        release_order=release_order_of(catalogue.released),
        embeddings=quantised_embeddings(rng.normal(size=(size, 4))),
        skip_rate=rng.random(size).astype(np.float32),
        trend=rng.normal(size=size).astype(np.float32),
    )


def recsys_event(event: Event) -> RecsysEvent:
    """The event as the service stores it."""
    artist = event.kind is EventKind.BLOCK_ARTIST
    return RecsysEvent(
        event_id=event.id,
        user_id=event.user,
        kind=KINDS[event.kind],
        occurred_at=event.at,
        track_id=None if artist else event.target,
        artist_id=event.target if artist else None,
    )


@dataclass(frozen=True)
class EngineRecommender:
    """One engine over one world, wrapped in the capabilities of `guardrails.invariants.protocol`."""

    world: World
    model: Model
    config: Config = DEFAULT
    events: tuple[Event, ...] = ()
    gone: frozenset[str] = frozenset()
    sources: tuple[Source, ...] = SOURCES

    def engine(self, request: Request) -> Engine:
        config = self.config if request.rerank else self.config.classic()
        return Engine(self.model, config, self.sources)

    def user(self, request: Request) -> UserState:
        own = [recsys_event(e) for e in (*self.world.history, *self.events) if e.user == request.user]
        allowed = (request.user not in self.world.no_explicit) if request.user in self.world.users else None
        return fold(request.user, EventColumns.of(own, self.model.catalogue), allow_explicit=allowed)

    def query(self, request: Request, offset: int = 0, snapshot: Snapshot | None = None) -> Query:
        return Query(
            request_id="request",
            user_id=request.user,
            k=request.k,
            now=self.world.now,
            seed=request.seed,
            market=request.market,
            allow_explicit=request.allow_explicit,
            allow_repeats=request.allow_repeats,
            diversify=request.rerank,
            explore=request.explore,
            offset=offset,
            snapshot=snapshot,
        )

    def policy(self) -> PolicySnapshot:
        gone = self.gone | {item.id for item in self.world.items if item.taken_down}
        return PolicySnapshot.of(self.model.catalogue, tracks=frozenset(gone), version="policy")

    def served(self, request: Request, offset: int = 0, snapshot: Snapshot | None = None) -> Served:
        query = self.query(request, offset, snapshot)
        return recommend(self.engine(request), query, self.user(request), self.policy())

    def answer(self, served: Served) -> Answer:
        slate, ids = served.slate, self.model.catalogue.ids
        rows = zip(slate.slots, slate.scores, slate.tier, slate.propensities, strict=True)
        entries = tuple(Entry(ids[slot], float(s), int(tier), float(chance)) for slot, s, tier, chance in rows)
        return Answer(entries, repr((entries, slate.provenance.tolist(), slate.degraded)).encode())

    def recommend(self, request: Request) -> Answer:
        return self.answer(self.served(request))

    def eligible(self, request: Request) -> frozenset[str]:
        slots = eligible(self.engine(request), self.query(request), self.user(request), self.policy())
        return frozenset(self.model.catalogue.ids[slot] for slot in slots)

    def scores(self, request: Request, items: Sequence[str]) -> Mapping[str, float]:
        slots = self.model.catalogue.slots(items)
        found = score(self.engine(request), self.query(request), self.user(request), slots)
        return dict(zip(items, map(float, found), strict=True))

    def after(self, events: Sequence[Event]) -> "EngineRecommender":
        return replace(self, events=(*self.events, *events))

    def without(self, items: frozenset[str]) -> "EngineRecommender":
        return replace(self, gone=self.gone | items)

    def filter_names(self) -> Sequence[str]:
        return [rule.reason.name for rule in POINTWISE]

    def filtered(self, name: str, request: Request, items: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        rule = next(rule for rule in POINTWISE if rule.reason.name == name)
        context = context_of(self.query(request), self.user(request), self.policy(), self.model, self.config)
        drop = rule.drop(context, self.model.catalogue.slots(items))
        kept = [i for i, gone in zip(items, drop, strict=True) if not gone]
        return kept, [i for i, gone in zip(items, drop, strict=True) if gone]

    def source_names(self) -> Sequence[str]:
        return [source.name for source in self.sources]

    def with_sources(self, order: Sequence[str]) -> "EngineRecommender":
        by_name = {source.name: source for source in self.sources}
        return replace(self, sources=tuple(by_name[name] for name in order))

    def pages(self, request: Request, sizes: Sequence[int]) -> Sequence[Answer]:
        pages, snapshot = [], None
        for n, size in enumerate(sizes):
            served = self.served(replace_request(request, k=size), sum(sizes[:n]), snapshot)
            snapshot = served.slate.snapshot
            pages.append(self.answer(served))
        return pages

    def spelt_out(self, request: Request) -> Request:
        own = self.user(request).allow_explicit
        allowed = bool(own) if request.allow_explicit is None else request.allow_explicit
        return replace_request(request, allow_explicit=allowed, allow_repeats=bool(request.allow_repeats))

    def switched_off(self) -> Mapping[str, tuple["EngineRecommender", "EngineRecommender"]]:
        def at(**settings: float) -> EngineRecommender:
            return replace(self, config=self.config.replaced(settings))

        return {
            "epsilon": (at(epsilon=0.0), at(explore_reserve=0)),
            "artist_cap": (at(artist_cap=0), at(artist_window=0)),
        }

    def degenerate(self) -> Mapping[str, "EngineRecommender"]:
        settings: tuple[dict[str, float], ...] = (
            {"artist_cap": 0},
            {"artist_window": 0},
            {"artist_cap": 1, "artist_window": 10_000},
            {"pool_size": 0},
            {"item_item_budget": 0, "popular_budget": 0, "release_budget": 0},
            {"release_window_days": 0, "skip_exclusion_days": 0},
            {"relevance_weight": 0.0},
            {"epsilon": 1.0},
            {"epsilon": 1.0, "explore_reserve": 0},
        )
        # Some of these change what is eligible (a skip that no longer excludes); that is not what this is about.
        steady = {"skip_exclusion_days": self.config.skip_exclusion_days}
        return {repr(s): replace(self, config=self.config.replaced({**s, **steady})) for s in settings}

    def artist_cap(self) -> tuple[int, int]:
        return self.config.artist_cap, self.config.artist_window

    def propensities(self, request: Request) -> Sequence[Mapping[str, float]]:
        decision = self.served(request).decision
        chances = propensities(self.engine(request), decision, self.user(request), self.policy())
        ids = [self.model.catalogue.ids[slot] for slot in decision.pool.slots]
        return [{i: float(c) for i, c in zip(ids, row, strict=True) if c > 0.0} for row in chances]

    def assign(self, salt: str, unit: str, weights: Sequence[int]) -> int:
        return int(assign(unit, [experiment(salt, tuple(weights))])["experiment"])

    def exclusive(self, unit: str, experiments: Sequence[str]) -> Sequence[str]:
        share = BUCKETS // len(experiments)
        tests = tuple(
            Experiment(name, f"salt of {name}", (Arm("on"),), n * share, (n + 1) * share)
            for n, name in enumerate(experiments)
        )
        return list(assign(unit, [Layer("layer", "exclusive", tests)]))


@cache
def experiment(salt: str, weights: tuple[int, ...]) -> Layer:
    """A layer with one experiment over all users."""
    arms = tuple(Arm(str(n), weight) for n, weight in enumerate(weights))
    return Layer("layer", f"layer of {salt}", (Experiment("experiment", salt, arms),))


class EngineSubject:
    """The engine over generated worlds, with settings that make every stage act on a dozen tracks."""

    config = Config(artist_window=4, epsilon=0.3, explore_reserve=4)

    @property
    def offers(self) -> type:
        return EngineRecommender

    def worlds(self) -> SearchStrategy[World]:
        return worlds()

    def build(self, world: World) -> EngineRecommender:
        return EngineRecommender(world, model_of(world), self.config)


@cache
def trained_world() -> World:
    """The small synthetic world that `recsys_worlds` trains on, with ten of its users."""
    published = small_published()
    catalogue, histories = published.model.catalogue, published.histories
    items = tuple(
        Item(
            id=catalogue.ids[slot],
            entity=catalogue.ids[catalogue.recording[slot]],
            artist=catalogue.artist_ids[catalogue.artist[slot]],
            markets=frozenset(m for bit, m in enumerate(catalogue.markets) if int(catalogue.licensed[slot]) >> bit & 1),
            explicit=bool(catalogue.explicit[slot]),
            released=int(catalogue.released[slot]),
        )
        for slot in range(catalogue.size)
    )
    users = tuple(histories.ids[row] for row in range(10))
    return World(items, users, catalogue.markets, tuple(_trained_history(users)), world_now(), frozenset(users[:3]))


def _trained_history(users: Sequence[str]) -> Iterator[Event]:
    published = small_published()
    catalogue = published.model.catalogue
    kinds = {Kind.LISTEN: EventKind.LISTEN, Kind.LIKE: EventKind.LIKE, Kind.SKIP: EventKind.SKIP}
    for row, user in enumerate(users):
        columns = published.histories.events_of(row)
        rows = zip(columns.kinds, columns.tracks, columns.times, strict=True)
        for n, (kind, track, at) in enumerate(rows):
            if Kind(kind) in kinds and track >= 0:
                yield Event(f"{user}-{n}", user, kinds[Kind(kind)], catalogue.ids[track], int(at))


class TrainedSubject:
    """The engine over one trained model, as it is served: the forest, EASE, real ties and real sparsity."""

    @property
    def offers(self) -> type:
        return EngineRecommender

    def worlds(self) -> SearchStrategy[World]:
        return builds(trained_world)

    def build(self, world: World) -> EngineRecommender:
        return EngineRecommender(world, small_published().model)
