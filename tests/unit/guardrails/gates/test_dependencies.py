"""Gate dependencies: each rule says yes and says no."""

from pathlib import Path

import pytest

from guardrails.gates.dependencies import RULES, DependenciesGate
from guardrails.model.probe import Probe
from guardrails.probes.dependencies import PROBES
from tests.judge_fakes import check_probe


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(DependenciesGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}
