"""What code of a change may try against the recorder, and what the parent makes of it.

`docs/threat-model.md` says which attacks are stopped by construction, which by detection and which are not; each test
here is one line of it.
"""

from pathlib import Path

import pytest

from guardrails.ports import SuiteRun
from tests.judge_suites import run_tree

FAILS = "def test_fails():\n    assert 1 == 2\n"


def outcomes(run: SuiteRun) -> dict[str, str]:
    return {name.rpartition("::")[2]: record.outcome for name, record in run.records.items()}


def missing(run: SuiteRun) -> list[str]:
    return [name.rpartition("::")[2] for name in run.collected if name not in run.records]


def test_the_tree_cannot_stand_in_for_what_judges_it(tmp_path: Path) -> None:
    evil = "import os\nos._exit(0)\n"
    point = "[pytest11]\nevil = evil\n"
    files = dict.fromkeys(("pytest.py", "_pytest.py", "sitecustomize.py", "json.py", "hmac.py", "evil.py"), evil)
    metadata = {"evil-1.dist-info/entry_points.txt": point, "evil-1.dist-info/METADATA": "Name: evil\nVersion: 1\n"}
    run = run_tree(tmp_path, {**files, **metadata, "tests/test_a.py": FAILS}, plugins=["*"])
    assert (run.complaint, outcomes(run)) == ("", {"test_fails": "failed"})


def test_hooks_that_change_reports_change_nothing(tmp_path: Path) -> None:
    conftest = """
import pytest

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if "marked" in item.name:
        report.wasxfail, report.outcome = "known", "skipped"
    elif "skipped" in item.name:
        report.outcome = "skipped"
    else:
        report.outcome = "passed"

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item):
    outcome = yield
    if "swallowed" in item.name:
        outcome.force_result(None)
"""
    names = ("fails", "marked", "skipped", "swallowed")
    tests = "".join(f"def test_{name}():\n    assert 1 == 2\n" for name in names)
    run = run_tree(tmp_path, {"tests/conftest.py": conftest, "tests/test_a.py": tests})
    assert set(outcomes(run).values()) == {"failed"}
    assert set(outcomes(run)) == {f"test_{name}" for name in names}
    assert (
        "reported as passed, but inside the test: AssertionError" in run.records["tests/test_a.py::test_fails"].message
    )
    assert run.toothless, "planted tests are told wrong as well"


def test_a_suite_that_cannot_fail_is_seen(tmp_path: Path) -> None:
    """The test itself is never called, so nothing is raised inside it: only the planted tests show it."""
    conftest = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
    run = run_tree(
        tmp_path, {"tests/deep/conftest.py": conftest, "tests/deep/test_a.py": FAILS, "tests/test_b.py": FAILS}
    )
    assert run.records["tests/deep/test_a.py::test_fails"].outcome == "passed"
    assert run.toothless == ("a planted test by assert in tests/deep/test_a.py that must fail is reported as passed",)


def test_patched_ways_to_assert_are_seen(tmp_path: Path) -> None:
    patches = """
import contextlib
import unittest

import pytest

pytest.raises = lambda *a, **k: contextlib.nullcontext()
pytest.approx = lambda value, **k: type('Equal', (), {'__eq__': lambda s, o: True})()
unittest.TestCase.assertEqual = lambda *a: None
"""
    run = run_tree(tmp_path, {"shop.py": patches, "tests/test_a.py": "import shop\ndef test_a(): pass\n"})
    assert run.toothless == tuple(
        f"a planted test by {way} in tests/test_a.py that must fail is reported as passed"
        for way in ("pytest.raises", "pytest.approx", "unittest.TestCase")
    )


STRICT = """
import pytest

@pytest.fixture(autouse=True)
def known(request):
    assert request.node.name == "test_a"
"""


@pytest.mark.slow
def test_planted_tests_that_a_fixture_stops_prove_nothing(tmp_path: Path) -> None:
    strict = {"tests/conftest.py": STRICT, "tests/test_a.py": "def test_a(): pass\n"}
    [first, second] = run_tree(tmp_path, strict).toothless
    assert first.startswith("no planted test that must have passed came to its end: AssertionError")
    assert second.startswith("no planted test that must have failed came to its end: AssertionError")


@pytest.mark.slow
def test_where_one_directory_shows_it_another_s_fixtures_are_no_reason_to_doubt(tmp_path: Path) -> None:
    strict = {"tests/strict/conftest.py": STRICT, "tests/strict/test_a.py": "def test_a(): pass\n"}
    assert run_tree(tmp_path, {**strict, "tests/test_b.py": "def test_b(): pass\n"}).toothless == ()


def test_a_process_that_leaves_is_not_a_pass(tmp_path: Path) -> None:
    leaving = "import os\ndef test_a(): pass\ndef test_leaves(): os._exit(0)\ndef test_z(): pass\n"
    run = run_tree(tmp_path, {"tests/test_a.py": leaving})
    assert missing(run) == ["test_leaves", "test_z"]
    assert run.complaint == (
        "the process of the tests ended by itself (exit status 0) while tests/test_a.py::test_leaves ran"
    )
    assert not run.ended


@pytest.mark.slow
def test_leaving_at_import_is_not_a_pass(tmp_path: Path) -> None:
    run = run_tree(tmp_path, {"shop.py": "import os\nos._exit(0)\n", "tests/test_a.py": "import shop\n" + FAILS})
    assert run.complaint == (
        "the process of the tests ended by itself (exit status 0) while tests/test_a.py was imported"
    )


@pytest.mark.parametrize(
    ("conftest", "said"),
    [
        pytest.param(
            "import sys\nsys.exit(0)\n",
            "while the configuration or a conftest.py was read: SystemExit: 0",
            marks=pytest.mark.slow,
        ),
        pytest.param("import pytest\npytest.exit('done', 0)\n", "done", marks=pytest.mark.slow),
        pytest.param(
            "1 / 0\n",
            "pytest ended before it had collected the tests: ImportError while loading conftest",
            marks=pytest.mark.slow,
        ),
        (
            "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_runtestloop(session):\n    return True\n",
            "",
        ),
        pytest.param("def pytest_runtest_protocol(item):\n    return True\n", "", marks=pytest.mark.slow),
    ],
    ids=["sys.exit", "pytest.exit", "crash", "loop", "protocol"],
)
def test_a_conftest_that_stops_the_tests(tmp_path: Path, conftest: str, said: str) -> None:
    run = run_tree(tmp_path, {"tests/conftest.py": conftest, "tests/test_a.py": FAILS})
    assert said in run.complaint
    assert bool(run.complaint) == bool(said)
    assert run.records == {}
    assert said or missing(run) == ["test_fails"]


@pytest.mark.slow
def test_an_exit_at_import_names_the_file(tmp_path: Path) -> None:
    files = {"shop.py": "import sys\nsys.exit(0)\n", "tests/test_a.py": "import shop\n" + FAILS}
    run = run_tree(tmp_path, files)
    assert "while tests/test_a.py was imported" in run.complaint
    assert "SystemExit: 0" in run.complaint


@pytest.mark.slow
def test_a_hang_ends_at_the_time_out(tmp_path: Path) -> None:
    hanging = "import threading\ndef test_a(): pass\ndef test_hangs(): threading.Event().wait()\n"
    run = run_tree(tmp_path, {"tests/test_a.py": hanging}, timeout=8)
    assert run.complaint == "the tests did not end within 8 seconds while tests/test_a.py::test_hangs ran"
    assert outcomes(run) == {"test_a": "passed"}


def test_forged_records_are_seen(tmp_path: Path) -> None:
    forging = (
        """
import json, os, stat

def pipes():
    for number in range(3, 64):
        try:
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                yield number
        except OSError:
            pass

def test_forges():
    record = {"n": 5, "kind": "end", "id": "tests/test_a.py::test_fails", "outcome": "passed"}
    for number in pipes():
        os.write(number, b"0" * 64 + b" " + json.dumps(record).encode() + b"\\n")

"""
        + FAILS
    )
    run = run_tree(tmp_path, {"tests/test_a.py": forging})
    assert "cannot be trusted" in run.complaint
    assert "is not the recorder's" in run.complaint
    assert run.records["tests/test_a.py::test_fails"].outcome == "failed"


@pytest.mark.slow
def test_a_forked_child_cannot_answer(tmp_path: Path) -> None:
    """The parent waits while its child goes on with the tests, and leaves: as if nothing had happened."""
    forking = """
import os

def test_forks():
    if child := os.fork():
        os.waitpid(child, 0)
        os._exit(0)

def test_after():
    pass
"""
    run = run_tree(tmp_path, {"tests/test_a.py": forking})
    assert missing(run) == ["test_forks", "test_after"]
    assert "while tests/test_a.py::test_forks ran" in run.complaint


def test_what_is_not_collected_or_deselected_is_told(tmp_path: Path) -> None:
    conftest = """
collect_ignore = ["test_ignored.py"]

def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if "out" not in item.name]
"""
    files = {
        "tests/conftest.py": conftest,
        "tests/test_a.py": "def test_in(): pass\ndef test_out(): pass\n",
        "tests/test_ignored.py": "def test_ignored(): pass\n",
    }
    run = run_tree(tmp_path, files)
    assert run.collected == ("tests/test_a.py::test_in",)
    assert run.deselected == ("tests/test_a.py::test_out",)


@pytest.mark.slow
def test_a_flood_of_output_and_an_exit_after_the_last_record_are_no_matter(tmp_path: Path) -> None:
    flood = "import atexit, os, sys\nfor _ in range(50): sys.__stdout__.write('x' * 1_000_000)\n"
    tests = flood + "atexit.register(os._exit, 3)\n" + FAILS
    run = run_tree(
        tmp_path, {"tests/test_a.py": tests, "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-s'\n"}
    )
    assert (run.complaint, outcomes(run)) == ("", {"test_fails": "failed"})
    assert len(run.output) < 500_000


@pytest.mark.slow
def test_the_environment_and_the_configuration_above_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    tests = "import os\ndef test_clean(): assert 'PYTEST_ADDOPTS' not in os.environ\n"
    assert outcomes(run_tree(tmp_path, {"tests/test_a.py": tests})) == {"test_clean": "passed"}
