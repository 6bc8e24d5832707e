"""Gate secrets: each rule says yes and says no, and nothing that it finds is shown."""

from pathlib import Path

import pytest

from guardrails.gates.secrets import RULES, SecretsGate
from guardrails.model.probe import Probe
from guardrails.probes.secrets import PROBES
from tests.judge_fakes import check_probe


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(SecretsGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}
