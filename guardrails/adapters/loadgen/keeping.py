"""How much memory each side keeps of the requests that it has answered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import gevent

from guardrails.adapters.loadgen.lane import Lane
from guardrails.adapters.loadgen.memory import tree_kib, tree_resident_kib
from guardrails.model.load_run import LoadMemory

STEP = 10
"""Requests of a user in one go: a service that hangs is noticed after a time-out, whatever else is owed."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a side holds that is its own, in KiB, and how many requests it was sent until then."""

    kib: int
    requests: int


def fill(lanes: Sequence[Lane], requests: int, limit: float) -> dict[str, LoadMemory]:
    """Let all sides answer half of `requests` each, and then so many more, over which their memory is measured.

    Both answer at once, since nothing is timed. Each step of a side ends after `limit` seconds, and all of it when a
    side is in trouble."""
    _answer(lanes, requests // 2, limit)
    before = holdings(lanes)
    _answer(lanes, requests, limit)
    return grown(lanes, before)


def _answer(lanes: Sequence[Lane], requests: int, limit: float) -> None:
    """Let each side answer so many requests or a few more."""
    ends = {lane.side: lane.tally().requests + requests for lane in lanes}
    while not any(lane.trouble() for lane in lanes):
        owing = [lane for lane in lanes if lane.tally().requests < ends[lane.side]]
        if not owing:
            return
        gevent.joinall([gevent.spawn(lane.run, STEP, limit) for lane in owing], raise_error=True)


def holdings(lanes: Sequence[Lane]) -> dict[str, Holding]:
    """What each side holds now."""
    return {lane.side: Holding(tree_kib(lane.pid), lane.tally().requests) for lane in lanes}


def grown(lanes: Sequence[Lane], before: Mapping[str, Holding]) -> dict[str, LoadMemory]:
    """What each side holds now against `before`; a side of which the system does not tell is left out."""
    return dict(_grown(lanes, before))


def _grown(lanes: Sequence[Lane], before: Mapping[str, Holding]) -> Iterator[tuple[str, LoadMemory]]:
    for lane in lanes:
        start, end, resident = before[lane.side], tree_kib(lane.pid), tree_resident_kib(lane.pid)
        if start.kib and end and resident:
            yield lane.side, LoadMemory(resident, start.kib, end, lane.tally().requests - start.requests)
