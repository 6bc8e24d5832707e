"""Which stage of the service grew, by its own metrics: an explanation of a finding, which a lying head could spoil."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from guardrails.load.judgement import Evidence
from guardrails.load.recorder import latencies
from guardrails.load.rules import SLOWER_CPU, SLOWER_LATENCY, THROUGHPUT
from guardrails.model.finding import Finding
from guardrails.model.load_run import BASE, HEAD, LoadRun
from guardrails.model.picture import DIFFERENCE, MOST_ROWS, Row, Table

EXPLAINS = 0.2
"""A stage that grew by less than this share of what the finding says is not offered as its place."""


@dataclass(frozen=True, slots=True)
class Growth:
    """One stage: milliseconds a request on each side, None where a side does not have it."""

    stage: str
    base: float | None
    head: float | None

    @property
    def difference(self) -> float:
        """Head less base, in milliseconds a request."""
        return (self.head or 0.0) - (self.base or 0.0)


def growths(runs: Sequence[LoadRun]) -> tuple[Growth, ...]:
    """Every stage of either side, the one that grew most first; nothing unless both sides told it in every run."""
    if not runs or any(not run.stages.get(side) or run.stages[side].silence for run in runs for side in (BASE, HEAD)):
        return ()
    base, head = (_each(runs, side) for side in (BASE, HEAD))
    found = [Growth(stage, base.get(stage), head.get(stage)) for stage in {**base, **head}]
    return tuple(sorted(found, key=lambda one: (-one.difference, one.stage)))


def _each(runs: Sequence[LoadRun], side: str) -> dict[str, float]:
    """Milliseconds a request by stage. The requests are those that we sent, not those that the service counted."""
    sent = sum(run.tallies[side].requests for run in runs)
    total: dict[str, float] = {}
    for run in runs:
        for stage, took in run.stages[side].milliseconds.items():
            total[stage] = total.get(stage, 0.0) + took
    return {stage: took / sent for stage, took in total.items()} if sent else {}


def silences(runs: Sequence[LoadRun]) -> tuple[str, ...]:
    """Why there is no table of stages although it was asked for, as notes."""
    said = dict.fromkeys(one.silence for run in runs for one in run.stages.values() if one.silence)
    return tuple(f"where the time went is not known: {why}" for why in said)


def table(found: Sequence[Growth]) -> Table | None:
    """Where the time went. What does not fit is added up in a last row."""
    if not found:
        return None
    shown = found
    if len(found) > MOST_ROWS:
        kept = sorted(found, key=lambda one: -abs(one.difference))[: MOST_ROWS - 1]
        rest = [one for one in found if one not in kept]
        sums = (math.fsum(one.base or 0.0 for one in rest), math.fsum(one.head or 0.0 for one in rest))
        shown = [*(one for one in found if one in kept), Growth(f"{len(rest)} others", *sums)]
    rows = tuple(Row(one.stage, (_rounded(one.base), _rounded(one.head), _rounded(one.difference))) for one in shown)
    says = (
        "By each service's own metrics, over the whole run with its warm-up; the stage that grew most comes first. "
        "The head writes its own column, so this explains and decides nothing."
    )
    return Table("Where the time went, in milliseconds a request", says, "stage", ("base", "head", DIFFERENCE), rows)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")


def explained(findings: Iterable[Finding], evidence: Evidence) -> Iterator[Finding]:
    """The findings, the first of each rule about a slower head with the stage that grew most."""
    found = growths(evidence.runs)
    owed = {SLOWER_CPU.id, SLOWER_LATENCY.id, THROUGHPUT.id}
    for finding in findings:
        if found and finding.rule in owed:
            owed.remove(finding.rule)
            yield replace(finding, what=f"{finding.what}. {_names(found, _wanted(finding, evidence))}")
        else:
            yield finding


def _wanted(finding: Finding, evidence: Evidence) -> float:
    """How much slower a request became in the mean, in milliseconds: what the stages can explain of the finding."""
    if evidence.base is None:
        return math.inf
    if finding.rule == SLOWER_CPU.id:
        return evidence.head.cpu_ms - evidence.base.cpu_ms
    base, head = (_mean(evidence.runs, side) for side in (BASE, HEAD))
    return head - base


def _mean(runs: Sequence[LoadRun], side: str) -> float:
    times = latencies(runs, side)
    return math.fsum(times) / len(times) if times else math.nan


def _names(found: Sequence[Growth], wanted: float) -> str:
    most = found[0]
    # The name is the head's own word: quoted, so that it cannot pass for one of ours.
    what = f"{most.stage!r} (base {_said(most.base)}, head {_said(most.head)} a request)"
    if most.difference > 0 and most.difference >= EXPLAINS * wanted:
        return f"By the service's own metrics the stage that grew most is {what}"
    return f"No stage of the service's own metrics grew enough to explain it; the most did {what}"


def _said(value: float | None) -> str:
    return "without it" if value is None else f"{value:.3f} ms"
