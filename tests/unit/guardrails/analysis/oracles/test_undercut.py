"""Assertions that stay while the ground under them goes; and what only looks like it."""

from pathlib import Path

import pytest

from tests.unit.guardrails.analysis.oracles.test_comparison import edit, seen

CHECK = "assert x == 3"


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        (CHECK, f"request.applymarker(pytest.mark.xfail)\n{CHECK}", ["test-skipped?"]),
        (CHECK, f"request.node.add_marker('xfail')\n{CHECK}", ["test-skipped?"]),
        ("assert u.calls == 1", "u.calls = 1\nassert u.calls == 1", ["subject-mocked?"]),
        ("assert u.calls == 1", "monkeypatch.setattr(u, 'calls', 1)\nassert u.calls == 1", ["subject-mocked?"]),
        ("x = rank(u)\nassert x == 3", "x = rank(u)\nx = sorted(x)\nassert x == 3", ["assertion-weakened?"]),
        ("u.limit = 1\nassert u.calls == 1", "u.limit = 2\nassert u.calls == 1", []),
        ("x = rank(u)\nassert x == 3", "x = rank(u)\nx = shop.rank(x)\nassert x == 3", []),
    ],
)
def test_what_a_test_does_to_itself(tmp_path: Path, before: str, after: str, rules: list[str]) -> None:
    assert edit(tmp_path, before, after) == rules


TEST = "from shop import rank\nDATA = {}\n\n\ndef test_a():\n    for k in DATA:\n        assert rank(k) == k\n"


@pytest.mark.parametrize(
    ("before", "after", "rules"),
    [
        ("[1, 2]", "[1]", ["expected-value-changed?"]),
        ("[1, 2]", "[1, 3]", ["expected-value-changed?"]),
        ("load('a.json')", "{}", ["expected-value-changed?"]),
        ("load('a.json')", "load('a.json') if exists('a.json') else {}", ["expected-value-changed?"]),
        ("[1, 2]", "[1, 2, 3]", []),
        ("[1, 2]", "(2, 1)", []),
        ("{1: 2}", "{1: 2, 3: 4}", []),
    ],
)
def test_data_that_tests_use(tmp_path: Path, before: str, after: str, rules: list[str]) -> None:
    files = [{"tests/test_a.py": TEST.format(data)} for data in (before, after)]
    found = set(seen(tmp_path, *files))
    assert found >= set(rules)
    assert rules or not found


def test_a_fixture_of_its_own_in_the_place_of_a_shared_one(tmp_path: Path) -> None:
    shared = {"tests/conftest.py": "import pytest\n@pytest.fixture\ndef store():\n    return 1\n"}
    test = "import pytest\ndef test_a(store):\n    assert store == 1\n"
    own = test + "@pytest.fixture\ndef store():\n    return 1\n"
    assert seen(tmp_path / "own", {**shared, "tests/test_a.py": test}, {**shared, "tests/test_a.py": own}) == [
        "subject-mocked?"
    ]
    new = test + "@pytest.fixture\ndef other():\n    return 1\n"
    assert seen(tmp_path / "new", {**shared, "tests/test_a.py": test}, {**shared, "tests/test_a.py": new}) == []
