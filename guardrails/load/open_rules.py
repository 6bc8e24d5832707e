"""What the gate `load` looks for under open arrivals, for a release."""

from guardrails.model.finding import Rule, Severity

_MINUTES = (
    "It is measured over minutes for a release, and a probe that short would be luck. "
    "`tests/unit/guardrails/load/test_release.py` shows it by runs with known answers, and its honest twin."
)
CAPACITY = Rule(
    "load/less-capacity",
    Severity.BLOCK,
    "The service holds its budgets only at a lower rate than before",
    "So many more machines are needed for the same users, whatever a single request costs.",
    "Find what the requests wait for together (a lock, a pool that is too small, one thread). If the capacity is not "
    "needed, ask a person to raise release.capacity_ratio in slo.toml in a change of its own.",
    bad="async with self._one_at_a_time: return await self._rank(query)",
    good="return await self._rank(query)  # with state that is not shared",
    limits="The ladder of rates has steps of 15 %: a smaller loss is not seen.",
    unprovable=_MINUTES,
)
RECOVERY = Rule(
    "load/no-recovery",
    Severity.BLOCK,
    "The service does not come back after a crowd or a restart",
    "Crowds and restarts happen every week. A queue that outlives them is an outage of its own.",
    "Bound what may wait, refuse early what cannot be answered in time, and drop the work of callers that "
    "have given up.",
    bad="queue = asyncio.Queue()",
    good="queue = asyncio.Queue(maxsize=128)  # beyond it: 503 at once",
    unprovable=_MINUTES,
)
OPEN_RULES = (CAPACITY, RECOVERY)
