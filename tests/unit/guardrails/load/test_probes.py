"""The probes of the gate hold: each planted violation is found by its rule, and its honest twin is not."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.adapters.loadrig import LocustRig
from guardrails.adapters.process import ProcessRunner
from guardrails.gates.load import LoadGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, judged
from tests.judge_fakes import NoSuites, bench_of

GATE = LoadGate()


class Suites(NoSuites):
    def environment(self) -> str:
        return "one"


@pytest.mark.slow
@pytest.mark.parametrize("probe", GATE.probes, ids=lambda probe: probe.rule)
def test_a_probe_holds(probe: Probe, tmp_path: Path) -> None:
    runner = ProcessRunner(tmp_path / "scratch", os.environ)
    parts = {"processes": runner, "rig": LocustRig(runner, sys.executable), "suites": Suites()}
    bad = GATE.run(replace(bench_of(tmp_path, probe.base, probe.bad), **parts))
    assert probe.rule in {finding.rule for finding in bad.findings}
    assert judged("load", bad, 0.0).status is GateStatus.FAILED
    honest = GATE.run(replace(bench_of(tmp_path, probe.base, probe.honest), **parts))
    assert not [finding for finding in honest.findings if finding.severity is not Severity.NOTE]
    assert judged("load", honest, 0.0).status is GateStatus.PASSED
