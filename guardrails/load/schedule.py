"""Who is driven when: alternating short slices, in an order that chance decides for each pair anew."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace

from guardrails.load.slo import Drive
from guardrails.model.load_run import BASE, HEAD, LoadPlan
from guardrails.ports import Tree

LEAST_PAIRS = 12
"""Below 12 pairs even a large difference could be chance."""


def orders(seed: int, count: int, sides: Sequence[str] = (BASE, HEAD)) -> tuple[tuple[str, ...], ...]:
    """The order of the sides within each of `count` pairs.

    Each pair is ordered by a throw of its own. That is what makes the comparison exact: if the sides are the same,
    chance alone decides which of two slices is called the head's, whatever else the machine was doing.
    """
    chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
    return tuple(tuple(chance.sample(sides, len(sides))) for _ in range(count))


def arrivals(plan: LoadPlan, number: int, rate: float) -> tuple[float, ...]:
    """When the requests of the open slices of a pair are to come, in seconds after the slice's start, ascending.

    `rate` is in requests a second. The gaps are exponential, as of people who know nothing of each other; both sides
    of the pair get the same, and the seed and the pair's number decide them.
    """
    chance = random.Random(f"{plan.seed}:{number}:arrivals")  # noqa: S311 - a schedule, no secret
    gaps = (chance.expovariate(rate) for _ in range(max(1, round(rate * plan.arrivals_seconds))))
    return tuple(itertools.accumulate(gaps))


def leak_plan(timed: LoadPlan, drive: Drive) -> LoadPlan:
    """The plan of a session that looks for a leak, from that of one that is timed."""
    return replace(timed, leak_requests=drive.leak_requests)


def plan(drive: Drive, tree: Tree, locustfile: str, path: tuple[str, ...], seed: int, seconds: float) -> LoadPlan:
    """The plan of one run that measures each side for `seconds` seconds."""
    slice_seconds = drive.slice_ms / 1000
    return LoadPlan(
        root=tree.root,
        locustfile=locustfile,
        path=path,
        seed=seed,
        # Twice as many as fit: slices can turn out shorter than they were calibrated for.
        pairs=max(LEAST_PAIRS, 2 * round(seconds / slice_seconds)),
        users=drive.users,
        concurrency=drive.concurrency,
        slice_seconds=slice_seconds,
        seconds_per_side=seconds,
        warmup_seconds=drive.warmup_seconds,
        request_timeout_seconds=drive.request_timeout_seconds,
        least_pairs=LEAST_PAIRS,
        arrivals_share=drive.arrivals_share,
        arrivals_seconds=drive.arrivals_ms / 1000,
        open_share=drive.open_share,
        single_share=drive.single_share,
        pinned=drive.pinned,
    )
