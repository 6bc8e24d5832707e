"""mypy's configuration is found as mypy finds it, and nothing in it points back at another tree."""

from pathlib import Path

import pytest

from guardrails.analysis import mypy
from guardrails.analysis.source import Sources
from guardrails.analysis.violations import Violation
from tests.judge_fakes import Content, FakeTree

TOML = """[tool.mypy]
strict = true
files = ["shop", "tests/*.py"]
mypy_path = "$MYPY_CONFIG_FILE_DIR/src:stubs"
exclude = ["a", "b"]
plugins = ["tools/plugin.py"]
html_report = "out"
custom_typeshed_dir = "${MYPY_CONFIG_FILE_DIR}/typeshed"
[[tool.mypy.overrides]]
module = ["x.*", "y"]
ignore_errors = true
"""


def sources(tmp_path: Path, files: dict[str, Content]) -> Sources:
    return Sources(FakeTree(tmp_path, files))


def test_the_first_of_mypys_own_places_counts(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "setup.cfg": "[mypy]\n", "pyproject.toml": TOML, "mypy.ini": "# mypy is set up elsewhere\n",
    }  # fmt: skip
    found = mypy.configuration(sources(tmp_path, files))
    assert found is not None
    assert found.path == "pyproject.toml"


def test_what_names_files_is_taken_out_and_kept_apart(tmp_path: Path) -> None:
    found = mypy.configuration(sources(tmp_path, {"pyproject.toml": TOML}))
    assert found is not None
    assert (found.listed("files"), found.excludes) == (("shop", "tests/*.py"), ("a", "b"))
    assert found.search_path == ("src", "stubs")
    assert found.text("/head") == (
        "[mypy]\nstrict = True\nplugins = tools/plugin.py\ncustom_typeshed_dir = /head/typeshed\n\n"
        "[mypy-x.*]\nignore_errors = True\n\n[mypy-y]\nignore_errors = True\n\n"
    )


def test_plugins_are_those_of_the_other_configuration(tmp_path: Path) -> None:
    found = mypy.configuration(sources(tmp_path, {"pyproject.toml": TOML}))
    assert found is not None
    assert "plugins" not in found.with_plugins_of(None).text("/head")
    other = mypy.Configuration("mypy.ini", {"plugins": "own"})
    assert "plugins = own" in found.with_plugins_of(other).text("/head")


def test_a_comment_is_no_change(tmp_path: Path) -> None:
    one = mypy.configuration(sources(tmp_path / "1", {"mypy.ini": "[mypy]\nstrict = True\n[mypy-a,b]\nx = 1\n"}))
    two = mypy.configuration(sources(tmp_path / "2", {"mypy.ini": "# c\n[mypy]\nstrict=True\n\n[mypy-a,b]\nx: 1\n"}))
    assert one is not None
    assert two is not None
    assert one.digest_text == two.digest_text


@pytest.mark.parametrize("files", [{"mypy.ini": "mypy [\n"}, {"pyproject.toml": "[tool.mypy\n"}])
def test_what_cannot_be_parsed_is_refused(tmp_path: Path, files: dict[str, Content]) -> None:
    with pytest.raises(ValueError, match="cannot be parsed"):
        mypy.configuration(sources(tmp_path, files))


def test_targets_are_absolute_and_those_that_are_gone_are_named(tmp_path: Path) -> None:
    found = mypy.configuration(sources(tmp_path / "c", {"pyproject.toml": TOML}))
    tree = sources(tmp_path, {"shop/__init__.py": "", "tests/a.py": "", "tests/b.txt": "", "src/lib/x.py": ""})
    root = tree.tree.root
    chosen = mypy.targets((), found, (), tree, (".", "src"))
    assert chosen.arguments == (f"{root}/shop", f"{root}/tests/a.py")
    wanted = ("-p", "lib", "-m", "shop", "-p", "none", "--strict", "absent.py", ".")
    assert mypy.targets(wanted, found, (), tree, (".", "src")) == mypy.Targets(
        ("-p", "lib", "-m", "shop", "--strict", str(root)), ("none", "absent.py")
    )
    plain = mypy.Configuration("mypy.ini", {"packages": "lib"})
    assert mypy.targets((), plain, (), tree, (".", "src")).arguments == ("-p", "lib")
    assert mypy.targets((), None, ("lib", "shop"), tree, (".", "src")).arguments == (
        f"{root}/src/lib",
        f"{root}/shop",
    )


def test_answers_are_read() -> None:
    stdout = (
        'a b.py:3:5: error: Bad "x"  [arg-type]\na b.py:3:5: note: Hint\nc.py:1: error: Odd\n'
        "Found 2 errors in 2 files (checked 14 source files)\n"
    )
    assert mypy.errors(stdout, "/t", frozenset({"a b.py", "c.py"})) == (
        Violation("arg-type", "a b.py", 3, 'Bad "x"', 5),
        Violation("misc", "c.py", 1, "Odd"),
    )
    assert mypy.checked(stdout) == 14
    assert mypy.checked("Success: no issues found in 1 source file\n") == 1
    assert mypy.checked("Found 1 error in 1 file (errors prevented further checking)\n") is None
    assert mypy.shape(Violation("x", "a", 1, 'Bad "x" for "y"')) == 'Bad "" for ""'
