"""One answer from several processes: what they owe together, and what is wrong with any of them."""

from contextlib import nullcontext

import pytest

from guardrails.analysis.planted import planted_tests
from guardrails.analysis.records import PlantedResult, Transcript
from guardrails.analysis.suite_runs import Ended, merged
from guardrails.ports import CaseRecord, SuiteRun

PLANTED = planted_tests("0123456789abcdef")
PASS, FAIL = PLANTED.tests[0][0], PLANTED.tests[1][0]


def transcript(records: tuple[str, ...] = ("a.py::x",), claimed: tuple[str, ...] = ("a.py",)) -> Transcript:
    told = Transcript(
        tests={"a.py::x": 1, "b.py::y": 2},
        claimed=list(claimed),
        records={name: CaseRecord(name, "passed") for name in records},
        relations={"unique": 3},
        started=True,
        collection_ended=True,
        finished=True,
    )
    if records:
        told.planted = [
            PlantedResult(f"a.py::{PASS}_0", True, "passed"),
            PlantedResult(f"a.py::{FAIL}_0", False, "failed"),
        ]
    return told


def run(*told: Transcript, code: int | None = 0, output: str = "") -> SuiteRun:
    return merged([Ended(one, code, output, 1.5) for one in told], PLANTED, None, 60)


def complaint(code: int | None = 0, output: str = "", **fields: object) -> str:
    told = transcript(records=(), claimed=())
    for name, value in fields.items():
        setattr(told, name, value)
    return run(told, code=code, output=output).complaint


def test_processes_share_a_suite() -> None:
    both = run(transcript(), transcript(records=("b.py::y",), claimed=("b.py",)))
    assert (both.complaint, both.toothless, both.ended) == ("", (), True)
    assert set(both.collected) == set(both.records) == {"a.py::x", "b.py::y"}
    assert both.relations == {"unique": 6}


def test_each_file_owes_the_ids_of_the_process_that_ran_it() -> None:
    one, other = transcript(), transcript(records=(), claimed=("b.py",))
    one.tests, other.tests = {"a.py::x[0x1]": 1, "b.py::y[0x1]": 1}, {"a.py::x[0x2]": 1, "b.py::y[0x2]": 1}
    assert set(run(one, other).collected) == {"a.py::x[0x1]", "b.py::y[0x2]"}


def test_a_file_that_nobody_ran_is_still_owed() -> None:
    assert "b.py::y" in run(transcript()).collected


def test_two_processes_cannot_run_one_test() -> None:
    assert run(transcript(), transcript()).complaint == "a.py::x was run by two processes"


def test_complaints_say_what_and_where() -> None:
    assert complaint(broken_rule="a line is not the recorder's").startswith(
        "the records of the tests cannot be trusted"
    )
    assert complaint(None, running="a.py::x") == "the tests did not end within 60 seconds while a.py::x ran"
    assert complaint(2, "usage: python", started=False) == "pytest did not start (exit status 2): usage: python"
    assert (
        complaint(internal="SystemExit: 0", collecting="a.py")
        == "pytest stopped while a.py was imported: SystemExit: 0"
    )
    killed = complaint(-9, finished=False, running="a.py::x")
    assert killed == "the process of the tests ended by itself (killed by signal 9) while a.py::x ran"
    assert "the configuration or a conftest.py" in complaint(0, finished=False, collection_ended=False)
    assert complaint(4, "ERROR: no such option", collection_ended=False).endswith("ERROR: no such option")
    assert len(complaint(4, "x\n" * 5000, collection_ended=False)) < 2000


def toothless(*results: PlantedResult) -> tuple[str, ...]:
    told = transcript()
    told.planted = list(results)
    return run(told).toothless


def test_planted_tests_must_do_what_they_must() -> None:
    good, bad = PlantedResult(f"a.py::{PASS}_0", True, "passed"), PlantedResult(f"a.py::{FAIL}_0", False, "failed")
    assert toothless(good, bad) == ()
    for outcome in ("passed", "skipped", "xfailed", "xpassed"):
        [said] = toothless(good, PlantedResult(f"a.py::{FAIL}_0", False, outcome))
        assert said == f"a planted test by assert in a.py that must fail is reported as {outcome}"
    [said] = toothless(PlantedResult(f"a.py::{PASS}_0", True, "failed", "assert 1 < 2"), bad)
    assert "must pass failed: assert 1 < 2" in said
    [said] = toothless(good, PlantedResult(f"a.py::{FAIL}_0", False, "failed", "reported as passed, but inside"))
    assert "reported as passed" in said


def test_planted_tests_that_show_nothing_are_not_enough() -> None:
    assert len(toothless()) == 2
    stopped = PlantedResult(f"a.py::{FAIL}_0", False, "error", "no such fixture")
    assert any("no such fixture" in sentence for sentence in toothless(stopped))
    invented = PlantedResult("a.py::test_mine_0", False, "failed")
    assert len(toothless(invented)) == 2
    swapped = PlantedResult(f"a.py::{PASS}_0", False, "failed")
    assert len(toothless(swapped)) == 2


def test_a_run_without_tests_has_nothing_to_show() -> None:
    assert run(transcript(records=())).toothless == ()


def test_planted_tests_are_fresh_and_right() -> None:
    other = planted_tests("fedcba9876543210")
    assert not {name for name, _, _ in other.tests} & {name for name, _, _ in PLANTED.tests}
    names: dict[str, object] = {}
    exec(compile(PLANTED.source, "planted", "exec"), names)  # what the recorder does with it
    for name, must_pass, _ in PLANTED.tests:
        body = names[name]
        assert callable(body)
        with nullcontext() if must_pass else pytest.raises((AssertionError, pytest.fail.Exception)):
            body()


def test_a_process_that_was_killed_at_a_limit_says_which() -> None:
    told = transcript(records=(), claimed=())
    told.finished, told.running, told.broken_rule = False, "a.py::x", "the last record is cut"
    ended = Ended(told, -9, "", 1.5, "it used more than 4096 MB of memory (isolation.memory_mb)")
    assert merged([ended], PLANTED, None, 60).complaint == (
        "the process of the tests was killed, because it used more than 4096 MB of memory (isolation.memory_mb) "
        "while a.py::x ran"
    )
