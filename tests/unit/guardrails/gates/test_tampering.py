"""Gate tampering: each rule says yes and says no, over whole changes."""

from pathlib import Path

import pytest

from guardrails.gates.tampering import RULES, TamperingGate
from guardrails.model.probe import Probe
from guardrails.probes.tampering import PROBES
from tests.judge_fakes import bench_of, check_probe


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    check_probe(TamperingGate(), probe, tmp_path)


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_an_empty_difference_is_skipped_with_a_reason(tmp_path: Path) -> None:
    skip = TamperingGate().skip(bench_of(tmp_path, {"a.py": ""}, {}))
    assert skip is not None
    assert "empty" in skip.sentence
