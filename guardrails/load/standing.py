"""What one run of a scenario says of a service: it holds, it does not, or nobody can tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from guardrails.load.measured import WINDOW, Shown, missed, saturation, shown
from guardrails.load.scenario import Scenario
from guardrails.load.slo import Slo
from guardrails.load.trend import UNKNOWN, Slope, blocks, theil_sen
from guardrails.model.open_run import OpenRun

LEAST_ANSWERS = 100
"""Fewer say nothing of 1 in 100."""
ALPHA = 0.01
"""Each bound of a leak is wrong with at most this probability, as far as blocks are independent."""
BLOCKS = 20
BURN_IN = 0.25
"""The first part of a soak, in which caches fill and the allocator finds its size, says nothing of a leak."""

LEAST_GROWN = 800
"""After fewer requests growth is not told from caches that still fill: a small service took 3 KiB a request for its
first 200 and 0.02 over 1,200."""


class Kind(StrEnum):
    """What a run says."""

    HOLDS = "holds"
    MISSES = "misses"
    UNCLEAR = "inconclusive"
    UNKNOWN = "could not be judged"


@dataclass(frozen=True, slots=True)
class Standing:
    """The answer, what was missed and why there is doubt, in words, and the figures they came from."""

    kind: Kind
    missed: tuple[str, ...]
    doubts: tuple[str, ...]
    figures: Shown
    leak: Slope
    memory_mib: float


def standing(run: OpenRun, scenario: Scenario, slo: Slo) -> Standing:
    """What a run says, held against the scenario's budgets and, where it has none, those of slo.toml."""
    budget = scenario.hold.budget(slo.budget)
    figures, leak = shown(run), growth(run)
    memory = max((one.kib for one in run.memory), default=0) / 1024
    wrong = missed(run, budget, scenario.calm_from())
    certain = bool(run.complaint) or (bool(run.answers) and figures.error_share > budget.error_share)
    unfit = saturation(figures, budget)
    grown = tuple(_grown(scenario, leak if _is_long(run) else UNKNOWN, memory))
    blind = tuple(_blind(scenario, leak, run))
    if not run.answers and not run.complaint:
        return Standing(Kind.UNKNOWN, (), ("nothing was sent",), figures, leak, memory)
    doubts = (*((unfit,) if unfit else ()), *blind)
    if certain or grown or (wrong and not unfit):
        return Standing(Kind.MISSES, (*wrong, *grown), doubts, figures, leak, memory)
    if figures.good < LEAST_ANSWERS:
        few = f"{figures.good} good answers, and at least {LEAST_ANSWERS} are needed: raise the rate or the length"
        return Standing(Kind.UNKNOWN, wrong, (*doubts, few), figures, leak, memory)
    return Standing(Kind.UNCLEAR if doubts else Kind.HOLDS, wrong, doubts, figures, leak, memory)


def growth(run: OpenRun) -> Slope:
    """The growth of memory in KiB for each request, over what comes after the burn-in."""
    settled = [one for one in run.memory if one.kib and one.done >= BURN_IN * run.planned]
    if len(settled) < 8:
        return UNKNOWN
    done, kib = blocks([float(one.done) for one in settled], [float(one.kib) for one in settled], BLOCKS)
    return theil_sen(done, kib, ALPHA)


def _is_long(run: OpenRun) -> bool:
    """Whether enough requests came after the burn-in to tell a leak from a start."""
    return (1 - BURN_IN) * len(run.answers) >= LEAST_GROWN


def _grown(scenario: Scenario, leak: Slope, memory: float) -> Iterator[str]:
    hold = scenario.hold
    if hold.leak_kib_per_request is not None and leak.low > hold.leak_kib_per_request:
        yield (
            f"memory grows by {leak.estimate:.2f} KiB a request ({leak.low:.2f} to {leak.high:.2f}), and "
            f"{hold.leak_kib_per_request:g} is allowed"
        )
    if hold.memory_mib is not None and memory > hold.memory_mib:
        yield f"memory reached {memory:.0f} MiB, and {hold.memory_mib:g} MiB are allowed"


def _blind(scenario: Scenario, leak: Slope, run: OpenRun) -> Iterator[str]:
    hold, calm = scenario.hold, scenario.calm_from()
    if calm is not None and not run.complaint and sum(one.at >= calm for one in run.answers) < WINDOW:
        yield f"fewer than {WINDOW} requests came after second {calm:.1f}, from which on it must have recovered"
    if hold.memory_mib is not None and not run.memory:
        yield "the memory of the service was not seen: its process is not known"
    if hold.leak_kib_per_request is None:
        return
    if not run.memory:
        yield "a leak was not looked for: the service's process is not known"
    elif not _is_long(run):
        yield (
            f"{len(run.answers)} requests are too few to tell a leak from caches that still fill, and "
            f"{LEAST_GROWN / (1 - BURN_IN):.0f} are needed: give it longer"
        )
    elif leak.high > hold.leak_kib_per_request >= leak.low:
        yield (
            f"a leak as large as allowed could have been missed: memory grows by {leak.low:.2f} to {leak.high:.2f} KiB "
            f"a request, and {hold.leak_kib_per_request:g} is allowed"
        )
