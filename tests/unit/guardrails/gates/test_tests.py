"""Gate tests: what it makes of runs, from a script, and one change for real."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.tests import RULES, TestsGate
from guardrails.model.finding import Severity
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, Outcome, SkipReason, judged
from guardrails.ports import SuiteRun
from guardrails.probes.tests import PROBES
from tests.judge_fakes import Content, bench_of
from tests.judge_suites import Asked, ScriptedSuites, running_bench, suite_run

A, B, C = (f"tests/test_shop.py::test_{name}" for name in "abc")
BASE = {
    "shop.py": "PRICE = 1\n",
    "tests/conftest.py": "",
    "tests/data/golden.json": "[1]\n",
    "tests/helpers.py": "def make():\n    return 1\n",
    "tests/test_shop.py": "import shop\n\ndef test_a(): pass\n\ndef test_b(): pass\n\ndef test_c(): pass\n",
    "tests/test_uses.py": "from tests.helpers import make\nGOLDEN = 'golden.json'\n\ndef test_d(): pass\n",
}
ALL_PASS = {A: "passed", B: "passed", C: "passed"}
PRODUCT = {"shop.py": "PRICE = 2\n"}
Script = Mapping[str, SuiteRun] | Callable[[Asked], SuiteRun]


def scripted(tmp_path: Path, head: Mapping[str, Content | None], script: Script) -> tuple[Bench, ScriptedSuites]:
    """A bench on which the runs are told by side, and by "alone" where tests run once more."""

    def answer(asked: Asked) -> SuiteRun:
        if callable(script):
            return script(asked)
        again = asked.only is not None and asked.side != "base" and "alone" in script
        return script["alone" if again else asked.side] if asked.side in script else suite_run(ALL_PASS)

    suites = ScriptedSuites(answer)
    return replace(bench_of(tmp_path, BASE, head), suites=suites), suites


def judge(tmp_path: Path, head: Mapping[str, Content | None], script: Script) -> Outcome:
    return TestsGate().run(scripted(tmp_path, head, script)[0])


def told(outcome: Outcome) -> list[tuple[str, str]]:
    """Rule and severity of each finding."""
    return sorted((f.rule.partition("/")[2], str(f.severity)) for f in outcome.findings)


def test_a_change_that_breaks_nothing_passes(tmp_path: Path) -> None:
    bench, suites = scripted(tmp_path, PRODUCT, {})
    outcome = TestsGate().run(bench)
    assert (outcome.findings, dict(outcome.work), dict(outcome.floor)) == ((), {"tests": 3}, {"tests": 3})
    assert [(asked.side, asked.collect) for asked in suites.asked] == [("base", True), ("head", False)], (
        "no judge changed: one run serves as trial and head"
    )


def test_what_the_base_collects_is_remembered(tmp_path: Path) -> None:
    bench, suites = scripted(tmp_path, PRODUCT, {})
    TestsGate().run(bench)
    TestsGate().run(bench)
    assert [asked.collect for asked in suites.asked] == [True, False, False]


def test_a_test_that_was_left_alone_blocks(tmp_path: Path) -> None:
    outcome = judge(tmp_path, PRODUCT, {"head": suite_run({**ALL_PASS, B: "failed"})})
    [finding] = outcome.findings
    assert (finding.rule, finding.severity) == ("tests/base-test-fails", Severity.BLOCK)
    assert finding.what == f"{B} fails: AssertionError: b"
    assert (finding.place, finding.reproduce) == ("tests/test_shop.py:5", f"python -m pytest {B}")


TOUCHED: Mapping[str, tuple[str, Mapping[str, Content | None], str]] = {
    "the test": (B, {"tests/test_shop.py": BASE["tests/test_shop.py"].replace("test_b(): pass", "test_b(): 1")}, "it"),
    "its file's helper": (B, {"tests/test_shop.py": "X = 1\n" + BASE["tests/test_shop.py"]}, "what stands around it"),
    "deleted": (B, {"tests/test_shop.py": BASE["tests/test_shop.py"].replace("def test_b(): pass", "")}, "it was del"),
    "its file deleted": (B, {"tests/test_shop.py": None}, "its file was deleted"),
    "conftest": (B, {"tests/conftest.py": "X = 1\n"}, "tests/conftest.py, which it uses"),
    "a helper": ("tests/test_uses.py::test_d", {"tests/helpers.py": "X = 1\n"}, "tests/helpers.py, which it uses"),
    "its data": ("tests/test_uses.py::test_d", {"tests/data/golden.json": "[2]\n"}, "golden.json, which it reads"),
}


@pytest.mark.parametrize(("name", "head", "why"), TOUCHED.values(), ids=TOUCHED.keys())
def test_a_test_that_the_change_touched_asks_for_a_person(
    tmp_path: Path, name: str, head: Mapping[str, Content | None], why: str
) -> None:
    everything = {**ALL_PASS, "tests/test_uses.py::test_d": "passed"}
    script = {"base": suite_run(everything), "trial": suite_run({**everything, name: "failed"}), "head": suite_run({})}
    [finding] = [f for f in judge(tmp_path, {**PRODUCT, **head}, script).findings if f.rule == "tests/base-test-fails"]
    assert finding.severity is Severity.REVIEW
    assert why in finding.why


UNTOUCHED: Mapping[str, tuple[str, Mapping[str, Content | None]]] = {
    "another test of its file": (B, {"tests/test_shop.py": BASE["tests/test_shop.py"].replace("a(): pass", "a(): 1")}),
    "a helper of another": (B, {"tests/helpers.py": "X = 1\n"}),
    "a new test": (B, {"tests/test_new.py": "def test_new(): pass\n"}),
}


@pytest.mark.parametrize(("name", "head"), UNTOUCHED.values(), ids=UNTOUCHED.keys())
def test_touching_something_else_excuses_nothing(tmp_path: Path, name: str, head: Mapping[str, Content | None]) -> None:
    script = {"trial": suite_run({**ALL_PASS, name: "failed"}), "head": suite_run(ALL_PASS)}
    assert told(judge(tmp_path, {**PRODUCT, **head}, script)) == [("base-test-fails", "block")]


def test_a_failure_that_the_base_has_is_a_note(tmp_path: Path) -> None:
    bad = suite_run({**ALL_PASS, B: "failed"})
    assert told(judge(tmp_path, PRODUCT, {"base": bad, "head": bad})) == [("fails-at-base", "note")]


def test_a_failure_that_goes_away_alone_asks_for_a_person(tmp_path: Path) -> None:
    script = {"head": suite_run({**ALL_PASS, B: "error"}), "alone": suite_run(ALL_PASS)}
    assert told(judge(tmp_path, PRODUCT, script)) == [("flaky", "review")]


@pytest.mark.parametrize("outcome", ["skipped", "xfailed"])
def test_a_test_that_the_head_makes_skip_blocks(tmp_path: Path, outcome: str) -> None:
    skips = suite_run({**ALL_PASS, B: outcome})
    assert told(judge(tmp_path, PRODUCT, {"head": skips})) == [("base-test-skipped", "block")]
    assert told(judge(tmp_path, PRODUCT, {"base": skips, "head": skips})) == []


def test_a_test_without_a_record_is_not_run(tmp_path: Path) -> None:
    outcome = judge(tmp_path, PRODUCT, {"head": suite_run({**ALL_PASS, B: ""})})
    assert told(outcome) == [("not-run", "block")]
    assert judged("tests", outcome, 0).status is GateStatus.ERROR, "work is below its floor as well"
    assert outcome.findings[0].what == f"{B} was collected, but nothing recorded its end"


def test_a_test_that_is_not_collected_is_not_run(tmp_path: Path) -> None:
    one_less = suite_run({A: "passed", C: "passed"}, deselected=(B,))
    outcome = judge(tmp_path, PRODUCT, {"head": one_less})
    assert [f.what for f in outcome.findings] == [f"{B} is deselected"]


def test_the_head_cannot_stop_collecting_what_it_still_has(tmp_path: Path) -> None:
    head = {"tests/conftest.py": "collect_ignore = ['test_shop.py']\n"}
    outcome = judge(tmp_path, head, {"head": suite_run({})})
    assert told(outcome) == [("not-run", "block")] * 3
    assert dict(outcome.work) == {"tests": 3}


def test_a_moved_test_is_still_run(tmp_path: Path) -> None:
    head = {"tests/test_shop.py": None, "tests/unit/test_shop.py": BASE["tests/test_shop.py"], "tests/conftest.py": "#"}
    moved = {name.replace("tests/", "tests/unit/"): outcome for name, outcome in ALL_PASS.items()}
    assert told(judge(tmp_path, head, {"head": suite_run(moved)})) == []


def test_ids_that_change_from_process_to_process_are_paired(tmp_path: Path) -> None:
    base = suite_run({f"{A}[<object at 0x{n}>]": "passed" for n in (1, 2)})
    head = suite_run({f"{A}[<object at 0x{n}>]": "passed" for n in (3, 4)})
    assert told(judge(tmp_path, PRODUCT, {"base": base, "head": head})) == []
    fewer = suite_run({f"{A}[<object at 0x3>]": "passed"})
    assert told(judge(tmp_path, PRODUCT, {"base": base, "head": fewer})) == [("not-run", "block")] * 2


def test_a_new_parameter_of_an_old_test_is_judged(tmp_path: Path) -> None:
    assert told(judge(tmp_path, PRODUCT, {"head": suite_run({**ALL_PASS, f"{A}[new]": "failed"})})) == [
        ("base-test-fails", "block")
    ]


def test_a_test_module_that_no_longer_imports(tmp_path: Path) -> None:
    broken = suite_run(
        {}, errors=(("tests/test_shop.py", "tests/test_shop.py:1: in <module>\nE   ImportError: price"),)
    )
    outcome = judge(tmp_path, PRODUCT, {"head": broken})
    [finding] = outcome.findings
    assert (finding.rule, finding.severity) == ("tests/base-test-fails", Severity.BLOCK)
    assert finding.what == "tests/test_shop.py cannot be imported, so that its 3 tests do not run: ImportError: price"
    assert judged("tests", outcome, 0).status is GateStatus.FAILED, "the three are accounted for"
    # With the test module changed along, a person decides: a rename that both sides of the change follow.
    renamed = {**PRODUCT, "tests/test_shop.py": BASE["tests/test_shop.py"].replace("import shop", "import store")}
    assert told(judge(tmp_path, renamed, {"trial": broken})) == [("base-test-fails", "review")]
    assert told(judge(tmp_path, PRODUCT, {"base": broken, "head": broken})) == [("fails-at-base", "note")]


def test_a_failing_test_of_the_head_blocks(tmp_path: Path) -> None:
    head = {"tests/test_new.py": "def test_new(): assert 0\n"}
    bad = {"head": suite_run({"tests/test_new.py::test_new": "failed"})}
    bench, suites = scripted(tmp_path, head, bad)
    outcome = TestsGate().run(bench)
    assert told(outcome) == [("head-test-fails", "block")]
    assert outcome.findings[0].reproduce == "python -m pytest tests/test_new.py::test_new"
    assert next(asked.paths for asked in suites.asked if asked.side == "head") == ("tests/test_new.py",), (
        "the other tests would come out as on the trial tree"
    )
    assert dict(outcome.work) == {"tests": 4}


def test_a_changed_test_that_fails_on_both_sides_blocks(tmp_path: Path) -> None:
    head = {"tests/test_shop.py": BASE["tests/test_shop.py"].replace("test_b(): pass", "test_b(): 1")}
    bad = suite_run({**ALL_PASS, B: "failed"})
    assert told(judge(tmp_path, head, {"trial": bad, "head": bad})) == [
        ("base-test-fails", "review"),
        ("head-test-fails", "block"),
    ]


@pytest.mark.parametrize(
    ("path", "runs"),
    [
        ("tests/conftest.py", "tests"),
        ("tests/data/new.json", "tests"),
        ("pyproject.toml", "tests"),
        ("tests/helpers.py", "tests/test_uses.py"),
        ("tests/data/golden.json", "tests/test_uses.py"),
    ],
)
def test_of_the_head_s_suite_runs_what_may_come_out_otherwise(tmp_path: Path, path: str, runs: str) -> None:
    bench, suites = scripted(tmp_path, {path: "\n"}, {})
    TestsGate().run(bench)
    assert [asked.paths for asked in suites.asked if asked.side == "head"] == [(runs,)]


def test_a_test_that_the_change_marks_itself_asks_for_a_person(tmp_path: Path) -> None:
    head = {"tests/test_shop.py": BASE["tests/test_shop.py"].replace("def test_b", "@pytest.mark.slow\ndef test_b")}
    outcome = judge(tmp_path, head, {"head": suite_run({A: "passed", C: "passed"}, deselected=(B,))})
    assert told(outcome) == [("not-run", "review")]
    assert outcome.findings[0].what == f"{B} is deselected; in the change it was changed"


def test_a_run_that_breaks_off_blocks(tmp_path: Path) -> None:
    cut = suite_run({**ALL_PASS, B: "", C: ""}, complaint="the process of the tests ended by itself", ended=False)
    outcome = judge(tmp_path, PRODUCT, {"head": cut})
    assert told(outcome) == [("run-broken", "block")]
    assert "ended by itself" in outcome.findings[0].what
    assert judged("tests", outcome, 0).status is GateStatus.ERROR


def test_a_run_that_is_stopped_after_a_failure_is_decided(tmp_path: Path) -> None:
    """What hangs hides the tests behind it; one that fails before it is enough to say what is to be done."""
    cut = suite_run({**ALL_PASS, B: "failed", C: ""}, complaint=f"pytest stopped while {C} ran", ended=False)
    outcome = judge(tmp_path, PRODUCT, {"head": cut})
    assert told(outcome) == [("base-test-fails", "block"), ("run-broken", "block")]
    assert judged("tests", outcome, 0).status is GateStatus.FAILED


def test_a_conftest_that_the_change_follows_asks_for_a_person(tmp_path: Path) -> None:
    """The head renames what the base's conftest.py imports, and changes it along: none of the base's tests can run."""
    stopped = SuiteRun(
        (), {}, complaint="ImportError while loading conftest 'tests/conftest.py'.\nE   no shop", ended=False
    )
    script = {"base": suite_run(ALL_PASS), "trial": stopped, "head": suite_run(ALL_PASS)}
    outcome = judge(tmp_path, {**PRODUCT, "tests/conftest.py": "import store\n"}, script)
    assert told(outcome) == [("base-test-fails", "review")]
    assert outcome.findings[0].what == "tests/conftest.py stops all 3 tests: no shop"
    assert judged("tests", outcome, 0).status is GateStatus.FAILED
    left_alone = judge(tmp_path, PRODUCT, {"base": suite_run(ALL_PASS), "head": stopped})
    assert told(left_alone) == [("run-broken", "block")]


def test_a_suite_that_cannot_fail_blocks(tmp_path: Path) -> None:
    toothless = suite_run(ALL_PASS, toothless=("a planted test that must fail is reported as passed",))
    outcome = judge(tmp_path, PRODUCT, {"head": toothless})
    assert told(outcome) == [("suite-cannot-fail", "block")]
    both = judge(tmp_path, PRODUCT, {"base": toothless, "head": toothless})
    assert told(both) == []
    assert any("at the base either" in note for note in both.notes)


def test_a_base_that_cannot_be_collected_cannot_judge(tmp_path: Path) -> None:
    with pytest.raises(JudgementError, match="the tests of the base cannot be collected: pytest did not start"):
        judge(tmp_path, PRODUCT, {"base": suite_run({}, complaint="pytest did not start")})


def test_many_findings_are_counted(tmp_path: Path) -> None:
    many = {f"{A}[{n:03}]": "passed" for n in range(50)}
    outcome = judge(tmp_path, PRODUCT, {"base": suite_run(many), "head": suite_run(dict.fromkeys(many, "failed"))})
    assert len(outcome.findings) == 21
    assert outcome.findings[-1].what.startswith("and 30 more, of which one is: ")


def test_too_few_tests_are_not_a_pass(tmp_path: Path) -> None:
    outcome = judge(tmp_path, PRODUCT, {side: suite_run({}) for side in ("base", "head")})
    assert judged("tests", outcome, 0).status is GateStatus.ERROR


def test_without_tests_there_is_nothing_to_judge(tmp_path: Path) -> None:
    skip = TestsGate().skip(bench_of(tmp_path, {"shop.py": ""}, {"shop.py": "X = 1\n"}))
    assert skip is not None
    assert skip.reason is SkipReason.SUBJECT_ABSENT
    assert TestsGate().skip(bench_of(tmp_path, {"shop.py": ""}, {"tests/test_a.py": ""})) is None
    assert TestsGate().skip(bench_of(tmp_path, BASE, dict.fromkeys(BASE))) is None, "a head without them does not count"


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBES, ids=lambda p: p.rule)
def test_probes_hold(probe: Probe, tmp_path: Path) -> None:
    bad = TestsGate().run(running_bench(tmp_path, probe.base, probe.bad))
    assert probe.rule in {finding.rule for finding in bad.findings}
    honest = TestsGate().run(running_bench(tmp_path, probe.base, probe.honest))
    assert [finding for finding in honest.findings if finding.severity is not Severity.NOTE] == []


def test_one_change_for_real(tmp_path: Path) -> None:
    probe = PROBES[0]
    outcome = TestsGate().run(running_bench(tmp_path, probe.base, probe.bad))
    assert {finding.rule for finding in outcome.findings} == {"tests/base-test-fails"}
    assert dict(outcome.work) == {"tests": 4}


@pytest.mark.slow
@pytest.mark.parametrize("name", [".pytest.ini", "pytest.toml", "conftest.py"])
def test_a_configuration_that_appears_in_the_head_does_not_run_the_base_s_tests(tmp_path: Path, name: str) -> None:
    base = {
        "guardrails.toml": "schema = 1\n[project]\njudges = ['tests/**']\n[tests]\nplugins = []\n",
        "shop.py": "PRICE = 1\n",
        "tests/test_shop.py": "import shop\n\ndef test_price():\n    assert shop.PRICE == 1\n",
    }
    quiet = "def pytest_collection_modifyitems(items):\n    del items[:]\n"
    text = {".pytest.ini": "[pytest]\naddopts = -p quiet\n", "pytest.toml": '[pytest]\naddopts = ["-p", "quiet"]\n'}
    head = {"shop.py": "PRICE = 2\n", "quiet.py": quiet, name: text.get(name, quiet)}
    found = TestsGate().run(running_bench(tmp_path, base, head)).findings
    assert "tests/base-test-fails" in {finding.rule for finding in found}
