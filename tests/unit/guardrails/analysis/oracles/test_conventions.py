"""pytest's own rules for what is a test, from wherever it is configured."""

from pathlib import Path

from guardrails.analysis.oracles.conventions import Conventions, conventions
from guardrails.analysis.source import Sources
from tests.judge_fakes import Content, FakeTree


def of(tmp_path: Path, files: dict[str, Content]) -> Conventions:
    return conventions(Sources(FakeTree(tmp_path, files)))


def test_defaults(tmp_path: Path) -> None:
    found = of(tmp_path, {"pyproject.toml": "[tool"})
    assert found == Conventions()
    assert found.is_test_file("a/test_b.py")
    assert found.is_test_file("b_test.py")
    assert not found.is_test_file("tests/helpers.py")
    assert found.is_test_function("testit")
    assert not found.is_test_class("CheckA")
    assert found.is_passed_over("a/.hidden/test_b.py")
    assert not found.is_passed_over("tests/test_a.py")


def test_what_a_repository_says(tmp_path: Path) -> None:
    ini = '[tool.pytest.ini_options]\npython_files = ["check_*.py"]\npython_functions = "check_* it"\n'
    found = of(
        tmp_path, {"pyproject.toml": ini + 'python_classes = ["Spec*"]\nnorecursedirs = ["data", "tests/slow"]\n'}
    )
    assert found.is_test_file("x/check_a.py")
    assert not found.is_test_file("test_a.py")
    assert found.is_test_function("it_works")
    assert found.is_test_class("SpecRank")
    assert found.is_passed_over("tests/data/deep/check_a.py")
    assert found.is_passed_over("tests/slow/check_a.py")
    assert not found.is_passed_over("slow/check_a.py")


def test_the_first_file_that_pytest_reads_counts(tmp_path: Path) -> None:
    found = of(tmp_path, {"pytest.ini": "[pytest]\n", "setup.cfg": "[tool:pytest]\npython_files = x.py\n"})
    assert found.files == Conventions().files
    assert of(tmp_path / "2", {"setup.cfg": "[tool:pytest]\npython_files = x.py\n"}).files == ("x.py",)
