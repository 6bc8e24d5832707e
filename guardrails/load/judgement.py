"""From the runs of a check to its findings. What is not certain is said to be so."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.load.comparison import Comparison, Outcome, interval, table
from guardrails.load.recorder import Totals, latencies, pairs_of, totals
from guardrails.load.rules import BUDGET, CALLS, DIED, ERRORS, INCONCLUSIVE, RULE_OF
from guardrails.load.sequence import CONFIRMING, LEAK, LEAKS_LEAST, LEAKS_MOST, MEMORY, Settled, awaited, looks, settle
from guardrails.load.shares import Exceeded, exceeded
from guardrails.load.slo import Slo
from guardrails.load.statistics import quantile
from guardrails.model.finding import Finding, Severity
from guardrails.model.load_run import BASE, HEAD, OPEN, OPEN_SHARE, LoadRun

SATURATED = 0.9
"""Share of a core above which the generator, and not the service, may be what was measured."""
LATE_SHARE = 0.25
"""Share of the base's p95 in open slices that the generator's own lateness may reach: beyond it the tail is its own."""
MOST_QUOTED = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured in all sessions together and what it is held against. `base` is None where there is none;
    `leaks` are the sessions that looked for a leak."""

    runs: tuple[LoadRun, ...]
    slo: Slo
    head: Totals
    base: Totals | None
    settled: tuple[Settled, ...]
    leaks: tuple[LoadRun, ...] = ()

    @property
    def every(self) -> tuple[LoadRun, ...]:
        """All sessions."""
        return (*self.runs, *self.leaks)

    @property
    def compared(self) -> tuple[Comparison, ...]:
        """Every metric, by the samples of all sessions."""
        return tuple(one.comparison for one in self.settled)

    @property
    def is_broken(self) -> bool:
        """Whether the head fails so that its times mean nothing."""
        return any(run.ended_by for run in self.every) or self.failing is not None

    @property
    def exceeded(self) -> tuple[Exceeded, ...]:
        """The shares of which the head has too much. Those of the timed sessions and of those that look for a leak by
        themselves, so that neither hides what fails in the other."""
        budget = self.slo.budget
        return (*exceeded(self.runs, budget, marks=True), *exceeded(self.leaks, budget, marks=False))

    @property
    def failing(self) -> Exceeded | None:
        """Too many of the head's requests failed, for certain."""
        return next((one for one in self.exceeded if not one.mark and one.is_certain), None)

    def awaits(self, sessions: tuple[LoadRun, ...]) -> bool:
        """Whether a share is too great in one of some sessions, and more of them will tell."""
        return any(one.is_pending for one in self.exceeded if one.sessions == sessions)

    @property
    def generator_share(self) -> float:
        """The share of a core that the generator used, in the session where it used most."""
        return max(run.generator_share for run in self.runs)

    @property
    def generator_lag_ms(self) -> float:
        """How late the generator sent one of twenty requests of its schedule, in the session of the median."""
        lags = sorted(run.generator_lag_ms for run in self.runs)
        return lags[len(lags) // 2]


def weigh(runs: Sequence[LoadRun], slo: Slo, leaks: Sequence[LoadRun] = ()) -> Evidence:
    """The evidence of some sessions, and of those that looked for a leak. These do not count for the totals: a service
    with a tight heap is slower, and may answer less well for it."""
    head = totals(runs, HEAD)
    base = totals(runs, BASE) if all(BASE in run.tallies for run in runs) else None
    comparable = base is not None and base.answers and head.answers
    settled = settle(runs, slo, leaks) if comparable else ()
    return Evidence(tuple(runs), slo, head, base, settled, tuple(leaks))


def needs_more(evidence: Evidence) -> bool:
    """Whether another session is owed: an alarm is to be confirmed, or something that matters is not yet certain."""
    drive, sessions = evidence.slo.drive, len(evidence.runs)
    if evidence.is_broken:
        return False
    if evidence.awaits(evidence.runs):
        return sessions < drive.most_sessions + CONFIRMING
    if not evidence.settled:
        return sessions < 2 and any(_late(evidence.head, evidence.slo))
    timed = [one for one in evidence.settled if one.comparison.metric != LEAK]
    if sessions < drive.least_sessions or awaited(timed):
        return sessions < drive.most_sessions + CONFIRMING
    return _is_open(timed, evidence.slo) and sessions < drive.most_sessions


def needs_leaks(evidence: Evidence) -> bool:
    """Whether a session that looks for a leak is owed. None is where the head is to be mended anyway (unless it is for
    its memory, of which a leak is a cause), and none after the first if the system does not tell how much memory a
    service holds."""
    sessions = len(evidence.leaks)
    if not evidence.settled or evidence.is_broken or not evidence.slo.drive.leak_requests:
        return False
    if any(one.outcome is Outcome.SLOWER and one.comparison.metric not in (MEMORY, LEAK) for one in evidence.settled):
        return False
    found = [one for one in evidence.settled if one.comparison.metric == LEAK]
    if sessions and not found:
        return False
    if sessions < LEAKS_LEAST or any(one.is_pending for one in found) or evidence.awaits(evidence.leaks):
        return sessions < LEAKS_MOST + CONFIRMING
    return _is_open(found, evidence.slo) and sessions < LEAKS_MOST


def _is_open(settled: Sequence[Settled], slo: Slo) -> bool:
    """Whether something that matters is not yet certain, with no alarm among it."""
    if any(one.outcome is Outcome.SLOWER for one in settled):
        return False
    return not all(one.comparison.is_ruled_out for one in settled) and slo.regression.inconclusive == "review"


def findings(evidence: Evidence) -> Iterator[Finding]:
    """What is wrong, by the evidence of as many sessions as it took."""
    if evidence.is_broken:
        yield from _broken(evidence)
        return
    slower = [one.comparison for one in evidence.settled if one.outcome is Outcome.SLOWER]
    yield from _slower(slower, evidence)
    yield from _missed(evidence)
    if not slower:
        yield from _unclear(evidence)


def _broken(evidence: Evidence) -> Iterator[Finding]:
    """The head ended the run, or too many of its requests failed."""
    for kind in (evidence.runs, evidence.leaks):
        for run in kind:
            if run.ended_by:
                rule = DIED if run.tallies[run.ended_by].died else ERRORS
                after = f"{run.complaint}, after {run.tallies[run.ended_by].requests} requests"
                yield rule.finding(after + _reasons(totals(kind, HEAD)))
                return
    failing = evidence.failing
    assert failing is not None
    yield _too_much(failing, Severity.BLOCK)


def _too_much(one: Exceeded, severity: Severity) -> Finding:
    """A share that is too great; where the base's is too, or it is no more than a doubt, a person decides."""
    head, base = totals(one.sessions, HEAD), None
    if all(BASE in run.tallies for run in one.sessions):
        base = totals(one.sessions, BASE)
    old = base is not None and one.of(base) > one.allowed
    severity = Severity.REVIEW if old else severity
    much = f"of the answers are {one.mark}" if one.mark else f"of {head.requests} requests failed"
    what = f"{one.of(head):.2%} {much}, and {one.allowed:.2%} are allowed, {one.where}"
    if not one.is_certain and len(one.sessions) > 1:
        what += ", which is a rare fault or a machine that stood still"
    if one.mark:
        return BUDGET.finding(what + _shared(old), severity=severity)
    return ERRORS.finding(what + _reasons(head) + _shared(old), severity=severity)


def _reasons(head: Totals) -> str:
    common = sorted(head.errors.items(), key=lambda item: (-item[1], item[0]))[:MOST_QUOTED]
    return ": " + "; ".join(f"{count} times {why}" for why, count in common) if common else ""


def _shared(old: bool) -> str:
    return ". The base does too" if old else ""


def _slower(slower: Sequence[Comparison], evidence: Evidence) -> Iterator[Finding]:
    for one in slower:
        unit = f" {one.of.unit}".rstrip()
        how = f"{one.head:.3f}{unit} against {one.base:.3f}{unit}"
        much = (
            f"{one.ratio.estimate:.2f}{unit} more than the base's"
            if one.of.is_difference
            else f"{one.ratio.estimate:.2f} times the base's"
        )
        sessions = len(evidence.leaks if one.metric == LEAK else evidence.runs)
        kind = "difference" if one.of.is_difference else "ratio"
        if one.metric == "throughput":
            much += ", more than one alone or its processor time grew by"
        yield RULE_OF.get(one.metric, CALLS).finding(
            f"{one.of.name} is {much}: {how} ({kind} {interval(one)}, budget {one.budget:.2f}), in {sessions} sessions"
        )


def _late(totals_of_side: Totals, slo: Slo) -> Iterator[tuple[str, float]]:
    """The latency budgets that a side misses."""
    for name, limit in slo.budget.latency_ms().items():
        if totals_of_side.latency_ms[name] > limit:
            yield name, limit


def _missed(evidence: Evidence) -> Iterator[Finding]:
    """Budgets that the head misses; those of latency, in every session, those of a share in two."""
    each = [dict(_late(totals([run], HEAD), evidence.slo)) for run in evidence.runs]
    old = dict(_late(evidence.base, evidence.slo)) if evidence.base else {}
    for name, limit in _late(evidence.head, evidence.slo):
        if all(name in late for late in each):
            what = f"latency {name} is {evidence.head.latency_ms[name]:.1f} ms, and {limit:g} ms is allowed"
            yield BUDGET.finding(what + _shared(name in old), severity=Severity.REVIEW if name in old else None)
    limit_mib = evidence.slo.budget.memory_mib
    if limit_mib is not None and (held := _held(evidence.runs, HEAD)) > limit_mib:
        too = _held(evidence.runs, BASE) > limit_mib
        what = f"the service holds {held:.1f} MiB of memory, and {limit_mib:g} MiB is allowed"
        yield BUDGET.finding(what + _shared(too), severity=Severity.REVIEW if too else None)
    for one in evidence.exceeded:
        yield _too_much(one, Severity.BLOCK if one.is_certain else Severity.REVIEW)


def _held(runs: Sequence[LoadRun], side: str) -> float:
    """The least that a side held at the end of any session, in MiB; 0 where the system does not tell."""
    return min((run.memory[side].resident / 1024 for run in runs if side in run.memory), default=0.0)


def _unclear(evidence: Evidence) -> Iterator[Finding]:
    """What could have been missed, as one finding."""
    said = [_doubt(one) for one in evidence.settled if one.outcome is Outcome.UNCLEAR]
    if evidence.base is not None and (share := evidence.generator_share) >= SATURATED:
        said.append(f"the generator used {share:.2f} of its core, so the latencies may be its own")
    opened = latencies(evidence.runs, BASE, OPEN)
    if opened and (lag := evidence.generator_lag_ms) > LATE_SHARE * quantile(opened, OPEN_SHARE):
        said.append(f"the generator was {lag:.1f} ms late with one request of 20, so the latencies may be its own")
    if said:
        severity = Severity.REVIEW if evidence.slo.regression.inconclusive == "review" else Severity.NOTE
        yield INCONCLUSIVE.finding("; ".join(said), severity=severity)


def _doubt(settled: Settled) -> str:
    one = settled.comparison
    if settled.is_denied:
        return f"{one.of.name}: an alarm was raised, and the sessions after it did not confirm it ({interval(one)})"
    seen = f"only {one.detectable:.2f} or more would" if one.detectable < float("inf") else "no ratio would surely"
    return f"{one.of.name}: {seen} have been seen, and the budget is {one.budget:.2f}"


def notes(evidence: Evidence, seed: int) -> tuple[str, ...]:
    """The figures, for people: one line for each metric, then how they came about."""
    runs, head, drive = evidence.runs, evidence.head, evidence.slo.drive
    shares = f"head: {head.requests} requests, {head.error_share:.2%} failed"
    shares += "".join(f", {head.mark_share(mark):.2%} {mark}" for mark in sorted(head.marks))
    late = ", ".join(f"{name} {value:.2f} ms" for name, value in head.latency_ms.items())
    alone = f"nothing to compare with; head alone: {late}" if head.answers else "the head gave no good answer"
    rows = table(evidence.compared) if evidence.compared else (alone,)
    how = f"{len(runs)} session{'s' * (len(runs) > 1)} of at most {drive.most_sessions + CONFIRMING}, services started "
    how += f"anew for each; {len(pairs_of(runs))} pairs of slices, seed {seed}, {looks(drive)} looks"
    held = "each side on a core of its own" if all(run.pinned for run in runs) else "sides free to move over cores"
    sent = (
        f"generator at {evidence.generator_share:.2f} of a core, {evidence.generator_lag_ms:.2f} ms late (p95); {held}"
    )
    return (*rows, *_cold(runs), shares, how, *_looked(evidence), sent, *_denied(evidence))


def _looked(evidence: Evidence) -> Iterator[str]:
    """Whether a leak was looked for, where there is something to compare with."""
    requests, sessions = evidence.slo.drive.leak_requests, len(evidence.leaks)
    if sessions and not any(one.metric == LEAK for one in evidence.compared):
        yield "no leak could be looked for: the system does not tell how much memory a service holds"
    elif sessions:
        yield f"a leak was looked for in {sessions} session{'s' * (sessions > 1)} more, {requests} requests a side"
    elif evidence.settled:
        yield f"no leak was looked for{'' if requests else ': leak_requests is 0'}"


def _cold(runs: Sequence[LoadRun]) -> Iterator[str]:
    """The first requests after a start, which find every cache cold: for people, no budget holds them."""
    means = {
        side: [sum(times) / len(times) for run in runs if (times := run.cold_ms.get(side))] for side in (BASE, HEAD)
    }
    if all(means.values()):
        base, head = (sum(values) / len(values) for values in (means[BASE], means[HEAD]))
        yield f"first requests after a start: {base:.1f} ms on the base, {head:.1f} ms on the head"


def _denied(evidence: Evidence) -> Iterator[str]:
    """Alarms that did not hold."""
    for one in evidence.settled:
        if one.is_denied and one.outcome is Outcome.NOT_SLOWER:
            yield f"{one.comparison.of.name} raised an alarm; with the sessions after it, it does not"
