"""Assertions that ask for less in a form that looks as strong, and honest edits beside them."""

from pathlib import Path

import pytest

from tests.unit.guardrails.analysis.oracles.test_sneaky import CLOSE, HEAD, ORDER, edit, seen


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("assert rank(u) == [3, 2, 1]", "assert sum(1 for _ in rank(u)) == 3", "assertion-weakened"),
        (ORDER, "top = rank(u)\nassert top == sorted(top, key=top.index)", "expected-value-changed"),
        (ORDER, "assert getattr(rank(u), 'ids', [3, 2, 1]) == [3, 2, 1]", "assertion-weakened"),
        (ORDER, "try:\n    assert rank(u) == [3, 2, 1]\nfinally:\n    return", "assertion-swallowed"),
        (
            ORDER,
            "import threading\ndef f():\n    assert rank(u) == [3, 2, 1]\nthreading.Thread(target=f).start()",
            "assertion-swallowed",
        ),
        (CLOSE, "assert f'{rank(u):.0f}' == '0'", "tolerance-loosened"),
        (CLOSE, "assert str(rank(u))[:3] == '0.3'", "assertion-weakened"),
        (CLOSE, "loose = {'abs': 1.0}\nassert rank(u) == pytest.approx(0.3, **loose)", "tolerance-loosened"),
        (CLOSE, "assert rank(u) == pytest.approx(0.3, **x)", "tolerance-loosened"),
    ],
)
def test_a_form_that_looks_as_strong(tmp_path: Path, before: str, after: str, rule: str) -> None:
    assert rule in edit(tmp_path, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ORDER, "top = rank(u)\nassert top == [3, 2, 1]\nassert len(top) == 3"),
        (ORDER, "import threading\ndef f():\n    rank(u)\nthreading.Thread(target=f).start()\n" + ORDER),
        (CLOSE, "tight = {'abs': 1e-12}\nassert rank(u) == pytest.approx(0.3, **tight)"),
    ],
)
def test_what_asks_for_as_much(tmp_path: Path, before: str, after: str) -> None:
    assert edit(tmp_path, before, after) == set()


def with_helper(tmp_path: Path, helper: str, asserted: str) -> set[str]:
    base = f"{HEAD}def test_a(u):\n    assert rank(u) == [3, 2, 1]\n"
    head = f"{HEAD}{helper}\n\n\ndef test_a(u):\n    assert {asserted}\n"
    return seen(tmp_path, {"tests/test_a.py": base}, {"tests/test_a.py": head})


def test_a_helper_that_only_compares_is_read_as_what_it_compares(tmp_path: Path) -> None:
    same = "def same(a, b):\n    return a == b"
    assert with_helper(tmp_path, same, "same(rank(u), [3, 2, 1])") == set()
    assert with_helper(tmp_path, same, "same(rank(u), b=[3, 2, 1])") == set()
    assert with_helper(tmp_path, same.replace("==", "in"), "same(rank(u), [[3, 2, 1]])") == {"assertion-weakened"}
    assert with_helper(tmp_path, same.replace("a ==", "a or a =="), "same(rank(u), [3, 2, 1])") == {
        "assertion-weakened"
    }


def test_an_assertion_that_moves_to_a_new_test_is_not_gone(tmp_path: Path) -> None:
    base = f"{HEAD}def test_a(u):\n    assert rank(u) == 1\n    assert rank(0) == 2\n"
    split = f"{HEAD}def test_a(u):\n    assert rank(u) == 1\n\n\n{{}}def test_b():\n    assert rank(0) == 2\n"
    files = [{"tests/test_a.py": text} for text in (base, split.format(""), split.format("@pytest.mark.skip\n"))]
    assert seen(tmp_path / "1", files[0], files[1]) == set()
    assert "assertion-removed" in seen(tmp_path / "2", files[0], files[2])


def test_how_a_function_works_is_left_alone(tmp_path: Path) -> None:
    base = f"{HEAD}def test_a(u):\n    assert rank(u) == 1\n"
    head = base + "\n\nrank.__defaults__ = (0,)\n"
    assert "collection-hook" in seen(tmp_path, {"tests/test_a.py": base}, {"tests/test_a.py": head})
