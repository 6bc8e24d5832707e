"""Gate tests: what runs show of the code besides outcomes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from guardrails.gates.tests import TestsGate
from guardrails.model.conduct import RuntimeImport, Search
from guardrails.model.finding import Finding
from guardrails.ports import SuiteRun
from tests.judge_fakes import Content, bench_of
from tests.judge_suites import Asked, ScriptedSuites, suite_run

A = "tests/test_shop.py::test_a"
LAYERS = """[importlinter]
root_packages = shop

[importlinter:contract:down]
name = shop goes down
type = layers
containers = shop
layers =
    web
    domain
"""
BASE = {
    ".importlinter": LAYERS,
    "shop/__init__.py": "",
    "shop/domain.py": "PRICE = 1\n",
    "shop/loading.py": "import importlib\nload = importlib.import_module\n",
    "shop/web.py": "",
    "tests/test_shop.py": "import shop\n\ndef test_a(): pass\n",
}
CHANGE = {"shop/domain.py": "PRICE = 2\n"}
UP = RuntimeImport("shop/domain.py", "shop.web", 7, True, A, ("shop/domain.py", "tests/test_shop.py"))


def findings(
    tmp_path: Path,
    run: Mapping[str, object],
    base: Mapping[str, object] | None = None,
    head: Mapping[str, Content | None] = CHANGE,
    more: Mapping[str, Content] | None = None,
) -> list[Finding]:
    """What the gate finds where the runs on the head show `run`, and those at the base `base`."""

    def answer(asked: Asked) -> SuiteRun:
        shown = (base or {}) if asked.side == "base" else run
        return replace(suite_run({A: "passed"}), **shown)  # type: ignore[arg-type]  # fields of the run

    bench = bench_of(tmp_path, {**BASE, **(more or {})}, head)
    return list(TestsGate().run(replace(bench, suites=ScriptedSuites(answer))).findings)


def test_an_import_against_the_layers_that_no_statement_shows_blocks(tmp_path: Path) -> None:
    [finding] = findings(tmp_path, {"imports": (UP, replace(UP, during=""))})
    assert (finding.rule, str(finding.severity), finding.place) == ("tests/runtime-import", "block", "shop/domain.py:7")
    assert finding.what == (f"shop.domain imports shop.web: against the contract 'shop goes down' (seen while {A} ran)")


HONEST: Mapping[str, RuntimeImport] = {
    "downward": replace(UP, importer="shop/web.py", imported="shop.domain", through=("shop/web.py", "shop/domain.py")),
    "a test's own": replace(UP, importer="tests/test_shop.py", through=("tests/test_shop.py",)),
    "of code that the change left alone": replace(UP, through=("shop/loading.py", "tests/test_shop.py")),
    "of no layer": replace(UP, imported="shop.loading"),
    "of a file without a layer": replace(UP, imported="shop/loading.py"),
}


@pytest.mark.parametrize("one", HONEST.values(), ids=HONEST)
def test_other_imports_are_nobody_s_business(tmp_path: Path, one: RuntimeImport) -> None:
    assert findings(tmp_path, {"imports": (one,)}) == []


@pytest.mark.parametrize(
    ("during", "new"),
    [(A, 0), ("tests/test_shop.py", 0), ("tests/test_shop.py::test_new", 0), ("tests/test_x.py::x", 1)],
)
def test_what_the_base_does_too_is_old(tmp_path: Path, during: str, new: int) -> None:
    assert len(findings(tmp_path, {"imports": (replace(UP, during=during),)}, {"imports": (UP,)})) == new


@pytest.mark.parametrize(
    "statement",
    ["from shop import web\n", "from . import web\n", "import shop.web.app\n", "def f():\n    from .web import x\n"],
)
def test_what_a_statement_shows_is_left_to_the_layers_gate(tmp_path: Path, statement: str) -> None:
    assert findings(tmp_path, {"imports": (UP,)}, head={"shop/domain.py": statement}) == []


def test_a_library_or_code_that_was_left_alone_asks_for_a_person(tmp_path: Path) -> None:
    [finding] = findings(tmp_path, {"imports": (replace(UP, direct=False),)})
    assert str(finding.severity) == "review"
    assert "through a library" in finding.what
    loader = {".importlinter": LAYERS.replace("    domain\n", "    domain\n    loading\n")}
    called = replace(UP, importer="shop/loading.py", through=("shop/loading.py", "shop/domain.py"))
    [finding] = findings(tmp_path, {"imports": (called,)}, more=loader)
    assert (str(finding.severity), finding.path) == ("review", "shop/loading.py")


def test_a_loaded_file_counts_as_its_module(tmp_path: Path) -> None:
    [finding] = findings(tmp_path, {"imports": (replace(UP, imported="shop/web.py"),)})
    assert "shop.domain imports shop.web:" in finding.what


def test_without_contracts_nothing_is_held_against_them(tmp_path: Path) -> None:
    assert findings(tmp_path, {"imports": (UP,)}, more={".importlinter": ""}) == []


def test_a_forged_outcome_blocks_unless_the_base_s_is_no_better(tmp_path: Path) -> None:
    forged = {"forged": {A: "a planted body passed"}}
    [finding] = findings(tmp_path, forged)
    assert (finding.rule, str(finding.severity)) == ("tests/outcome-forged", "block")
    assert finding.what == f"{A}: a planted body passed"
    assert finding.place == "tests/test_shop.py:3"
    assert findings(tmp_path, forged, forged) == []


def test_a_search_by_product_code_of_the_change_asks_for_a_person(tmp_path: Path) -> None:
    [finding] = findings(tmp_path, {"searches": (Search("gc.get_objects", "shop/domain.py", 3),)})
    assert (finding.rule, str(finding.severity)) == ("tests/memory-searched", "review")
    assert finding.place == "shop/domain.py:3"
    for path in ("shop/web.py", "tests/test_shop.py"):
        head = {**CHANGE, "tests/test_shop.py": BASE["tests/test_shop.py"] + "\n"}
        assert findings(tmp_path, {"searches": (Search("gc.get_objects", path, 3),)}, head=head) == []
