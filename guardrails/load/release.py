"""What a release is asked beyond the comparison: how much the service holds, whether it comes back, whether it leaks.

All of it within a stated time, in words while it goes on. Each side is driven by itself while the other is idle.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from guardrails.load.arrivals import poisson
from guardrails.load.capacity import STEP, Capacity, Search
from guardrails.load.measured import missed, saturation, shown
from guardrails.load.open_rules import CAPACITY, RECOVERY
from guardrails.load.rates import Step, pictures
from guardrails.load.rules import BUDGET, DIED, INCONCLUSIVE, LEAK
from guardrails.load.scenario import Scenario
from guardrails.load.schedule import orders
from guardrails.load.service import serving
from guardrails.load.session import Session
from guardrails.load.slo import Release, Slo
from guardrails.load.standing import Kind, Standing, standing
from guardrails.model.finding import Finding, Severity
from guardrails.model.load_run import BASE, HEAD
from guardrails.model.open_run import OpenPlan, OpenRun, OpenTarget
from guardrails.model.picture import Plot
from guardrails.model.result import Figure
from guardrails.ports import OpenDesk

CAPACITY_SHARE = 0.45
"""Of the time, at most, for the search."""
OVERHEAD_SECONDS = 4.0
"""What a run takes beyond its schedule: two programs that start, and what is still in flight at the end."""
LEAST_SECONDS = 6.0
"""A scenario that has less time than this is not run, and that is said."""
CALM_SECONDS = 2.0
"""So long a calm must be left at the end, where a service is to come back from something."""
WEIGHTS: Mapping[str, float] = {"soak": 3.0}
"""How much of the time a shape gets, where others get 1."""
SHARES: Mapping[str, float] = {"soak": 0.5, "spike": 0.4, "herd_after_restart": 0.3}
"""At which share of the capacity a shape is driven, where others are at their own rate."""
ROUNDING = 0.01
STEP_ANSWERS = 40
"""A step at a low rate is so long that about as many requests come."""
CONFIRMATIONS = 3


@dataclass(slots=True)
class Found:
    """What came out, in the terms of a gate."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    plots: tuple[Plot, ...] = ()
    runs: int = 0

    @property
    def work(self) -> dict[str, int]:
        """How many runs of open arrivals there were."""
        return {"open runs": self.runs} if self.runs else {}

    @property
    def floor(self) -> dict[str, int]:
        """That there was one at all; too little time for a scenario is a finding by itself."""
        return {"open runs": 1} if self.runs else {}


@dataclass(slots=True)
class Examination:
    """One examination for a release. `plan` is a plan without arrivals, of which each run takes the rest."""

    session: Session
    plan: OpenPlan
    slo: Slo
    release: Release
    scenarios: Mapping[str, Scenario]
    desk: OpenDesk
    seconds: float
    began: float = 0.0
    found: Found = field(default_factory=Found)
    steps: list[Step] = field(default_factory=list)

    def run(self) -> Found:
        """Do all of it.

        Raises:
            NotStartedError: the head's service does not start.
            JudgementError: the base's does not, or the generator fails.
        """
        self.began = self.desk.clock()
        names = ", ".join(self.scenarios) or "no scenario"
        self.desk.tell(f"release: {self.seconds:.0f} s for the capacity, then {names}")
        held = self._capacity()
        waiting = list(self.scenarios)
        while waiting:
            name = waiting.pop(0)
            self._scenario(name, self._share(name, waiting), held)
        return self.found

    def _left(self) -> float:
        return self.seconds - (self.desk.clock() - self.began)

    def _share(self, name: str, after: Sequence[str]) -> float:
        """The seconds that one side of a scenario may take."""
        weights = [WEIGHTS.get(self.scenarios[one].shape, 1.0) for one in (name, *after)]
        each = self._left() / len(self.session.trees)
        # A short one is not starved by a long one, as long as there is enough for all.
        least = min(_least(self.scenarios[name]) + OVERHEAD_SECONDS, each / len(weights))
        return max(each * weights[0] / sum(weights), least)

    def _drive(self, target: OpenTarget, scenario: Scenario, drain: float) -> OpenRun:
        self.found.runs += 1
        seed = self.plan.seed + self.found.runs
        plan = replace(
            self.plan,
            seed=seed,
            arrivals=poisson(scenario.segments(), seed),
            seconds=scenario.length_seconds,
            personas=scenario.personas,
            event=scenario.event(),
            drain_seconds=drain,
        )
        return self.desk.rig.arrive(plan, target)

    # The capacity of each side, in alternating steps.

    def _capacity(self) -> dict[str, Capacity]:
        searches = {side: Search(self.release.first_rate_per_second) for side in self.session.trees}
        until = (1 - CAPACITY_SHARE) * self.seconds
        with ExitStack() as stack:
            targets = self._services(stack)
            for order in orders(self.plan.seed, 200, tuple(searches)):
                if self._left() <= until or all(one.next_rung() is None for one in searches.values()):
                    break
                for side in order:
                    self._try(side, searches[side], targets[side])
            held = {side: search.result() for side, search in searches.items()}
            self._say_capacity(held)
            if _is_less(held, self.release):
                self._confirm(held, targets)
        self.found.plots = pictures(self.steps, self.slo.budget.p99_ms)
        return held

    def _try(self, side: str, search: Search, target: OpenTarget) -> None:
        rung = search.next_rung()
        if rung is None:
            return
        rate = search.rate(rung)
        verdict, why = self._holds(side, target, rate)
        search.vote(rung, verdict)
        said = {True: "held", False: "did not hold", None: "could not tell"}[verdict]
        self.desk.tell(f"capacity, {side}: {rate:.0f}/s {said} ({why}); {max(0.0, self._left()):.0f} s remain")

    def _holds(self, side: str, target: OpenTarget, rate: float) -> tuple[bool | None, str]:
        """Whether the budgets of slo.toml hold for a few seconds at a rate; None where the generator was the limit."""
        length = max(self.release.step_seconds, STEP_ANSWERS / rate)
        run = self._drive(target, Scenario(rate_per_second=rate, length_seconds=length), 1.0)
        figures, wrong = shown(run), missed(run, self.slo.budget)
        if run.died:
            return False, "the service ended"
        if unfit := saturation(figures, self.slo.budget):
            return None, unfit
        self.steps.append(Step(side, rate, figures.latency_ms["p99"]))
        return not wrong, wrong[0] if wrong else f"p99 {figures.latency_ms['p99']:.0f} ms"

    def _confirm(self, held: Mapping[str, Capacity], targets: Mapping[str, OpenTarget]) -> None:
        """An alarm counts if, at a rate between the two, the head fails and the base holds most of some more steps."""
        rate = math.sqrt(held[HEAD].high * held[BASE].low)
        self.desk.tell(f"capacity: {CONFIRMATIONS} more steps of each side at {rate:.0f}/s to confirm")
        votes: dict[str, list[bool | None]] = {BASE: [], HEAD: []}
        for order in orders(self.plan.seed + 1, CONFIRMATIONS):
            for side in order:
                votes[side].append(self._holds(side, targets[side], rate)[0])
        what = f"the budgets hold at {held[HEAD].words()}, and at {held[BASE].words()} on the base"
        if votes[HEAD].count(False) > CONFIRMATIONS / 2 and votes[BASE].count(True) > CONFIRMATIONS / 2:
            self.found.findings.append(CAPACITY.finding(f"{what}; confirmed at {rate:.0f}/s"))
        else:
            self.found.findings.append(INCONCLUSIVE.finding(f"{what}, but {CONFIRMATIONS} more steps do not agree"))

    def _say_capacity(self, held: Mapping[str, Capacity]) -> None:
        words = ", ".join(f"{side} {one.words()}" for side, one in held.items())
        steps = sum(one.steps for one in held.values())
        self.found.notes.append(f"capacity within slo.toml (rungs of {STEP - 1:.0%}, {steps} steps): {words}")
        self.desk.tell(self.found.notes[-1])
        self.found.findings.extend(_unheld(held))
        if BASE in held and held[BASE].estimate and held[HEAD].estimate:
            one, other = held[BASE], held[HEAD]
            self.found.figures.append(_figure("capacity", "requests a second", one, other))

    # One scenario on each side, with a service that was started for it.

    def _scenario(self, name: str, share: float, held: Mapping[str, Capacity]) -> None:
        scenario = self.scenarios[name]
        length = min(scenario.length_seconds, share - OVERHEAD_SECONDS)
        if length < _least(scenario) - ROUNDING:
            said = f"{name} was not run: {max(0.0, self._left()):.0f} s were left. Give more with --seconds"
            self.found.findings.append(INCONCLUSIVE.finding(said))
            return
        lows = [one.low for one in held.values() if one.low]
        share_of = SHARES.get(scenario.shape)
        rate = min(lows) * share_of if share_of and lows else scenario.rate_per_second
        made = scenario.at(rate, length)
        seen: dict[str, Standing] = {}
        for side in self.session.trees:
            self.desk.tell(f"{name}, {side}: {length:.0f} s at {rate:.0f}/s; {max(0.0, self._left()):.0f} s remain")
            with ExitStack() as stack:
                target = self._services(stack, (side,), made.service.command)[side]
                run = self._drive(target, made, self.plan.request_timeout_seconds)
            seen[side] = standing(run, made, self.slo)
            self.found.notes.append(f"{name}, {side}, {rate:.0f}/s for {length:.0f} s: {_words(seen[side])}")
            self.desk.tell(self.found.notes[-1])
            if side == HEAD and run.died:
                self.found.findings.append(DIED.finding(f"in the scenario {name}: {run.complaint}"))
        self.found.findings.extend(_judged(name, scenario, seen))

    def _services(
        self, stack: ExitStack, sides: Sequence[str] = (), command: tuple[str, ...] = ()
    ) -> dict[str, OpenTarget]:
        """The services of some sides, started anew; they end with `stack`."""
        session, started = self.session, {}
        recipe = replace(session.recipe, command=command) if command else session.recipe
        scratch = stack.enter_context(session.store.scratch())
        for side in sides or tuple(session.trees):
            made = session.artifacts[side]
            service = stack.enter_context(
                serving(
                    session.trees[side], made, recipe, session.processes, scratch / side, with_neighbour=bool(command)
                )
            )
            started[side] = OpenTarget(service.url, service.pid)
        return started


def _least(scenario: Scenario) -> float:
    """The shortest length at which a scenario still shows what it is for."""
    calm, recovers = scenario.calm_from(), scenario.hold.recovers_within_seconds
    if calm is None or recovers is None:
        return LEAST_SECONDS
    # What disturbs it shrinks with the length, the time to recover does not.
    disturbed = (calm - recovers) / scenario.length_seconds if scenario.herd is None else 0.0
    fixed = recovers + CALM_SECONDS + (calm - recovers if scenario.herd else 0.0)
    return max(LEAST_SECONDS, fixed / max(0.05, 1 - disturbed))


def _unheld(held: Mapping[str, Capacity]) -> Iterator[Finding]:
    """What can be said of capacities of which nothing is known: a head that holds nothing, a generator in the way."""
    head, base = held[HEAD], held.get(BASE)
    if any(one.limited for one in held.values()):
        # As far as the generator came nothing was lost, if it came as far with both; else nobody can tell.
        alike = base is None or (base.limited and head.limited and base.low == head.low)
        severity = Severity.NOTE if alike and head.low else Severity.REVIEW
        words = ", ".join(f"{side} {one.words()}" for side, one in held.items())
        yield INCONCLUSIVE.finding(
            f"the generator was the limit of the search for the capacity: {words}", severity=severity
        )
    elif not head.low and math.isfinite(head.high):
        old = base is None or not base.low
        what = f"the budgets do not hold at any rate that was tried, down to {head.high:.1f}/s"
        too = ". The base does not either" if old and base else ""
        yield CAPACITY.finding(what + too, severity=Severity.REVIEW if old else None)
    elif not head.low:
        yield INCONCLUSIVE.finding("there was no time for a single step towards the capacity. Give more with --seconds")


def _is_less(held: Mapping[str, Capacity], release: Release) -> bool:
    """Whether the head's whole interval lies below the base's, by more than may be lost."""
    if set(held) != {BASE, HEAD} or not held[HEAD].low or not held[BASE].low or math.isinf(held[HEAD].high):
        return False
    return held[HEAD].high <= held[BASE].low and held[HEAD].estimate * release.capacity_ratio < held[BASE].estimate


def _figure(name: str, unit: str, base: Capacity, head: Capacity) -> Figure:
    """Both capacities, with the ratio base to head: above 1 is a loss, as for every other figure."""
    known = head.low and base.low and math.isfinite(base.high) and math.isfinite(head.high)
    low, high = (base.low / head.high, base.high / head.low) if known else (None, None)
    return Figure(name, unit, base.estimate, head.estimate, base.estimate / head.estimate, low, high)


def _words(seen: Standing) -> str:
    figures = seen.figures
    late = ", ".join(f"{name} {value:.0f} ms" for name, value in figures.latency_ms.items())
    leak = seen.leak
    grown = f", {leak.estimate:+.2f} KiB a request ({leak.low:.2f} to {leak.high:.2f})" if leak.estimate else ""
    errors = f"{figures.error_share:.2%} failed, {figures.marks.get('degraded', 0.0):.2%} degraded"
    return f"{seen.kind.value}; {figures.answers} requests, {late}, {errors}{grown}"


def _judged(name: str, scenario: Scenario, seen: Mapping[str, Standing]) -> Iterator[Finding]:
    """What the head misses; where the base misses it too, a person decides."""
    head, base = seen[HEAD], seen.get(BASE)
    old = base is not None and base.kind is Kind.MISSES
    severity, too = (Severity.REVIEW, ". The base misses it too") if old else (None, "")
    if head.kind is Kind.MISSES:
        grown = [one for one in head.missed if one.startswith("memory ")]
        rest = [one for one in head.missed if one not in grown]
        if grown:
            leaks = base is not None and any(one.startswith("memory ") for one in base.missed)
            yield LEAK.finding(
                f"in {name}, {'; '.join(grown)}{'. The base does too' if leaks else ''}",
                severity=Severity.REVIEW if leaks else None,
            )
        if rest:
            rule = RECOVERY if scenario.spike or scenario.herd or scenario.cause else BUDGET
            yield rule.finding(f"in {name}, {'; '.join(rest)}{too}", severity=severity)
    elif head.kind is not Kind.HOLDS:
        yield INCONCLUSIVE.finding(f"in {name}, {'; '.join((*head.doubts, *head.missed))}")
