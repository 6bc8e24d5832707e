"""When a check may stop: session after session, until every metric is certain or the bound is reached.

After each session from the least on every metric is looked at. An alarm ends nothing by itself: it must be confirmed by
sessions that were driven after it, which knew nothing of it. The level of an alarm is shared out among all looks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guardrails.load.comparison import Comparison, Outcome, alarm_level, compare
from guardrails.load.metrics import counters_of
from guardrails.load.slo import Drive, Slo
from guardrails.model.load_run import LoadRun

CONFIRMING = 2
"""Sessions after an alarm that must agree with it."""
LEAKS_LEAST, LEAKS_MOST = 2, 4
"""Sessions that look for a leak."""
LEAK, MEMORY = "leak", "memory"
CONFIRMED = 0.05
"""How often those alone would seem to agree if the sides were the same; the alarm had its own level already."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One metric by all sessions, and what is to be said of it. `alarm`: after how many it first raised one.
    `is_pending`: its alarm waits for more sessions. `is_denied`: the sessions after an alarm did not agree with it."""

    comparison: Comparison
    outcome: Outcome
    alarm: int | None = None
    is_pending: bool = False
    is_denied: bool = False


def looks(drive: Drive) -> int:
    """How often a check may look."""
    return drive.most_sessions + CONFIRMING - drive.least_sessions + 1


def settle(sessions: Sequence[LoadRun], slo: Slo, leaks: Sequence[LoadRun] = ()) -> tuple[Settled, ...]:
    """What is to be said of every metric of the budgets after some sessions, and of a leak by those that look for it.

    The level of an alarm is the same for all of them, with a leak as one of the metrics.
    """
    budgets = _budgets(sessions, slo)
    level = alarm_level(len(budgets), looks(slo.drive))
    leak = {LEAK: budgets.pop(LEAK)}
    timed = _settle(sessions, slo.drive.least_sessions, budgets, level)
    return (*timed, *_settle(leaks, LEAKS_LEAST, leak, level))


def _settle(sessions: Sequence[LoadRun], least: int, budgets: Mapping[str, float], level: float) -> tuple[Settled, ...]:
    alarms = _alarms(sessions, least, budgets, level)
    whole = compare(sessions, budgets, level)
    return tuple(_settled(one, sessions, alarms.get(one.metric)) for one in whole)


def _budgets(sessions: Sequence[LoadRun], slo: Slo) -> dict[str, float]:
    """The budgets by metric; each of the services' own counters has that of calls."""
    budgets = slo.regression.budgets()
    counters = dict.fromkeys(key for session in sessions for key in counters_of(session))
    return {**budgets, **dict.fromkeys(counters, budgets["calls"])}


def _alarms(sessions: Sequence[LoadRun], least: int, budgets: Mapping[str, float], level: float) -> dict[str, int]:
    """The metrics that raised an alarm, each with the number of sessions after which it first did."""
    first: dict[str, int] = {}
    for seen in range(min(least, len(sessions)), len(sessions) + 1):
        for one in compare(sessions[:seen], budgets, level):
            if one.outcome is Outcome.SLOWER:
                first.setdefault(one.metric, seen)
    return first


def _settled(whole: Comparison, sessions: Sequence[LoadRun], alarm: int | None) -> Settled:
    if alarm is None:
        return Settled(whole, whole.outcome)
    later = sessions[alarm:]
    if len(later) < CONFIRMING:
        return Settled(whole, Outcome.UNCLEAR, alarm, is_pending=True)
    again = compare(later, {whole.metric: whole.budget}, CONFIRMED)
    if whole.ratio.estimate > whole.margin and any(one.outcome is Outcome.SLOWER for one in again):
        return Settled(whole, Outcome.SLOWER, alarm)
    return Settled(whole, Outcome.NOT_SLOWER if whole.is_ruled_out else Outcome.UNCLEAR, alarm, is_denied=True)


def awaited(settled: Sequence[Settled]) -> bool:
    """Whether an alarm waits for more sessions that it is worth to drive.

    Where another is confirmed the head is to be mended anyway: only those count then that were raised before, and name
    its cause perhaps. What is slower is slower in many ways, and alarm after alarm would be waited for.
    """
    pending = [one.alarm for one in settled if one.is_pending and one.alarm is not None]
    confirmed = [one.alarm for one in settled if one.outcome is Outcome.SLOWER and one.alarm is not None]
    until = min(confirmed) + CONFIRMING if confirmed else float("inf")
    return any(alarm < until for alarm in pending)
