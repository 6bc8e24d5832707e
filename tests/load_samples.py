"""Load runs out of nothing: what a rig would have measured, for tests of what is made of it."""

import random
from collections.abc import Callable, Mapping, Sequence

from guardrails.model.load_run import BASE, HEAD, LoadPlan, LoadRun, LoadSlice, LoadTally, LoadTarget


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
    pairs: int = 120,
    noise: float = 0.03,
    seed: int = 1,
    share: float = 0.3,
    sides: Sequence[str] = (BASE, HEAD),
    errors: Mapping[str, int] | None = None,
    marks: Mapping[str, int] | None = None,
) -> LoadRun:
    """A run on a machine that drifts. The head takes `cpu` times the base's processor time and `latency` times its
    latency; 2 in 100 of its answers come `tail` milliseconds later. `errors` and `marks` are the head's.
    """
    chance, slices = random.Random(seed), []
    for pair in range(pairs):
        speed = chance.lognormvariate(0, 0.1)
        for side in sides:
            worse = side == HEAD
            wobble = speed * chance.lognormvariate(0, noise)
            times = [2 * wobble * chance.lognormvariate(0, 0.1) * (latency if worse else 1) for _ in range(30)]
            times = [time + (tail if worse and chance.random() < 0.02 else 0) for time in times]
            slices.append(one_slice(side, pair, cpu_ms=wobble * (cpu if worse else 1), milliseconds=times))
    tallies = {side: tally_of(slices, side, *((errors, marks) if side == HEAD else ())) for side in sides}
    return LoadRun(tuple(slices), tallies, share)


class FakeRig:
    """A `LoadRig` that answers with `runs` in turn; each is a run, an exception, or a function of the plan."""

    def __init__(self, *runs: LoadRun | Exception | Callable[[LoadPlan], LoadRun]) -> None:
        self.runs = list(runs)
        self.plans: list[LoadPlan] = []
        self.targets: list[tuple[LoadTarget, ...]] = []

    def drive(self, plan: LoadPlan, targets: Sequence[LoadTarget]) -> LoadRun:
        self.plans.append(plan)
        self.targets.append(tuple(targets))
        answer = self.runs.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, LoadRun) else answer(plan)
