"""Code that goes for the recorder itself, in the process that it shares with it.

What is stopped by construction, what is only seen, and what is not stopped: docs/threat-model.md. Each test here, and
in `test_suites_attacked.py`, is one line of its table.
"""

from pathlib import Path

import pytest

from tests.judge_suites import run_tree

FAILS = "import shop\ndef test_fails():\n    assert 1 == 2\n"
HONEST = "def test_passes():\n    assert 1 == 1\n"


def test_a_lie_about_one_test_is_told_by_a_body_under_its_name(tmp_path: Path) -> None:
    """The planted tests have other names, so that a lie about chosen names alone leaves them as they must be."""
    lying = """
import _pytest.python as python

real = python.Function.runtest
python.Function.runtest = lambda self: None if "chosen" in self.name else real(self)
"""
    tests = "import shop\n" + "".join(
        f"class TestOf{number}:\n    def test_chosen(self):\n        assert 1 == 2\n" for number in range(8)
    )
    run = run_tree(tmp_path, {"shop.py": lying, "tests/test_a.py": tests + HONEST})
    assert {record.outcome for record in run.records.values()} == {"passed"}
    assert run.toothless == ()
    assert len(run.forged) >= 2
    assert "tests/test_a.py::test_passes" not in run.forged
    assert set(run.forged.values()) == {"a planted body that must fail is reported as passed under its name"}


def test_honest_tests_have_honest_twins(tmp_path: Path) -> None:
    tests = """
import pytest

CALLS = []

@pytest.fixture(autouse=True)
def each(request):
    CALLS.append(request.node.nodeid)
    yield

class TestSetUp:
    def setup_method(self, method):
        self.number = 1

    @pytest.mark.parametrize("given", [1, 2])
    def test_number(self, given):
        assert self.number <= given

@pytest.fixture(scope="module")
def costly():
    CALLS.append("costly")
    return 1

def test_one(costly):
    assert costly == 1

def test_once(costly):
    assert CALLS.count("costly") == 1

@pytest.mark.xfail(strict=True)
def test_known():
    assert 1 == 2

async def test_coroutine():
    pass

def test_changes_what_it_is_given(tmp_path, monkeypatch):
    (tmp_path / "once").mkdir()
"""
    run = run_tree(tmp_path, {"tests/test_a.py": tests})
    outcomes = {name.rpartition("::")[2]: record.outcome for name, record in run.records.items()}
    assert {name for name, outcome in outcomes.items() if outcome != "passed"} == {"test_known", "test_coroutine"}
    assert (run.forged, run.toothless, run.complaint, run.searches) == ({}, (), "", ())


@pytest.mark.parametrize(
    "forging",
    [
        """
import sys

def pytest_runtest_setup(item):
    sys.audit("guardrails.record", "end", {"id": item.nodeid, "outcome": "passed"})
""",
        """
import sys

def pytest_runtest_setup(item):
    for plugin in item.config.pluginmanager.get_plugins():
        assert not hasattr(plugin, "say")
    frame = sys._getframe()
    while frame:
        assert not [n for n, v in frame.f_locals.items() if getattr(v, "__name__", "") in ("say", "hook")], frame
        frame = frame.f_back
    sys.audit("guardrails.record", "finish", {})
""",
    ],
    ids=["as-the-recorder-does", "through-pytest-and-the-stack"],
)
def test_a_record_that_another_wrote_is_told_of(tmp_path: Path, forging: str) -> None:
    run = run_tree(tmp_path, {"tests/conftest.py": forging, "shop.py": "", "tests/test_a.py": FAILS})
    assert run.records["tests/test_a.py::test_fails"].outcome == "failed"
    assert "1 == 2" in run.records["tests/test_a.py::test_fails"].message
    assert run.complaint.startswith("the records of the tests cannot be trusted: tests/conftest.py:")


SEARCHING = """
import gc

def search():
    for one in gc.get_objects():
        cells = getattr(one, "__closure__", None) or ()
        if getattr(one, "__name__", "") == "say" and cells:
            return one
"""
STEALING = """
import shop

def test_steals():
    say = shop.search()
    say("end", id="tests/test_a.py::test_steals", outcome="passed", message="", longrepr="", example="",
        seconds=0.1, is_property=False, examples=0, rejected=0)
    assert 1 == 2
"""


def test_who_searches_the_memory_is_named_before_anything_is_found(tmp_path: Path) -> None:
    """Not stopped by construction: the writer is found and can be used, once its user has been named."""
    run = run_tree(tmp_path, {"shop.py": SEARCHING, "tests/test_a.py": STEALING})
    [search] = run.searches
    assert (search.what, search.path, search.line) == ("gc.get_objects", "shop.py", 5)
    assert "test_steals ended without having begun" in run.complaint, "what it wrote is in the record, and too much"


def test_other_ways_to_search_are_named_too(tmp_path: Path) -> None:
    ways = """
import ctypes
import _pytest.python as python
import sys

def memory():
    open("/proc/self/mem", "rb").close()

def frames():
    sys._current_frames()

def peek():
    ctypes.string_at(id(1), 8)

def trace():
    sys.settrace(None)

def patch():
    python.Function.runtest.__code__ = python.Function.runtest.__code__
"""
    tests = "import shop\ndef test_all():\n    shop.memory(), shop.frames(), shop.peek(), shop.trace(), shop.patch()\n"
    run = run_tree(tmp_path, {"shop.py": ways, "tests/test_a.py": tests})
    assert run.records["tests/test_a.py::test_all"].outcome == "passed"
    assert [search.what for search in run.searches] == [
        "/proc/self/mem",
        "sys._current_frames",
        "ctypes.string_at",
        "sys.settrace",
        "the code of _pytest.python.Function.runtest",
    ]


LIES = {
    "TestReport": """
from _pytest.reports import TestReport
TestReport.passed = property(lambda self: True)
TestReport.failed = property(lambda self: False)
""",
    "from_item_and_call": """
from _pytest.reports import TestReport
real = TestReport.from_item_and_call
def lie(item, call):
    call.excinfo = None
    return real(item, call)
TestReport.from_item_and_call = lie
""",
    "CallInfo": """
from _pytest.runner import CallInfo
real = CallInfo.from_call
def lie(func, when, **more):
    told = real(func, when, **more)
    told.excinfo = None
    return told
CallInfo.from_call = lie
""",
    "assert rewriting": """
import _pytest.assertion.rewrite as rewrite
rewrite.AssertionRewriter.visit_Assert = lambda self, node: []
""",
    "import hook": """
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith('guardrails'):
            raise SystemExit(0)
sys.meta_path.insert(0, Finder())
""",
    "threads": """
import gc
import threading
def rewrite():
    for one in gc.get_objects():
        if type(one).__name__ == 'Case':
            one.raised.clear()
            one.reports.clear()
threading.Thread(target=rewrite, daemon=True).start()
""",
    "builtins.AssertionError": "import builtins, pytest\nbuiltins.AssertionError = pytest.skip.Exception\n",
    "excepthook": "import sys\nsys.excepthook = lambda *a: None\nsys.unraisablehook = lambda *a: None\n",
    "addopts": "import os\nos.environ['PYTEST_ADDOPTS'] = '--co'\nos.environ['PYTEST_PLUGINS'] = 'evil'\n",
    "time": "import time\ntime.time = time.perf_counter = time.monotonic = lambda: 0.0\n",
    "no rewriting": '"""PYTEST_DONT_REWRITE"""\n',
}


@pytest.mark.slow
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_patches_do_not_make_a_failing_test_pass(tmp_path: Path, lie: str) -> None:
    tests = ('"""PYTEST_DONT_REWRITE"""\n' if "DONT" in lie else "") + FAILS
    run = run_tree(tmp_path, {"shop.py": lie, "tests/test_0.py": "import shop\n" + HONEST, "tests/test_a.py": tests})
    record = run.records.get("tests/test_a.py::test_fails")
    seen = run.toothless or run.forged or run.complaint or record is None or record.outcome != "passed"
    assert seen, run


@pytest.mark.slow
@pytest.mark.parametrize(
    "fake",
    ["def given(*a, **k):\n    return lambda test: lambda: None\n", "from real_hypothesis import *\n"],
    ids=["no-op", "not there"],
)
def test_a_hypothesis_of_the_tree_is_seen(tmp_path: Path, fake: str) -> None:
    drawn = "from hypothesis import given\n@given(1)\ndef test_drawn(x):\n    assert x == 2\n" + HONEST
    run = run_tree(tmp_path, {"hypothesis.py": fake, "tests/test_a.py": drawn})
    assert run.errors or any("Hypothesis" in said for said in run.toothless), run


def test_a_given_that_draws_nothing_is_seen(tmp_path: Path) -> None:
    patched = "import hypothesis, hypothesis.strategies\nhypothesis.given = lambda *a, **k: lambda test: lambda: None\n"
    drawn = (
        "import shop\nfrom hypothesis import given, strategies\n"
        "@given(strategies.none())\ndef test_drawn(x):\n    assert x == 2\n"
    )
    run = run_tree(tmp_path, {"shop.py": patched, "tests/test_a.py": drawn})
    assert run.records["tests/test_a.py::test_drawn"].outcome == "passed"
    assert run.toothless == ("a planted test by Hypothesis in tests/test_a.py that must fail is reported as passed",)


LEAVING = {
    "thread": """
import os
import threading
threading.Timer(0.2, os._exit, [0]).start()
def test_waits():
    threading.Event().wait(30)
""",
    "signal": "import os, signal\ndef test_leaves():\n    os.kill(os.getpid(), signal.SIGKILL)\n",
    "exec": "import os, sys\ndef test_leaves():\n    os.execv(sys.executable, [sys.executable, '-c', ''])\n",
    "the channel closed": """
import contextlib
import os
import stat
def test_closes():
    for number in range(3, 99):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                os.dup2(os.open(os.devnull, os.O_WRONLY), number)
""",
    "sys.exit in a fixture": """
import sys
import pytest
@pytest.fixture
def out():
    sys.exit(0)
def test_out(out):
    assert 1 == 2
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("leaving", LEAVING.values(), ids=LEAVING)
def test_leaving_is_not_passing(tmp_path: Path, leaving: str) -> None:
    run = run_tree(tmp_path, {"tests/test_a.py": leaving})
    assert run.complaint or {record.outcome for record in run.records.values()} == {"error"}
    assert not any(record.outcome == "passed" for record in run.records.values())
