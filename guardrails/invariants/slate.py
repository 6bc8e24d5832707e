"""Groups D and E: the slate as a whole, exploration, experiments."""

import math
from collections import Counter
from typing import cast

from hypothesis import strategies as st

from guardrails.invariants.protocol import Assigns, Capped, Degenerate, Eligible, Explores
from guardrails.invariants.relation import Relation, Trial, require
from guardrails.invariants.wellformed import entities
from guardrails.invariants.world import replace_request

UNITS = 2_000
# 5 % critical value would fail one example in twenty; this is chi-squared at p = 1e-6 for 1 to 3 degrees of freedom.
CHI_SQUARED = {1: 23.93, 2: 27.63, 3: 30.66}


def artist_cap(trial: Trial) -> None:
    cap, window = cast(Capped, trial.recommender).artist_cap()
    if cap <= 0 or window <= 0:
        return
    # Everything is asked for, so that "the pool allows" can be decided: what could have stood here stands further down.
    entries = trial.recommender.recommend(replace_request(trial.request, k=24, explore=False)).entries
    artist = {item.id: item.artist for item in trial.world.items}
    for at, entry in enumerate(entries):
        recent = Counter(artist[e.id] for e in entries[max(0, at - window + 1) : at])
        if recent[artist[entry.id]] < cap:
            continue
        fitting = [e.id for e in entries[at + 1 :] if e.tier == entry.tier and recent[artist[e.id]] < cap]
        require(
            not fitting,
            f"position {at}: {entry.id} is one too many by {artist[entry.id]} (cap {cap} in {window}) "
            f"while {fitting} would have kept the cap, in {[(e.id, artist[e.id]) for e in entries]}",
        )


def degenerate_config(trial: Trial) -> None:
    eligible = cast(Eligible, trial.recommender).eligible(trial.request)
    most = min(trial.request.k, len(entities(trial, eligible)))
    for name, recommender in cast(Degenerate, trial.recommender).degenerate().items():
        ids = recommender.recommend(trial.request).ids
        require(len(ids) == most, f"under {name} the slate has {len(ids)} items of {most}: {ids}")
        require(
            recommender.recommend(replace_request(trial.request, k=0)).ids == (), f"under {name} k = 0 is not empty"
        )


def propensity_sums(trial: Trial) -> None:
    slots = cast(Explores, trial.recommender).propensities(trial.request)
    entries = trial.recommender.recommend(trial.request).entries
    require(len(slots) >= len(entries), f"{len(entries)} positions were served, {len(slots)} have propensities")
    for at, (entry, chances) in enumerate(zip(entries, slots, strict=False)):
        total = math.fsum(chances.values())
        require(abs(total - 1.0) < 1e-9, f"position {at}: the propensities sum to {total}")
        logged = entry.propensity
        require(logged is not None and logged > 0.0, f"position {at}: {entry.id} was logged with propensity {logged}")
        again = chances.get(entry.id, 0.0)
        require(
            logged is not None and abs(logged - again) < 1e-12, f"position {at}: logged {logged}, recomputed {again}"
        )


def assignment(trial: Trial) -> None:
    assigns = cast(Assigns, trial.recommender)
    weights = trial.draw(st.lists(st.integers(1, 4), min_size=2, max_size=4), "weights")
    one, two = trial.draw(st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=2, unique=True), "salts")
    units = [f"unit-{n}" for n in range(UNITS)]
    arms = [assigns.assign(one, unit, weights) for unit in units]
    require(arms == [assigns.assign(one, unit, weights) for unit in units], "a unit changed its arm")
    expected = [UNITS * weight / sum(weights) for weight in weights]
    require(_fits(Counter(arms), expected), f"arms of {UNITS} units: {sorted(Counter(arms).items())}, not {expected}")
    # Independent across salts: within one arm of the first experiment the second splits as it does everywhere.
    inside = [assigns.assign(two, unit, weights) for unit, arm in zip(units, arms, strict=True) if arm == 0]
    expected = [len(inside) * weight / sum(weights) for weight in weights]
    require(
        _fits(Counter(inside), expected), f"salt {two!r} depends on salt {one!r}: {sorted(Counter(inside).items())}"
    )
    names = ["first", "second", "third"]
    taken = [assigns.exclusive(unit, names) for unit in units[:300]]
    require(all(len(t) <= 1 for t in taken), "exclusive experiments share a unit")
    require({name for t in taken for name in t} == set(names), "an exclusive experiment takes no unit at all")


def _fits(counts: Counter[int], expected: list[float]) -> bool:
    chi = sum((counts[arm] - e) ** 2 / e for arm, e in enumerate(expected))
    return chi < CHI_SQUARED[len(expected) - 1]


RELATIONS = (
    Relation("artist-cap", "D", "at most c by one artist in w, when the pool allows", artist_cap, (Capped,)),
    Relation("degenerate-config", "D", "no crash, no lost item", degenerate_config, (Degenerate, Eligible)),
    Relation("propensity-sums", "E", "propensities sum to 1 and equal those logged", propensity_sums, (Explores,)),
    Relation(
        "assignment", "E", "deterministic, uniform, independent, exclusive", assignment, (Assigns,), "statistical"
    ),
)
