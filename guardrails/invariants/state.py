"""Group C: user state and policy."""

import math
from typing import cast

from hypothesis import strategies as st

from guardrails.invariants.protocol import Eligible, Learns, Withdraws
from guardrails.invariants.relabel import relabelled
from guardrails.invariants.relation import Relation, Trial, require
from guardrails.invariants.strategies import NOW, STRANGER, events
from guardrails.invariants.wellformed import entities, plain
from guardrails.invariants.world import Event, EventKind, Item, Request, replace_request

SEEN = (EventKind.LISTEN, EventKind.LIKE)


def forbidden(trial: Trial, request: Request, item: Item, more: tuple[Event, ...] = ()) -> str:
    """Which hard policy keeps `item` from `request`, or an empty string."""
    world = trial.world
    if item.taken_down:
        return "it is taken down"
    if request.market not in item.markets:
        return f"it is not licensed in {request.market}"
    if item.explicit and (request.allow_explicit is False or request.user in world.no_explicit):
        return "it is explicit"
    if item.artist in world.targets(request.user, (EventKind.BLOCK_ARTIST,), more):
        return f"its artist {item.artist} is blocked"
    if item.id in world.targets(request.user, (EventKind.BLOCK_ITEM,), more):
        return "it is blocked"
    return ""


def check_policy(trial: Trial, request: Request, ids: tuple[str, ...], more: tuple[Event, ...] = ()) -> None:
    """Raise `ViolationError` if an item of the slate is forbidden."""
    for item in filter(None, map(trial.world.item, ids)):
        reason = forbidden(trial, request, item, more)
        require(not reason, f"{item.id} is in the slate though {reason}")


def hard_policy(trial: Trial) -> None:
    # A long slate reaches the fallback, exploration is on, and strangers take the cold-start path.
    for user in {trial.request.user, STRANGER}:
        request = replace_request(trial.request, user=user, k=24)
        check_policy(trial, request, trial.recommender.recommend(request).ids)


def seen_excluded(trial: Trial) -> None:
    request = replace_request(trial.request, allow_repeats=False)
    seen = trial.world.targets(request.user, SEEN)
    shown = [i for i in trial.recommender.recommend(request).ids if i in seen]
    require(not shown, f"{request.user} has played {shown} already")
    blocked = trial.world.targets(trial.request.user, (EventKind.BLOCK_ITEM,))
    shown = [
        i for i in trial.recommender.recommend(replace_request(trial.request, allow_repeats=True)).ids if i in blocked
    ]
    require(not shown, f"{trial.request.user} has blocked {shown}, and repeats do not bring those back")


def read_your_writes(trial: Trial) -> None:
    request = replace_request(trial.request, allow_repeats=False)
    slate = trial.recommender.recommend(request).ids
    if not slate:
        return
    target = trial.draw(st.sampled_from(slate), "target")
    kind = trial.draw(st.sampled_from((EventKind.LISTEN, EventKind.BLOCK_ITEM, EventKind.BLOCK_ARTIST)), "kind")
    item = trial.world.item(target)
    what = item.artist if item and kind is EventKind.BLOCK_ARTIST else target
    event = Event("written-just-now", request.user, kind, what, NOW)
    after = cast(Learns, trial.recommender).after([event]).recommend(request).ids
    require(target not in after, f"after an acknowledged {kind.value} of {what}, {target} is still in {after}")


def backfill(trial: Trial) -> None:
    slate = trial.recommender.recommend(trial.request).ids
    gone = frozenset(i for i in slate if trial.draw(st.booleans(), f"take {i} down"))
    reduced = cast(Withdraws, trial.recommender).without(gone)
    ids = reduced.recommend(trial.request).ids
    most = min(trial.request.k, len(entities(trial, cast(Eligible, reduced).eligible(trial.request))))
    require(not gone & set(ids), f"{sorted(gone & set(ids))} were taken down and are still shown")
    require(len(ids) == most, f"after {sorted(gone)} went the slate has {len(ids)} items of {most}: {ids}")
    check_policy(trial, trial.request, ids)


def isolation(trial: Trial) -> None:
    others = [user for user in trial.world.users if user != trial.request.user]
    more = trial.draw(events(others, trial.world.items, 6, "other"), "other users' events")
    before = trial.recommender.recommend(trial.request).raw
    after = cast(Learns, trial.recommender).after(more).recommend(trial.request).raw
    require(before == after, f"events of {sorted({e.user for e in more})} changed the slate of {trial.request.user}")


def relabelling(trial: Trial) -> None:
    world, request, forth = relabelled(trial.world, plain(trial.request))
    before = [forth[i] for i in trial.recommender.recommend(plain(trial.request)).ids]
    after = list(trial.subject.build(world).recommend(request).ids)
    require(before == after, f"with other names the slate is {after}, not {before}")


def event_dedup(trial: Trial) -> None:
    more = trial.draw(events([trial.request.user], trial.world.items, 6, "new"), "events")
    twice = trial.draw(st.permutations([*more, *more]), "delivered")
    learner = cast(Learns, trial.recommender)
    once = learner.after(sorted(more, key=lambda e: (e.at, e.id))).recommend(trial.request).ids
    repeated = learner.after(twice).recommend(trial.request).ids
    require(once == repeated, f"delivered twice and out of order, the events give {repeated}, not {once}")


def cold_start(trial: Trial) -> None:
    request = replace_request(trial.request, user=STRANGER, allow_explicit=True)
    recommenders = [trial.recommender]
    if isinstance(trial.recommender, Learns):
        odd = Event("odd", STRANGER, EventKind.LISTEN, "an-item-nobody-knows", NOW)
        recommenders.append(trial.recommender.after([odd]))
    some = any(not forbidden(trial, request, item) for item in trial.world.items)
    for recommender in recommenders:
        entries = recommender.recommend(request).entries
        require(bool(entries) or not some, "a new user gets nothing though something is eligible")
        require(all(math.isfinite(e.score) for e in entries), f"a new user gets scores that are not finite: {entries}")
        check_policy(trial, request, tuple(e.id for e in entries))


RELATIONS = (
    Relation("seen-excluded", "C", "nothing seen unless repeats are allowed; negatives never", seen_excluded),
    Relation("read-your-writes", "C", "an acknowledged event affects the next answer", read_your_writes, (Learns,)),
    Relation("hard-policy", "C", "market, explicit, blocks, takedowns hold on every path", hard_policy),
    Relation("backfill", "C", "after late drops the slate is refilled", backfill, (Withdraws, Eligible)),
    Relation("isolation", "C", "another user's events cannot change a slate", isolation, (Learns,)),
    Relation("relabelling", "C", "renaming ids gives an isomorphic slate", relabelling),
    Relation("event-dedup", "C", "an event counts once, in whatever order it arrives", event_dedup, (Learns,)),
    Relation("cold-start", "C", "a new user is answered, finitely and within policy", cold_start),
)
