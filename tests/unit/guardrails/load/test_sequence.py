"""The whole procedure by simulation: how often it cries wolf, and how often it finds what is there."""

import random
from dataclasses import replace

import pytest

from guardrails.load.comparison import Outcome
from guardrails.load.judgement import needs_more, weigh
from guardrails.load.sequence import CONFIRMING, awaited
from guardrails.load.slo import Drive, Regression, Slo
from guardrails.model.load_run import BASE, HEAD, LoadRun
from tests.load_samples import one_slice, tally_of

SLO = Slo(drive=Drive(least_sessions=3, most_sessions=10), regression=Regression(cpu_ratio=1.05))


def session(cpu: float, deviation: float, chance: random.Random) -> LoadRun:
    """A session of which one pair says how much processor time the head took."""
    ratio = cpu * chance.lognormvariate(0, deviation)
    times = [2.0] * 30
    slices = (one_slice(BASE, 0, milliseconds=times), one_slice(HEAD, 0, cpu_ms=ratio, milliseconds=times))
    return LoadRun(slices, {side: tally_of(slices, side) for side in (BASE, HEAD)}, 0.1)


def judged(cpu: float, deviation: float, seed: int) -> tuple[set[str], int]:
    """The metrics that are slower in the end, and how many sessions it took."""
    chance = random.Random(seed)
    runs = [session(cpu, deviation, chance)]
    while needs_more(evidence := weigh(runs, SLO)):
        runs.append(session(cpu, deviation, chance))
    assert len(runs) <= SLO.drive.most_sessions + CONFIRMING
    return {one.comparison.metric for one in evidence.settled if one.outcome is Outcome.SLOWER}, len(runs)


def found(cpu: float, deviation: float, checks: int) -> int:
    return sum("cpu" in judged(cpu, deviation, seed)[0] for seed in range(checks))


@pytest.mark.parametrize("deviation", [0.006, 0.015, 0.05])
def test_the_same_program_is_hardly_ever_slower(deviation: float) -> None:
    """At most 1 in 60 however much sessions differ; of 120 checks."""
    assert found(1.0, deviation, 120) <= 2


def test_five_percent_are_found_nineteen_times_in_twenty() -> None:
    assert found(1.05, 0.012, 100) >= 95


@pytest.mark.parametrize("seed", range(5))
def test_what_is_large_ends_after_the_least_and_the_confirming_sessions(seed: int) -> None:
    assert judged(2.0, 0.02, seed) == ({"cpu"}, SLO.drive.least_sessions + CONFIRMING)


def test_what_is_the_same_ends_at_the_least() -> None:
    assert judged(1.0, 0.001, 1) == (set(), SLO.drive.least_sessions)


@pytest.mark.parametrize(("raised", "waits"), [(3, True), (4, True), (5, False), (7, False)])
def test_an_alarm_raised_after_another_was_confirmed_is_not_waited_for(raised: int, *, waits: bool) -> None:
    """The confirmed one was raised after 3 sessions, and so confirmed after 5."""
    first, other = weigh([session(1.0, 0.001, random.Random(1)) for _ in range(3)], SLO).settled[:2]
    confirmed = replace(first, outcome=Outcome.SLOWER, alarm=3)
    pending = replace(other, outcome=Outcome.UNCLEAR, alarm=raised, is_pending=True)
    assert awaited([confirmed, pending]) is waits
    assert awaited([first, pending]), "where none is confirmed every alarm is waited for"
    assert not awaited([confirmed, first])
