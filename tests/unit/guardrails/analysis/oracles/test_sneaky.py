"""Ways to check less that do not look like it, each with an honest twin that looks nearly the same."""

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from guardrails.analysis.oracles.comparison import compare
from guardrails.analysis.oracles.conventions import conventions
from guardrails.analysis.oracles.sides import Side
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree

HEAD = (
    "import os, sys\nimport pytest\nfrom hypothesis import given, settings, strategies as st\nfrom shop import rank\n\n"
)


def seen(tmp_path: Path, base: Mapping[str, str], head: Mapping[str, str]) -> set[str]:
    """The rules of what is seen between two trees of tests."""
    trees = [Sources(FakeTree(tmp_path / n, files)) for n, files in (("base", base), ("head", head))]
    old, new = (Side(tree, ("tests/**",), conventions(trees[0]), sorted(tree.paths)) for tree in trees)
    return {o.rule for o in compare(old, new, {}, ("shop",), frozenset).observations}


def edit(tmp_path: Path, before: str, after: str) -> set[str]:
    """What is seen when the body of a test changes."""

    def file(body: str) -> Mapping[str, str]:
        return {"tests/test_a.py": f"{HEAD}def test_a(x, u):\n" + textwrap.indent(body, "    ")}

    return seen(tmp_path, file(before), file(after))


ORDER = "top = rank(u)\nassert top == [3, 2, 1]"
CLOSE = "assert rank(u) == pytest.approx(0.3, abs=1e-9)"
RAISES = "with pytest.raises(ValueError):\n    rank(u, 0)\n"


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (ORDER, "top = rank(u)\nassert sorted(top) == [1, 2, 3]", "assertion-weakened"),
        (ORDER, "top = rank(u)\nassert set(top) == {1, 2, 3}", "assertion-weakened"),
        (ORDER, "top = rank(u)\ntop.sort(reverse=True)\nassert top == [3, 2, 1]", "assertion-weakened"),
        (ORDER, "top = rank(u)\nassert top[:1] == [3]", "assertion-weakened"),
        (ORDER, "top = rank(u)\nassert all(a == b for a, b in zip(top, [3]))", "assertion-weakened"),
        (ORDER, "top = rank(u)\nfor a, b in zip(top, []):\n    assert a == b", "test-stops-early"),
        (ORDER, "top = rank(u)\nif len(top) > 1:\n    return\nassert top == [3, 2, 1]", "assertion-conditional"),
        (
            ORDER,
            "try:\n    top = rank(u)\nexcept Exception:\n    return\nassert top == [3, 2, 1]",
            "assertion-conditional",
        ),
        (CLOSE, "assert round(rank(u)) == 0", "tolerance-loosened"),
        (CLOSE, "assert int(rank(u)) == 0", "tolerance-loosened"),
        (CLOSE, "assert abs(rank(u) - 0.3) < 1", "tolerance-loosened"),
        (CLOSE, "assert rank(u) == pytest.approx(0.3, abs=1e-9, nan_ok=True)", "tolerance-loosened"),
        (CLOSE, 'assert rank(u) == pytest.approx(0.3, abs=float("inf"))', "tolerance-loosened"),
        (RAISES, "with pytest.raises(ValueError):\n    raise ValueError\n    rank(u, 0)\n", "test-stops-early"),
        (RAISES + "assert rank(u) == 1", RAISES + "    assert rank(u) == 1", "test-stops-early"),
    ],
)
def test_what_a_body_loses(tmp_path: Path, before: str, after: str, rule: str) -> None:
    assert rule in edit(tmp_path, before, after)


def test_an_exit_that_is_expected_is_none(tmp_path: Path) -> None:
    exits = "with pytest.raises(SystemExit):\n    rank(u)\n"
    assert "test-exits" not in edit(tmp_path, exits, "with pytest.raises(SystemExit):\n    raise SystemExit(1)\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert sorted(rank(u)) == [1, 2, 3]", "assert rank(u) == [3, 2, 1]"),
        ("assert {i for i in rank(u)} == {1, 2}", "assert [i for i in rank(u)] == [2, 1]"),
        ("assert len(rank(u)) == 2", "assert [i.key for i in rank(u)] == [1, 2]"),
        ("assert abs(rank(u) - 0.3) < 1e-6", "assert rank(u) == pytest.approx(0.3, abs=1e-9)"),
        (
            "for a, b in zip(rank(u), x):\n    assert a == b",
            "for a, b in zip(rank(u), x, strict=True):\n    assert a == b",
        ),
        (RAISES, "with pytest.raises(ValueError, match='k'):\n    k = 0\n    rank(u, k)\n"),
        (ORDER, "top = rank(u)\nif not top:\n    pytest.fail('none')\nassert top == [3, 2, 1]"),
    ],
)
def test_what_is_stricter_is_left_alone(tmp_path: Path, before: str, after: str) -> None:
    assert edit(tmp_path, before, after) == set()


TEST = f"{HEAD}def test_a(u):\n    assert rank(u) == [3]\n"


@pytest.mark.parametrize(
    "line",
    [
        "globals().pop('test_a')",
        "del globals()['test_a']",
        "test_a.pytestmark = [pytest.mark.skip]",
        "test_a.__code__ = (lambda: None).__code__",
        "sys.exit = print",
        "os.environ['PYTEST_ADDOPTS'] = '-k none'",
        "sys.meta_path.insert(0, object())",
    ],
)
def test_what_a_module_changes_at_run_time(tmp_path: Path, line: str) -> None:
    base = {"tests/test_a.py": TEST}
    assert seen(tmp_path, base, {"tests/test_a.py": f"{TEST}\n\n{line}\n"}) == {"collection-hook"}


@pytest.mark.parametrize("line", ["X = globals().get('u')", "os.environ['SHOP'] = '1'", "HERE = vars(sys).keys()"])
def test_what_a_module_may_do(tmp_path: Path, line: str) -> None:
    base = {"tests/test_a.py": TEST}
    assert seen(tmp_path, base, {"tests/test_a.py": f"{TEST}\n\n{line}\n"}) == set()


PROPERTY = """ITEMS = st.lists(st.integers())


@given(ITEMS, st.integers(1, 5))
def test_a(u, k):
    assert rank(u, k) == u
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ITEMS = st.lists(st.integers())", "ITEMS = st.lists(st.integers()).filter(bool)"),
        ("st.integers(1, 5)", "st.sampled_from([1])"),
        ("st.integers(1, 5)", "st.integers(1, 5).map(lambda k: 1)"),
        ("@given(ITEMS", "@settings(settings.get_profile('tiny'))\n@given(ITEMS"),
    ],
)
def test_what_a_property_loses(tmp_path: Path, before: str, after: str) -> None:
    base, head = ({"tests/test_a.py": HEAD + text} for text in (PROPERTY, PROPERTY.replace(before, after)))
    assert seen(tmp_path, base, head) == {"property-narrowed"}
    assert seen(tmp_path / "back", head, base) == set()


@pytest.mark.parametrize(
    ("options", "rules"),
    [("max_examples=1", {"property-gutted"}), ("max_examples=20", {"property-narrowed"}), ("max_examples=500", set())],
)
def test_a_profile_that_is_loaded_now(tmp_path: Path, options: str, rules: set[str]) -> None:
    profile = f"{HEAD}settings.register_profile('ci', {options})\nsettings.load_profile('ci')\n"
    base = {"tests/test_a.py": HEAD + PROPERTY}
    assert seen(tmp_path, base, {**base, "tests/conftest.py": profile}) == rules


def test_a_mark_that_the_policy_leaves_out(tmp_path: Path) -> None:
    base = {"guardrails.toml": '[tests]\nmarkers = "not slow"\n', "tests/test_a.py": TEST}
    head = {**base, "tests/test_a.py": TEST.replace("def test_a", "@pytest.mark.slow\ndef test_a")}
    assert seen(tmp_path, base, head) == {"test-skipped"}


def test_a_new_test_that_only_calls_or_looks_whether_something_is_there(tmp_path: Path) -> None:
    base = {"tests/test_a.py": TEST}
    loop = "\n\ndef test_b():\n    for k in range(9):\n        rank(k)\n"
    assert seen(tmp_path, base, {"tests/test_a.py": TEST + loop}) == {"no-oracle"}
    present = "\n\ndef test_b():\n    x = rank(1)\n    assert isinstance(x, list)\n    assert x is not None\n"
    assert seen(tmp_path / "present", base, {"tests/test_a.py": TEST + present}) == {"no-oracle"}
    checked = loop + "        assert rank(k) == k\n"
    assert seen(tmp_path / "checked", base, {"tests/test_a.py": TEST + checked}) == set()
