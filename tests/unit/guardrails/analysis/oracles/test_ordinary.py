"""What ordinary commits of well-kept projects do to their tests, and what only looks like it."""

from pathlib import Path

import pytest

from tests.unit.guardrails.analysis.oracles.test_comparison import TEST, edit, seen, whole


@pytest.mark.parametrize(
    "after", ["assert not x != x", "assert x == x", "assert not (x != x)", "assert (x == x) is True"]
)
def test_another_form_of_a_check_that_asks_of_itself_is_none_that_always_holds(tmp_path: Path, after: str) -> None:
    assert edit(tmp_path, "assert (x != x) is False", after) == []


@pytest.mark.parametrize(
    "after", ["assert (x != x) is False or True", "assert True", "assert (x != x) is False if u else 1"]
)
def test_a_check_that_asks_of_itself_can_be_made_to_hold_always(tmp_path: Path, after: str) -> None:
    assert set(edit(tmp_path, "assert (x != x) is False", after)) <= {"assertion-always-true", "assertion-weakened"}
    assert edit(tmp_path, "assert (x != x) is False", after) != []


def test_a_check_that_asks_of_itself_can_be_made_conditional(tmp_path: Path) -> None:
    assert edit(tmp_path, "assert (x != x) is False", "if u:\n    assert (x == x) is True") == ["assertion-conditional"]


@pytest.mark.parametrize(
    ("conftest", "rule"),
    [
        (
            "collect_ignore = []\nif find_spec('x') is None:\n    collect_ignore.append('test_a.py')\n",
            "never-collected?",
        ),
        ("import sys\nif sys.platform == 'win32':\n    collect_ignore = ['test_a.py']\n", "never-collected?"),
        ("try:\n    import x\nexcept ImportError:\n    collect_ignore = ['test_a.py']\n", "never-collected?"),
        ("try:\n    import x\nexcept (ImportError, OSError):\n    collect_ignore = ['test_a.py']\n", "never-collected"),
        ("try:\n    import x\nexcept:\n    collect_ignore = ['test_a.py']\n", "never-collected"),
        ("if find_spec('x') is None:\n    pass\nelse:\n    collect_ignore = ['test_a.py']\n", "never-collected"),
    ],
)
def test_what_is_left_out_where_something_lacks_is_for_a_person(tmp_path: Path, conftest: str, rule: str) -> None:
    base = {"tests/test_a.py": TEST}
    assert seen(tmp_path, base, {**base, "tests/conftest.py": conftest}) == [rule]


THREE = "".join(
    f"def test_{name}():\n    assert rank({n}) == {n}\n    assert rank({n}, k=1) == {n}\n"
    for n, name in enumerate("abc")
)


@pytest.mark.parametrize(
    ("after", "rules"),
    [
        (
            "def test_all():\n    assert rank(7) == 7\n    assert rank(8) == 8\n    assert rank(9, k=2) == 9\n",
            ["test-deleted?"] * 3,
        ),
        ("def test_all():\n    assert rank(7) == 7\n    assert rank(8) == 8\n", ["test-deleted"] * 3),
    ],
)
def test_half_of_what_was_checked_is_a_suite_written_anew(tmp_path: Path, after: str, rules: list[str]) -> None:
    assert whole(tmp_path, THREE, after) == rules


def test_a_method_of_a_class_that_the_test_never_used_is_no_subject(tmp_path: Path) -> None:
    before = "rank(u)\nassert x == 3"
    assert edit(tmp_path, before, f"monkeypatch.setattr(Ranker, 'rank', None)\n{before}") == ["subject-mocked?"]
    assert edit(tmp_path, f"Ranker()\n{before}", f"monkeypatch.setattr(Ranker, 'rank', None)\nRanker()\n{before}") == [
        "subject-mocked"
    ]


def test_a_string_that_python_cannot_write_is_compared_all_the_same(tmp_path: Path) -> None:
    odd = "assert f\"{f'{x!r}' + chr(10)}{'\\\\n'.join(u)}\" == 3"
    assert isinstance(edit(tmp_path, "assert x == 3", odd), list)
