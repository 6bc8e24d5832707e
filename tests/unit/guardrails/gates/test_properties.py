"""Gate properties: what it makes of runs, from a script, and one change for real."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import JudgementError
from guardrails.gates.properties import RULES, PropertiesGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, Outcome, judged
from guardrails.ports import CaseRecord, SuiteRun
from guardrails.probes.properties import PROBES
from tests.judge_fakes import Content, bench_of
from tests.judge_suites import Asked, ScriptedSuites, property_run, running_bench

PATH = "tests/property/test_rank.py"
A, B = f"{PATH}::test_a", f"{PATH}::test_b"
POLICY = "schema = 1\n[properties]\npaths = ['tests/property']\nminimum_properties = 2\nminimum_examples = 100\n"
BASE = {
    "guardrails.toml": POLICY,
    "shop.py": "PRICE = 1\n",
    PATH: "def test_a(): pass\n\ndef test_b(): pass\n",
    "tests/unit/test_other.py": "def test_o(): pass\n",
}
GOOD = property_run({A: (100, 0), B: (60, 5)}, relations={"unique": 160, "sorted": 60})
PRODUCT: Mapping[str, Content | None] = {"shop.py": "PRICE = 2\n"}
TOUCHED: Mapping[str, Content | None] = {PATH: "def test_a(): pass\n\ndef test_b(): 1\n"}


def falsified(name: str) -> CaseRecord:
    example = (
        "Failing test case: test_a(\n    number=3,\n)\n\nYou can reproduce it by @reproduce_failure('6', b'AA') as"
    )
    return CaseRecord(
        name, "failed", message="ViolationError: not unique", examples=7, example=example, is_property=True
    )


def ran(
    tmp_path: Path, head: Mapping[str, Content | None], script: Mapping[str, SuiteRun]
) -> tuple[Outcome, list[Asked]]:
    suites = ScriptedSuites(lambda asked: script.get(asked.side, GOOD))
    bench = replace(bench_of(tmp_path, BASE, head, seed=42), suites=suites)
    return PropertiesGate().run(bench), suites.asked


def told(outcome: Outcome) -> list[tuple[str, str]]:
    return sorted((f.rule.partition("/")[2], str(f.severity)) for f in outcome.findings)


def with_record(run: SuiteRun, record: CaseRecord) -> SuiteRun:
    return replace(run, records={**run.records, record.id: record})


def test_a_change_that_breaks_nothing_passes(tmp_path: Path) -> None:
    outcome, asked = ran(tmp_path, PRODUCT, {})
    assert outcome.findings == ()
    assert dict(outcome.work) == {"tests": 2, "properties": 2, "examples": 160, "relations": 2}
    assert dict(outcome.floor) == {"tests": 2, "properties": 2, "examples": 100, "relations": 0}
    assert [(a.side, a.collect, a.seed) for a in asked] == [("base", True, None), ("head", False, 42)]


def test_a_change_of_other_tests_runs_the_suites_once(tmp_path: Path) -> None:
    _, asked = ran(tmp_path, {"tests/unit/test_other.py": "def test_o(): 1\n"}, {})
    assert [a.side for a in asked if not a.collect] == ["trial"]


def test_the_shortest_counterexample_is_shown(tmp_path: Path) -> None:
    outcome, _ = ran(tmp_path, PRODUCT, {"head": with_record(GOOD, falsified(A))})
    [finding] = outcome.findings
    assert (finding.rule, finding.severity, finding.place) == ("properties/falsified", Severity.BLOCK, f"{PATH}:1")
    assert finding.what == f"{A}: ViolationError: not unique [Failing test case: test_a( number=3, )]"
    assert finding.fix.endswith("Here: @reproduce_failure('6', b'AA')")
    assert finding.reproduce == f"GUARDRAILS_HYPOTHESIS_PROFILE=gate python -m pytest {A} --hypothesis-seed=42"
    assert judged("properties", outcome, 0).status is GateStatus.FAILED, "a falsified property owes no more examples"


def test_a_property_that_the_base_breaks_from_the_same_seed_is_a_note(tmp_path: Path) -> None:
    bad = with_record(GOOD, falsified(A))
    outcome, asked = ran(tmp_path, PRODUCT, {"base": bad, "head": bad})
    assert told(outcome) == [("fails-at-base", "note")]
    assert asked[-1].seed == 42
    assert asked[-1].only == (A,)


def test_a_falsified_property_that_the_change_touched_asks_for_a_person(tmp_path: Path) -> None:
    bad = with_record(GOOD, falsified(B))
    assert told(ran(tmp_path, {**PRODUCT, **TOUCHED}, {"trial": bad})[0]) == [("falsified", "review")]
    both = ran(tmp_path, {**PRODUCT, **TOUCHED}, {"trial": bad, "head": bad})[0]
    assert told(both) == [("falsified", "block"), ("falsified", "review")]


@pytest.mark.parametrize(
    ("now", "was", "found"),
    [
        ((0, 0), (100, 0), True),
        ((3, 0), (100, 0), True),
        ((2, 0), (2, 0), False),
        ((40, 500), (100, 0), True),
        ((40, 500), (40, 500), False),
    ],
    ids=["none", "few", "a space that small", "rejects", "always rejected"],
)
def test_a_property_that_hardly_draws(
    tmp_path: Path, now: tuple[int, int], was: tuple[int, int], *, found: bool
) -> None:
    script = {"base": property_run({A: was, B: (99, 0)}), "head": property_run({A: now, B: (99, 0)})}
    assert told(ran(tmp_path, PRODUCT, script)[0]) == ([("too-few-examples", "block")] if found else [])


def test_a_head_that_draws_less_asks_for_a_person(tmp_path: Path) -> None:
    less = {"head": property_run({A: (100, 0), B: (10, 0)}, relations=GOOD.relations)}
    assert told(ran(tmp_path, TOUCHED, less)[0]) == [("too-few-examples", "review")]


def test_a_relation_that_the_head_drops_asks_for_a_person(tmp_path: Path) -> None:
    without = {"head": replace(GOOD, relations={"unique": 160, "sorted": 0})}
    outcome, _ = ran(tmp_path, TOUCHED, without)
    assert [f.what for f in outcome.findings] == [
        "the relation 'sorted' is judged by the base's suite and not by the head's"
    ]
    assert told(outcome) == [("relation-lost", "review")]


def test_a_property_that_is_not_run_blocks(tmp_path: Path) -> None:
    one = property_run({A: (100, 0)}, relations=GOOD.relations)
    outcome, _ = ran(tmp_path, PRODUCT, {"head": one})
    assert told(outcome) == [("not-run", "block")]
    assert judged("properties", outcome, 0).status is GateStatus.ERROR
    assert told(ran(tmp_path, {"tests/property/conftest.py": "#"}, {"head": one})[0]) == [("not-run", "block")]


def test_a_suite_that_no_longer_imports(tmp_path: Path) -> None:
    broken = SuiteRun((), {}, errors=((PATH, "E   ImportError: rank"),))
    outcome, _ = ran(tmp_path, PRODUCT, {"head": broken})
    assert told(outcome) == [("falsified", "block")]
    renamed, _ = ran(tmp_path, {**PRODUCT, PATH: "import x\n"}, {"trial": broken})
    assert told(renamed) == [("falsified", "review")]
    assert judged("properties", renamed, 0).status is GateStatus.FAILED, "its properties are accounted for"


def test_a_conftest_that_the_change_follows_asks_for_a_person(tmp_path: Path) -> None:
    stopped = SuiteRun((), {}, complaint=f"ImportError while loading conftest '{PATH}'", ended=False)
    outcome, _ = ran(tmp_path, {**PRODUCT, **TOUCHED}, {"trial": stopped})
    assert told(outcome) == [("falsified", "review")]
    assert judged("properties", outcome, 0).status is GateStatus.FAILED


def test_runs_that_mean_nothing_block(tmp_path: Path) -> None:
    assert told(ran(tmp_path, PRODUCT, {"head": replace(GOOD, toothless=("no",))})[0]) == [
        ("suite-cannot-fail", "block")
    ]
    cut, _ = ran(tmp_path, PRODUCT, {"head": SuiteRun((A, B), {}, complaint="it ended by itself", ended=False)})
    assert told(cut) == [("run-broken", "block")]
    assert judged("properties", cut, 0).status is GateStatus.ERROR


def test_a_base_that_cannot_be_collected_cannot_judge(tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match="the base's properties cannot be collected: it ended"):
        ran(tmp_path, PRODUCT, {"base": replace(GOOD, complaint="it ended")})


def test_the_first_properties_of_a_repository_are_judged(tmp_path: Path) -> None:
    nothing = SuiteRun((), {})
    suites = ScriptedSuites(lambda asked: GOOD if asked.side == "head" else nothing)
    base = {"guardrails.toml": POLICY, "shop.py": ""}
    bench = replace(bench_of(tmp_path, base, {PATH: BASE[PATH]}), suites=suites)
    outcome = PropertiesGate().run(bench)
    assert judged("properties", outcome, 0).status is GateStatus.PASSED
    assert dict(outcome.work) == {"tests": 2, "properties": 2, "examples": 160, "relations": 2}


def test_without_suites_there_is_nothing_to_judge(tmp_path: Path) -> None:
    unnamed = PropertiesGate().skip(bench_of(tmp_path, {"shop.py": ""}, {"shop.py": "X = 1\n"}))
    assert unnamed is not None
    assert "names no property suites" in unnamed.sentence
    absent = PropertiesGate().skip(bench_of(tmp_path, {"guardrails.toml": POLICY}, {"shop.py": "X = 1\n"}))
    assert absent is not None
    assert PropertiesGate().skip(bench_of(tmp_path, BASE, {PATH: None})) is None


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    bad = PropertiesGate().run(running_bench(tmp_path, probe.base, probe.bad, plugins=["hypothesispytest"]))
    assert probe.rule in {finding.rule for finding in bad.findings}
    honest = PropertiesGate().run(running_bench(tmp_path, probe.base, probe.honest, plugins=["hypothesispytest"]))
    assert [finding for finding in honest.findings if finding.severity is not Severity.NOTE] == []


@pytest.mark.slow
def test_one_change_for_real(tmp_path: Path) -> None:
    probe = PROBES[0]
    outcome = PropertiesGate().run(running_bench(tmp_path, probe.base, probe.bad))
    [finding] = outcome.findings
    assert finding.rule == "properties/falsified"
    assert "scores=[0, 1]" in finding.what
    assert "@reproduce_failure" in finding.fix
