"""The probes: a gate that cannot fail, or that fails what is honest, is found out."""

from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from guardrails.adapters.terminal import Quiet
from guardrails.cli import probe
from guardrails.cli.engine import Engine
from guardrails.cli.probe import Proof, Prover, report, run_probes, unproved
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Gate, Profile
from guardrails.gates.registry import GATES
from guardrails.model.finding import Rule, Severity
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason

EVIL = Rule("words/evil", Severity.BLOCK, "An evil word", "why", "fix")
PLANTED = Probe("words/evil", {"a.py": "good\n"}, {"a.py": "evil\n"}, {"a.py": "kind\n"})


@dataclass(frozen=True)
class Words:
    """A gate that finds the words in `looks_for` in what the head has at a.py."""

    looks_for: tuple[str, ...] = ("evil",)
    probes: tuple[Probe, ...] = (PLANTED,)
    alone: bool = False
    broken: str = ""
    name: str = "words"
    title: str = "evil words"
    cost: float = 0.1
    profiles: frozenset[Profile] = frozenset({Profile.RELEASE})
    runs_code: bool = False
    rules: tuple[Rule, ...] = (EVIL,)

    def skip(self, bench: Bench) -> Skip | None:
        return Skip(SkipReason.SUBJECT_ABSENT, "There is nothing.") if self.broken == "skips" else None

    def run(self, bench: Bench) -> Outcome:
        if self.broken == "raises":
            raise JudgementError("the tool is not there")
        text = (bench.trees.head.read("a.py") or b"").decode()
        found = tuple(EVIL.finding(f"{word} is there") for word in self.looks_for if word in text)
        return Outcome({"files": 1}, {"files": 2 if self.broken == "lazy" and found else 1}, found)


def prove(gate: Gate, tmp_path: Path) -> list[Proof]:
    engine = Engine([gate], {}, lambda _: nullcontext(Quiet()), own_judge=True, cache=tmp_path / "cache")
    return Prover(engine, jobs=2, seed=1).prove([gate])


@pytest.mark.parametrize("alone", [False, True])
def test_a_gate_that_works_is_proved(tmp_path: Path, alone: bool, capsys: pytest.CaptureFixture[str]) -> None:
    gate = Words(alone=alone)
    (proof,) = prove(gate, tmp_path)
    assert proof.good, proof
    assert "words/evil: fires" in capsys.readouterr().err
    assert "1 of 1 probes did what they must" in report([gate], [proof])


@pytest.mark.parametrize(
    ("gate", "bad", "honest"),
    [
        (Words(looks_for=()), "missed the planted violation; it found nothing", ""),
        (Words(looks_for=("evil", "kind")), "", "the honest twin did not pass (failed): kind is there"),
        (Words(broken="raises"), "could not judge the planted violation: the tool is not there", "(error)"),
        (Words(broken="skips"), "skipped the planted violation", "(skipped): There is nothing."),
        (
            Words(probes=(Probe("words/evil", {"a.py": "1\n"}, {"b.py": None}, {"a.py": "2\n"}),)),
            "could not be planted",
            "",
        ),
    ],
    ids=["misses", "alarms", "raises", "skips", "unplantable"],
)
def test_a_gate_that_does_not_is_found_out(
    tmp_path: Path, gate: Gate, bad: str, honest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (proof,) = prove(gate, tmp_path)
    assert not proof.good
    assert bad in proof.bad
    assert bool(bad) is bool(proof.bad)
    assert honest in proof.honest
    assert bool(honest) is bool(proof.honest)
    assert "BROKEN" in capsys.readouterr().err
    assert "NO" in report([gate], [proof])


def test_a_finding_counts_although_too_little_else_was_checked(tmp_path: Path) -> None:
    (proof,) = prove(Words(broken="lazy"), tmp_path)
    assert proof.good, proof


def test_a_finding_of_another_rule_is_no_proof(tmp_path: Path) -> None:
    (proof,) = prove(Words(probes=(Probe("words/other", PLANTED.base, PLANTED.bad, PLANTED.honest),)), tmp_path)
    assert "it found words/evil" in proof.bad


def test_a_gate_without_a_probe_and_a_rule_without_a_proof_are_named() -> None:
    shown = report([Words(probes=())], [])
    assert "words: no violation is planted for this gate" in shown
    assert "Rules that no probe has proved: words/evil. Each needs a Probe." in shown


def test_only_a_rule_that_says_why_may_do_without_a_proof() -> None:
    excused = replace(EVIL, unprovable="It depends on the weather.")
    caught, missed = Proof("words/evil", "", ""), Proof("words/evil", "missed", "")
    assert unproved([Words(probes=())], []) == ["words/evil"]
    assert unproved([Words()], [missed]) == ["words/evil"]
    assert unproved([Words()], [caught]) == []
    assert unproved([Words(rules=(excused,))], []) == []
    assert "words/evil has no probe: It depends on the weather." in report([Words(rules=(excused,))], [])


def test_a_rule_without_a_proof_fails_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = replace(EVIL, id="words/other")
    monkeypatch.setenv("GUARDRAILS_CACHE", str(tmp_path))
    for rules, status in (((EVIL,), 0), ((EVIL, other), 1), ((EVIL, replace(other, unprovable="why")), 0)):
        monkeypatch.setattr(probe, "GATES", (Words(rules=rules),))
        assert run_probes(["words"], seed=1) == status


def test_every_rule_of_this_judge_has_a_probe_or_says_why_not() -> None:
    probed = {one.rule for gate in GATES for one in gate.probes}
    rules = {rule.id: rule for gate in GATES for rule in gate.rules}
    assert probed <= rules.keys()
    assert {name for name, rule in rules.items() if name not in probed and not rule.unprovable} == set()
    # What only minutes under open arrivals show, and what noise alone brings.
    minutes = {"load/less-capacity", "load/no-recovery"}
    assert {name for name, rule in rules.items() if rule.unprovable} == {"load/inconclusive", *minutes}


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    prove(Words(), tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not list((tmp_path / "cache" / "scratch").iterdir())
