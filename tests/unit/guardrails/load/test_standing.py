"""What a run of open arrivals says: holds, misses, or nobody can tell. Never a pass by mistake."""

from dataclasses import replace

import pytest

from guardrails.load.scenario import Hold, Scenario, Spike
from guardrails.load.slo import Budget, Slo
from guardrails.load.standing import Kind, standing
from guardrails.model.open_run import Answer, Memory, OpenRun

SLO = Slo(budget=Budget(p50_ms=20, p99_ms=100, error_share=0.01, empty_share=0.1))


def run_of(
    count: int = 400, *, ms: float = 10.0, lag: float = 0.5, bad: int = 0, planned: int | None = None, leak: float = 0.0
) -> OpenRun:
    answers = tuple(Answer(number / 20, lag, ms, number >= bad) for number in range(count))
    memory = tuple(Memory(n / 20, n, 50_000 + round(leak * n) + n % 7) for n in range(0, count, 4))
    errors = {"refused": bad} if bad else {}
    return OpenRun(count if planned is None else planned, answers, errors, {}, memory, 0.2, 21.0)


def kind_of(run: OpenRun, scenario: Scenario = Scenario()) -> Kind:  # noqa: B008 - immutable
    return standing(run, scenario, SLO).kind


def test_a_good_run_holds() -> None:
    found = standing(run_of(), Scenario(), SLO)
    assert (found.kind, found.missed, found.doubts) == (Kind.HOLDS, (), ())


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (run_of(ms=30), "latency p50 is 30.0 ms, and 20 ms is allowed"),
        (run_of(bad=5), "1.25% of the requests failed, and 1.00% are allowed: 5 times refused"),
        (run_of(planned=500), "20.00% of the requests failed"),
        (replace(run_of(), marks={"empty": 80}), "20.00% of the answers are empty"),
        (replace(run_of(), complaint="the service ended"), "the service ended"),
        (OpenRun(9, (), {}, {}, (), 0.1, 1.0, "nobody answered"), "nobody answered"),
    ],
)
def test_what_is_missed_is_said(run: OpenRun, said: str) -> None:
    found = standing(run, Scenario(), SLO)
    assert found.kind is Kind.MISSES
    assert any(said in one for one in found.missed)


def test_a_saturated_generator_is_no_pass_and_no_alarm() -> None:
    assert kind_of(replace(run_of(), generator_share=0.95)) is Kind.UNCLEAR
    assert kind_of(run_of(lag=40)) is Kind.UNCLEAR
    assert kind_of(run_of(lag=40, ms=150)) is Kind.UNCLEAR, "the lag is in the latency"


def test_errors_are_the_services_whatever_the_generator_did() -> None:
    assert kind_of(replace(run_of(bad=50), generator_share=0.95)) is Kind.MISSES


def test_too_little_is_no_pass() -> None:
    assert kind_of(run_of(count=50)) is Kind.UNKNOWN
    assert kind_of(run_of(count=0)) is Kind.UNKNOWN


def test_one_slow_second_after_the_crowd_is_no_recovery() -> None:
    spike = Scenario(shape="spike", spike=Spike(after_seconds=5, lasts_seconds=2), hold=Hold(recovers_within_seconds=3))
    slow = tuple(replace(one, ms=400.0) if 15 <= one.at < 15.2 else one for one in run_of().answers)
    found = standing(replace(run_of(), answers=slow), spike, Slo(budget=Budget(p99_ms=200, error_share=0.01)))
    assert found.kind is Kind.MISSES
    assert "it has not recovered: from second 15" in found.missed[-1] or "from second 14" in found.missed[-1]
    during = tuple(replace(one, ms=400.0) if 7 <= one.at < 7.2 else one for one in run_of().answers)
    assert kind_of(replace(run_of(), answers=during), spike) is Kind.HOLDS


def test_a_recovery_that_nobody_waited_for_is_a_doubt() -> None:
    spike = Scenario(
        shape="spike", spike=Spike(after_seconds=5, lasts_seconds=2), hold=Hold(recovers_within_seconds=12.5)
    )
    assert kind_of(run_of(), spike) is Kind.UNCLEAR


def test_a_leak_is_found_and_its_twin_is_not() -> None:
    soak = Scenario(shape="soak", hold=Hold(leak_kib_per_request=0.5))
    found = standing(run_of(1200, leak=1.0), soak, SLO)
    assert found.kind is Kind.MISSES
    assert "memory grows by 1.0" in found.missed[0]
    assert kind_of(run_of(1200), soak) is Kind.HOLDS
    assert kind_of(run_of(1200, leak=1.0)) is Kind.HOLDS, "nobody asked"


def test_a_leak_that_nobody_could_see_is_a_doubt() -> None:
    soak = Scenario(shape="soak", hold=Hold(leak_kib_per_request=0.5))
    assert kind_of(replace(run_of(), memory=()), soak) is Kind.UNCLEAR
    noisy = tuple(
        replace(one, kib=one.kib + (2700 if n % 120 < 60 else 0)) for n, one in enumerate(run_of(1200).memory)
    )
    found = standing(replace(run_of(1200), memory=noisy), soak, SLO)
    assert found.kind is Kind.UNCLEAR
    assert "could have been missed" in found.doubts[0]


def test_a_start_is_not_taken_for_a_leak() -> None:
    """So few requests fill caches: what grows is a doubt, and no finding."""
    soak = Scenario(shape="soak", hold=Hold(leak_kib_per_request=0.5))
    found = standing(run_of(400, leak=3.0), soak, SLO)
    assert (found.kind, found.missed) == (Kind.UNCLEAR, ())
    assert "400 requests are too few to tell a leak" in found.doubts[0]


def test_growth_before_the_caches_are_full_is_no_leak() -> None:
    soak = Scenario(shape="soak", hold=Hold(leak_kib_per_request=0.5))
    filled = tuple(replace(one, kib=one.kib + min(one.done, 270) * 50) for one in run_of(1200).memory)
    assert kind_of(replace(run_of(1200), memory=filled), soak) is Kind.HOLDS


def test_memory_above_its_budget_is_missed() -> None:
    small = Scenario(hold=Hold(memory_mib=40))
    assert standing(run_of(), small, SLO).missed == ("memory reached 49 MiB, and 40 MiB are allowed",)
    assert kind_of(replace(run_of(), memory=()), small) is Kind.UNCLEAR
