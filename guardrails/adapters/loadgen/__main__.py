"""Drives services with a locust scenario: `python -m guardrails.adapters.loadgen ORDER`, ORDER being JSON.

The report goes into the pipe whose file descriptor GUARDRAILS_CHANNEL names.
"""

# It patches the standard library for gevent, and recurses without end if ssl was imported before.
from locust.util.load_locustfile import load_locustfile  # isort: skip

import gc
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter, process_time

from guardrails.adapters.loadgen import meter
from guardrails.adapters.loadgen.codec import Report, decode_order, encode
from guardrails.adapters.loadgen.draws import draw_by_seat
from guardrails.adapters.loadgen.keeping import fill, grown, holdings
from guardrails.adapters.loadgen.lane import Lane, Slice
from guardrails.adapters.loadgen.users import ScenarioError, gated, never_retry
from guardrails.load.schedule import arrivals, orders
from guardrails.model.load_run import CLOSED, OPEN, OPEN_SHARE, SINGLE, LoadPlan, LoadRun, LoadSlice, LoadTarget

LIMIT_SLICES = 20
"""A slice is cut after this many times its wanted length, and never before a request's time-out."""
CROWD = 48
"""Users who take turns, in the scenario's proportions: so many that every kind of them is among them, and that in open
slices hardly one is still waiting when its turn comes."""
STRETCH = 3
"""A run ends after this many times its planned length, however few pairs there are."""


def warm_up(lanes: list[Lane], plan: LoadPlan) -> tuple[int, float]:
    """Drive all sides alike for a while; returns how many requests a user sends in a closed slice of the wanted length,
    and at which rate (requests a second) they come in an open one.

    That length is the mean over the sides: a side that is many times slower leaves no time for the pairs that would
    show it, if the other one alone set how much is sent. The rate follows the slower side, so that it is not drowned.
    """
    quota, end = 1, perf_counter() + plan.warmup_seconds * len(lanes)
    done: list[tuple[Slice, ...]] = []
    while True:
        done.append(tuple(lane.run(quota, _limit(plan)) for lane in lanes))
        seconds = sum(one.seconds for one in done[-1]) / len(lanes)
        if perf_counter() >= end or any(lane.trouble() for lane in lanes):
            break
        if seconds < plan.slice_seconds / 2:
            quota *= 2
    # The second half: by then connections and caches are there, and one slice alone would be a poor measure.
    late = done[len(done) // 2 :]
    sides = list(zip(*late, strict=True))
    rate = min(sum(one.ended for one in side) / max(sum(one.seconds for one in side), 1e-6) for side in sides)
    return max(1, round(quota * plan.slice_seconds / max(seconds, 1e-6))), plan.arrivals_share * rate


def _limit(plan: LoadPlan) -> float:
    return max(plan.request_timeout_seconds, LIMIT_SLICES * plan.slice_seconds)


class Measured:
    """The slices of a run as they come, and what else is seen of the sides meanwhile."""

    def __init__(self, lanes: list[Lane], plan: LoadPlan, quota: int, rate: float) -> None:
        self._lanes, self._plan, self._quota, self._rate = lanes, plan, quota, rate
        self._by_side = {lane.side: lane for lane in lanes}
        self.slices: list[LoadSlice] = []
        self.seconds = {CLOSED: 0.0, SINGLE: 0.0, OPEN: 0.0}
        self.busy = 0.0
        self.pinned = False
        self._cores: dict[str, int] = {}
        self._all_cores = meter.cores()

    def run(self) -> None:
        """Drive pair by pair; the run ends early when a side is in trouble."""
        plan = self._plan
        self.pinned = plan.pinned and self._pin(self._all_cores)
        started = perf_counter()
        for number, order in enumerate(orders(plan.seed, plan.pairs, [lane.side for lane in self._lanes])):
            elapsed = perf_counter() - started
            if any(lane.trouble() for lane in self._lanes) or _is_enough(plan, len(self._lanes), number, elapsed):
                break
            self._pair(number, order)

    def _pin(self, cores: Sequence[int]) -> bool:
        """Each side on a core of its own, where there are as many; the generator keeps to the others."""
        if len(cores) < 2:
            return False
        held = {lane.side: core for lane, core in zip(self._lanes, cores, strict=False)}
        if not all(meter.pin(self._by_side[side].pid, core) for side, core in held.items()):
            return False
        self._cores = held
        return True

    def _bring(self, side: str, core: int) -> None:
        """Have a side answer on a core. Whichever side is there changes places with it, and the generator leaves: one
        that waits for the core would be part of the side's time."""
        if self._cores[side] != core:
            there = next(one for one, its in self._cores.items() if its == core)
            self._cores |= {there: self._cores[side], side: core}
            for one in (there, side):
                meter.pin(self._by_side[one].pid, self._cores[one])
        os.sched_setaffinity(0, set(self._all_cores) - {core})

    def _next_kind(self) -> str:
        """The kind that lags farthest behind its share of the time."""
        plan, whole = self._plan, sum(self.seconds.values())
        shares = {OPEN: plan.open_share, SINGLE: plan.single_share}
        lag = {kind: share * whole - self.seconds[kind] for kind, share in shares.items() if share}
        behind = max(lag, key=lambda kind: lag[kind], default=CLOSED)
        return behind if lag.get(behind, 0.0) > 0 else CLOSED

    def _pair(self, number: int, order: tuple[str, ...]) -> None:
        """One slice for each side, with what each side cost over the whole pair."""
        kind = self._next_kind()
        offsets = arrivals(self._plan, number, self._rate) if kind == OPEN else ()
        costs = {side: Cost.of(self._by_side[side].pid) for side in order}
        busy, began = process_time(), perf_counter()
        done = {}
        # Both slices of a pair on one core: a core can be a fifth slower than another for a while.
        core = self._cores.get(order[0])
        for side in order:
            if core is not None:
                self._bring(side, core)
            lane = self._by_side[side]
            limit = _limit(self._plan)
            if kind == OPEN:
                done[side] = lane.arrive(offsets, limit)
            else:
                done[side] = (lane.run_single if kind == SINGLE else lane.run)(self._quota, limit)
        self.seconds[kind] += perf_counter() - began
        self.busy += process_time() - busy if kind == CLOSED else 0.0
        for side, one in done.items():
            cost = Cost.of(self._by_side[side].pid) - costs[side]
            self.slices.append(
                LoadSlice(
                    side,
                    number,
                    one.ended,
                    one.seconds,
                    cost.seconds,
                    tuple(one.milliseconds),
                    one.complete,
                    kind,
                    cost.calls,
                    tuple(one.names),
                )
            )


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process tree has used so far."""

    seconds: float
    calls: int | None

    @classmethod
    def of(cls, pid: int) -> "Cost":
        """Read it from the operating system."""
        return cls(meter.tree_seconds(pid), meter.tree_calls(pid))

    def __sub__(self, other: "Cost") -> "Cost":
        known = self.calls is not None and other.calls is not None
        return Cost(self.seconds - other.seconds, (self.calls or 0) - (other.calls or 0) if known else None)


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
    for pid in (os.getpid(), *(lane.pid for lane in lanes)):
        meter.hasten(pid)
    for lane in lanes:
        users = [gated(kinds[name], lane, lane.timeout, take_seat) for name in sorted(kinds)]
        lane.start(users, max(CROWD, plan.users))
    if plan.leak_requests:
        run = LoadRun((), {}, 0.0, memory=fill(lanes, plan.leak_requests, _limit(plan)))
    else:
        run = timed(lanes, plan)
    ended_by, complaint = next(((lane.side, lane.trouble()) for lane in lanes if lane.trouble()), ("", ""))
    for lane in lanes:
        lane.stop()
    if strays := sum(lane.strays for lane in lanes):
        raise ScenarioError(f"{strays} requests were sent past the user's own client, so nobody measured them.")
    return replace(run, tallies={lane.side: lane.tally() for lane in lanes}, ended_by=ended_by, complaint=complaint)


def timed(lanes: list[Lane], plan: LoadPlan) -> LoadRun:
    """Warm the sides, and measure slice by slice what their requests cost. The tallies are still to come."""
    quota, rate = warm_up(lanes, plan)
    gc.collect()
    gc.freeze()
    held = holdings(lanes)
    measured = Measured(lanes, plan, quota, rate)
    measured.run()
    lags = sorted(lag for lane in lanes for lag in lane.lags) or [0.0]
    return LoadRun(
        tuple(measured.slices),
        {},
        measured.busy / max(measured.seconds[CLOSED], 1e-9),
        generator_lag_ms=lags[int(OPEN_SHARE * (len(lags) - 1))],
        cold_ms={lane.side: lane.first_answers() for lane in lanes},
        memory=grown(lanes, held),
        pinned=measured.pinned,
    )


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
