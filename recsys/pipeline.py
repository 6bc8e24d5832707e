"""From a request to a slate: the ordered stages, in one tuple, folded over one immutable trace.

Each stage names what it may do and how it fails. Retrieval alone adds candidates, and the reserve when they run short;
features and ranking keep the same ones in the same order; filters only remove; arranging only permutes or truncates.
Nothing here reads a clock or chance: now and the seed enter with the query. Same query, same slate.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial, reduce
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from recsys.domain.arrays import Bools, Floats, Ints, Singles, Slots, column, slot_column
from recsys.domain.attempt import Guard, attempt_each
from recsys.domain.candidates import FALLBACK, SCORED, Candidates, Features, Filtered, Scored, Tier
from recsys.domain.config import DEFAULT, HURRIED, Config
from recsys.domain.context import Context, context_of
from recsys.domain.model import Model, Scorer
from recsys.domain.profile import Profiles
from recsys.domain.query import PolicySnapshot, Query, UserState
from recsys.domain.slate import Decision, Slate
from recsys.errors import InvalidQueryError, StaleSnapshotError, VersionMismatchError
from recsys.experiments.assignment import assign, configured
from recsys.experiments.definitions import Layer, check_layers
from recsys.features.assemble import assemble
from recsys.features.schema import SCHEMA
from recsys.ranking.popularity import PopularityScorer
from recsys.reranking.arrange import Arranged, arrange, distributions
from recsys.reranking.filters import reasons, sift
from recsys.reranking.reserve import fill
from recsys.retrieval.merge import SOURCES, gather
from recsys.retrieval.source import Source


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """A model with its settings, sources (in priority) and experiments: what a process serves from.

    profiles: keeps what the next request of the same user will read again; answers do not depend on it.

    Raises `VersionMismatchError` when the model's scorer was fitted on another feature schema than this code assembles,
    and `InvalidValueError` for experiments that are not independent.
    """

    model: Model
    config: Config = DEFAULT
    sources: tuple[Source, ...] = SOURCES
    layers: tuple[Layer, ...] = ()
    profiles: Profiles = field(default_factory=Profiles, repr=False)

    def __post_init__(self) -> None:
        check_layers(self.layers)
        for what, version in (("model", self.model.schema_version), ("scorer", self.model.scorer.schema_version)):
            if version != SCHEMA.version:
                raise VersionMismatchError(
                    f"the {what} of {self.model.version!r} has feature schema {version!r}, this code assembles "
                    f"{SCHEMA.version!r}: train and publish the model again"
                )


NO_SLOTS: Final[Slots] = np.zeros(0, dtype=np.int32)
NO_CANDIDATES: Final = Candidates(NO_SLOTS, np.zeros(0, dtype=np.uint32), np.zeros((0, 0)), ())
NO_SCORES: Final = Scored(NO_SLOTS, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint8), NO_CANDIDATES.provenance)
NO_FLAGS: Final[Bools] = np.zeros(0, dtype=np.bool_)


class Trace(NamedTuple):
    """A request on its way: what each stage has made, empty before its turn.

    A tuple: a stage's copy of it is made without the interpreter.
    """

    engine: Engine
    context: Context
    guard: Guard = attempt_each
    candidates: Candidates = NO_CANDIDATES
    features: Features = Features(NO_CANDIDATES, np.zeros((0, len(SCHEMA.features)), dtype=np.float32))
    scored: Scored = NO_SCORES
    filtered: Filtered = Filtered(NO_SCORES, NO_SLOTS, NO_SCORES.tier)
    pool: Scored = NO_SCORES
    arranged: Arranged = Arranged(NO_SLOTS, np.zeros(0), NO_FLAGS, NO_FLAGS)


RANKER: Final = "ranker"
"""The name under which `rank` fails."""
Step: TypeAlias = Callable[[Trace], Trace]
Observer: TypeAlias = Callable[[str], None]


def retrieve(trace: Trace) -> Trace:
    """Ask the sources. Adds. Each source fails as it declares."""
    return trace._replace(candidates=gather(trace.context, trace.engine.sources, trace.guard))


def describe(trace: Trace) -> Trace:
    """Assemble features. Same candidates, same order. Fails closed."""
    context = trace.context
    values = assemble(context.model, context.profile, context.market, trace.candidates.slots)
    return trace._replace(features=Features(trace.candidates, values))


def rank(trace: Trace) -> Trace:
    """Score. Same candidates, same order. Fails open: without the ranker, all candidates go to the fallback tier."""
    candidates, scorer = trace.candidates, trace.engine.model.scorer
    (outcome,) = trace.guard([(RANKER, partial(_checked_scores, scorer, trace.features.values))])
    if outcome.value is not None:
        tier, scores = SCORED, outcome.value
    else:
        tier, scores = FALLBACK, _fallback(trace.context)(candidates.slots)
    tiers = np.full(candidates.slots.shape[0], tier, dtype=np.uint8)
    failures = (outcome.failure,) if outcome.failure else ()
    return trace._replace(scored=Scored(candidates.slots, scores, tiers, candidates.provenance, failures))


def keep(trace: Trace) -> Trace:
    """Filter. Removes only. Fails closed."""
    return trace._replace(filtered=sift(trace.context, trace.scored))


def refill(trace: Trace) -> Trace:
    """Order the kept and refill from the eligible catalogue up to the horizon. Fails closed."""
    return trace._replace(pool=fill(trace.context, trace.filtered.kept, _fallback(trace.context)))


def order(trace: Trace) -> Trace:
    """Explore and diversify. Permutes and truncates only. Fails closed."""
    query = trace.context.query
    return trace._replace(arranged=arrange(trace.context, trace.pool, query.offset + query.k))


STAGES: Final[tuple[Step, ...]] = (retrieve, describe, rank, keep, refill, order)
"""The whole of a request, in order."""


def _unobserved(stage: str) -> None:
    """Nobody watches."""


def _observed(observe: Observer, trace: Trace, stage: Step) -> Trace:
    done = stage(trace)
    observe(stage.__name__)
    return done


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """The slate to render and the decision to log."""

    slate: Slate
    decision: Decision


def recommend(
    engine: Engine,
    query: Query,
    user: UserState,
    policy: PolicySnapshot,
    observe: Observer = _unobserved,
    guard: Guard = attempt_each,
) -> Served:
    """Answer one request. observe: told the name of every stage when it ends, so that the edge can time it.

    guard: makes the calls that a slate may go without (sources, ranker), so that the edge can bound their time.

    An unknown user, an empty history and an empty catalogue are answered, not refused. An unknown market licenses
    nothing: the slate is empty. Raises `InvalidQueryError` for a k, offset or track out of range, `StaleSnapshotError`
    for a page of a list that no longer exists, `VersionMismatchError` for a state or policy of another catalogue.
    """
    context = _context(engine, query, user, policy)
    if query.snapshot is not None and query.snapshot != context.snapshot:
        raise StaleSnapshotError(
            f"the list of {query.snapshot} has changed to {context.snapshot}; ask for offset 0 again"
        )
    observe("context")
    trace = reduce(partial(_observed, observe), STAGES, Trace(engine, context, guard))
    return _served(trace)


def score(engine: Engine, query: Query, user: UserState, slots: Slots, tier: Tier = Tier.SCORED) -> Ints:
    """Return (m,) int64: the scores that the tracks have for this request, each on its own.

    slots: (m,) int32, any order. A track's score never depends on the others; it equals the one in a slate where the
    track stands in that tier.
    """
    context = _context(engine, query, user, _no_policy(engine))
    slots = slot_column("slots", slots, engine.model.catalogue.size, -1)
    if tier is Tier.FALLBACK:
        return _fallback(context)(slots)
    return engine.model.scorer.score(assemble(context.model, context.profile, context.market, slots))


def eligible(engine: Engine, query: Query, user: UserState, policy: PolicySnapshot) -> Slots:
    """Return the slots, ascending, of every track that may be shown: E of the invariants.

    All releases of a recording are in it; a slate holds one of them at most, and so min(k, recordings) tracks.
    """
    context = _context(engine, query, user, policy)
    slots = np.arange(engine.model.catalogue.size, dtype=np.int32)
    allowed: Bools = reasons(context, slots) == 0
    return slots[allowed]


def propensities(engine: Engine, decision: Decision, user: UserState, policy: PolicySnapshot) -> Floats:
    """Return (j, p) float64: the chance of every row of `decision.pool` at each position, recomputed from the log.

    Positions count from 0, those before the query's offset included. Each row of the result sums to 1.
    """
    query = decision.query
    context = _context(engine, query, user, policy)
    picks = arrange(context, decision.pool, query.offset + query.k).rows
    return distributions(context, decision.pool, picks)


def _context(engine: Engine, query: Query, user: UserState, policy: PolicySnapshot) -> Context:
    config = configured(engine.config, user.user_id, engine.layers).narrowed(query.breadth)
    if not 0 <= query.k <= config.max_k:
        raise InvalidQueryError(f"k is {query.k}; it must lie in [0, {config.max_k}]")
    if not 0 <= query.offset <= config.horizon:
        raise InvalidQueryError(f"offset is {query.offset}; it must lie in [0, {config.horizon}]")
    if not 1 <= query.breadth <= 100:
        raise InvalidQueryError(f"breadth is {query.breadth}; it must lie in [1, 100]")
    if query.about is not None and not 0 <= query.about < engine.model.catalogue.size:
        raise InvalidQueryError(f"about is slot {query.about}; the catalogue has {engine.model.catalogue.size} tracks")
    return context_of(query, user, policy, engine.model, config, engine.profiles.of)


def _checked_scores(scorer: Scorer, values: Singles) -> Ints:
    """Score, and take a wrong shape or dtype for what it is: the ranker's failure."""
    return column("the scores of the ranker", scorer.score(values), np.int64, values.shape[0])


def _no_policy(engine: Engine) -> PolicySnapshot:
    return PolicySnapshot("none", np.zeros(engine.model.catalogue.size, dtype=np.bool_))


def _fallback(context: Context) -> Callable[[Slots], Ints]:
    return PopularityScorer(context.model, context.market).score


def _narrowed(breadth: int) -> tuple[str, ...]:
    """Return what `Config.narrowed` did without, as `Slate.degraded` names it."""
    return (*(("breadth",) if breadth < 100 else ()), *(("diversity",) if breadth <= HURRIED else ()))


def _served(trace: Trace) -> Served:
    context, arranged, pool = trace.context, trace.arranged, trace.pool
    page = slice(context.query.offset, None)
    shown = pool.take(arranged.rows[page])
    failures = trace.candidates.failures + pool.failures
    slate = Slate(
        request_id=context.query.request_id,
        user_id=context.query.user_id,
        slots=shown.slots,
        scores=shown.scores,
        tier=shown.tier,
        provenance=shown.provenance,
        propensities=arranged.propensities[page],
        positions=np.arange(context.query.offset, context.query.offset + shown.slots.shape[0], dtype=np.int32),
        sources=trace.candidates.sources,
        arms=assign(context.user.user_id, trace.engine.layers),
        degraded=(
            *(failure.name for failure in failures),
            *_narrowed(context.query.breadth),
            *(("profile",) if context.user.strict else ()),
        ),
        removed=trace.filtered.counts(),
        snapshot=context.snapshot,
    )
    decision = Decision(
        query=context.query,
        user=context.user,
        policy=context.policy,
        slate=slate,
        features=trace.features,
        filtered=trace.filtered,
        pool=pool,
        relaxed=arranged.relaxed[page],
        explored=arranged.explored[page],
        config=context.config,
        failures=failures,
    )
    return Served(slate, decision)
