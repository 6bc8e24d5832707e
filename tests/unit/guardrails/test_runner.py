"""The runner: whatever a gate does, it gets one result, and no result that could not judge is a pass."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import cast

import pytest

from guardrails.errors import GuardrailsError, JudgementError, ToolMissingError
from guardrails.gates.base import Bench, Gate, Profile
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateResult, GateStatus, Outcome, Skip, SkipReason
from guardrails.policy import Plan, plan
from guardrails.runner import Workshop, run

DONE = Outcome({"files": 2}, {"files": 1})
Act = Callable[[Bench], Outcome]


@dataclass(frozen=True)
class FakeGate:
    """A gate that does what it is told."""

    name: str
    act: Act = lambda _: DONE
    absent: Skip | None = None
    alone: bool = False
    title: str = "fake"
    cost: float = 1.0
    profiles: frozenset[Profile] = frozenset(Profile)
    runs_code: bool = False
    rules: tuple[Rule, ...] = ()
    probes: tuple[Probe, ...] = ()

    def skip(self, bench: Bench) -> Skip | None:
        return self.absent

    def run(self, bench: Bench) -> Outcome:
        return self.act(bench)


@dataclass
class Heard:
    """A progress that remembers."""

    began: list[str] = field(default_factory=list)
    ended: list[GateResult] = field(default_factory=list)

    def started(self, gate: str) -> None:
        self.began.append(gate)

    def finished(self, result: GateResult) -> None:
        self.ended.append(result)


def judge(*gates: FakeGate, jobs: int = 2, heard: Heard | None = None) -> dict[str, GateResult]:
    """The results by name, of gates that see a bench which knows only its cores."""
    ticks = iter(range(1000))
    workshop = Workshop(
        bench=lambda cores: cast("Bench", SimpleNamespace(cores=cores)),
        jobs=jobs,
        clock=lambda: float(next(ticks)),
        progress=heard or Heard(),
        stop=lambda: None,
    )
    chosen = cast("Plan[Gate]", plan(gates, profile="pr"))
    results = run(chosen, [gate.name for gate in gates], workshop)
    assert [result.name for result in results] == [gate.name for gate in gates]
    return {result.name: result for result in results}


def test_a_gate_that_worked_is_judged_with_its_time() -> None:
    result = judge(FakeGate("scope"))["scope"]
    assert (result.status, result.work) == (GateStatus.PASSED, {"files": 2})
    assert result.seconds > 0


def test_a_finding_fails_the_gate() -> None:
    finding = Finding("scope/too-large", Severity.BLOCK, "what", "why", "fix")
    result = judge(FakeGate("scope", lambda _: Outcome({"files": 1}, {"files": 1}, (finding,))))["scope"]
    assert (result.status, result.findings) == (GateStatus.FAILED, (finding,))


def test_a_gate_without_a_subject_is_skipped_and_not_run() -> None:
    def never(_: Bench) -> Outcome:
        raise AssertionError("a gate that skips must not run")

    result = judge(FakeGate("tests", never, absent=Skip(SkipReason.SUBJECT_ABSENT, "There are no tests.")))["tests"]
    assert result.status is GateStatus.SKIPPED
    assert result.skip == Skip(SkipReason.SUBJECT_ABSENT, "There are no tests.")


def test_work_below_its_floor_is_an_error() -> None:
    result = judge(FakeGate("scope", lambda _: Outcome({"files": 1}, {"files": 2})))["scope"]
    assert result.status is GateStatus.ERROR
    assert "files 1 of at least 2" in result.error


def raising(error: BaseException) -> Act:
    def act(_: Bench) -> Outcome:
        raise error

    return act


@pytest.mark.parametrize("error", [JudgementError("mypy did not end"), ToolMissingError("mypy is not installed.")])
def test_an_error_of_ours_keeps_its_message_and_says_who_must_act(error: GuardrailsError) -> None:
    result = judge(FakeGate("types", raising(error)))["types"]
    assert result.status is GateStatus.ERROR
    assert result.error == f"{str(error).rstrip('.')}. Who must act: {error.who_acts}."


@pytest.mark.parametrize("error", [KeyError("files"), RecursionError(), SystemExit(0), KeyboardInterrupt()])
def test_any_other_exception_even_an_exit_is_a_crash_of_the_gate_with_its_place(error: BaseException) -> None:
    result = judge(FakeGate("lint", raising(error)), FakeGate("scope"))
    assert result["lint"].status is GateStatus.ERROR
    assert f"the gate crashed: {type(error).__name__}" in result["lint"].error
    assert "(test_runner.py:" in result["lint"].error
    assert result["scope"].status is GateStatus.PASSED


def test_a_gate_that_answers_with_something_else_crashes() -> None:
    result = judge(FakeGate("lint", cast("Act", lambda _: None)))["lint"]
    assert result.status is GateStatus.ERROR
    assert "AttributeError" in result.error


def test_a_crash_while_asking_for_the_subject_is_an_error_too() -> None:
    class Crashing(FakeGate):
        def skip(self, bench: Bench) -> Skip | None:
            raise ValueError("no")

    assert judge(Crashing("lint"))["lint"].status is GateStatus.ERROR


def test_independent_gates_run_at_the_same_time() -> None:
    meeting = threading.Barrier(2, timeout=20)

    def meet(_: Bench) -> Outcome:
        meeting.wait()
        return DONE

    found = judge(FakeGate("types", meet), FakeGate("tests", meet), jobs=2)
    assert all(result.status is GateStatus.PASSED for result in found.values())


def test_a_gate_that_must_be_alone_runs_after_the_others_ended_with_every_core() -> None:
    order: list[str] = []
    cores: dict[str, int] = {}

    def note(name: str) -> Act:
        def act(bench: Bench) -> Outcome:
            order.append(name)
            cores[name] = bench.cores
            return DONE

        return act

    judge(FakeGate("load", note("load"), alone=True), FakeGate("a", note("a")), FakeGate("b", note("b")), jobs=4)
    assert order[-1] == "load"
    assert cores == {"a": 2, "b": 2, "load": 4}


def test_each_gate_is_announced_once_and_each_result_once() -> None:
    heard = Heard()
    gates = FakeGate("scope"), FakeGate("tests", absent=Skip(SkipReason.SUBJECT_ABSENT, "none"))
    judge(*gates, heard=heard)
    assert sorted(heard.began) == ["scope", "tests"]
    assert sorted(result.name for result in heard.ended) == ["scope", "tests"]


def test_an_interruption_stops_the_programs_before_it_goes_on() -> None:
    stopped = threading.Event()
    workshop = Workshop(
        bench=lambda _: cast("Bench", SimpleNamespace()),
        jobs=1,
        clock=lambda: 0.0,
        progress=cast("Heard", SimpleNamespace(started=lambda _: None, finished=_interrupt)),
        stop=stopped.set,
    )
    with pytest.raises(KeyboardInterrupt):
        run(cast("Plan[Gate]", plan([FakeGate("scope")], profile="pr")), ["scope"], workshop)
    assert stopped.is_set()


def _interrupt(_: GateResult) -> None:
    raise KeyboardInterrupt
