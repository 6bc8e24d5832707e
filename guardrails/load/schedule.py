"""Who is driven when: alternating short slices, in an order that chance decides for each pair anew."""

import random
from collections.abc import Sequence

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
    )
