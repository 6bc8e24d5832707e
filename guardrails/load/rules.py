"""What the gate `load` looks for."""

from collections.abc import Mapping

from guardrails.model.finding import Rule, Severity

SLOWER_CPU = Rule(
    "load/slower-cpu",
    Severity.BLOCK,
    "A request takes more processor time than before",
    "Processor time is what capacity costs, and it shows a slower path before latency does.",
    "Find what the change added for each request (a call in a loop, a copy, work that was done once before) and take "
    "it out of the request. If the cost is wanted, ask a person to raise cpu_ratio in slo.toml in a change of its own.",
    bad="[store.get(track) for track in candidates]",
    good="store.get_many(candidates)",
    limits="Time of processes that the service gave away to another parent is not seen.",
)
SLOWER_LATENCY = Rule(
    "load/slower-latency",
    Severity.BLOCK,
    "Answers come later than before",
    "Users wait for the slate, and callers give up at their time-outs.",
    "Find what the change waits for (a lock, the disk, another service, a rare slow path if only p99 moved) and take "
    "it off the path of the request.",
    bad="with self._lock: answer = self._rank(query)",
    good="answer = self._rank(query)  # with state that is not shared",
    limits="A percentile is that of a session's few hundred answers: what is rarer than 1 in 100 is not seen.",
)
ERRORS = Rule(
    "load/errors",
    Severity.BLOCK,
    "Requests fail under load",
    "A request that works once and fails when many come is broken for those who use it.",
    "Run the scenario against the service and read its log; every status of 500 and above, every broken connection and "
    "every answer that the scenario does not accept counts.",
)
BUDGET = Rule(
    "load/budget",
    Severity.BLOCK,
    "The service misses a budget of slo.toml",
    "The budgets are what the service has promised, whatever it did before.",
    "Bring the figure back under its budget. Where base and head both miss it, the machine or an older change may be "
    "the cause, and a person decides.",
)
THROUGHPUT = Rule(
    "load/slower-together",
    Severity.BLOCK,
    "Requests that come at once wait for each other",
    "A lock or a queue that one request never notices halves what a service can carry.",
    "Find what only one request at a time may do (a lock held across an await, a file lock, one connection, one "
    "worker) and hold it for less, or take it out of the request.",
    bad="async with self._lock: answer = await self._store.get(key)",
    good="answer = await self._store.get(key)  # the store may be asked by many at once",
)
CALLS = Rule(
    "load/more-calls",
    Severity.BLOCK,
    "A request reads or writes more often than before",
    "A call to a store in a loop costs little on an idle machine and everything on a busy one.",
    "Ask the store once for all that a request needs. If more calls are wanted, ask a person to raise calls_ratio in "
    "slo.toml in a change of its own.",
    bad="[store.get(track) for track in candidates]",
    good="store.get_many(candidates)",
    limits="Outside of the service only system calls that read or write are counted, and a store that answers from "
    "memory makes none; what the service itself counts it can also leave uncounted.",
)
MEMORY = Rule(
    "load/more-memory",
    Severity.BLOCK,
    "The service holds more memory than before",
    "Memory is what decides how many workers fit on a machine, and the one that does not fit is killed.",
    "Find what is held twice or held too long. If it is wanted, ask a person to raise memory_ratio in slo.toml in a "
    "change of its own.",
)
LEAK = Rule(
    "load/leak",
    Severity.BLOCK,
    "The service keeps more memory of each request than it should",
    "A process that grows with every request is killed in the end, mostly at the busiest hour.",
    "Find what is kept for each request (a cache without a bound, a list that is only added to, a reference from a "
    "callback) and bound it.",
    bad="self._seen[request_id] = answer",
    good="self._seen = LruCache(10_000)",
    limits="What leaks on paths that no persona takes, or more slowly than could be seen today, as the report says.",
)
INCONCLUSIVE = Rule(
    "load/inconclusive",
    Severity.REVIEW,
    "A slowdown as large as the budget could have been missed",
    "Nothing slower was seen, but today's noise is too large to rule it out.",
    "Run the gate again on a machine with nothing else on it, or with `--profile release`, which measures longer.",
    unprovable="It speaks of the machine's noise and not of the change, and noise cannot be planted so that it surely "
    "comes. `tests/unit/guardrails/load/test_judgement.py` shows it on samples with known noise.",
)
DIED = Rule(
    "load/server-died",
    Severity.BLOCK,
    "The service ended under load",
    "A service that a request can end takes every user of that process with it.",
    "Run the scenario against the service and read the end of its log.",
)
NOT_STARTED = Rule(
    "load/does-not-start",
    Severity.BLOCK,
    "The service of the head does not start",
    "The base's service starts with the same command on the same machine.",
    "Run `load.prepare` and then `load.command` of guardrails.toml by hand and read what they say.",
)
RULES = (
    SLOWER_CPU,
    SLOWER_LATENCY,
    THROUGHPUT,
    CALLS,
    MEMORY,
    LEAK,
    ERRORS,
    BUDGET,
    INCONCLUSIVE,
    DIED,
    NOT_STARTED,
)
RULE_OF: Mapping[str, Rule] = {
    "cpu": SLOWER_CPU,
    "throughput": THROUGHPUT,
    "p50": SLOWER_LATENCY,
    "p95": SLOWER_LATENCY,
    "p99": SLOWER_LATENCY,
    "arrivals": SLOWER_LATENCY,
    "calls": CALLS,
    "memory": MEMORY,
    "leak": LEAK,
}
"""The rule that a metric breaks when it is worse; a counter of the service's own breaks that of calls."""
