"""Planted violations of the `tampering` gate: for each rule one bad change, and an honest one beside it."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_RANK = """def rank(scores, k=10):
    if k < 0:
        raise ValueError("negative k")
    return sorted(scores, reverse=True)[:k]
"""
_TEST = """import pytest
from hypothesis import given, settings, strategies as st
from shop.rank import rank


def test_order():
    top = rank([1, 3, 2])
    assert top == [3, 2, 1]
    assert len(top) == 3


def test_negative():
    with pytest.raises(ValueError, match="negative"):
        rank([1], k=-1)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_length(k):
    assert len(rank([5, 6, 7], k)) == k


def test_mean():
    assert sum(rank([0.1, 0.2])) == pytest.approx(0.3, abs=1e-9)


@given(st.lists(st.integers()))
def test_sorted(scores):
    assert rank(scores, len(scores)) == sorted(scores, reverse=True)
"""
_PYPROJECT = """[tool.ruff.lint]
select = ["E", "F", "B"]

[tool.pytest.ini_options]
addopts = "--strict-markers"
testpaths = ["tests"]
"""
BASE: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/rank.py": _RANK,
    "tests/test_rank.py": _TEST,
    "tests/golden/top.json": '{"u42": ["i71", "i35"]}\n',
    "tests/test_golden.py": "def test_top():\n    assert top('u42') == ['i71', 'i35']\n",
    "pyproject.toml": _PYPROJECT,
}


def _in_test(before: str, after: str) -> Mapping[str, str | None]:
    assert before in _TEST
    return {"tests/test_rank.py": _TEST.replace(before, after)}


def _in_product(text: str) -> Mapping[str, str | None]:
    return {"shop/rank.py": f"{_RANK}\n\n{text}"}


_SPREAD = """def spread(items, gap):
    kept = []
    last = None
    for item in sorted(items):
        if last is None or item - last >= gap:
            kept.append(item)
            last = item
    return kept


"""
_STORE = """class Store:
    def get(self, key: str) -> int: ...

    def get_many(self, keys: list[str]) -> list[int]: ...


def load(store: Store, ids: list[str]) -> list[int]:
"""
_ORDER = "    top = rank([1, 3, 2])\n    assert top == [3, 2, 1]\n    assert len(top) == 3\n"
_ONE_MORE = {"tests/test_rank.py": _TEST + "\n\ndef test_empty():\n    assert rank([]) == []\n"}
_RENAMED = {"tests/test_rank.py": None, "tests/test_order.py": _TEST.replace("test_order", "test_best_first")}
_GOOD_CODE = _in_product("def best(scores):\n    return rank(scores, 1)\n")


def _probe(rule: str, bad: Mapping[str, str | None], honest: Mapping[str, str | None] = _ONE_MORE) -> Probe:
    return Probe(f"tampering/{rule}", BASE, bad, honest)


_TESTS = (
    _probe("test-deleted", _in_test(f"def test_order():\n{_ORDER}", ""), _RENAMED),
    _probe("never-collected", _in_test("def test_order", "def check_order")),
    _probe("test-skipped", _in_test("def test_order", '@pytest.mark.skip("flaky")\ndef test_order')),
    _probe(
        "test-conditional",
        _in_test("def test_negative():\n", "import os\nif os.environ.get('FULL'):\n  def test_negative():\n"),
    ),
    _probe("test-retried", _in_test("def test_order", "@pytest.mark.flaky(reruns=3)\ndef test_order")),
    _probe("test-wrapped", _in_test("def test_order", "@lenient\ndef test_order")),
    _probe("test-emptied", _in_test(_ORDER, "    pass\n")),
    _probe("test-stops-early", _in_test("    assert top ==", "    return\n    assert top ==")),
    _probe(
        "assertion-swallowed",
        _in_test(
            _ORDER, "    try:\n        assert rank([1, 3, 2]) == [3, 2, 1]\n    except Exception:\n        pass\n"
        ),
    ),
    _probe("assertion-removed", _in_test("    assert len(top) == 3\n", "")),
    _probe(
        "assertion-weakened",
        _in_test("assert top == [3, 2, 1]", "assert top"),
        _in_test("assert len(top) == 3", "assert len(top) == 3\n    assert top[0] == 3"),
    ),
    _probe("assertion-always-true", _in_test("assert top == [3, 2, 1]", "assert top == [3, 2, 1] or True")),
    _probe("assertion-conditional", _in_test("    assert len(top) == 3", "    if top:\n        assert len(top) == 3")),
    _probe("tolerance-loosened", _in_test("abs=1e-9", "abs=1e-1"), _in_test("abs=1e-9", "abs=1e-12")),
    _probe("expected-value-changed", _in_test("== [3, 2, 1]", "== [1, 2, 3]")),
    _probe("raises-broadened", _in_test('ValueError, match="negative"', "Exception")),
    _probe("cases-removed", _in_test("[1, 2, 3])\n", "[1])\n"), _in_test("[1, 2, 3])\n", "[1, 2, 3, 4])\n")),
    _probe(
        "subject-mocked",
        _in_test("    top = rank(", "    import shop.rank\n    shop.rank.rank = lambda s: [3, 2, 1]\n    top = rank("),
    ),
    _probe("property-narrowed", _in_test("st.integers()", "st.integers(min_value=0)")),
    _probe("property-gutted", _in_test("@given(", "@settings(max_examples=1)\n@given(")),
    _probe(
        "report-hook",
        {"tests/conftest.py": "def pytest_runtest_makereport(item, call):\n    ...\n"},
        {"tests/conftest.py": "import pytest\n\n\n@pytest.fixture\ndef items():\n    return [1]\n"},
    ),
    _probe("collection-hook", {"tests/conftest.py": "def pytest_collection_modifyitems(items):\n    items[:] = []\n"}),
    _probe("test-exits", _in_test("    assert top ==", "    import os\n    os._exit(0)\n    assert top ==")),
    _probe("no-oracle", {"tests/test_rank.py": _TEST + "\n\ndef test_more():\n    rank([1, 2])\n"}),
    _probe("unreadable", {"tests/test_rank.py": "def test_order(:\n"}),
    _probe(
        "recorded-answer-changed",
        {"tests/golden/top.json": '{"u42": ["i35"]}\n'},
        {"tests/golden/new.json": "{}\n"},
    ),
)
_PRODUCT = (
    _probe("test-runner-detected", _in_product('import sys\nTESTED = "pytest" in sys.modules\n'), _GOOD_CODE),
    _probe("stack-inspected", _in_product("import sys\nCALLER = sys._getframe(0)\n"), _GOOD_CODE),
    _probe("process-exit", _in_product("import os\nos._exit(0)\n"), _GOOD_CODE),
    _probe(
        "runs-at-import",
        _in_product("import threading\n\nTIMER = threading.Timer(1.0, print)\n"),
        _in_product("import threading\n\n\ndef timer():\n    return threading.Timer(1.0, print)\n"),
    ),
    _probe("patched-module", _in_product("import time\ntime.perf_counter = lambda: 0.0\n"), _GOOD_CODE),
    _probe(
        "errors-swallowed",
        _in_product("def safe(s):\n    try:\n        return rank(s)\n    except Exception:\n        return []\n"),
        _in_product("def safe(s):\n    try:\n        return rank(s)\n    except TypeError:\n        return []\n"),
    ),
    _probe(
        "hidden-state",
        _in_product("N = 0\n\n\ndef top(s):\n    global N\n    N += 1\n    return rank(s) if N > 1 else []\n"),
        _GOOD_CODE,
    ),
    _probe("dynamic-code", _in_product("def run(text):\n    exec(text)\n"), _GOOD_CODE),
    _probe("reads-judges", _in_product('ANSWERS = open("tests/golden/top.json")\n'), _GOOD_CODE),
    _probe(
        "answer-by-heart",
        _in_product('def top(user):\n    if user == "u42":\n        return ["i71", "i35"]\n    return []\n'),
        _in_product('def kind(name):\n    if name == "json":\n        return "text"\n    return ""\n'),
    ),
    _probe(
        "equal-to-everything",
        _in_product("class Slate(list):\n    def __eq__(self, other):\n        return True\n"),
        _in_product("class Slate(list):\n    def __eq__(self, other):\n        return list(self) == list(other)\n"),
    ),
    _probe("startup-hook", {"sitecustomize.py": "X = 1\n"}, _GOOD_CODE),
    _probe("shadows-module", {"pytest.py": "def raises(*a): ...\n"}, {"ranking.py": "X = 1\n"}),
    _probe(
        "clone",
        _in_product(_SPREAD + _SPREAD.replace("spread", "thin").replace("kept", "left").replace("last", "former")),
        _in_product(_SPREAD),
    ),
    _probe(
        "call-per-element",
        {"shop/store.py": _STORE + "    return [store.get(i) for i in ids]\n"},
        {"shop/store.py": _STORE + "    return store.get_many(ids)\n"},
    ),
    _probe("suppression", _in_product("X: int = 'a'  # type: ignore[assignment]\n"), _GOOD_CODE),
)
_DEBTS = 'schema = 1\n[lint]\n"E501" = 3\n[tests]\nfailing = ["tests/test_rank.py::test_mean"]\n'
_SETTINGS = (
    _probe(
        "configuration-looser",
        {"pyproject.toml": _PYPROJECT.replace('"E", "F", "B"', '"E"')},
        {"pyproject.toml": _PYPROJECT.replace('"E", "F", "B"', '"E", "F", "B", "S"') + "# Stricter.\n"},
    ),
    _probe(
        "configuration-changed",
        {"pyproject.toml": _PYPROJECT + 'usefixtures = "x"\n'},
        {"pyproject.toml": f"# Cosmetic.\n{_PYPROJECT}"},
    ),
    _probe("configuration-unreadable", {"pyproject.toml": _PYPROJECT + "[tool\n"}),
)
_RECORDS = (
    Probe(
        rule="tampering/debt-grown",
        base={**BASE, ".guardrails/debts.toml": _DEBTS},
        bad={".guardrails/debts.toml": _DEBTS.replace("= 3", "= 4")},
        honest={".guardrails/debts.toml": _DEBTS.replace("= 3", "= 2")},
    ),
)
PROBES: tuple[Probe, ...] = (*_TESTS, *_PRODUCT, *_SETTINGS, *_RECORDS)
