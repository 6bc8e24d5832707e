"""Other people's recommenders on the same split: implicit's, and LensKit's where it is installed.

Each is a function from users' weighted histories to a score for every track. All are fitted on the events that our own
model is fitted on, and tuned on the span that our own ranker learns from: the events between the two moments of the
split, judged by NDCG@10 over at most `TUNING_USERS` users.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender, CosineRecommender, TFIDFRecommender
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks import lenskit_peers
from recsys.domain.events import Kind
from recsys.domain.histories import Histories
from recsys.pipeline import Engine
from recsys.training.metrics import hits_of, ndcg
from recsys.training.relevance import relevant_between
from recsys.training.split import Split
from recsys.training.systems import Case, System

TUNING_USERS = 400
K = 10
LIKE_WEIGHT = 2.0
Scores = NDArray[np.float32]
Fitted = Callable[[sparse.csr_matrix], Callable[[int], Scores]]
"""From what is given of all users, (u, n), to the (n,) scores of the user in a row."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A peer with one choice of its settings. `fit` takes the users' rows, (u, n)."""

    peer: str
    settings: str
    fit: Callable[[sparse.csr_matrix], Fitted]


def candidates() -> Iterator[Candidate]:
    """What is tried: a small grid around each library's defaults and what its users report to work."""
    for factors in (32, 64, 128):
        for alpha in (1.0, 10.0, 40.0):
            for regularization in (0.01, 1.0, 10.0):
                said = f"factors {factors}, alpha {alpha:g}, regularization {regularization:g}, 15 iterations"
                yield Candidate("implicit ALS", said, _als(factors, alpha, regularization))
    for neighbours in (20, 50, 100, 200):
        for kind in (CosineRecommender, TFIDFRecommender, BM25Recommender):
            name = kind.__name__.removesuffix("Recommender")
            yield Candidate("implicit item-kNN", f"{name}, {neighbours} neighbours", _neighbours(kind, neighbours))
    for peer, said, fit in lenskit_peers.choices():
        yield Candidate(peer, said, fit)


def _als(factors: int, alpha: float, regularization: float) -> Callable[[sparse.csr_matrix], Fitted]:
    def fit(rows: sparse.csr_matrix) -> Fitted:
        model = AlternatingLeastSquares(
            factors, regularization, alpha, iterations=15, use_gpu=False, random_state=7, num_threads=0
        )
        model.fit(rows, show_progress=False)
        items = model.item_factors

        def given(known: sparse.csr_matrix) -> Callable[[int], Scores]:
            # Folded in, so that users whom the fit has not seen are scored as well.
            users = model.recalculate_user(np.arange(known.shape[0]), known)
            return lambda row: np.asarray(items @ users[row], dtype=np.float32)

        return given

    return fit


def _neighbours(kind: type, neighbours: int) -> Callable[[sparse.csr_matrix], Fitted]:
    def fit(rows: sparse.csr_matrix) -> Fitted:
        model = kind(K=neighbours)
        model.fit(rows, show_progress=False)
        return lambda known: lambda row: np.asarray((known[row] @ model.similarity).toarray()[0], dtype=np.float32)

    return fit


def rows_of(histories: Histories, tracks: int) -> sparse.csr_matrix:
    """(u, n) weights: log2(1 + x), x being the sum of 1 for each listen and 2 for each like; nothing for a skip."""
    events = histories.events
    good = np.flatnonzero((events.tracks >= 0) & ((events.kinds == Kind.LISTEN) | (events.kinds == Kind.LIKE)))
    weight = np.where(events.kinds[good] == Kind.LIKE, LIKE_WEIGHT, 1.0)
    made = sparse.csr_matrix((weight, (histories.owner()[good], events.tracks[good])), shape=(histories.size, tracks))
    made.sum_duplicates()
    made.data = np.log2(1.0 + made.data).astype(np.float32)
    return made.astype(np.float32)


def as_system(fitted: Fitted, given: sparse.csr_matrix, histories: Histories) -> System:
    """A peer as a system of the evaluation. given: (u, n) what may be known of each user."""
    scores_of = fitted(given)

    def system(engine: Engine, case: Case) -> NDArray[np.int32]:
        row = histories.row(case.user.user_id)
        assert row is not None
        scores = scores_of(row)[case.eligible]
        order = case.eligible[np.lexsort((case.eligible, -scores))]
        _, first = np.unique(engine.model.catalogue.recording[order], return_index=True)
        return np.asarray(order[np.sort(first)[: case.query.k]], dtype=np.int32)

    return system


def tuned(histories: Histories, split: Split, tracks: int) -> Iterator[tuple[Candidate, float]]:
    """The best settings of each peer and its NDCG@10 on the span that the ranker learns from."""
    earlier = histories.before(split.ranker)
    rows = rows_of(earlier, tracks)
    cases = _tuning_cases(histories, split)
    best: dict[str, tuple[Candidate, float]] = {}
    with threadpool_limits(1, "blas"):
        for candidate in candidates():
            score = _judged(candidate.fit(rows), rows, cases)
            print(f"  {score:.4f}  {candidate.peer}: {candidate.settings}", flush=True)
            if candidate.peer not in best or score > best[candidate.peer][1]:
                best[candidate.peer] = (candidate, score)
    yield from best.values()


def _tuning_cases(histories: Histories, split: Split) -> list[tuple[int, NDArray[np.int32]]]:
    owner, times = histories.owner(), histories.events.times
    inside = (times >= split.ranker[owner]) & (times < split.cut[owner])
    users = np.unique(owner[inside])
    if users.shape[0] > TUNING_USERS:
        users = np.sort(np.random.default_rng(7).choice(users, TUNING_USERS, replace=False))
    found = ((u, relevant_between(histories.events_of(u), int(split.ranker[u]), int(split.cut[u]))) for u in users)
    return [(int(user), relevant.slots) for user, relevant in found if relevant.slots.shape[0]]


def _judged(fitted: Fitted, rows: sparse.csr_matrix, cases: list[tuple[int, NDArray[np.int32]]]) -> float:
    scored, scores_of = [], fitted(rows)
    for user, relevant in cases:
        known = rows[user].indices
        new = np.setdiff1d(relevant, known)
        if new.shape[0]:
            scores = scores_of(user).copy()
            scores[known] = -np.inf
            top = np.lexsort((np.arange(scores.shape[0]), -scores))[:K].astype(np.int32)
            scored.append(ndcg(hits_of(top, new), new.shape[0], K))
    return float(np.mean(scored)) if scored else 0.0
