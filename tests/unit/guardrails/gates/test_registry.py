"""What holds of every gate that there is, and of every one that will be."""

import pkgutil
import re

import pytest

import guardrails.gates
from guardrails.gates.base import Gate, Profile
from guardrails.gates.registry import GATES

EACH = pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.name)


def test_the_gates_stand_in_the_order_in_which_they_run_and_are_called_apart() -> None:
    order = [(gate.alone, gate.cost) for gate in GATES]
    assert order == sorted(order)
    assert len({gate.name for gate in GATES}) == len(GATES)


def test_every_gate_that_has_a_file_is_registered() -> None:
    modules = {module.name for module in pkgutil.iter_modules(guardrails.gates.__path__)}
    assert {gate.name for gate in GATES} == modules - {"base", "registry"}


def test_rule_ids_are_unique() -> None:
    ids = [rule.id for gate in GATES for rule in gate.rules]
    assert len(set(ids)) == len(ids)


@EACH
def test_a_rule_belongs_to_its_gate_and_says_what_to_do(gate: Gate) -> None:
    assert gate.rules
    for rule in gate.rules:
        assert re.fullmatch(rf"{gate.name}/[a-z0-9]+(-[a-z0-9]+)*", rule.id)
        assert rule.title
        assert rule.why
        assert rule.fix


@EACH
def test_a_gate_has_a_probe_and_every_probe_a_rule_of_it(gate: Gate) -> None:
    assert gate.probes
    assert {probe.rule for probe in gate.probes} <= {rule.id for rule in gate.rules}
    for probe in gate.probes:
        assert (probe.bad, probe.bad_message) != (probe.honest, probe.honest_message)
        for change in (probe.bad, probe.honest):
            before = {path: probe.base.get(path) for path in change}
            assert any((type(before[path]), before[path]) != (type(text), text) for path, text in change.items())


@EACH
def test_a_gate_runs_before_a_release(gate: Gate) -> None:
    assert Profile.RELEASE in gate.profiles
    assert gate.title
    assert "\n" not in gate.title
