"""The examination for a release, with a rig that measures nothing: what is driven when, and what is made of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from guardrails.errors import ConfigurationError
from guardrails.load.examine import for_release
from guardrails.load.release import Found
from guardrails.load.service import Recipe
from guardrails.load.session import Session
from guardrails.load.slo import Budget, Release, Slo
from guardrails.model.finding import Severity
from guardrails.model.load_run import BASE, HEAD
from guardrails.model.open_run import Answer, Memory, OpenPlan, OpenRun, OpenTarget
from guardrails.ports import Command, OpenDesk, Service
from tests.judge_fakes import rules_of

SPIKE = 'shape="spike"\nrate_per_second=20\nlength_seconds=12\n[spike]\nafter_seconds=3\nlasts_seconds=2\n'
FILES = {
    "s/spike.toml": SPIKE + "[hold]\np99_ms=500\np50_ms=5000\nrecovers_within_seconds=2\n",
    "s/soak.toml": 'shape="soak"\nlength_seconds=60\n[hold]\nleak_kib_per_request=0.5\n',
    "s/cold.toml": 'shape="cold_start"\nlength_seconds=8\n',
    "s/slow.toml": 'shape="slow_dependency"\nlength_seconds=8\n[service]\ncommand=["other"]\n',
}


class Machine:
    """Two services that hold so many requests a second; the head may leak and may not come back after a crowd."""

    def __init__(self, base: float = 100, head: float = 100, **head_is: Any) -> None:
        self.capacity = {BASE: base, HEAD: head}
        self.head_is = head_is
        self.now = 0.0
        self.said: list[str] = []
        self.driven: list[tuple[str, OpenPlan]] = []
        self.started: list[tuple[str, tuple[str, ...]]] = []

    @contextmanager
    def serve(
        self, command: Command, *, ready_path: str, ready_timeout: float, ports: Mapping[str, int] | None = None
    ) -> Iterator[Service]:
        assert command.confined is not None
        assert bool(ports) == command.confined.calls_itself == (command.argv == ("other",)), "a neighbour has a port"
        self.started.append((command.cwd.name, command.argv))
        self.now += 1.0
        yield Service(f"http://{command.cwd.name}", 1, 7)

    def free_port(self) -> int:
        return 2

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        yield Path("/nowhere")

    def arrive(self, plan: OpenPlan, target: OpenTarget) -> OpenRun:
        side = target.url.removeprefix("http://")
        self.driven.append((side, plan))
        self.now += plan.seconds + 1.5
        worse = self.head_is if side == HEAD else self.head_is.get("both", {})
        rate = len(plan.arrivals) / plan.seconds
        slow = plan.drain_seconds == 1.0 and rate > self.capacity[side]
        late = worse.get("late_from", 1e9) if plan.drain_seconds != 1.0 else 1e9
        answers = tuple(Answer(at, 0.1, 900 if slow or at >= late else 9, True) for at in plan.arrivals)
        count, leak = len(answers), worse.get("leak", 0.0)
        memory = tuple(Memory(0.0, n, round(9000 + leak * n) + n % 5) for n in range(0, count, max(1, count // 80)))
        share = worse.get("share", 0.2)
        return OpenRun(count, answers, {}, {}, memory, share, plan.seconds + 1.5)


def examine(machine: Machine, *names: str, seconds: float = 400.0, sides: tuple[str, ...] = (BASE, HEAD)) -> Found:
    recipe = Recipe("python", (".",), (), ("serve",), (), "", "/readyz", 1.0, 1.0)
    trees: Any = {side: SimpleNamespace(root=Path(f"/trees/{side}"), read=_read) for side in sides}
    session = Session(trees, dict.fromkeys(sides), recipe, machine, machine, None)  # type: ignore[arg-type] # fakes
    slo = Slo(budget=Budget(p99_ms=100), release=Release(scenarios=names))
    desk = OpenDesk(machine, lambda: machine.now, machine.said.append, seconds)
    return for_release(session, trees[sides[-1]], "s", "locustfile.py", slo, desk, 3)


def _read(path: str) -> bytes | None:
    return FILES[path].encode() if path in FILES else None


def test_an_honest_head_passes_with_its_capacity_as_an_interval() -> None:
    machine = Machine()
    found = examine(machine, "spike", "soak")
    assert rules_of(found.findings) == []
    assert found.notes[0].startswith("capacity within slo.toml")
    (figure,) = found.figures
    assert 80 < figure.base < 115
    assert figure.low is not None
    assert figure.low <= 1 <= (figure.high or 0)
    assert found.work == {"open runs": len(machine.driven)}


def test_a_lock_that_halves_the_capacity_is_found_and_confirmed() -> None:
    found = examine(Machine(base=100, head=50))
    assert rules_of(found.findings) == ["load/less-capacity"]
    assert "confirmed at" in found.findings[0].what
    (plot,) = found.plots
    at_70 = {
        line.name: [v for rate, v in zip(plot.at, line.values, strict=True) if v and 51 < rate < 99]
        for line in plot.lines
    }
    assert set(at_70["base"]) == {9.0}, "below its capacity the base is as fast as ever"
    assert set(at_70["head"]) == {900.0}
    assert set(at_70["budget"]) == {100.0}
    assert found.findings[0].severity is Severity.BLOCK
    assert rules_of(examine(Machine(base=50, head=100)).findings) == []


def test_an_alarm_that_more_steps_do_not_confirm_is_a_doubt() -> None:
    class Moody(Machine):
        def arrive(self, plan: OpenPlan, target: OpenTarget) -> OpenRun:
            if any("to confirm" in one for one in self.said):
                self.capacity[HEAD] = 1e9
            return super().arrive(plan, target)

    assert rules_of(examine(Moody(base=100, head=50)).findings) == ["load/inconclusive"]


def test_steps_alternate_between_the_sides() -> None:
    machine = Machine()
    examine(machine)
    sides = [side for side, _ in machine.driven[:8]]
    assert all({sides[n], sides[n + 1]} == {BASE, HEAD} for n in range(0, 8, 2))


def test_a_head_that_holds_nothing_blocks_and_is_shared_where_the_base_holds_nothing_too() -> None:
    (only,) = [one for one in examine(Machine(base=100, head=0)).findings if one.rule == "load/less-capacity"]
    assert only.severity is Severity.BLOCK
    (shared,) = [one for one in examine(Machine(base=0, head=0)).findings if one.rule == "load/less-capacity"]
    assert (shared.severity, "The base does not either" in shared.what) == (Severity.REVIEW, True)


def test_a_leak_of_one_kib_a_request_is_found() -> None:
    found = examine(Machine(leak=1.0), "soak")
    assert rules_of(found.findings) == ["load/leak"]
    assert "memory grows by 1.0" in found.findings[0].what
    both = examine(Machine(leak=1.0, both={"leak": 1.0}), "soak")
    assert both.findings[0].severity is Severity.REVIEW


def test_a_crowd_that_outlives_itself_is_found() -> None:
    found = examine(Machine(late_from=9.0), "spike")
    assert rules_of(found.findings) == ["load/no-recovery"]
    assert "it has not recovered" in found.findings[0].what


def test_a_saturated_generator_is_never_a_pass() -> None:
    found = examine(Machine(share=0.99, both={"share": 0.99}), "spike")
    assert [one.rule for one in found.findings] == ["load/inconclusive"] * 2, "the search, and the crowd"
    assert found.findings[0].severity is Severity.REVIEW
    assert "unknown (the generator was the limit)" in found.notes[0]


def test_a_generator_that_was_the_limit_of_both_alike_is_only_said() -> None:
    class Fast(Machine):
        def arrive(self, plan: OpenPlan, target: OpenTarget) -> OpenRun:
            run = super().arrive(plan, target)
            return replace(run, generator_share=0.95 if len(plan.arrivals) > 90 * plan.seconds else 0.2)

    found = examine(Fast(base=1e9, head=1e9))
    assert [(one.rule, one.severity) for one in found.findings] == [("load/inconclusive", Severity.NOTE)]
    assert "at least" in found.notes[0]


def test_the_search_for_the_capacity_leaves_time_for_the_rest() -> None:
    machine = Machine()
    found = examine(machine, "soak", seconds=60.0)
    search = [plan for _, plan in machine.driven if plan.drain_seconds == 1.0]
    assert sum(plan.seconds + 1.5 for plan in search) <= 0.45 * 60 + 2 * 4.5
    assert "soak, head" in found.notes[-1]


def test_one_second_too_little_to_see_a_crowd_end_is_not_the_fault_of_rounding() -> None:
    for left in range(60, 90):
        machine = Machine()
        found = examine(machine, "spike", "soak", seconds=left / 0.55)
        assert not any("spike was not run" in one.what for one in found.findings), left


def test_the_crowd_and_the_soak_are_shares_of_the_capacity_that_was_found() -> None:
    machine = Machine()
    examine(machine, "spike", "soak")
    soak = machine.driven[-1][1]
    assert 0.4 * 85 < len(soak.arrivals) / soak.seconds < 0.6 * 115


def test_every_scenario_begins_with_a_service_of_its_own() -> None:
    machine = Machine()
    examine(machine, "cold", "slow")
    assert [side for side, _ in machine.started] == [BASE, HEAD] * 3
    assert [argv for _, argv in machine.started] == [("serve",)] * 4 + [("other",)] * 2


@pytest.mark.parametrize("seconds", [120.0, 300.0, 600.0])
def test_it_ends_within_its_time_and_says_how_much_remains(seconds: float) -> None:
    machine = Machine()
    examine(machine, "spike", "soak", seconds=seconds)
    assert machine.now <= seconds + 10
    assert any("s remain" in one for one in machine.said)
    soaks = [plan.seconds for _, plan in machine.driven[-2:]]
    assert soaks[0] == pytest.approx(soaks[1], rel=0.35)


def test_a_crowd_has_time_enough_to_show_that_it_is_over() -> None:
    machine = Machine()
    found = examine(machine, "spike", "soak", seconds=110.0)
    assert all("too few to tell a leak" in one.what for one in found.findings), "the soak alone came short"
    crowd = machine.driven[-4][1]
    assert crowd.seconds >= 6.0


def test_what_there_was_no_time_for_is_said_and_is_no_pass() -> None:
    found = examine(Machine(), "spike", "soak", seconds=20.0)
    assert "load/inconclusive" in rules_of(found.findings)
    assert any("was not run" in one.what and "--seconds" in one.what for one in found.findings)


def test_a_head_alone_is_examined_alone() -> None:
    machine = Machine()
    found = examine(machine, "soak", sides=(HEAD,))
    assert {side for side, _ in machine.driven} == {HEAD}
    assert (found.findings, found.figures) == ([], [])


def test_a_scenario_that_is_not_there_is_said() -> None:
    with pytest.raises(ConfigurationError, match=r"names 'sok', and there is no s/sok.toml"):
        examine(Machine(), "sok")
