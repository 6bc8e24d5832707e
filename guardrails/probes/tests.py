"""Planted violations of the `tests` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_SHOP = """HAS_TAX = True


def total(prices):
    return sum(prices) + len(prices)
"""
_TESTS = """import pytest
import shop


def test_total_has_tax():
    assert shop.total([1, 2]) == 5


def test_nothing_costs_nothing():
    assert shop.total([]) == 0


@pytest.mark.skipif(not shop.HAS_TAX, reason="no tax")
def test_tax_is_one_each():
    assert shop.total([0]) == 1
"""
BASE: Mapping[str, str] = {
    "pyproject.toml": "[tool.pytest.ini_options]\ntestpaths = ['tests']\n",
    "guardrails.toml": "schema = 1\n[tests]\nplugins = []\n",
    "shop.py": _SHOP,
    "tests/test_shop.py": _TESTS,
    "tests/test_debt.py": "def test_old_debt():\n    assert 1 == 2\n",
}
_NO_DEBT = {**BASE, "tests/test_debt.py": "def test_old_debt():\n    assert 1 == 1\n"}
# A correct change of the same function, with a test of its own.
_HONEST = {
    "shop.py": _SHOP.replace("sum(prices) + len(prices)", "sum(price + 1 for price in prices)"),
    "tests/test_more.py": "import shop\n\n\ndef test_one():\n    assert shop.total([4]) == 5\n",
}
# Wrong on the second call of a process alone: a test that fails among others passes by itself.
_FLAKY = """CALLS = []


def total(prices):
    CALLS.append(prices)
    return -1 if len(CALLS) == 2 else sum(prices) + len(prices)
"""
_LIES = """import _pytest.python as python

_REAL = python.Function.runtest
python.Function.runtest = lambda self: None if "costs" in self.name or "total" in self.name else _REAL(self)

"""
_SEARCHES = """import gc


def writers():
    return [one for one in gc.get_objects() if getattr(one, "__name__", "") == "say"]


FOUND = writers()
"""
_LAYERS = """[importlinter]
root_packages = store

[importlinter:contract:down]
name = down
type = layers
containers = store
layers =
    web
    domain
"""
_DOMAIN = "def rate():\n    return 2\n"
_STORE = {
    **_NO_DEBT,
    ".importlinter": _LAYERS,
    "store/__init__.py": "",
    "store/web.py": "PAGE = 1\n",
    "store/domain.py": _DOMAIN,
    "tests/test_rate.py": "from store import domain\n\n\ndef test_rate():\n    assert domain.rate() == 2\n",
}
_REACHES = """import importlib


def rate():
    return 2 * bool(importlib.import_module(".".join([{module!r}, {part!r}])))
"""
_REACHES_UP, _REACHES_ACROSS = (
    _REACHES.format(module=module, part=part) for module, part in (("store", "web"), ("json", "decoder"))
)
_EIGHT = "".join(f"def test_costs_{number}():\n    assert shop.total([]) == 0\n\n\n" for number in range(8))


def _probe(rule: str, bad: Mapping[str, str | None], base: Mapping[str, str] = _NO_DEBT) -> Probe:
    return Probe(f"tests/{rule}", base, bad, _HONEST)


PROBES: tuple[Probe, ...] = (
    _probe("base-test-fails", {"shop.py": _SHOP.replace(" + len(prices)", "")}),
    _probe("base-test-skipped", {"shop.py": _SHOP.replace("True", "False")}),
    _probe("head-test-fails", {"tests/test_more.py": "def test_new():\n    assert 1 == 2\n"}),
    _probe("not-run", {"tests/conftest.py": "collect_ignore = ['test_shop.py']\n"}),
    _probe("suite-cannot-fail", {"tests/conftest.py": "def pytest_pyfunc_call():\n    return True\n"}),
    _probe("run-broken", {"shop.py": "import os\nos._exit(0)\n"}),
    _probe("flaky", {"shop.py": "HAS_TAX = True\n" + _FLAKY}),
    _probe(
        "outcome-forged", {"shop.py": _LIES + _SHOP}, {**_NO_DEBT, "tests/test_costs.py": f"import shop\n\n\n{_EIGHT}"}
    ),
    _probe("memory-searched", {"shop.py": _SHOP + _SEARCHES}),
    Probe("tests/runtime-import", _STORE, {"store/domain.py": _REACHES_UP}, {"store/domain.py": _REACHES_ACROSS}),
    _probe("fails-at-base", {"shop.py": _SHOP + "\n"}, BASE),
)
