"""What test modules are made of, and which of them a change may make come out otherwise."""

from pathlib import Path

import pytest

from guardrails.analysis.affected import affected
from guardrails.analysis.source import Sources
from guardrails.analysis.support import Support, below, dotted, is_test_module
from guardrails.ports import Trees
from tests.judge_fakes import FakeTree, change_of

JUDGES = ("tests/**", "conftest.py", "judge/**", "pyproject.toml", "loadtests/**")
BASE = {
    "pyproject.toml": "",
    "shop/__init__.py": "",
    "shop/rank.py": "from judge import relations\n",
    "judge/__init__.py": "",
    "judge/relations.py": "",
    "judge/apart.py": "",
    "loadtests/locustfile.py": "",
    "tests/__init__.py": "",
    "tests/conftest.py": "pytest_plugins = ['tests.plugin']\n",
    "tests/plugin.py": "",
    "tests/helpers.py": "import tests.deeper\n",
    "tests/deeper.py": "NAME = 'slates.json'\n",
    "tests/slates.json": "[]",
    "tests/unused.json": "[]",
    "tests/unit/test_rank.py": "from ..helpers import make\n",
    "tests/unit/test_alone.py": "def test_alone(): pass\n",
    "tests/unit/test_house.py": "import pathlib\nFILES = list(pathlib.Path('tests').rglob('*.py'))\n",
}
HOUSE = "tests/unit/test_house.py"


def told(tmp_path: Path, head: dict[str, str | None], *collected: str) -> tuple[str, ...] | None:
    after = {path: text for path, text in {**BASE, **head}.items() if text is not None}
    base_tree, head_tree = FakeTree(tmp_path / "base", dict(BASE)), FakeTree(tmp_path / "head", dict(after))
    trees = Trees(base_tree, head_tree, head_tree)
    return affected(trees, change_of(base_tree, head_tree), JUDGES, ("tests/unit",), collected)


def test_what_a_test_uses_is_followed(tmp_path: Path) -> None:
    support = Support(Sources(FakeTree(tmp_path, dict(BASE))), JUDGES)
    assert support.of("tests/unit/test_rank.py") == {
        "tests/unit/test_rank.py", "tests/conftest.py", "tests/plugin.py", "tests/helpers.py", "tests/deeper.py",
        "tests/__init__.py",
    }  # fmt: skip
    assert support.reads("tests/unit/test_rank.py", "tests/slates.json")
    assert not support.reads("tests/unit/test_alone.py", "tests/slates.json")
    assert support.reads_anything(HOUSE)


def test_names() -> None:
    assert dotted("tests/fakes.py") == {"tests.fakes", "fakes"}
    assert dotted("tests/fakes/__init__.py") == {"tests.fakes", "fakes"}
    assert [is_test_module(path) for path in ("a/test_b.py", "a/b_test.py", "a/btest.py")] == [True, True, False]
    assert [below(path, ("tests/unit/",)) for path in ("tests/unit/a.py", "tests/units/a.py")] == [True, False]
    assert below("a.py", (".",))


@pytest.mark.parametrize(
    ("head", "modules"),
    [
        ({"shop/rank.py": "X = 1\n"}, [HOUSE]),
        ({"tests/unit/test_alone.py": "def test_alone(): 1\n"}, ["tests/unit/test_alone.py", HOUSE]),
        ({"tests/unit/test_new.py": "def test_new(): 1\n"}, [HOUSE, "tests/unit/test_new.py"]),
        ({"tests/unit/test_rank.py": None}, [HOUSE]),
        ({"tests/deeper.py": "X = 1\n"}, [HOUSE, "tests/unit/test_rank.py"]),
        ({"tests/plugin.py": "X = 1\n"}, ["tests/unit/test_alone.py", HOUSE, "tests/unit/test_rank.py"]),
        ({"tests/slates.json": "[1]"}, [HOUSE, "tests/unit/test_rank.py"]),
        ({"loadtests/locustfile.py": "X = 1\n"}, [HOUSE]),
        ({"judge/apart.py": "X = 1\n"}, [HOUSE]),
    ],
    ids=str,
)
def test_the_modules_that_use_what_was_touched(tmp_path: Path, head: dict[str, str | None], modules: list[str]) -> None:
    assert told(tmp_path, head) == tuple(modules)


@pytest.mark.parametrize(
    "head",
    [
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"tests/conftest.py": "X = 1\n"},
        {"tests/unit/conftest.py": "X = 1\n"},
        {"tests/unit/strange.json": "[1]"},
        {"tests/unit/strange.py": "X = 1\n"},
        {"judge/relations.py": "X = 1\n"},
    ],
    ids=str,
)
def test_what_may_decide_all_tests_affects_all(tmp_path: Path, head: dict[str, str | None]) -> None:
    assert told(tmp_path, head) is None


def test_a_module_that_pytest_was_told_to_collect_counts(tmp_path: Path) -> None:
    head = {"tests/unit/checks.py": "def test_x(): 1\n"}
    assert told(tmp_path, head) is None
    assert told(tmp_path / "again", head, "tests/unit/checks.py::test_x") == ("tests/unit/checks.py", HOUSE)
