"""How good are the slates: each user's held-out plays against what would have been served at the cut-off."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recsys.domain.arrays import Floats, Ints, Slots
from recsys.domain.config import Config
from recsys.domain.histories import Histories
from recsys.domain.model import Model
from recsys.pipeline import Engine, eligible
from recsys.training import metrics
from recsys.training.bootstrap_interval import Estimate, estimates
from recsys.training.errors import DatasetError
from recsys.training.progress import Progress, Silent
from recsys.training.relevance import relevant_between
from recsys.training.split import FOREVER, Split
from recsys.training.states import no_policy, query_at, state_at
from recsys.training.systems import BASELINE, SYSTEMS, Case, System

METRICS: Final = ("recall", "ndcg", "mrr", "artist_share", "novelty")
SEGMENTS: Final = (("new", 0, 1), ("1 to 19 tracks", 1, 20), ("20 to 59 tracks", 20, 60), ("60 or more", 60, 1 << 30))
MAX_USERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system's figures. metrics: by name of `METRICS`; lift: the same minus the baseline's, paired by user.

    coverage: share of the catalogue that is in anybody's list.
    """

    metrics: Mapping[str, Estimate]
    lift: Mapping[str, Estimate]
    coverage: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What `evaluate` found.

    users: how many were judged. without_target: users left out, since nothing they played could have been served.
    results: by segment ("all" and those of `SEGMENTS` that have a user), then by system. sizes: users by segment.
    """

    k: int
    users: int
    without_target: int
    results: Mapping[str, Mapping[str, SystemResult]]
    sizes: Mapping[str, int]


def cases_of(model: Model, histories: Histories, cut: Ints, k: int, seed: int, limit: int) -> tuple[list[Case], int]:
    """Return the users to judge and how many were left out for want of a target.

    histories: all events, the held-out ones too. cut: (u,) unix seconds. A target is a track that the user first played
    after the cut-off and that could have been served at it: released, licensed, not blocked, not seen. At most `limit`
    users, drawn by `seed` from the held-out ones.
    """
    late = histories.events.times >= cut[histories.owner()]
    rows = np.unique(histories.owner()[late])
    if rows.shape[0] > limit:
        rows = np.sort(np.random.default_rng(seed).choice(rows, size=limit, replace=False))
    engine, policy, cases = Engine(model), no_policy(model), []
    for row in rows.tolist():
        user = state_at(histories, row, int(cut[row]))
        query = replace(query_at(user, int(cut[row]), k), seed=seed + row, explore=True)
        found = relevant_between(histories.events_of(row), int(cut[row]), FOREVER).slots
        allowed = eligible(engine, query, user, policy)
        targets = np.intersect1d(found, allowed, assume_unique=True).astype(np.int32)
        if targets.shape[0]:
            cases.append(Case(query, user, allowed, targets))
    return cases, int(rows.shape[0]) - len(cases)


def evaluate(
    model: Model,
    histories: Histories,
    split: Split,
    k: int = 10,
    systems: Mapping[str, System] = SYSTEMS,
    config: Config | None = None,
    seed: int = 7,
    limit: int = MAX_USERS,
    progress: Progress | None = None,
    baseline: str = BASELINE,
) -> Evaluation:
    """Judge each system on the same users; the lift is over the system `baseline`, where it is one of them.

    Raises `DatasetError` when nobody is left to judge.

    Independent of the order of the users, but for the last digit of the means.
    """
    cases, without = cases_of(model, histories, split.judged, k, seed, limit)
    if not cases:
        raise DatasetError("no user has a held-out play that could have been served; hold out more of the data")
    engine = Engine(model, config or Config())
    share = _listener_share(histories.before(split.cut), model.catalogue.size)
    lists = {name: _lists(name, system, engine, cases, progress or Silent()) for name, system in systems.items()}
    tables = {
        name: np.array([_row(model, case, slots, share) for case, slots in zip(cases, found, strict=True)])
        for name, found in lists.items()
    }
    sizes = np.array([case.user.history.shape[0] for case in cases])
    segments = {"all": np.ones(len(cases), dtype=np.bool_)}
    segments |= {name: (sizes >= low) & (sizes < high) for name, low, high in SEGMENTS}
    segments = {name: chosen for name, chosen in segments.items() if chosen.any()}
    return Evaluation(
        k=k,
        users=len(cases),
        without_target=without,
        results={
            segment: {
                name: _result(tables, lists, (name, baseline), chosen, model.catalogue.size, seed) for name in systems
            }
            for segment, chosen in segments.items()
        },
        sizes={segment: int(chosen.sum()) for segment, chosen in segments.items()},
    )


def _lists(name: str, system: System, engine: Engine, cases: list[Case], progress: Progress) -> list[Slots]:
    found = []
    for done, case in enumerate(cases):
        progress.working(f"lists of {name}", done, done / len(cases))
        found.append(system(engine, case))
    return found


def _row(model: Model, case: Case, slots: Slots, share: Floats) -> tuple[float, ...]:
    hits, relevant, k = metrics.hits_of(slots, case.relevant), case.relevant.shape[0], case.query.k
    return (
        metrics.recall(hits, relevant, k),
        metrics.ndcg(hits, relevant, k),
        metrics.reciprocal_rank(hits, k),
        metrics.top_artist_share(model.catalogue.artist[slots]),
        metrics.novelty(slots, share),
    )


def _result(
    tables: Mapping[str, Floats],
    lists: Mapping[str, list[Slots]],
    names: tuple[str, str],
    chosen: NDArray[np.bool_],
    tracks: int,
    seed: int,
) -> SystemResult:
    name, baseline = names
    own = tables[name][chosen]
    lift: Mapping[str, Estimate] = {}
    if baseline in tables and name != baseline:
        lift = _by_metric(estimates(own - tables[baseline][chosen], seed))
    shown = np.unique(np.concatenate([lists[name][row] for row in np.flatnonzero(chosen).tolist()]))
    return SystemResult(
        metrics=_by_metric(estimates(own, seed)),
        lift=lift,
        coverage=float(shown.shape[0]) / max(tracks, 1),
    )


def _by_metric(found: tuple[Estimate, ...]) -> dict[str, Estimate]:
    return dict(zip(METRICS, found, strict=True))


def _listener_share(histories: Histories, tracks: int) -> Floats:
    """Return (n,) the smoothed share of users who played each track before the cut-off."""
    events = histories.events
    known = events.tracks >= 0
    pairs = np.unique(histories.owner()[known].astype(np.int64) * tracks + events.tracks[known])
    listeners = np.bincount((pairs % tracks).astype(np.int64), minlength=tracks)
    return np.asarray((listeners + 1.0) / (histories.size + 2.0))
