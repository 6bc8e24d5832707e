"""The ranker: LambdaMART by LightGBM, or the linear scorer where there is too little to learn from."""

from dataclasses import dataclass
from typing import Final

import lightgbm
import numpy as np

from recsys.domain.arrays import SCORE_SCALE, Floats, Ints
from recsys.domain.model import Scorer
from recsys.errors import ArtifactError
from recsys.features.schema import SCHEMA
from recsys.ranking.lightgbm_dump import forest_from_dump
from recsys.ranking.quickscorer import ForestScorer
from recsys.training.bootstrap_interval import estimates
from recsys.training.fit.parts import linear_scorer
from recsys.training.metrics import ndcg_of_order
from recsys.training.parameters import TrainingParameters
from recsys.training.rows import RankerRows

MIN_GROUPS: Final = 40
"""Below this many groups the linear scorer is published: a forest would learn the accidents of a few users."""
CHECKED_EVERY: Final = 5
"""One group in so many is kept to decide when to stop, and to compare the forest with the linear scorer."""
PATIENCE: Final = 15
SMOOTH: Final = 100.0
"""Pulls a leaf of few rows towards its parent. Of 0, 30, 50, 100 and 200 the best NDCG@10 on the groups kept apart of
twelve made-up worlds of 120 users, where a forest without it learns who the users are."""
TOLERANCE: Final = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class FittedRanker:
    """scorer, its kind ("forest" or "linear"), why that kind, and both kinds' NDCG@10 on the groups kept apart."""

    scorer: Scorer
    kind: str
    reason: str
    trees: int
    forest_ndcg: float | None
    linear_ndcg: float | None


def fit_ranker(rows: RankerRows, parameters: TrainingParameters) -> FittedRanker:
    """Return a LambdaMART forest, or the linear scorer where there is too little data or the forest is clearly worse.

    Clearly: the paired interval of the difference in NDCG@10, on groups kept apart, lies below zero. A handful of
    groups cannot tell the two apart, and must not make the choice flip.
    Source of the method: Burges 2010, "From RankNet to LambdaRank to LambdaMART". Deterministic: one thread, row-wise
    histograms, fixed seeds; the rows come in an order that the input's order does not change.
    """
    linear = linear_scorer()
    apart = np.arange(rows.groups) % CHECKED_EVERY == CHECKED_EVERY - 1
    if rows.groups < MIN_GROUPS:
        reason = f"{rows.groups} groups to learn from, {MIN_GROUPS} needed"
        return FittedRanker(linear, "linear", reason, 0, None, None)
    learn, check = rows.of_groups(~apart), rows.of_groups(apart)
    booster = _boosted(learn, check, parameters)
    forest = ForestScorer.of(forest_from_dump(booster.dump_model(), SCHEMA.version))
    _check_equal(booster, forest, check)
    ours, plain = _ndcg(forest, check), _ndcg(linear, check)
    means, gain = (float(ours.mean()), float(plain.mean())), estimates((ours - plain)[:, None])[0]
    reason = f"NDCG@10 {means[0]:.4f} against {means[1]:.4f} of the linear scorer, on {check.groups} groups"
    if gain.high < 0.0:
        return FittedRanker(linear, "linear", f"the forest is worse: {reason}", 0, *means)
    return FittedRanker(forest, "forest", reason, booster.num_trees(), *means)


def _boosted(learn: RankerRows, check: RankerRows, parameters: TrainingParameters) -> lightgbm.Booster:
    settings = {
        "objective": "lambdarank",
        "metric": "ndcg",
        "eval_at": [10],
        "label_gain": [0, 1, 2],
        "lambdarank_truncation_level": 20,
        "max_bin": 63,  # fewer distinct thresholds: the search for them is most of the cost of scoring
        "num_leaves": parameters.leaves,
        "learning_rate": parameters.learning_rate,
        "min_data_in_leaf": parameters.rows_a_leaf,
        "path_smooth": SMOOTH,
        "monotone_constraints": list(SCHEMA.monotone),
        "use_missing": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "seed": parameters.seed,
        "verbosity": -1,
    }
    train = lightgbm.Dataset(learn.values, learn.grades, group=learn.sizes, feature_name=list(SCHEMA.names))
    valid = lightgbm.Dataset(check.values, check.grades, group=check.sizes, reference=train)
    stop = lightgbm.early_stopping(PATIENCE, verbose=False)
    return lightgbm.train(settings, train, parameters.trees, valid_sets=[valid], callbacks=[stop])


def _check_equal(booster: lightgbm.Booster, forest: ForestScorer, rows: RankerRows) -> None:
    """Raise `ArtifactError` when the published forest scores otherwise than LightGBM itself."""
    expected = np.asarray(booster.predict(rows.values, num_threads=1), dtype=np.float64)
    difference = float(np.abs(forest.score(rows.values) / SCORE_SCALE - expected).max(initial=0.0))
    if difference > TOLERANCE:
        raise ArtifactError(f"the exported forest differs from LightGBM by {difference:.3g}; it is not published")


def _ndcg(scorer: Scorer, rows: RankerRows) -> Floats:
    """Return (g,) the NDCG@10 of each group, ties by row."""
    scores: Ints = scorer.score(rows.values)
    ends = np.cumsum(rows.sizes)
    return np.array(
        [
            ndcg_of_order(rows.grades[start:end][np.argsort(-scores[start:end], kind="stable")], 10)
            for start, end in zip(ends - rows.sizes, ends, strict=True)
        ]
    )
