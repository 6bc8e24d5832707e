"""Gate mutants: what it asks for and what it makes of the answers, from a script; its probes run in the canaries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.errors import JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.mutants import RULES, MutantsGate
from guardrails.model.finding import Severity
from guardrails.model.mutation import Called, Fate, Notice, Observation, Trial, TrialResult, TrialRun, Trials, Watch
from guardrails.model.probe import Probe
from guardrails.model.result import GateStatus, Outcome, SkipReason, judged
from guardrails.ports import Tree
from guardrails.probes.mutants import BASE, PROBES
from tests.judge_fakes import Content, bench_of
from tests.judge_suites import ScriptedSuites, running_bench, suite_run

TEST = "tests/test_more.py::test_more"
CALL = "shop.total([4])"
CAPPED = """def total(prices):
    return sum(prices)


def cheapest(prices, limit):
    if limit < 0:
        raise ValueError("limit is negative")
    return sorted(prices)[:limit]
"""
NEW_FUNCTION: Mapping[str, Content] = {"shop.py": CAPPED}
NEW_TEST: Mapping[str, Content] = {"tests/test_more.py": f"import shop\n\n\ndef test_more():\n    {CALL}\n"}
Judge = Callable[[Trial], Fate | None]


class ScriptedMutations:
    """`guardrails.ports.Mutations` that answers from a script."""

    def __init__(self, seen: Observation, fate: Judge, complaint: str = "") -> None:
        self.seen, self.fate, self.complaint = seen, fate, complaint
        self.watch: Watch | None = None
        self.trials: tuple[Trial, ...] = ()

    def observe(self, tree: Tree, watch: Watch) -> Observation:
        self.watch = watch
        return self.seen

    def judge(self, tree: Tree, trials: Trials) -> TrialRun:
        self.trials = trials.trials
        fates = {trial.key: self.fate(trial) for trial in trials.trials}
        return TrialRun({k: TrialResult(k, fate) for k, fate in fates.items() if fate is not None}, self.complaint)


def seen(lines: Iterable[int] = (), calls: tuple[Called, ...] = (), **more: object) -> Observation:
    """One test that passed, and what it executed."""
    executed = {TEST: {"shop.py": frozenset(lines)}}
    return replace(Observation({TEST: 0.1}, executed, {TEST: calls}), **more)  # type: ignore[arg-type]


def scripted(
    tmp_path: Path, head: Mapping[str, Content | None], observation: Observation, fate: Judge | Fate = Fate.KILLED
) -> tuple[Bench, ScriptedMutations]:
    script = ScriptedMutations(observation, fate if callable(fate) else lambda _: fate)
    return replace(bench_of(tmp_path, BASE, head), mutations=script), script


def told(outcome: Outcome) -> list[tuple[str, str, str]]:
    """Rule, severity and place of each finding."""
    return sorted((f.rule.partition("/")[2], str(f.severity), f.place) for f in outcome.findings)


def run(
    tmp_path: Path, head: Mapping[str, Content | None], observation: Observation, fate: Judge | Fate = Fate.KILLED
) -> Outcome:
    return MutantsGate().run(scripted(tmp_path, head, observation, fate)[0])


ALL = range(1, 9)
TOTAL = Called("shop.py", "total", 1, direct=True, returns=("builtins:int",))


def test_faults_that_are_noticed_are_no_findings(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen(ALL))
    assert outcome.findings == ()
    assert dict(outcome.work) == {"changed lines": 3, "executed": 3, "mutants": 5, "killed": 5, "new tests": 0}
    assert judged("mutants", outcome, 0).status is GateStatus.PASSED


def test_a_new_function_of_which_no_fault_is_noticed_asks_for_a_person(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen(ALL), Fate.SURVIVED)
    assert told(outcome) == [("survivor", "review", "shop.py:5")]
    assert "nothing fails whatever the new function `cheapest` does: 5 faults" in outcome.findings[0].what


def test_one_fault_that_is_not_noticed_is_a_question(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen(ALL), lambda t: Fate.SURVIVED if t.edit.line == 8 else Fate.KILLED)
    assert told(outcome) == [("survivor", "note", "shop.py:8")]
    assert outcome.findings[0].what == (
        "nothing fails when this cut is one too late: `sorted(prices)[:limit]` became `sorted(prices)[:limit + 1]`"
    )


def test_survivors_in_a_function_that_was_there_are_questions(tmp_path: Path) -> None:
    head = {"shop.py": "def total(prices):\n    return sum(prices) + 1 if prices else 0\n"}
    assert told(run(tmp_path, head, seen([2]), Fate.SURVIVED)) == [("survivor", "note", "shop.py:2")]


def test_a_survivor_at_import_says_how_many_tests_were_run(tmp_path: Path) -> None:
    head = {"shop.py": "LIMIT = 3\n\n\ndef total(prices):\n    return sum(prices)\n"}
    bench, script = scripted(tmp_path, head, seen([5]), Fate.SURVIVED)
    outcome = MutantsGate().run(bench)
    assert [(f.place, f.what.partition(":")[0]) for f in outcome.findings] == [
        ("shop.py:1", "none of 1 tests fails when this figure is off by one")
    ]
    assert [trial.at_import for trial in script.trials] == [True]
    slow = seen([5], passed={TEST: 9.0})
    outcome = run(tmp_path, head, slow, Fate.SURVIVED)
    assert outcome.findings == ()
    assert "1 changed lines run where their module is imported and have no mutant" in outcome.notes[-1]


def test_what_is_quick_is_tried_first(tmp_path: Path) -> None:
    head = {
        "shop.py": BASE["shop.py"].replace("sum(prices)", "sum(prices) - 1") + "\n\ndef more(a):\n    return a < 3\n"
    }
    quick = "tests/test_shop.py::test_total"
    lines = {TEST: {"shop.py": frozenset([2])}, quick: {"shop.py": frozenset([6])}}
    observed = Observation({TEST: 9.0, quick: 0.1}, lines)
    bench, script = scripted(tmp_path, head, observed)
    MutantsGate().run(bench)
    assert [trial.tests for trial in script.trials] == [(quick,), (quick,), (quick,), (TEST,)]


def test_a_new_function_that_no_test_executes_asks_for_a_person(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen())
    assert told(outcome) == [("not-covered", "review", "shop.py:5")]
    assert (dict(outcome.floor), judged("mutants", outcome, 0).error) == ({"mutants": 0}, "")


def test_lines_of_a_function_that_was_there_and_one_that_decides_nothing_are_notes(tmp_path: Path) -> None:
    head = {"shop.py": "def total(prices):\n    if not prices:\n        return 0\n    return sum(prices)\n"}
    assert told(run(tmp_path, head, seen([4]))) == [("not-covered", "note", "shop.py:2")]
    plain = {"shop.py": "def total(prices):\n    return sum(prices)\n\n\ndef named(self):\n    return self.name\n"}
    assert told(run(tmp_path, plain, seen())) == [("not-covered", "note", "shop.py:5")]


def test_what_could_not_be_seen_asks_for_nobody(tmp_path: Path) -> None:
    assert told(run(tmp_path, NEW_FUNCTION, seen(cut=True))) == [("not-covered", "note", "shop.py:5")]
    assert {severity for _, severity, _ in told(run(tmp_path, NEW_FUNCTION, seen(ALL, cut=True), Fate.SURVIVED))} == {
        "note"
    }
    starting = "import subprocess\n\n\ndef test_more():\n    subprocess.run(['a'])\n"
    started = {**NEW_FUNCTION, "tests/test_more.py": starting}
    assert told(run(tmp_path, started, seen())) == [("not-covered", "note", "shop.py:5")]


def test_a_new_test_that_passes_whatever_comes_back(tmp_path: Path) -> None:
    bench, script = scripted(tmp_path, NEW_TEST, seen(calls=(TOTAL,)), Fate.SURVIVED)
    outcome = MutantsGate().run(bench)
    assert told(outcome) == [("test-proves-nothing", "review", "tests/test_more.py:4")]
    assert (
        outcome.findings[0].what
        == "`test_more` still passes when `total` does nothing but `return 0`, or `return 7`, or `return -7`"
    )
    assert [(t.tests, t.group, t.notice) for t in script.trials] == [((TEST,), TEST, Notice.ASSERTION)] * 3
    assert script.watch is not None
    assert (script.watch.paths, script.watch.tests) == (("tests/test_more.py",), (TEST,))


def test_what_a_test_that_asserts_runs_into_counts(tmp_path: Path) -> None:
    asserting = {"tests/test_more.py": "import shop\n\n\ndef test_more():\n    assert shop.total([4]) + 1 == 5\n"}
    bench, script = scripted(tmp_path, asserting, seen(calls=(TOTAL,)))
    MutantsGate().run(bench)
    assert {trial.notice for trial in script.trials} == {Notice.TEST}


def test_a_test_of_what_is_done_to_an_argument_is_let_off(tmp_path: Path) -> None:
    kept = "import shop\n\n\ndef test_more():\n    prices = [4]\n    shop.total(prices)\n    assert prices == [4]\n"
    assert told(run(tmp_path, {"tests/test_more.py": kept}, seen(calls=(TOTAL,)), Fate.SURVIVED)) == []


@pytest.mark.parametrize("fate", [Fate.KILLED, Fate.CRASHED, Fate.UNFIT, None])
def test_one_answer_that_is_noticed_or_not_judged_is_enough(tmp_path: Path, fate: Fate | None) -> None:
    assert told(run(tmp_path, NEW_TEST, seen(calls=(TOTAL,)), lambda t: fate if t.key else Fate.SURVIVED)) == []


def test_that_a_procedure_refuses_nothing_can_be_what_a_test_shows(tmp_path: Path) -> None:
    base = {**BASE, "shop.py": "def check(price):\n    if price < 0:\n        raise ValueError(price)\n"}
    call = Called("shop.py", "check", 1, direct=True, returns=("builtins:NoneType",))
    script = ScriptedMutations(seen(calls=(call,)), lambda t: Fate.SURVIVED if t.key == 0 else Fate.KILLED)
    bench = replace(bench_of(tmp_path, base, NEW_TEST), mutations=script)
    assert told(MutantsGate().run(bench)) == []
    assert [trial.notice for trial in script.trials] == [Notice.ANY] * 3


def test_what_was_not_tried_or_not_judged_is_said(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen(ALL), lambda t: (Fate.KILLED, Fate.CRASHED, None, None, None)[t.key])
    assert outcome.notes == (
        "3 of 5 mutants were not tried: 30 s were up",
        "1 of 5 mutants could not be judged: ",
    )
    assert judged("mutants", outcome, 0).status is GateStatus.PASSED


def test_nothing_tried_where_something_could_be_is_no_pass(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen(ALL), lambda _: None)
    assert "mutants 0 of at least 1" in judged("mutants", outcome, 0).error


def test_a_suite_that_cannot_be_watched_asks_for_a_person(tmp_path: Path) -> None:
    outcome = run(tmp_path, NEW_FUNCTION, seen(complaint="pytest stopped"))
    assert told(outcome) == [("not-judged", "review", "")]
    assert judged("mutants", outcome, 0).status is GateStatus.FAILED


@pytest.mark.parametrize(("at_base", "severity"), [((), "review"), (("nothing fails",), "note")])
def test_a_suite_that_cannot_fail_is_the_change_s_fault_or_not(
    tmp_path: Path, at_base: tuple[str, ...], severity: str
) -> None:
    bench, _ = scripted(tmp_path, NEW_FUNCTION, seen(toothless=("nothing fails",)))
    suites = ScriptedSuites(lambda _: suite_run({TEST: "passed"}, toothless=at_base))
    outcome = MutantsGate().run(replace(bench, suites=suites))
    assert told(outcome) == [("not-judged", severity, "")]
    assert [(asked.side, asked.only) for asked in suites.asked] == [("base", (TEST,))]


def test_when_there_is_nothing_to_do(tmp_path: Path) -> None:
    same = bench_of(tmp_path, BASE, {"shop.py": f"# a comment\n{BASE['shop.py']}", "README.md": "A shop.\n"})
    skip = MutantsGate().skip(same)
    assert skip is not None
    assert skip.reason is SkipReason.INPUTS_UNCHANGED
    bare = MutantsGate().skip(bench_of(tmp_path, {"shop.py": ""}, NEW_FUNCTION))
    assert bare is not None
    assert bare.reason is SkipReason.SUBJECT_ABSENT
    assert MutantsGate().skip(bench_of(tmp_path, BASE, NEW_FUNCTION)) is None
    assert MutantsGate().skip(bench_of(tmp_path, BASE, NEW_TEST)) is None


def test_a_check_that_cannot_run_mutants_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(JudgementError):
        MutantsGate().run(bench_of(tmp_path, BASE, NEW_FUNCTION))


def test_every_rule_has_a_probe() -> None:
    assert {probe.rule for probe in PROBES} == {rule.id for rule in RULES}
    assert all(rule.severity is not Severity.BLOCK for rule in RULES)


@pytest.mark.slow
@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.rule)
def test_a_probe_is_found_by_its_rule_and_its_honest_twin_passes(probe: Probe, tmp_path: Path) -> None:
    for change, caught in ((probe.bad, True), (probe.honest, False)):
        outcome = MutantsGate().run(running_bench(tmp_path, probe.base, change))
        asking = {finding.rule for finding in outcome.findings if finding.severity is not Severity.NOTE}
        assert (probe.rule in asking, bool(asking)) == (caught, caught), outcome.findings
