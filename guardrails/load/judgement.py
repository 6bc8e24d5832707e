"""From the runs of a check to its findings. What is not certain is said to be so."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.load.comparison import ALPHA, NAMES, Comparison, Outcome, compare, interval, table
from guardrails.load.recorder import Totals, pairs_of, totals
from guardrails.load.rules import BUDGET, DIED, ERRORS, INCONCLUSIVE, SLOWER_CPU, SLOWER_LATENCY
from guardrails.load.slo import Slo
from guardrails.model.finding import Finding, Severity
from guardrails.model.load_run import BASE, HEAD, LoadRun

SATURATED = 0.9
"""Share of a core above which the generator, and not the service, may be what was measured."""
MOST_QUOTED = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured in all runs together and what it is held against. `base` is None where there is none."""

    runs: tuple[LoadRun, ...]
    slo: Slo
    head: Totals
    base: Totals | None
    compared: tuple[Comparison, ...]

    @property
    def is_broken(self) -> bool:
        """Whether the head fails so that its times mean nothing."""
        return any(run.ended_by for run in self.runs) or self.head.error_share > self.slo.budget.error_share

    @property
    def generator_share(self) -> float:
        """The share of a core that the generator used, in the run where it used most."""
        return max(run.generator_share for run in self.runs)


def weigh(runs: Sequence[LoadRun], slo: Slo) -> Evidence:
    """The evidence of some runs."""
    head = totals(runs, HEAD)
    base = totals(runs, BASE) if all(BASE in run.tallies for run in runs) else None
    if base is None or not head.answers or not base.answers:
        return Evidence(tuple(runs), slo, head, base, ())
    return Evidence(tuple(runs), slo, head, base, compare(pairs_of(runs), base, head, slo.regression.ratios(), ALPHA))


def is_in_doubt(evidence: Evidence) -> bool:
    """Whether a second run is owed: there is an alarm to confirm, or a slowdown that matters could have been missed."""
    if evidence.is_broken:
        return False
    doubts = {Outcome.SLOWER, *([Outcome.UNCLEAR] if evidence.slo.regression.inconclusive == "review" else [])}
    return any(one.outcome in doubts for one in evidence.compared) or any(_late(evidence.head, evidence.slo))


def findings(evidence: Evidence) -> Iterator[Finding]:
    """What is wrong, by the evidence of one run that left no doubt or of two."""
    if evidence.is_broken:
        yield from _broken(evidence)
        return
    settled = _settled(evidence)
    yield from _slower([one for one, outcome in settled if outcome is Outcome.SLOWER])
    yield from _missed(evidence)
    yield from _unclear(evidence, [one for one, outcome in settled if outcome is Outcome.UNCLEAR])


def _broken(evidence: Evidence) -> Iterator[Finding]:
    """The head ended the run, or too many of its requests failed."""
    head = evidence.head
    for run in evidence.runs:
        if run.ended_by:
            rule = DIED if run.tallies[run.ended_by].died else ERRORS
            yield rule.finding(f"{run.complaint}, after {run.tallies[run.ended_by].requests} requests{_reasons(head)}")
            return
    allowed = evidence.slo.budget.error_share
    what = f"{head.error_share:.2%} of {head.requests} requests failed, and {allowed:.2%} are allowed"
    old = evidence.base is not None and evidence.base.error_share > allowed
    yield ERRORS.finding(what + _reasons(head) + _shared(old), severity=Severity.REVIEW if old else None)


def _reasons(head: Totals) -> str:
    common = sorted(head.errors.items(), key=lambda item: (-item[1], item[0]))[:MOST_QUOTED]
    return ": " + "; ".join(f"{count} times {why}" for why, count in common) if common else ""


def _shared(old: bool) -> str:
    return ". The base does too" if old else ""


def _settled(evidence: Evidence) -> tuple[tuple[Comparison, Outcome], ...]:
    """Each metric by the samples of all runs. It is slower only if every run by itself says so too."""
    each = [weigh([run], evidence.slo).compared for run in evidence.runs]
    agreed = {
        one.metric
        for one in evidence.compared
        if all(other.ratio.estimate > one.margin for run in each for other in run if other.metric == one.metric)
    }
    return tuple(
        (one, Outcome.UNCLEAR if one.outcome is Outcome.SLOWER and one.metric not in agreed else one.outcome)
        for one in evidence.compared
    )


def _slower(slower: Sequence[Comparison]) -> Iterator[Finding]:
    for one in slower:
        rule = SLOWER_CPU if one.metric == "cpu" else SLOWER_LATENCY
        yield rule.finding(
            f"{NAMES[one.metric]} is {one.ratio.estimate:.2f} times the base's: {one.head:.3f} ms against "
            f"{one.base:.3f} ms (ratio {interval(one.ratio)}, budget {one.budget:.2f}), in two runs"
        )


def _late(totals_of_side: Totals, slo: Slo) -> Iterator[tuple[str, float]]:
    """The latency budgets that a side misses."""
    for name, limit in slo.budget.latency_ms().items():
        if totals_of_side.latency_ms[name] > limit:
            yield name, limit


def _missed(evidence: Evidence) -> Iterator[Finding]:
    """Budgets that the head misses; those of latency, in every run."""
    each = [dict(_late(totals([run], HEAD), evidence.slo)) for run in evidence.runs]
    old = dict(_late(evidence.base, evidence.slo)) if evidence.base else {}
    for name, limit in _late(evidence.head, evidence.slo):
        if all(name in late for late in each):
            what = f"latency {name} is {evidence.head.latency_ms[name]:.1f} ms, and {limit:g} ms is allowed"
            yield BUDGET.finding(what + _shared(name in old), severity=Severity.REVIEW if name in old else None)
    for mark, share in evidence.slo.budget.shares().items():
        if evidence.head.mark_share(mark) > share:
            too = evidence.base is not None and evidence.base.mark_share(mark) > share
            what = f"{evidence.head.mark_share(mark):.2%} of the answers are {mark}, and {share:.2%} are allowed"
            yield BUDGET.finding(what + _shared(too), severity=Severity.REVIEW if too else None)


def _unclear(evidence: Evidence, unclear: Sequence[Comparison]) -> Iterator[Finding]:
    """What could have been missed, as one finding."""
    said = [_doubt(one) for one in unclear]
    if evidence.base is not None and (share := evidence.generator_share) >= SATURATED:
        said.append(f"the generator used {share:.2f} of its core, so the latencies may be its own")
    if said:
        severity = Severity.REVIEW if evidence.slo.regression.inconclusive == "review" else Severity.NOTE
        yield INCONCLUSIVE.finding("; ".join(said), severity=severity)


def _doubt(one: Comparison) -> str:
    if one.outcome is Outcome.SLOWER:
        return f"{NAMES[one.metric]}: one run says {interval(one.ratio)} times the base's, and another disagrees"
    seen = (
        f"only a ratio of {one.detectable:.2f} or more would" if one.detectable < math.inf else "no ratio would surely"
    )
    return f"{NAMES[one.metric]}: {seen} have been seen, and the budget is {one.budget:.2f}"


def notes(evidence: Evidence, seed: int) -> tuple[str, ...]:
    """The figures, for people: one line for each metric, then how they came about."""
    runs, head = evidence.runs, evidence.head
    how = f"{len(runs)} run{'s' * (len(runs) > 1)}, {len(pairs_of(runs))} pairs of slices, seed {seed}, "
    how += f"generator at {evidence.generator_share:.2f} of a core"
    shares = f"head: {head.requests} requests, {head.error_share:.2%} failed"
    shares += "".join(f", {head.mark_share(mark):.2%} {mark}" for mark in sorted(head.marks))
    late = ", ".join(f"{name} {value:.2f} ms" for name, value in head.latency_ms.items())
    alone = f"nothing to compare with; head alone: {late}" if head.answers else "the head gave no good answer"
    rows = table(evidence.compared) if evidence.compared else (alone,)
    return (*rows, shares, how, *_unconfirmed(evidence))


def _unconfirmed(evidence: Evidence) -> Iterator[str]:
    """Alarms of the first run that did not hold."""
    if len(evidence.runs) < 2 or evidence.is_broken:
        return
    held = {one.metric for one, outcome in _settled(evidence) if outcome is not Outcome.NOT_SLOWER}
    for one in weigh(evidence.runs[:1], evidence.slo).compared:
        if one.outcome is Outcome.SLOWER and one.metric not in held:
            times = f"{one.ratio.estimate:.2f} times the base's"
            yield f"{NAMES[one.metric]} looked {times} in the first run; with the second run it does not"
