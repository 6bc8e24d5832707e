"""Suites are recorded as they are: every outcome, where it stands, what Hypothesis drew."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import core, given, settings
from hypothesis import strategies as st

from guardrails.adapters.recorder.drawing import draw_fresh
from guardrails.adapters.suites import PytestSuites
from guardrails.errors import ToolMissingError
from guardrails.ports import SuiteRun
from tests.judge_fakes import DirStore, FakeTree
from tests.judge_suites import processes_in, run_tree, suites_in

OUTCOMES = """
import unittest

import pytest
from shop import price


def test_passes():
    assert price(1) == 2


def test_fails():
    assert price(1) == 3


@pytest.mark.skip(reason="later")
def test_skipped():
    raise AssertionError


@pytest.mark.xfail(reason="known")
def test_expected():
    assert price(0) == 1


@pytest.mark.xfail(strict=False)
def test_unexpected():
    assert price(0) == 0


@pytest.mark.parametrize("number", [1, 2])
def test_each(number):
    assert number


@pytest.fixture
def broken():
    raise ValueError("no fixture")


def test_errs(broken):
    pass


def test_parts(subtests):
    with subtests.test("part"):
        assert price(1) == 4


class TestUnit(unittest.TestCase):
    def test_equal(self):
        self.assertEqual(price(1), 5)

    def test_out(self):
        self.skipTest("not here")

    @unittest.expectedFailure
    def test_known(self):
        self.assertEqual(price(1), 6)
"""
DRAWN = """
from hypothesis import assume, given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule


@settings(derandomize=True, max_examples=40)
@given(st.integers())
def test_small(number):
    assert number < 1000


@given(st.booleans())
def test_either(value):
    assert value in (True, False)


@settings(max_examples=20)
@given(st.integers())
def test_picky(number):
    assume(number % 2)


class Machine(RuleBasedStateMachine):
    @rule(number=st.integers())
    def step(self, number):
        assert isinstance(number, int)


TestMachine = Machine.TestCase
"""
LEDGER = {
    "guardrails/__init__.py": "",
    "guardrails/invariants/__init__.py": "",
    "guardrails/invariants/ledger.py": "def counts():\n    return {'unique': 7}\n",
    "tests/test_relations.py": "import guardrails.invariants.ledger\n\n\ndef test_it():\n    pass\n",
}


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> SuiteRun:
    files = {
        "shop.py": "def price(number):\n    return 2 * number\n",
        "tests/test_outcomes.py": OUTCOMES,
        "tests/inner/test_drawn.py": DRAWN,
        **LEDGER,
    }
    return run_tree(tmp_path_factory.mktemp("honest"), files, workers=2, seed=11)


def test_every_outcome_is_told(honest: SuiteRun) -> None:
    told = {name.rpartition("::")[2]: record.outcome for name, record in honest.records.items()}
    assert told == {
        "test_passes": "passed",
        "test_fails": "failed",
        "test_skipped": "skipped",
        "test_expected": "xfailed",
        "test_unexpected": "xpassed",
        "test_each[1]": "passed",
        "test_each[2]": "passed",
        "test_errs": "error",
        "test_parts": "failed",
        "test_equal": "failed",
        "test_out": "skipped",
        "test_known": "xfailed",
        "test_small": "failed",
        "test_either": "passed",
        "test_picky": "passed",
        "runTest": "passed",
        "test_it": "passed",
    }
    assert set(honest.collected) == set(honest.records)
    assert (honest.complaint, honest.toothless, honest.errors, honest.ended) == ("", (), (), True)


def test_a_failure_says_what_and_where(honest: SuiteRun) -> None:
    record = honest.records["tests/test_outcomes.py::test_fails"]
    assert record.line == 12
    assert record.message.startswith("AssertionError: assert 2 == 3")
    assert record.longrepr.startswith("tests/test_outcomes.py:13: in test_fails")
    assert "ValueError: no fixture" in honest.records["tests/test_outcomes.py::test_errs"].message
    assert honest.records["tests/test_outcomes.py::test_skipped"].message == "Skipped: later"


def test_a_property_says_what_it_drew(honest: SuiteRun) -> None:
    small, either, picky = (
        honest.records[f"tests/inner/test_drawn.py::test_{n}"] for n in ("small", "either", "picky")
    )
    assert small.is_property
    assert "number=1000" in small.example
    assert "@reproduce_failure" in small.example  # the blob is asked for, whatever the profile
    assert (either.examples, either.rejected) == (2, 0)
    assert picky.examples == 20
    assert picky.rejected > 0
    assert not honest.records["tests/test_outcomes.py::test_passes"].is_property
    assert honest.records["tests/inner/test_drawn.py::TestMachine::runTest"].examples > 10


def test_examples_are_fresh_whatever_the_project_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "global_force_seed", None)

    @settings(derandomize=True, deadline=100, max_examples=7)
    @given(st.integers())
    def test(number: int) -> None:
        """A property of a project whose profile is reproducible."""

    draw_fresh(SimpleNamespace(obj=test, cls=None), 42)  # type: ignore[arg-type]  # all of an item that is looked at
    used = test._hypothesis_internal_use_settings  # type: ignore[attr-defined]  # where Hypothesis keeps them
    assert (used.derandomize, used.deadline, used.database, used.print_blob) == (False, None, None, True)
    assert used.max_examples == 7
    assert core.global_force_seed == 42


def test_relations_are_counted(honest: SuiteRun) -> None:
    assert honest.relations == {"unique": 14}, "each of the two processes counts for itself"


def test_only_named_tests_run(tmp_path: Path) -> None:
    tree = FakeTree(tmp_path / "tree", {"tests/test_a.py": "def test_a(): pass\ndef test_b(): raise SystemExit(0)\n"})
    run = suites_in(tmp_path).run(tree, ["tests"], 60, only=["tests/test_a.py::test_a"])
    assert run.collected == ("tests/test_a.py::test_a",)
    assert run.records["tests/test_a.py::test_a"].outcome == "passed"
    assert run.complaint == ""


def test_collecting_runs_nothing(tmp_path: Path) -> None:
    files = {
        "tests/test_a.py": "import pytest\ndef test_a(): raise SystemExit(1)\n@pytest.mark.big\ndef test_big(): pass\n",
        "tests/test_b.py": "import missing_module\n",
        "tests/test_c.py": "import sys\nprint('x' * 3_000_000)\ndef test_c(): pass\n",
    }
    run = suites_in(tmp_path, markers="not big").collect(FakeTree(tmp_path / "tree", files), ["tests", "absent"], 60)
    assert run.deselected == ("tests/test_a.py::test_big",)
    assert run.collected == ("tests/test_a.py::test_a", "tests/test_c.py::test_c")
    assert run.records == {}
    assert run.complaint == ""
    [(path, message)] = run.errors
    assert path == "tests/test_b.py"
    assert "No module named 'missing_module'" in message


def test_nothing_to_run_is_nothing_collected(tmp_path: Path) -> None:
    assert suites_in(tmp_path).run(FakeTree(tmp_path / "tree", {"a.py": ""}), ["tests"], 60) == SuiteRun((), {})


def test_the_tree_is_tested_and_not_the_checkout(tmp_path: Path) -> None:
    """An editable install of the repository points at the checkout: in the run it points at the tree."""
    checkout = tmp_path / "checkout"
    (checkout / "src").mkdir(parents=True)
    (checkout / "src" / "shop.py").write_text("PRICE = 'of the checkout'\n")
    site = tmp_path / "site"
    site.mkdir()
    (site / "editable.pth").write_text(f"{checkout / 'src'}\n")
    files = {
        "src/shop.py": "PRICE = 'of the tree'\n",
        "tests/test_a.py": "import shop\ndef test_a(): assert shop.PRICE == 'of the tree'\n",
    }
    python = tmp_path / "python"
    code = (
        f"import site, sys, runpy; site.addsitedir({str(site)!r}); sys.argv = sys.argv[1:]; "
        "sys.path.insert(0, sys.argv[0]); runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    python.write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} -s -B -c "{code}" "$@"\n')
    python.chmod(0o755)
    suites = PytestSuites(
        processes_in(tmp_path), DirStore(tmp_path / "store"), str(python), repository=checkout, plugins=()
    )
    run = suites.run(FakeTree(tmp_path / "tree", files), ["tests"], 60)
    assert run.complaint == ""
    assert run.records["tests/test_a.py::test_a"].outcome == "passed"


@pytest.mark.slow
def test_an_interpreter_without_pytest_is_named(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -S -s -B "$3"\n')
    python.chmod(0o755)
    suites = PytestSuites(processes_in(tmp_path), DirStore(tmp_path / "store"), str(python), repository=tmp_path)
    with pytest.raises(ToolMissingError, match=r"pytest is not installed for .*pip install pytest"):
        suites.run(FakeTree(tmp_path / "tree", {"tests/test_a.py": "def test_a(): pass\n"}), ["tests"], 60)


@pytest.mark.slow
def test_the_environment_has_one_digest(tmp_path: Path) -> None:
    assert suites_in(tmp_path).environment() == suites_in(tmp_path).environment()
    assert suites_in(tmp_path).environment() != suites_in(tmp_path, plugins=["xdist"]).environment()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["shop.py", "tests/conftest.py"])
def test_code_that_hangs_at_import_is_told_before_the_time_is_up_and_where(tmp_path: Path, where: str) -> None:
    files = {"shop.py": "", "tests/conftest.py": "", "tests/test_shop.py": "import shop\n\n\ndef test(): pass\n"}
    hanging = {**files, where: "import threading\n\nthreading.Event().wait(600)\n"}
    tree = FakeTree(tmp_path / "tree", hanging)
    run = suites_in(tmp_path, collect_seconds=2).run(tree, ["tests"], 120)
    assert not run.records
    assert "the tests were not imported within 0:00:02" in run.complaint
    assert f"it hangs at {where}:3" in run.complaint
    assert run.seconds < 60, "not a matter of speed: the time-out of the run is 120 seconds"
