"""Load runs out of nothing: what a rig would have measured, for tests of what is made of it."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from guardrails.model.load_run import BASE, HEAD, LoadMemory, LoadPlan, LoadRun, LoadSlice, LoadTally, LoadTarget


def one_slice(
    side: str, pair: int, *, cpu_ms: float = 1.0, milliseconds: Sequence[float] = (2.0,) * 30, complete: bool = True
) -> LoadSlice:
    """A slice whose every request was answered well."""
    count = len(milliseconds)
    return LoadSlice(side, pair, count, 0.05, count * cpu_ms / 1000, tuple(milliseconds), complete)


def tally_of(
    slices: Sequence[LoadSlice],
    side: str,
    errors: Mapping[str, int] | None = None,
    marks: Mapping[str, int] | None = None,
    *,
    died: bool = False,
) -> LoadTally:
    """The tally of some slices."""
    return LoadTally(side, sum(one.requests for one in slices if one.side == side), errors or {}, marks or {}, died)


def run_of(
    *,
    cpu: float = 1.0,
    latency: float = 1.0,
    tail: float = 0.0,
    together: float = 1.0,
    calls: float = 1.0,
    memory: float = 1.0,
    pairs: int = 120,
    noise: float = 0.03,
    luck: float = 0.008,
    seed: int = 1,
    share: float = 0.3,
    sides: Sequence[str] = (BASE, HEAD),
    errors: Mapping[str, int] | None = None,
    marks: Mapping[str, int] | None = None,
) -> LoadRun:
    """A session on a machine that drifts, with two processes that had their luck. The head takes `cpu` times the base's
    processor time and `latency` times its latency; 2 in 100 of its answers come `tail` milliseconds later. Asked by
    many at once it takes `together` times as long; it makes `calls` times the calls and holds `memory` times the
    memory. `errors` and `marks` are the head's.
    """
    chance, slices = random.Random(seed), []
    lucky = {side: chance.lognormvariate(0, luck) for side in sides}
    worse = {BASE: (1.0, 1.0, 0.0, 1.0, 1.0), HEAD: (cpu, latency, tail, together, calls)}
    for pair in range(pairs):
        speed = chance.lognormvariate(0, 0.1)
        for side in sides:
            more_cpu, later, more_tail, longer, more_calls = worse[side]
            wobble = speed * lucky[side] * chance.lognormvariate(0, noise)
            times = [2 * wobble * later * chance.lognormvariate(0, 0.1) for _ in range(30)]
            times = [time + (more_tail if chance.random() < 0.02 else 0) for time in times]
            made = one_slice(side, pair, cpu_ms=wobble * more_cpu, milliseconds=times)
            slices.append(replace(made, seconds=0.05 * wobble * longer, calls=round(300 * more_calls)))
    tallies = {side: tally_of(slices, side, *((errors, marks) if side == HEAD else ())) for side in sides}
    held = {
        side: LoadMemory(60_000.0 * (memory if side == HEAD else 1.0), 40_000.0, 40_900.0, 30 * pairs) for side in sides
    }
    return LoadRun(tuple(slices), tallies, share, memory=held, cold_ms=dict.fromkeys(sides, (9.0, 11.0)))


def sessions_of(count: int, *, seed: int = 1, **changes: Any) -> list[LoadRun]:
    """Some sessions alike but for chance."""
    return [run_of(seed=seed + number, **{"pairs": 60, **changes}) for number in range(count)]


def leaks_of(
    count: int, leak: float = 0.0, *, deviation: float = 0.1, seed: int = 1, errors: Mapping[str, int] | None = None
) -> list[LoadRun]:
    """Some sessions that look for a leak: the head keeps `leak` KiB more of each request, give or take `deviation`."""
    chance = random.Random(seed)
    tallies = {BASE: LoadTally(BASE, 1200, {}, {}), HEAD: LoadTally(HEAD, 1200, errors or {}, {})}
    made = []
    for _ in range(count):
        kept = {BASE: 0.5, HEAD: 0.5 + leak + chance.gauss(0, deviation)}
        held = {side: LoadMemory(60_000.0, 40_000.0, 40_000.0 + 800 * kept[side], 800) for side in (BASE, HEAD)}
        made.append(LoadRun((), tallies, 0.0, memory=held))
    return made


class FakeRig:
    """A `LoadRig` that answers with `runs` in turn, and then with the last again; each is a run, an exception, or a
    function of the plan. Where a leak is looked for it answers with `leaks` in the same way."""

    def __init__(
        self,
        *runs: LoadRun | Exception | Callable[[LoadPlan], LoadRun],
        leaks: Sequence[LoadRun] = (),
    ) -> None:
        self.runs = list(runs)
        self.leaks: list[LoadRun | Exception | Callable[[LoadPlan], LoadRun]] = [*(leaks or leaks_of(3))]
        self.plans: list[LoadPlan] = []
        self.targets: list[tuple[LoadTarget, ...]] = []

    def drive(self, plan: LoadPlan, targets: Sequence[LoadTarget]) -> LoadRun:
        self.plans.append(plan)
        self.targets.append(tuple(targets))
        answers = self.leaks if plan.leak_requests else self.runs
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, LoadRun) else answer(plan)
