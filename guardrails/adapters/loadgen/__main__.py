"""Drives services with a locust scenario: `python -m guardrails.adapters.loadgen ORDER`, ORDER being JSON.

The report goes into the pipe whose file descriptor GUARDRAILS_CHANNEL names.
"""

# It patches the standard library for gevent, and recurses without end if ssl was imported before.
from locust.util.load_locustfile import load_locustfile  # isort: skip

import gc
import os
import sys
from time import perf_counter, process_time

from guardrails.adapters.loadgen.codec import Report, decode_order, encode
from guardrails.adapters.loadgen.draws import draw_by_seat
from guardrails.adapters.loadgen.lane import Lane, ScenarioError, Slice, gated, never_retry
from guardrails.adapters.loadgen.meter import tree_seconds
from guardrails.load.schedule import orders
from guardrails.model.load_run import LoadPlan, LoadRun, LoadSlice, LoadTarget

LIMIT_SLICES = 20
"""A slice is cut after this many times its wanted length, and never before a request's time-out."""
STRETCH = 3
"""A run ends after this many times its planned length, however few pairs there are."""


def warm_up(lanes: list[Lane], plan: LoadPlan) -> int:
    """Drive all sides alike for a while; returns how many requests a user sends in a slice of the wanted length.

    That length is the mean over the sides: a side that is many times slower leaves no time for the pairs that would
    show it, if the other one alone set how much is sent.
    """
    quota, end = 1, perf_counter() + plan.warmup_seconds * len(lanes)
    while True:
        seconds = sum(lane.run(quota, _limit(plan)).seconds for lane in lanes) / len(lanes)
        if perf_counter() >= end or any(lane.trouble() for lane in lanes):
            return max(1, round(quota * plan.slice_seconds / max(seconds, 1e-6)))
        if seconds < plan.slice_seconds / 2:
            quota *= 2


def _limit(plan: LoadPlan) -> float:
    return max(plan.request_timeout_seconds, LIMIT_SLICES * plan.slice_seconds)


def measure(lanes: list[Lane], plan: LoadPlan, quota: int) -> list[LoadSlice]:
    """The slices of a run, which ends early when a side is in trouble."""
    slices: list[LoadSlice] = []
    started = perf_counter()
    for pair, order in enumerate(orders(plan.seed, plan.pairs, [lane.side for lane in lanes])):
        if any(lane.trouble() for lane in lanes) or _is_enough(plan, len(lanes), pair, perf_counter() - started):
            break
        done = _pair(lanes, order, quota, _limit(plan))
        slices += [_slice(side, pair, one, cpu) for side, (one, cpu) in done.items()]
    return slices


def _pair(lanes: list[Lane], order: tuple[str, ...], quota: int, limit: float) -> dict[str, tuple[Slice, float]]:
    """One slice for each side, with the processor time of each side over the whole pair."""
    by_side = {lane.side: lane for lane in lanes}
    before = {side: tree_seconds(by_side[side].pid) for side in order}
    done = {side: by_side[side].run(quota, limit) for side in order}
    return {side: (one, tree_seconds(by_side[side].pid) - before[side]) for side, one in done.items()}


def _slice(side: str, pair: int, one: Slice, cpu: float) -> LoadSlice:
    return LoadSlice(side, pair, one.ended, one.seconds, cpu, tuple(one.milliseconds), one.complete)


def _is_enough(plan: LoadPlan, sides: int, pairs: int, elapsed: float) -> bool:
    planned = plan.seconds_per_side * sides
    return (elapsed >= planned and pairs >= plan.least_pairs) or elapsed >= STRETCH * planned


def drive(plan: LoadPlan, targets: tuple[LoadTarget, ...]) -> LoadRun:
    """Drive the targets of a plan.

    Raises:
        ScenarioError: the scenario cannot be driven.
    """
    never_retry()
    take_seat = draw_by_seat(plan.seed)
    kinds, _shapes = load_locustfile(str(plan.root / plan.locustfile))
    if not kinds:
        raise ScenarioError(f"{plan.locustfile} defines no user class. Derive one from locust.FastHttpUser.")
    lanes = [Lane(target, plan) for target in targets]
    for lane in lanes:
        lane.start([gated(kinds[name], lane, take_seat) for name in sorted(kinds)], plan.users)
    quota = warm_up(lanes, plan)
    gc.collect()
    gc.freeze()
    busy, started = process_time(), perf_counter()
    slices = measure(lanes, plan, quota)
    share = (process_time() - busy) / max(perf_counter() - started, 1e-9)
    ended_by, complaint = next(((lane.side, lane.trouble()) for lane in lanes if lane.trouble()), ("", ""))
    for lane in lanes:
        lane.stop()
    if strays := sum(lane.strays for lane in lanes):
        raise ScenarioError(f"{strays} requests were sent past the user's own client, so nobody measured them.")
    return LoadRun(tuple(slices), {lane.side: lane.tally() for lane in lanes}, share, ended_by, complaint)


def main() -> None:
    """Read the order, drive, and report; a scenario that cannot be driven is reported in words."""
    order = decode_order(sys.argv[1])
    # The scenario's own modules come before everything that is installed; ours are imported by now.
    sys.path[:0] = [str(order.plan.root / part) for part in order.plan.path]
    try:
        report = Report(run=drive(order.plan, order.targets))
    except ScenarioError as error:
        report = Report(error=str(error))
    with os.fdopen(int(os.environ["GUARDRAILS_CHANNEL"]), "wb") as channel:
        channel.write(encode(report))


if __name__ == "__main__":
    main()
    # The users' pools hold greenlets and connections that nobody needs any more; waiting for them can hang.
    sys.stdout.flush()
    os._exit(0)
