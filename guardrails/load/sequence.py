"""When a check may stop: session after session, until every metric is certain or the bound is reached.

After each session from the least on every metric is looked at. An alarm ends nothing by itself: it must be confirmed by
sessions that were driven after it, which knew nothing of it. The level of an alarm is shared out among all looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.load.comparison import Comparison, Outcome, alarm_level, compare
from guardrails.load.slo import Drive, Slo
from guardrails.model.load_run import LoadRun

CONFIRMING = 2
"""Sessions after an alarm that must agree with it."""
CONFIRMED = 0.05
"""How often those alone would seem to agree if the sides were the same; the alarm had its own level already."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One metric by all sessions, and what is to be said of it. `is_pending`: its alarm waits for more sessions.
    `is_denied`: the sessions after an alarm did not agree with it."""

    comparison: Comparison
    outcome: Outcome
    is_pending: bool = False
    is_denied: bool = False


def looks(drive: Drive) -> int:
    """How often a check may look."""
    return drive.most_sessions + CONFIRMING - drive.least_sessions + 1


def settle(sessions: Sequence[LoadRun], slo: Slo) -> tuple[Settled, ...]:
    """What is to be said of every metric of the budgets after some sessions."""
    whole = compare(sessions, slo.regression.budgets(), _level(slo))
    alarms = _alarms(sessions, slo)
    return tuple(_settled(one, sessions, slo, alarms.get(one.metric)) for one in whole)


def _level(slo: Slo) -> float:
    return alarm_level(len(slo.regression.budgets()), looks(slo.drive))


def _alarms(sessions: Sequence[LoadRun], slo: Slo) -> dict[str, int]:
    """The metrics that raised an alarm, each with the number of sessions after which it first did."""
    first: dict[str, int] = {}
    for seen in range(min(slo.drive.least_sessions, len(sessions)), len(sessions) + 1):
        for one in compare(sessions[:seen], slo.regression.budgets(), _level(slo)):
            if one.outcome is Outcome.SLOWER:
                first.setdefault(one.metric, seen)
    return first


def _settled(whole: Comparison, sessions: Sequence[LoadRun], slo: Slo, alarm: int | None) -> Settled:
    if alarm is None:
        return Settled(whole, whole.outcome)
    later = sessions[alarm:]
    if len(later) < CONFIRMING:
        return Settled(whole, Outcome.UNCLEAR, is_pending=True)
    again = compare(later, {whole.metric: slo.regression.budgets()[whole.metric]}, CONFIRMED)
    if whole.ratio.estimate > whole.margin and any(one.outcome is Outcome.SLOWER for one in again):
        return Settled(whole, Outcome.SLOWER)
    return Settled(whole, Outcome.NOT_SLOWER if whole.is_ruled_out else Outcome.UNCLEAR, is_denied=True)
