"""What a change to tests loses is seen, one edit at a time; what it only moves, renames or tightens is not."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.analysis.oracles.comparison import compare
from guardrails.analysis.oracles.conventions import conventions
from guardrails.analysis.oracles.sides import Side
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree

PATTERNS = ("tests/**", "**/conftest.py")


def seen(
    tmp_path: Path,
    base: Mapping[str, str],
    head: Mapping[str, str],
    renamed: Mapping[str, str] | None = None,
    removed: frozenset[str] = frozenset(),
) -> list[str]:
    """Short rule names of what is seen between two trees of tests, with `?` where a person decides on a block rule."""
    trees = [Sources(FakeTree(tmp_path / n, files)) for n, files in (("base", base), ("head", head))]
    found = conventions(trees[0])
    old, new = (Side(tree, PATTERNS, found, sorted(tree.paths)) for tree in trees)
    result = compare(old, new, renamed or {}, ("shop",), lambda: removed)
    return sorted(o.rule + ("?" if o.severity else "") for o in result.observations)


def edit(tmp_path: Path, before: str, after: str, prelude: str = "") -> list[str]:
    """What is seen when the body of a test changes."""
    prelude = "import pytest\nfrom shop import rank, Ranker\nimport shop\n" + prelude

    def file(body: str) -> Mapping[str, str]:
        return {"tests/test_a.py": f"{prelude}\ndef test_a(x, u):\n" + textwrap.indent(textwrap.dedent(body), "    ")}

    return seen(tmp_path, file(before), file(after))


def whole(tmp_path: Path, before: str, after: str) -> list[str]:
    """What is seen when a whole file changes."""
    return seen(tmp_path, {"tests/test_a.py": before}, {"tests/test_a.py": after})


TEST = "def test_a():\n    x = rank(1)\n    assert x == 3\n"


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("assert rank(u)[0] == 'i7'", "assert rank(u)[0] == 'i3'", "expected-value-changed"),
        ("assert x == 3", "assert x", "assertion-weakened"),
        ("assert x == 3", "assert x is not None", "assertion-weakened"),
        ("assert x == [3]", "assert 3 in x", "assertion-weakened"),
        ("assert x == 3", "assert isinstance(x, int)", "assertion-weakened"),
        ("assert x == 3", "assert x == 3 or u", "assertion-weakened"),
        ("assert x == 3", "assert x in (3, 4)", "assertion-weakened"),
        ("assert x == 3", "assert x >= 3", "assertion-weakened"),
        ("assert x == 3", "assert x != 4", "assertion-weakened"),
        ("assert all(i > 0 for i in x)", "assert any(i > 0 for i in x)", "assertion-weakened"),
        ("assert x == 3", "assert x == 3 or True", "assertion-always-true"),
        ("assert x == 3", "assert True", "assertion-always-true"),
        ("assert x == 3", "assert x == x", "assertion-always-true"),
        ("assert rank(x) == 3", "assert rank(x) == rank(x)", "assertion-always-true"),
        ("assert x == 3", "assert (x == 3, 'why')", "assertion-always-true"),
        ("assert len(x) == 3", "assert len(x) >= 0", "assertion-always-true"),
        ("x = rank(u)\nassert x == 3", "x = 3\nassert x == 3", "assertion-always-true"),
        ("assert x == 3", "assert (x := 3) == 3", "assertion-always-true"),
        ("assert x == 3", "x = 3\nassert x == 3", "assertion-always-true"),
        ("assert x == 3", "y = 3\nx = y\nassert x == 3", "assertion-always-true"),
        ("assert x == 3", "from unittest import mock\nassert x == mock.ANY", "assertion-always-true"),
        ("assert x == 3", "assert x, 3", "assertion-weakened"),
        ("self.assertEqual(x, 3)", "self.assertTrue(x, 3)", "assertion-weakened"),
        ("assert x == 3", "x == 3", "test-emptied"),
        ("assert rank(u) == 3", "rank = lambda u: 3\nassert rank(u) == 3", "subject-mocked"),
        ("assert rank(u) == 3", "def rank(u):\n    return 3\nassert rank(u) == 3", "subject-mocked"),
        ("assert rank(u) == 3", "from fakes import rank\nassert rank(u) == 3", "subject-mocked"),
        ("assert x == 3\nassert u == 4", "assert x == 3", "assertion-removed"),
        ("assert 0 <= x <= 1", "assert 0 <= x", "assertion-removed"),
        ("assert x == pytest.approx(3)", "assert x == pytest.approx(3, rel=0.1)", "tolerance-loosened"),
        ("assert x == pytest.approx(3, abs=1e-9)", "assert x == pytest.approx(3, abs=1)", "tolerance-loosened"),
        ("assert x >= u - 0.001", "assert x >= u - 0.5", "tolerance-loosened"),
        ("assert x < 10", "assert x < 100", "tolerance-loosened"),
        ("assert x > -5", "assert x > -50", "tolerance-loosened"),
        ("assert x < 10", "assert x <= 10", "tolerance-loosened"),
        ("assert abs(x - u) < 1e-6", "assert abs(x - u) < 1e-2", "tolerance-loosened"),
        ("assert x <= u * 1.05", "assert x <= u * 1.5", "tolerance-loosened"),
        ("with pytest.raises(ValueError): rank(x)", "with pytest.raises(Exception): rank(x)", "raises-broadened"),
        ("with pytest.raises(KeyError): rank(x)", "with pytest.raises(LookupError): rank(x)", "raises-broadened"),
        ("with pytest.raises(KeyError): rank()", "with pytest.raises((KeyError, OSError)): rank()", "raises-broadened"),
        ("with pytest.raises(KeyError, match='a'): rank()", "with pytest.raises(KeyError): rank()", "raises-broadened"),
        ("with pytest.raises(KeyError): rank(x)", "with pytest.raises(OSError): rank(x)", "expected-value-changed"),
        ("with pytest.raises(KeyError): rank(x)", "rank(x)", "test-emptied"),
        ("assert x == 3", "pass", "test-emptied"),
        ("assert x == 3", "return\nassert x == 3", "test-stops-early"),
        ("assert x == 3", "if False:\n    assert x == 3", "test-stops-early"),
        ("assert x == 3", "for i in []:\n    assert x == 3", "test-stops-early"),
        ("assert x == 3", "def inner():\n    assert x == 3", "test-stops-early"),
        ("assert x == 3", "try:\n    assert x == 3\nexcept Exception:\n    pass", "assertion-swallowed"),
        ("assert x == 3", "import contextlib\nwith contextlib.suppress(AssertionError):\n    assert x == 3",
         "assertion-swallowed"),
        ("assert x == 3", "if u:\n    assert x == 3", "assertion-conditional"),
        ("assert x == 3", "pytest.skip('flaky')\nassert x == 3", "test-skipped"),
        ("assert x == 3", "if u: pytest.skip('flaky')\nassert x == 3", "test-skipped?"),
        ("assert x == 3", "pytest.importorskip('numpy')\nassert x == 3", "test-skipped?"),
        ("x.assert_called_once_with(3)", "x.assert_called()", "assertion-weakened"),
        ("for i in [1, 2]:\n    assert rank(i) == 1", "for i in [1]:\n    assert rank(i) == 1", "cases-removed"),
        ("r = Ranker()\nassert r.rank(u) == 3", "from unittest.mock import Mock\nr = Mock()\nassert r.rank(u) == 3",
         "subject-mocked"),
        ("assert rank(u) == 3", "from unittest import mock\nwith mock.patch('shop.rank'):\n    assert rank(u) == 3",
         "subject-mocked"),
        ("assert rank(u) == 3", "x.setattr(shop, 'rank', u)\nshop.rank = u\nassert rank(u) == 3", "subject-mocked"),
        ("assert rank(u) == 3", "import os\nos._exit(0)\nassert rank(u) == 3", "test-exits"),
    ],
)  # fmt: skip
def test_what_a_body_loses(tmp_path: Path, before: str, after: str, rule: str) -> None:
    assert rule in edit(tmp_path, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert 3 in x", "assert x == [3]"),
        ("assert x", "assert x == 3"),
        ("assert x == pytest.approx(3, abs=1)", "assert x == pytest.approx(3, abs=0.1)"),
        ("assert x < 100", "assert x < 10"),
        ("assert x > -50", "assert x > -5"),
        ("assert x <= 10", "assert x < 10"),
        ("with pytest.raises(Exception): rank(x)", "with pytest.raises(ValueError, match='a'): rank(x)"),
        ("assert x == 3", "assert x == 3\nassert u == 4"),
        ("assert x == 3", "assert 3 == x"),
        ("assert x == 3", "expected = 3\nassert x == expected"),
        ("result = rank(u)\nassert result == 3", "assert rank(u) == 3"),
        ("result = rank(u)\nassert result == 3", "slate = rank(u)\nassert slate == 3"),
        ("if u:\n    assert x == 3", "assert x == 3"),
        ("assert x == True", "assert x"),
        ("assert len(x) == 0", "assert not x"),
        ("assert len(x) > 0", "assert x"),
        ("assert x == 3, 'why'", "assert x == 3"),
        ("assert x == 1 and u == 2", "assert x == 1\nassert u == 2"),
        ("seen = []\nrank(seen.append)\nassert seen", "seen = []\nrank(seen.append)\nassert seen == [1]"),
        ("assert seen == 1", "seen = 0\nfor i in u:\n    seen += 1\nassert seen == 1"),
        ("assert x", "got = [0]\nrank(got)\nassert got\nassert x"),
        ("for i in [1]:\n    assert rank(i) == 1", "for i in [1, 2]:\n    assert rank(i) == 1"),
        ("assert rank(1) == 2\nassert rank(2) == 3", "for i, o in [(1, 2), (2, 3)]:\n    assert rank(i) == o"),
        ("assert x == 3", "with open('f') as f:\n    assert x == 3"),
        ("assert x == 3", "try:\n    assert x == 3\nfinally:\n    rank(u)"),
        ("assert x == 3", "def inner():\n    assert x == 3\ninner()"),
        ("if not x:\n    pytest.fail('no')", "assert x"),
        ("np.testing.assert_allclose(x, 3, rtol=1e-3)", "np.testing.assert_allclose(x, 3, rtol=1e-5)"),
    ],
)
def test_what_is_the_same_or_stricter(tmp_path: Path, before: str, after: str) -> None:
    assert edit(tmp_path, before, after) == []


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (TEST, TEST.replace("test_a", "check_a"), ["never-collected"]),
        (TEST, "", ["test-deleted"]),
        (TEST, "if False:\n    def test_a():\n        x = rank(1)\n        assert x == 3\n", ["never-collected"]),
        (TEST, ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    def test_a():\n        x = rank(1)\n"
         "        assert x == 3\n"), ["never-collected"]),
        (TEST, "def helper():\n    def test_a():\n        x = rank(1)\n        assert x == 3\n", ["never-collected"]),
        (TEST, "import pytest\n@pytest.fixture\n" + TEST, ["never-collected"]),
        (TEST, TEST + "def test_a():\n    pass\n", ["test-emptied"]),
        (TEST, TEST + "test_a = None\n", ["never-collected"]),
        (TEST, TEST + "del test_a\n", ["never-collected"]),
        (TEST, TEST + "test_a.__test__ = False\n", ["never-collected"]),
        (TEST, "__test__ = False\n" + TEST, ["never-collected"]),
        (TEST, "import pytest\n@pytest.mark.skip('flaky')\n" + TEST, ["test-skipped"]),
        (TEST, "import pytest\n@pytest.mark.xfail\n" + TEST, ["test-skipped"]),
        (TEST, "import pytest\n@pytest.mark.skipif(True, reason='x')\n" + TEST, ["test-skipped"]),
        (TEST, "import pytest, sys\n@pytest.mark.skipif(sys.platform == 'win32', reason='x')\n" + TEST,
         ["test-skipped?"]),
        (TEST, "import pytest\npytestmark = pytest.mark.skip\n" + TEST, ["test-skipped"]),
        (TEST, "import pytest\npytest.skip('all', allow_module_level=True)\n" + TEST, ["test-skipped"]),
        (TEST, "import pytest\n@pytest.mark.flaky(reruns=3)\n" + TEST, ["test-retried"]),
        (TEST, "from x import lenient\n@lenient\n" + TEST, ["test-wrapped"]),
        (TEST, "import os\nif os.environ.get('FULL'):\n" + textwrap.indent(TEST, "    "), ["test-conditional"]),
        ("class TestA:\n    def test_a(self):\n        assert rank(1) == 3\n",
         "class TestA:\n    def __init__(self): pass\n    def test_a(self):\n        assert rank(1) == 3\n",
         ["never-collected"]),
        ("class TestA:\n    def test_a(self):\n        assert rank(1) == 3\n",
         "class CheckA:\n    def test_a(self):\n        assert rank(1) == 3\n", ["never-collected"]),
        ("import pytest\n@pytest.mark.parametrize('k', [1, 2])\ndef test_a(k):\n    assert k\n",
         "import pytest\n@pytest.mark.parametrize('k', [1])\ndef test_a(k):\n    assert k\n", ["cases-removed"]),
        ("import pytest\n@pytest.mark.parametrize('k, v', [(1, 2)])\ndef test_a(k, v):\n    assert k == v\n",
         "import pytest\n@pytest.mark.parametrize('k, v', [(1, 3)])\ndef test_a(k, v):\n    assert k == v\n",
         ["expected-value-changed"]),
        ("import pytest\n@pytest.mark.parametrize('k', [1, 2])\ndef test_a(k):\n    assert k\n",
         ("import pytest\n@pytest.mark.parametrize('k', [1, pytest.param(2, marks=pytest.mark.skip)])\ndef test_a(k):\n"
         "    assert k\n"), ["test-skipped"]),
        ("def same(a, b):\n    assert a == b\ndef test_a():\n    same(rank(1), 3)\n",
         "def same(a, b):\n    assert a\ndef test_a():\n    same(rank(1), 3)\n", ["assertion-weakened"]),
        ("LIMIT = 1e-6\ndef test_a():\n    assert abs(rank(1) - 3) < LIMIT\n",
         "LIMIT = 1e-1\ndef test_a():\n    assert abs(rank(1) - 3) < LIMIT\n", ["tolerance-loosened"]),
        ("from shop import rank\n" + TEST, "def rank(x):\n    return 3\n" + TEST, ["subject-mocked"]),
        (TEST, "import sys\nsys.exit(0)\n" + TEST, ["test-exits"]),
        (TEST, "for _ in ():\n" + textwrap.indent(TEST, "    "), ["never-collected"]),
        (TEST, "match 1:\n    case 2:\n" + textwrap.indent(TEST, "        "), ["test-conditional"]),
        (TEST, TEST + "    yield\n", ["never-collected"]),
        (TEST, "async " + TEST, ["test-wrapped"]),
        ("def test_a(s):\n    assert s == 3\n", "def test_a(s=3):\n    assert s == 3\n", ["test-wrapped"]),
        ("from shop import rank\n" + TEST, "from fakes import rank\n" + TEST, ["subject-mocked"]),
        ("import shop\ndef test_a():\n    assert shop.rank(1) == 3\n",
         "import fakes as shop\ndef test_a():\n    assert shop.rank(1) == 3\n", ["subject-mocked"]),
        (TEST, "import pytest\npytest.approx = lambda x: x\n" + TEST, ["report-hook"]),
        (TEST, "import unittest\nunittest.TestCase.assertEqual = print\n" + TEST, ["report-hook"]),
        (TEST, "import sys\nsys.path.insert(0, 'fakes')\n" + TEST, ["collection-hook?"]),
        (TEST, TEST + "class Any:\n    def __eq__(self, o):\n        return True\n", ["equal-to-everything?"]),
    ],
)  # fmt: skip
def test_what_a_file_loses(tmp_path: Path, before: str, after: str, rules: list[str]) -> None:
    assert whole(tmp_path, before, after) == rules


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TEST, TEST.replace("test_a", "test_better_name")),
        (TEST, '"""Doc."""\nimport re\n' + TEST.replace("():", '():\n    """Doc."""')),
        (TEST, "class TestRank:\n" + textwrap.indent(TEST.replace("()", "(self)"), "    ")),
        (TEST, "import pytest\n@pytest.mark.slow\n" + TEST),
        (TEST, TEST + "def test_b():\n    assert rank(2) == 4\n"),
        ("import pytest\n@pytest.mark.skip\n" + TEST, TEST),
        ("import pytest\n@pytest.mark.parametrize('k', [1])\ndef test_a(k):\n    assert k\n",
         "import pytest\n@pytest.mark.parametrize('k', [1, 2])\ndef test_a(k):\n    assert k\n"),
        ("import pytest\n@pytest.mark.parametrize('k, v', [(1, 2)])\ndef test_a(k, v):\n    assert k == v\n",
         ("import pytest\n@pytest.mark.parametrize(['k', 'v'], [pytest.param(1, 2, id='one')])\ndef test_a(k, v):\n"
         "    assert k == v\n")),
        ("def test_a():\n    assert rank(1) == 2\ndef test_b():\n    assert rank(2) == 3\n",
         ("import pytest\n@pytest.mark.parametrize('i, o', [(1, 2), (2, 3)])\ndef test_rank(i, o):\n"
         "    assert rank(i) == o\n")),
        ("def test_a():\n    x = rank(1)\n    assert x == 3\n    assert x\n",
         "def check(x):\n    assert x == 3\n    assert x\ndef test_a():\n    x = rank(1)\n    check(x)\n"),
        ("import unittest\nclass A(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(rank(1), 3)\n",
         "class TestA:\n    def test_a(self):\n        assert rank(1) == 3\n"),
        (TEST, "if __name__ == '__main__':\n    import sys, pytest\n    sys.exit(pytest.main())\n" + TEST),
        ("def test_a():\n    assert rank(1) == 2\n\n\ndef test_b():\n    assert rank(1) == 2\n",
         "def test_a():\n    assert rank(1) == 2\n"),
    ],
)  # fmt: skip
def test_what_a_file_keeps(tmp_path: Path, before: str, after: str) -> None:
    assert whole(tmp_path, before, after) == []


def test_a_test_that_moves_to_another_file_is_known_again(tmp_path: Path) -> None:
    assert seen(tmp_path, {"tests/test_a.py": TEST}, {"tests/sub/test_b.py": "import re\n" + TEST}) == []


def test_a_test_that_moves_and_is_weakened_is_compared(tmp_path: Path) -> None:
    weak = TEST.replace("x == 3", "x")
    assert seen(tmp_path, {"tests/test_a.py": TEST}, {"tests/test_b.py": weak}) == ["assertion-weakened"]


def test_a_test_with_a_telling_name_that_is_rewritten_elsewhere_is_for_a_person(tmp_path: Path) -> None:
    def file(name: str, body: str) -> dict[str, str]:
        return {"tests/test_b.py": f"def {name}():\n    {body}\n"}

    name = "test_what_a_slate_uses_is_followed"
    base = {"tests/test_a.py": f"def {name}():\n    told = support(1)\n    assert told == {{1, 2}}\n"}
    assert seen(tmp_path / "it", base, file(name, "assert Support(1).of(1) == {1, 2}")) == ["test-deleted?"]
    assert "test-deleted" in seen(tmp_path / "empty", base, file(name, "Support(1)"))
    short = {"tests/test_a.py": base["tests/test_a.py"].replace(name, "test_uses")}
    assert seen(tmp_path / "short", short, file("test_uses", "assert Support(1).of(1) == {1, 2}")) == ["test-deleted"]


def test_a_mark_that_the_suite_leaves_out(tmp_path: Path) -> None:
    base = {"Makefile": "test:\n\tpytest -m 'not slow'\n", "tests/test_a.py": TEST}
    marked = "import pytest\n@pytest.mark.slow\n" + TEST
    assert seen(tmp_path, base, {**base, "tests/test_a.py": marked}) == ["test-skipped?"]


def test_a_file_whose_new_name_pytest_does_not_look_for(tmp_path: Path) -> None:
    assert seen(tmp_path, {"tests/test_a.py": TEST}, {"tests/a.py": TEST}, {"tests/test_a.py": "tests/a.py"}) == [
        "never-collected"
    ]


def test_a_test_that_goes_with_its_subject_is_for_a_person(tmp_path: Path) -> None:
    base = {"tests/test_a.py": "from shop import rank\n" + TEST}
    assert seen(tmp_path, base, {}, removed=frozenset({"rank"})) == ["test-deleted?"]
    assert seen(tmp_path, base, {}) == ["test-deleted"]


def test_a_rewritten_suite_is_for_a_person(tmp_path: Path) -> None:
    after = "def test_z():\n    assert rank([5], k=9) == ['z']\n    assert rank([6]) == []\n"
    assert whole(tmp_path, TEST, after) == ["test-deleted?"]


def test_an_assertion_that_moves_into_a_shared_helper_is_known_again(tmp_path: Path) -> None:
    helper = {"tests/helpers.py": "def same(a, b):\n    assert a == b\n    assert b == a\n"}
    base = {"tests/test_a.py": "def test_a():\n    a, b = rank(1)\n    assert a == b\n    assert b == a\n"}
    head = {"tests/test_a.py": "from tests.helpers import same\ndef test_a():\n    a, b = rank(1)\n    same(a, b)\n"}
    assert seen(tmp_path, base, {**helper, **head}) == []


def test_a_weakened_shared_helper_is_seen_once_in_each_user_of_the_change(tmp_path: Path) -> None:
    test = {"tests/test_a.py": "from tests.helpers import same\ndef test_a():\n    same(rank(1), 3)\n"}
    base = {**test, "tests/helpers.py": "def same(a, b):\n    assert a == b\n"}
    assert set(seen(tmp_path, base, {**test, "tests/helpers.py": "def same(a, b):\n    assert a\n"})) == {
        "assertion-weakened"
    }


GIVEN = "from hypothesis import assume, given, settings, strategies as st, Phase, HealthCheck, example\n"


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("@given(st.integers())", "@settings(max_examples=5)\n@given(st.integers())", "property-narrowed"),
        ("@settings(max_examples=500)\n@given(st.integers())", "@given(st.integers())", "property-narrowed"),
        ("@given(st.integers())", "@settings(max_examples=1)\n@given(st.integers())", "property-gutted"),
        ("@given(st.integers())", "@settings(phases=[Phase.explicit])\n@given(st.integers())", "property-gutted"),
        ("@given(st.integers())", "@example(1)", "property-gutted"),
        ("@given(st.integers())", "@given(st.integers(min_value=0))", "property-narrowed"),
        ("@given(st.integers(0, 9))", "@given(st.integers(0, 3))", "property-narrowed"),
        ("@given(st.integers())", "@given(st.integers().filter(bool))", "property-narrowed"),
        ("@given(st.integers())", "@given(st.just(1))", "property-narrowed"),
        ("@given(st.floats())", "@given(st.floats(allow_nan=False))", "property-narrowed"),
        ("@given(st.sampled_from([1, 2]))", "@given(st.sampled_from([1]))", "property-narrowed"),
        ("@given(st.lists(st.text()))", "@given(st.lists(st.text(), max_size=2))", "property-narrowed"),
        ("@given(st.integers())",
         "@settings(suppress_health_check=[HealthCheck.filter_too_much])\n@given(st.integers())", "property-narrowed"),
        ("@example(1)\n@given(st.integers())", "@given(st.integers())", "cases-removed"),
    ],
)  # fmt: skip
def test_what_a_property_loses(tmp_path: Path, before: str, after: str, rule: str) -> None:
    body = "\ndef test_a(x):\n    assert rank(x) == x\n"
    assert whole(tmp_path, GIVEN + before + body, GIVEN + after + body) == [rule]
    assert whole(tmp_path, GIVEN + after + body, GIVEN + before + body) == []


@pytest.mark.parametrize(("line", "rule"), [("assume(False)", "property-gutted"), ("assume(x)", "property-narrowed")])
def test_assumptions(tmp_path: Path, line: str, rule: str) -> None:
    body = "@given(st.integers())\ndef test_a(x):\n    {}\n    assert rank(x) == x\n"
    assert whole(tmp_path, GIVEN + body.format("pass"), GIVEN + body.format(line)) == [rule]


def test_a_shared_strategy_and_a_profile_that_shrink(tmp_path: Path) -> None:
    base = GIVEN + "ITEMS = st.lists(st.integers(), max_size=9)\nsettings.register_profile('ci', max_examples=200)\n"
    head = base.replace("max_size=9", "max_size=2").replace("200", "20")
    assert seen(tmp_path, {"tests/strategies.py": base}, {"tests/strategies.py": head}) == ["property-narrowed"] * 2
    assert seen(tmp_path, {"tests/strategies.py": head}, {"tests/strategies.py": base}) == []


@pytest.mark.parametrize(
    ("conftest", "rule"),
    [
        ("def pytest_runtest_makereport(item, call): ...\n", "report-hook"),
        ("def pytest_sessionfinish(session): session.exitstatus = 0\n", "report-hook"),
        ("def pytest_collection_modifyitems(items): items[:] = []\n", "collection-hook"),
        ("def pytest_collection_modifyitems(items): items.sort()\n", "collection-hook?"),
        ("collect_ignore = ['test_a.py']\n", "never-collected"),
        ("collect_ignore_glob = []\ncollect_ignore_glob += ['*.py']\n", "never-collected"),
        ("pytest_plugins = ['evil']\n", "collection-hook?"),
        (("import pytest, shop\n@pytest.fixture(autouse=True)\ndef f(monkeypatch):\n"
         "    monkeypatch.setattr(shop, 'rank', None)\n"), "subject-mocked?"),
        ("import pytest\n@pytest.fixture(autouse=True)\ndef f():\n    pytest.skip('no')\n", "test-skipped?"),
        ("import os\nos._exit(0)\n", "test-exits"),
        ("import atexit, os\natexit.register(lambda: os._exit(0))\n", "test-exits"),
    ],
)  # fmt: skip
def test_what_a_conftest_adds(tmp_path: Path, conftest: str, rule: str) -> None:
    base = {"tests/test_a.py": TEST}
    assert seen(tmp_path, base, {**base, "tests/conftest.py": conftest}) == [rule]
    same = {**base, "tests/conftest.py": conftest}
    assert seen(tmp_path, same, same) == []


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ("from shop import rank\ndef test_new():\n    rank(1)\n", ["no-oracle"]),
        ("def test_new():\n    x = 1\n    assert True\n", ["no-oracle"]),
        ("from shop import rank\ndef test_rank_does_not_raise():\n    rank(1)\n", []),
        ("from shop import rank\ndef test_new():\n    assert rank(1)\n", []),
        ("from shop import rank\ndef test_new(mocker):\n    rank(1)\n    check_log(1)\n", []),
        ("import pytest\n@pytest.mark.skip\ndef test_new():\n    assert rank(1)\n", []),
    ],
)
def test_new_tests(tmp_path: Path, body: str, rules: list[str]) -> None:
    assert seen(tmp_path, {}, {"tests/test_new.py": body}) == rules


def test_what_cannot_be_parsed_is_said_and_not_called_deleted(tmp_path: Path) -> None:
    assert whole(tmp_path, TEST, "def test_a(:\n") == ["unreadable"]


def test_a_branch_that_always_runs_hides_nothing(tmp_path: Path) -> None:
    other = "import sys\nif True:\n" + textwrap.indent(TEST, "    ")
    assert whole(tmp_path, TEST, other) == []
