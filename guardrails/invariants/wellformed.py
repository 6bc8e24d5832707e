"""Group A: the slate is well formed."""

import math
from itertools import pairwise
from typing import cast

from guardrails.invariants.protocol import Eligible, Scores
from guardrails.invariants.relation import Relation, Trial, require
from guardrails.invariants.world import Request, replace_request


def plain(request: Request) -> Request:
    """The request before re-ranking: no diversity, no exploration."""
    return replace_request(request, rerank=False, explore=False)


def entities(trial: Trial, ids: frozenset[str]) -> frozenset[str]:
    """The entities of `ids`."""
    return frozenset(item.entity for item in trial.world.items if item.id in ids)


def cardinality(trial: Trial) -> None:
    answer = trial.recommender.recommend(trial.request)
    eligible = cast(Eligible, trial.recommender).eligible(trial.request)
    # Versions of one entity share a place in the slate, so entities are what there is to fill it with.
    most = min(trial.request.k, len(entities(trial, eligible)))
    require(len(answer.ids) == most, f"the slate has {len(answer.ids)} items, min(k, |E|) is {most}: {answer.ids}")


def unique(trial: Trial) -> None:
    ids = trial.recommender.recommend(trial.request).ids
    require(len(set(ids)) == len(ids), f"an id stands twice in {ids}")
    of = {item.id: item.entity for item in trial.world.items}
    seen = [of[i] for i in ids if i in of]
    require(len(set(seen)) == len(seen), f"one entity stands twice in {[(i, of.get(i)) for i in ids]}")


def closure(trial: Trial) -> None:
    live = {item.id for item in trial.world.items}
    strange = [i for i in trial.recommender.recommend(trial.request).ids if i not in live]
    require(not strange, f"ids that are not in the catalogue: {strange}")


def finite(trial: Trial) -> None:
    bad = [e for e in trial.recommender.recommend(trial.request).entries if not math.isfinite(e.score)]
    require(not bad, f"scores that are not finite: {bad}")


def sorted_by_score(trial: Trial) -> None:
    entries = trial.recommender.recommend(plain(trial.request)).entries
    for one, two in pairwise(entries):
        require(one.tier <= two.tier, f"{two.id} of tier {two.tier} stands behind {one.id} of tier {one.tier}")
        require(one.tier < two.tier or one.score >= two.score, f"{one.id} ({one.score}) before {two.id} ({two.score})")


def score_preserved(trial: Trial) -> None:
    recommender = cast(Scores, trial.recommender)
    for entry in trial.recommender.recommend(trial.request).entries:
        if entry.tier == 0:
            alone = recommender.scores(trial.request, [entry.id])[entry.id]
            require(entry.score == alone, f"{entry.id} was returned with {entry.score}, alone it scores {alone}")


def maximal(trial: Trial) -> None:
    request = plain(trial.request)
    entries = [e for e in trial.recommender.recommend(request).entries if e.tier == 0]
    ids = frozenset(e.id for e in entries)
    taken = entities(trial, ids)
    of = {item.id: item.entity for item in trial.world.items}
    left = sorted(i for i in cast(Eligible, trial.recommender).eligible(request) - ids if of[i] not in taken)
    if entries and left:
        scores = cast(Scores, trial.recommender).scores(request, left)
        best = max(left, key=lambda i: scores[i])
        worst = min(entries, key=lambda e: e.score)
        require(worst.score >= scores[best], f"{best} ({scores[best]}) was left out for {worst.id} ({worst.score})")


def total_order(trial: Trial) -> None:
    request = plain(trial.request)
    entries = trial.recommender.recommend(request).entries
    for one, two in pairwise(entries):
        tied = (one.tier, one.score) == (two.tier, two.score)
        require(not tied or one.id < two.id, f"{one.id} and {two.id} are tied at {one.score} and not in order of id")
    again = trial.subject.build(trial.world).recommend(trial.request).raw
    require(again == trial.recommender.recommend(trial.request).raw, "built anew, the recommender gives other bytes")


RELATIONS = (
    Relation("cardinality", "A", "|L| = min(k, |E|), never more", cardinality, (Eligible,)),
    Relation("unique", "A", "no id twice, and no entity twice", unique),
    Relation("closure", "A", "every id is in the live catalogue", closure),
    Relation("finite", "A", "every score is finite", finite),
    Relation("sorted", "A", "scores do not increase within a tier; the fallback comes last", sorted_by_score),
    Relation("score-preserved", "A", "the returned score equals the score computed alone", score_preserved, (Scores,)),
    Relation("maximal", "A", "before re-ranking no better item was left out", maximal, (Eligible, Scores)),
    Relation("total-order", "A", "ties are broken by id; the same input gives the same bytes", total_order),
)
