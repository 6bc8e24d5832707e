"""Which of a change's files a test depends on, and where it stands."""

import ast
from pathlib import Path

from guardrails.analysis.left_alone import Place, SuiteSources, definition, function_of, surroundings
from guardrails.ports import Trees
from tests.judge_fakes import FakeTree, change_of

JUDGES = ("tests/**",)
TEST = """from ..helpers import make

LIMIT = 3


def helper():
    return LIMIT


class TestRank:
    size = 2

    def test_a(self):
        assert helper()

    def test_b(self):
        assert self.size
"""
BASE = {
    "shop.py": "",
    "tests/__init__.py": "",
    "tests/conftest.py": "pytest_plugins = ['tests.plugin']\n",
    "tests/plugin.py": "",
    "tests/helpers.py": "import tests.deeper\n",
    "tests/deeper.py": "NAME = 'slates.json'\n",
    "tests/slates.json": "[]",
    "tests/other.py": "",
    "tests/unit/test_rank.py": TEST,
}
A = "tests/unit/test_rank.py::TestRank::test_a"


def sources(tmp_path: Path, head: dict[str, str | None]) -> SuiteSources:
    after = {path: text for path, text in {**BASE, **head}.items() if text is not None}
    base_tree, head_tree = FakeTree(tmp_path / "base", dict(BASE)), FakeTree(tmp_path / "head", dict(after))
    return SuiteSources(Trees(base_tree, head_tree, head_tree), change_of(base_tree, head_tree), JUDGES)


def test_ids_name_functions() -> None:
    assert function_of("a.py::T::test_x[1-[2]]") == "a.py::T::test_x"
    assert function_of("tests[1]/a.py::test_x") == "tests[1]/a.py::test_x"
    module = ast.parse(TEST)
    found = definition(module, f"{A}[param]")
    assert isinstance(found, ast.FunctionDef)
    assert found.name == "test_a"
    assert definition(module, "t.py::TestRank::test_inherited") is None


def test_the_last_definition_of_a_name_counts() -> None:
    found = definition(ast.parse("def test_a(): pass\ndef test_a(): 1\n"), "t.py::test_a")
    assert found is not None
    assert found.lineno == 2


def test_other_tests_are_no_surroundings() -> None:
    old, new = ast.parse(TEST), ast.parse(TEST.replace("assert self.size", "assert 1"))
    assert surroundings(old, A) == surroundings(new, A)
    assert surroundings(old, A) != surroundings(ast.parse(TEST.replace("size = 2", "size = 1")), A)
    assert surroundings(old, A) != surroundings(ast.parse(TEST.replace("LIMIT = 3", "LIMIT = 2")), A)


def test_why_a_test_counts_as_changed(tmp_path: Path) -> None:
    def why(**head: str | None) -> str:
        named = {name.replace("__", "/").replace("_py", ".py").replace("_json", ".json"): t for name, t in head.items()}
        return sources(tmp_path / str(len(list(tmp_path.iterdir()))), named).why_changed(A)

    tmp_path.mkdir(exist_ok=True)
    assert why(shop_py="X = 1\n") == ""
    assert why(tests__other_py="X = 1\n") == ""
    assert why(tests__deeper_py="X = 1\n") == "tests/deeper.py, which it uses, was changed"
    assert why(tests__plugin_py="X = 1\n") == "tests/plugin.py, which it uses, was changed"
    assert why(tests__slates_json="[1]") == "tests/slates.json, which it reads, was changed"


def test_a_test_is_found_where_it_moved(tmp_path: Path) -> None:
    moved = sources(tmp_path, {"tests/unit/test_rank.py": None, "tests/test_rank.py": TEST.replace("..h", ".h")})
    assert moved.moved_id(A) == "tests/test_rank.py::TestRank::test_a"
    assert moved.defines(A)
    assert moved.place(A) == Place("tests/test_rank.py", 13, alike=False)
    assert not moved.defines("tests/unit/test_rank.py::test_gone")
