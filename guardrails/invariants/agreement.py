"""Group B: two requests agree with each other."""

from typing import cast

from hypothesis import strategies as st

from guardrails.invariants.protocol import Defaults, Eligible, Filters, Pages, Scores, Sources, Switches, Withdraws
from guardrails.invariants.relation import Relation, Trial, require
from guardrails.invariants.wellformed import plain
from guardrails.invariants.world import replace_request


def _ids(trial: Trial) -> list[str]:
    return [item.id for item in trial.world.items]


def k_prefix(trial: Trial) -> None:
    longer = replace_request(trial.request, k=trial.request.k + trial.draw(st.integers(1, 12), "more"))
    short = trial.recommender.recommend(trial.request).ids
    full = trial.recommender.recommend(longer).ids
    require(short == full[: trial.request.k], f"rec({trial.request.k}) is {short}, rec({longer.k}) begins {full}")


def paging(trial: Trial) -> None:
    sizes = trial.draw(st.lists(st.integers(1, 6), min_size=1, max_size=4), "page sizes")
    pages = cast(Pages, trial.recommender).pages(trial.request, sizes)
    joined = [i for page in pages for i in page.ids]
    whole = list(trial.recommender.recommend(replace_request(trial.request, k=sum(sizes))).ids)
    require(len(set(joined)) == len(joined), f"an id stands on two pages: {[page.ids for page in pages]}")
    require(joined == whole, f"the pages join to {joined}, one request gives {whole}")


def replay(trial: Trial) -> None:
    first = trial.recommender.recommend(trial.request).raw
    second = trial.recommender.recommend(trial.request).raw
    require(first == second, f"the same request gave other bytes: {first[:200]!r} and {second[:200]!r}")


def candidate_permutation(trial: Trial) -> None:
    ids = _ids(trial)
    shuffled = trial.draw(st.permutations(ids), "order")
    recommender = cast(Scores, trial.recommender)
    one, two = recommender.scores(trial.request, ids), recommender.scores(trial.request, shuffled)
    moved = [i for i in ids if one[i] != two[i]]
    require(not moved, f"the order of the candidates changed the scores of {moved}")


def batch_invariance(trial: Trial) -> None:
    ids = _ids(trial)
    together = cast(Scores, trial.recommender).scores(trial.request, ids)
    for item in ids:
        alone = cast(Scores, trial.recommender).scores(trial.request, [item])[item]
        require(alone == together[item], f"{item} scores {together[item]} in the batch and {alone} alone")


def source_order(trial: Trial) -> None:
    recommender = cast(Sources, trial.recommender)
    order = trial.draw(st.permutations(list(recommender.source_names())), "sources")
    request = plain(trial.request)
    one = trial.recommender.recommend(request).ids
    two = recommender.with_sources(order).recommend(request).ids
    require(one == two, f"with the sources in the order {order} the slate is {two}, not {one}")


def filter_laws(trial: Trial) -> None:
    recommender = cast(Filters, trial.recommender)
    ids = trial.draw(st.permutations(_ids(trial)), "candidates")
    for name in recommender.filter_names():
        kept, removed = recommender.filtered(name, trial.request, ids)
        require(sorted([*kept, *removed]) == sorted(ids), f"{name}: kept {kept} and removed {removed} are not {ids}")
        require([i for i in ids if i in set(kept)] == list(kept), f"{name} changed the order: {ids} became {kept}")
        again, lost = recommender.filtered(name, trial.request, kept)
        require(list(again) == list(kept) and not lost, f"{name} applied twice also removes {lost}")


def filters_commute(trial: Trial) -> None:
    recommender = cast(Filters, trial.recommender)
    names = list(recommender.filter_names())
    if len(names) < 2:
        return
    one, two = trial.draw(st.permutations(names), "filters")[:2]
    ids = _ids(trial)
    forth = recommender.filtered(two, trial.request, recommender.filtered(one, trial.request, ids)[0])[0]
    back = recommender.filtered(one, trial.request, recommender.filtered(two, trial.request, ids)[0])[0]
    require(list(forth) == list(back), f"{one} then {two} keeps {forth}; {two} then {one} keeps {back}")


def filter_monotone(trial: Trial) -> None:
    recommender = cast(Eligible, trial.recommender)
    loose = recommender.eligible(replace_request(trial.request, allow_explicit=True, allow_repeats=True))
    for changes in ({"allow_explicit": False, "allow_repeats": True}, {"allow_explicit": True, "allow_repeats": False}):
        strict = recommender.eligible(replace_request(trial.request, **changes))
        require(strict <= loose, f"a further filter ({changes}) made {sorted(strict - loose)} eligible")


def partition(trial: Trial) -> None:
    ids = _ids(trial)
    gone = frozenset(i for i in ids if trial.draw(st.booleans(), f"take {i} down"))
    recommender = cast(Withdraws, trial.recommender)

    def eligible(without: frozenset[str]) -> frozenset[str]:
        return cast(Eligible, recommender.without(without)).eligible(trial.request)

    whole = cast(Eligible, trial.recommender).eligible(trial.request)
    one, two = eligible(gone), eligible(frozenset(ids) - gone)
    require(not one & two, f"{sorted(one & two)} are eligible on both sides of a partition")
    require(one | two == whole, f"the two sides join to {sorted(one | two)}, the whole is {sorted(whole)}")


def irrelevant_alternative(trial: Trial) -> None:
    request = plain(trial.request)
    before = trial.recommender.recommend(request).ids
    versions: dict[str, int] = {}
    for item in trial.world.items:
        versions[item.entity] = versions.get(item.entity, 0) + 1
    # Another version of a deleted item takes its place by its own score; items with one version have no such heir.
    candidates = [item.id for item in trial.world.items if versions[item.entity] == 1]
    if not candidates:
        return
    gone = trial.draw(st.sampled_from(candidates), "deleted")
    after = cast(Withdraws, trial.recommender).without(frozenset({gone})).recommend(request).ids
    kept = tuple(i for i in before if i != gone)
    require(after[: len(kept)] == kept, f"deleting {gone} turned {before} into {after}")
    if gone not in before:
        require(after == before, f"deleting {gone}, which was not in {before}, gave {after}")
    require(len(after) <= len(before) and gone not in after, f"deleting {gone} turned {before} into {after}")


def default_neutral(trial: Trial) -> None:
    spelt = cast(Defaults, trial.recommender).spelt_out(trial.request)
    one, two = trial.recommender.recommend(trial.request).entries, trial.recommender.recommend(spelt).entries
    require(one == two, f"with its defaults spelt out ({spelt}) the request gives {two}, not {one}")


def zero_effect(trial: Trial) -> None:
    for name, (at_zero, absent) in cast(Switches, trial.recommender).switched_off().items():
        one, two = at_zero.recommend(trial.request).ids, absent.recommend(trial.request).ids
        require(one == two, f"{name} at zero gives {one}, without it {two}")


RELATIONS = (
    Relation("k-prefix", "B", "rec(k) = rec(k')[:k] for k < k'", k_prefix),
    Relation("paging", "B", "pages are disjoint and join to the whole", paging, (Pages,)),
    Relation("replay", "B", "the same request gives the same bytes", replay),
    Relation("candidate-permutation", "B", "score(pi C) = pi score(C)", candidate_permutation, (Scores,)),
    Relation("batch-invariance", "B", "s(i | C) = s(i | {i})", batch_invariance, (Scores,)),
    Relation("source-order", "B", "the order of the sources never changes the slate", source_order, (Sources,)),
    Relation(
        "filter-laws", "B", "a filter is idempotent, shrinks, keeps order, loses nothing", filter_laws, (Filters,)
    ),
    Relation("filters-commute", "B", "pointwise filters commute", filters_commute, (Filters,)),
    Relation("filter-monotone", "B", "E(F and G) is within E(F)", filter_monotone, (Eligible,)),
    Relation("partition", "B", "E(p) and E(not p) are disjoint and join to E", partition, (Eligible, Withdraws)),
    Relation("irrelevant-alternative", "B", "deleting an item moves no other", irrelevant_alternative, (Withdraws,)),
    Relation("default-neutral", "B", "a default passed explicitly equals leaving it out", default_neutral, (Defaults,)),
    Relation("zero-effect", "B", "zero equals absence", zero_effect, (Switches,)),
)
