"""Imports are recorded while a suite runs: by whom, by whatever way."""

from pathlib import Path

import pytest

from guardrails.model.conduct import RuntimeImport
from tests.judge_suites import run_tree

SHOP = {
    "shop/__init__.py": "",
    "shop/web.py": "PAGE = 1\n",
    "shop/late.py": "",
    "shop/domain/__init__.py": "",
    "shop/domain/ways.py": """
import builtins
import importlib
import pkgutil
import runpy
from importlib import import_module

WEB = ".".join(["shop", "web"])


def statement():
    from shop import web


def by_name():
    import_module(WEB)


def relative():
    importlib.import_module("..web", __package__)


def dunder():
    getattr(builtins, "__imp" + "ort__")(WEB, fromlist=["PAGE"])


def run_text():
    exec(f"import {WEB}", {})


def resolve():
    pkgutil.resolve_name(WEB + ":PAGE")


def run_path():
    runpy.run_path(__file__.replace("domain/ways.py", "late.py"))


def nothing():
    import_module("json")
""",
}


def seen_in(tmp_path: Path, call: str, more: str = "") -> list[RuntimeImport]:
    test = f"import shop.web\nfrom shop.domain import ways\n{more}\ndef test_it():\n    {call}\n"
    run = run_tree(tmp_path, {**SHOP, "tests/test_a.py": test})
    assert run.records["tests/test_a.py::test_it"].outcome == "passed"
    return [one for one in run.imports if one.importer == "shop/domain/ways.py"]


@pytest.mark.parametrize(
    ("way", "direct"),
    [
        ("statement", True),
        pytest.param("by_name", True, marks=pytest.mark.slow),
        pytest.param("relative", True, marks=pytest.mark.slow),
        ("dunder", True),
        ("run_text", True),
        pytest.param("resolve", False, marks=pytest.mark.slow),
    ],
)
def test_each_way_is_seen_although_the_module_is_there_already(tmp_path: Path, way: str, direct: bool) -> None:
    found = {one.imported: one for one in seen_in(tmp_path, f"ways.{way}(); ways.{way}()")}
    one = found["shop.web"]
    assert one.direct is direct
    assert one.during == "tests/test_a.py::test_it"
    assert one.through == ("shop/domain/ways.py", "tests/test_a.py")
    assert one.line == next(n for n, line in enumerate(SHOP[one.importer].splitlines(), 1) if f"{way}()" in line) + 1


def test_a_file_that_is_loaded_by_its_path_is_seen(tmp_path: Path) -> None:
    assert "shop/late.py" in [one.imported for one in seen_in(tmp_path, "ways.run_path()")]


def test_what_tests_import_and_what_is_not_of_the_tree_is_no_import_of_the_product(tmp_path: Path) -> None:
    assert seen_in(tmp_path, "ways.nothing()", "import importlib\nimportlib.import_module('shop.late')") == []


def test_a_warning_at_import_names_who_imports(tmp_path: Path) -> None:
    """The recorder's frame is not counted by `stacklevel`, or projects that make errors of warnings would break."""
    old = "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n"
    test = """
import warnings

def test_it():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        import shop.old
    assert told[0].filename == __file__
"""
    run = run_tree(tmp_path, {"shop/__init__.py": "", "shop/old.py": old, "tests/test_a.py": test})
    assert run.records["tests/test_a.py::test_it"].outcome == "passed", run.records
