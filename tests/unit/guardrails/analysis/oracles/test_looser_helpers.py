"""Loops, helpers, strategies and cases that check less, and honest edits beside them."""

from pathlib import Path

import pytest

from tests.unit.guardrails.analysis.oracles.test_sneaky import HEAD, ORDER, edit, seen

TEST = "\n\ndef test_a():\n    assert ids(rank(1)) == ['a']\n"
GIVEN = "@given(st.lists(st.floats(0, 1)), st.integers(0, 9))\ndef test_a(items, k):\n    assert rank(items, k) == k\n"


def helper(tmp_path: Path, before: str, after: str) -> set[str]:
    return seen(tmp_path, {"tests/test_a.py": HEAD + before + TEST}, {"tests/test_a.py": HEAD + after + TEST})


@pytest.mark.parametrize(
    ("after", "rule"),
    [
        ("for i, one in enumerate(rank(u)):\n    assert one == [3, 2, 1][i]", "assertion-weakened"),
        ("assert all(one == [3, 2, 1][i] for i, one in enumerate(rank(u)))", "assertion-weakened"),
        ("top = rank(u)\nwhile top:\n    assert top.pop() == [3, 2, 1][len(top)]", "assertion-weakened"),
        ("for one in list(zip(rank(u), [3, 2, 1]))[3:]:\n    assert one == [3, 2, 1]", "test-stops-early"),
        ("for i in range(0):\n    assert rank(u) == [3, 2, 1]", "test-stops-early"),
    ],
)
def test_a_whole_that_is_compared_one_by_one(tmp_path: Path, after: str, rule: str) -> None:
    assert rule in edit(tmp_path, ORDER, after)


def test_one_by_one_with_their_number_is_the_same(tmp_path: Path) -> None:
    strict = "for one, other in zip(rank(u), [3, 2, 1], strict=True):\n    assert one == other"
    assert "assertion-weakened" not in edit(tmp_path, ORDER, strict)
    counted = "top = rank(u)\nassert len(top) == 3\n"
    each = "for i, one in enumerate(top):\n    assert one == [3, 2, 1][i]"
    assert edit(tmp_path, counted + "assert top == [3, 2, 1]", counted + each) <= {"expected-value-changed"}


def test_a_loop_over_a_part(tmp_path: Path) -> None:
    whole = "for one in rank(u):\n    assert one == x"
    assert "assertion-weakened" in edit(tmp_path, whole, "for one in rank(u)[1:]:\n    assert one == x")
    assert edit(tmp_path, whole, "for one in list(rank(u)):\n    assert one == x") == set()


IDS = "def ids(items):\n    return [i.id for i in items]\n"


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (IDS, "def ids(items):\n    return sorted(i.id for i in items)\n", "assertion-weakened"),
        (IDS, "def ids(items):\n    return {i.id for i in items}\n", "assertion-weakened"),
        (IDS, "def ids(items):\n    return [i.id for i in items[:1]]\n", "assertion-weakened"),
        (IDS, "def ids(items):\n    return [i.id for i in items if i.ok]\n", "assertion-weakened"),
        (IDS, "def ids(items):\n    return ['a'][: len(items)]\n", "assertion-weakened"),
        (
            IDS,
            "from unittest import mock\ndef ids(items):\n    return [mock.ANY for i in items]\n",
            "assertion-weakened",
        ),
        ("def same(a, b):\n    return a == b\n", "def same(a, b):\n    return a in b\n", "assertion-weakened"),
        ("def same(a, b):\n    return a == b\n", "def same(a, b):\n    return a\n", "assertion-weakened"),
        ("def same(a, b):\n    return a == b\n", "def same(a, b):\n    return True\n", "assertion-weakened"),
        (
            "def same(a, b):\n    return a == b\n",
            "def same(a, b):\n    if not a:\n        return True\n    return a == b\n",
            "assertion-weakened",
        ),
        ("def good():\n    return [1, 2]\n", "def good():\n    return rank(1)\n", "expected-value-changed"),
    ],
)
def test_a_helper_that_looks_less_closely(tmp_path: Path, before: str, after: str, rule: str) -> None:
    assert helper(tmp_path, before, after) == {rule}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (IDS, "def ids(items):\n    return [item.id for item in items]\n"),
        (IDS, "def ids(items):\n    return list(map(get_id, items))\n"),
        ("def same(a, b):\n    return a in b\n", "def same(a, b):\n    return a == b\n"),
        ("def good():\n    return [1, 2]\n", "def good():\n    return [1, 2, 3]\n"),
        (
            "class Fake:\n    def get(self, x):\n        return [x]\n",
            "class Fake:\n    def get(self, x):\n        return []\n",
        ),
    ],
)
def test_a_helper_that_looks_as_closely(tmp_path: Path, before: str, after: str) -> None:
    assert helper(tmp_path, before, after) == set()


def prop(tmp_path: Path, old: str, new: str, above: str = "") -> set[str]:
    assert old in GIVEN
    files = ({"tests/test_a.py": HEAD + text} for text in (GIVEN, above + GIVEN.replace(old, new)))
    return seen(tmp_path, *files)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("st.lists(st.floats(0, 1))", "st.lists(st.floats(0, 1)).map(sorted)"),
        ("st.lists(st.floats(0, 1))", "st.lists(st.floats(0, 1)).map(lambda items: items[:1])"),
        ("st.lists(st.floats(0, 1))", "st.lists(st.floats(0, 1)).flatmap(lambda i: st.just(i[:1]))"),
        ("st.integers(0, 9)", "st.integers(0, 9).map(lambda k: k % 2)"),
        ("st.integers(0, 9)", "st.integers(0, 9 // 9)"),
        ("st.integers(0, 9)", "st.integers(0, min(9, 1))"),
        ("st.integers(0, 9)", "st.one_of(st.just(0), st.just(9))"),
        ("st.floats(0, 1)", "st.integers(0, 1)"),
        ("@given", "@hypothesis.seed(1)\n@given"),
        ("@given", "@settings(derandomize=True)\n@given"),
        ("rank(items, k) == k", "rank(items[:1], k) == k"),
        ("rank(items, k) == k", "rank(items, 0) == 0"),
    ],
)
def test_a_property_that_tries_less(tmp_path: Path, old: str, new: str) -> None:
    above = "import hypothesis\n" if "seed" in new else ""
    assert "property-narrowed" in prop(tmp_path, old, new, above)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("st.lists(st.floats(0, 1))", "st.lists(st.floats(0, 1)).map(tuple)"),
        ("st.floats(0, 1)", "st.floats(-1, 1)"),
        ("st.integers(0, 9)", "st.integers(0, max(9, 20))"),
        ("@given", "@settings(deadline=None)\n@given"),
        ("rank(items, k) == k", "rank(items, k) == k\n    assert rank(items[:1], k) == k"),
    ],
)
def test_a_property_that_tries_as_much(tmp_path: Path, old: str, new: str) -> None:
    assert prop(tmp_path, old, new) == set()


def test_a_composite_strategy_that_draws_for_nothing(tmp_path: Path) -> None:
    empty = "@st.composite\ndef an_item(draw):\n    draw(st.integers())\n    return []\n\n\n"
    assert prop(tmp_path, "@given", "@given", empty) == {"property-narrowed"}
    assert prop(tmp_path, "@given", "@given", empty.replace("[]", "[draw(st.integers())]")) == set()


def cases(tmp_path: Path, before: str, after: str) -> list[str]:
    text = "@pytest.mark.parametrize(('a', 'b', 'c'), {})\ndef test_a(a, b, c):\n    assert rank(a, b) == c\n"
    files = ({"tests/test_a.py": HEAD + text.replace("{}", one)} for one in (before, after))
    return sorted(seen(tmp_path, *files))


def test_reworded_cases_are_not_gone(tmp_path: Path) -> None:
    before = "[('one thing', 1, 'x'), ('two things', 2, 'y'), ('three things', 3, 'z'), ('four things', 4, 'w')]"
    reworded = "[('1 thing', 1, 'x'), ('2 things', 2, 'y'), ('3 things', 3, 'z'), ('4 things', 4, 'w')]"
    assert cases(tmp_path, before, reworded) == ["expected-value-changed"]
    assert cases(tmp_path, before, "[('one thing', 1, 'x'), ('2 things', 2, 'y')]") == [
        "cases-removed",
        "expected-value-changed",
    ]
