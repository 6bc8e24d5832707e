"""Planted violations of the `properties` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_RANK = """def rank(scores):
    return sorted(scores, reverse=True)


def pool():
    return 1000
"""
_SUITE = """import ledger
import shop
from hypothesis import given, settings, strategies as st


@settings(max_examples=30)
@given(st.lists(st.integers(0, shop.pool())))
def test_best_first(scores):
    slate = shop.rank(scores)
    assert all(a >= b for a, b in zip(slate, slate[1:]))
    ledger.note("sorted")


@settings(max_examples=30)
@given(st.integers(0, shop.pool()))
def test_one_is_itself(score):
    assert shop.rank([score]) == [score]
    ledger.note("closure")
"""
# A stand-in for the ledger of guardrails.invariants, which a project's interpreter need not have.
_LEDGER = """import sys
import types

_judged = {}
sys.modules["guardrails.invariants.ledger"] = types.SimpleNamespace(counts=lambda: _judged)


def note(name):
    _judged[name] = _judged.get(name, 0) + 1
"""
_POLICY = """schema = 1
[tests]
plugins = ["hypothesispytest"]
[properties]
paths = ["tests/property"]
"""
BASE: Mapping[str, str] = {
    "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    "guardrails.toml": _POLICY,
    "ledger.py": _LEDGER,
    "shop.py": _RANK,
    "tests/property/test_rank.py": _SUITE,
}
_HONEST = {
    "shop.py": _RANK.replace("sorted(scores, reverse=True)", "sorted(scores)[::-1]"),
    "tests/property/test_rank.py": _SUITE.replace("max_examples=30", "max_examples=40"),
}


def _probe(rule: str, bad: Mapping[str, str | None], base: Mapping[str, str] = BASE) -> Probe:
    return Probe(f"properties/{rule}", base, bad, _HONEST)


_SUITE_PATH = "tests/property/test_rank.py"
_CLOSURE = '    ledger.note("closure")\n'
PROBES: tuple[Probe, ...] = (
    _probe("falsified", {"shop.py": _RANK.replace(", reverse=True", "")}),
    _probe("too-few-examples", {"shop.py": _RANK.replace("1000", "0")}),
    _probe("relation-lost", {_SUITE_PATH: _SUITE.replace(_CLOSURE, "")}),
    _probe("not-run", {"tests/property/conftest.py": "collect_ignore = ['test_rank.py']\n"}),
    _probe("suite-cannot-fail", {"tests/property/conftest.py": "def pytest_pyfunc_call():\n    return True\n"}),
    _probe("run-broken", {"shop.py": "import os\nos._exit(0)\n"}),
    _probe(
        "fails-at-base",
        {"shop.py": _RANK + "\n"},
        {**BASE, "tests/property/test_debt.py": _SUITE.replace("a >= b", "a > b").replace('sorted")', 'other")')},
    ),
)
