"""One import against a contract, as import-linter reads contracts."""

from pathlib import Path

import pytest

from guardrails.analysis.contract_edges import EdgeContract, configuration, contracts
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree

INI = """[importlinter]
root_packages = shop

[importlinter:contract:down]
name = shop goes down
type = layers
containers =
    shop
layers =
    web
    store | cache
    rules : prices
    (domain)
ignore_imports =
    # Known debt.
    shop.domain.old -> shop.web.*
    shop.domain.ancient -> shop.**

[importlinter:contract:pure]
name = pure
type = forbidden
source_modules = shop.domain
forbidden_modules = shop.*.net
as_packages = False

[importlinter:contract:apart]
name = apart
type = independence
modules =
    shop.plugins.*

[importlinter:contract:kept]
name = kept
type = protected
protected_modules = shop.secret
allowed_importers = shop.store
"""
TOML = """
[tool.importlinter]
root_package = "shop"
[[tool.importlinter.contracts]]
name = "down"
type = "layers"
layers = ["shop.web", "shop.domain"]
"""


def forbidding(importer: str, imported: str, text: str = INI, path: str = ".importlinter") -> list[str]:
    return [one.name for one in contracts(text, path) if one.forbids(importer, imported)]


@pytest.mark.parametrize(
    ("importer", "imported", "broken"),
    [
        ("shop.domain", "shop.web", ["shop goes down"]),
        ("shop.domain.price", "shop.store.sql", ["shop goes down"]),
        ("shop.web.app", "shop.domain.price", []),
        ("shop.store", "shop.cache.lru", ["shop goes down"]),
        ("shop.store.a", "shop.store.b", []),
        ("shop.rules", "shop.prices", []),
        ("shop.domains", "shop.web", []),
        ("shop", "shop.web", []),
        ("shop.domain.old", "shop.web.app", []),
        ("shop.domain.old.deep", "shop.web.app", ["shop goes down"]),
        ("shop.domain.ancient", "shop.web.app.deep", []),
        ("shop.domain", "shop.any.net", ["pure"]),
        ("shop.domain.item", "shop.any.net", []),
        ("shop.plugins.one", "shop.plugins.other.deep", ["apart"]),
        ("shop.plugins.one.a", "shop.plugins.one.b", []),
        ("shop.plugins.one", "shop.secret.key", ["kept"]),
        ("shop.store.a", "shop.secret", []),
        ("shop.secret.a", "shop.secret.b", []),
        ("json", "shop.web", []),
    ],
)
def test_one_import(importer: str, imported: str, broken: list[str]) -> None:
    assert forbidding(importer, imported) == broken


def test_pyproject() -> None:
    assert forbidding("shop.domain.x", "shop.web.y", TOML, "pyproject.toml") == ["down"]
    assert forbidding("shop.web.y", "shop.domain.x", TOML, "pyproject.toml") == []


@pytest.mark.parametrize(
    ("text", "path"), [("[importlinter\n", ".importlinter"), ("[tool\n", "pyproject.toml"), ("tool = 1", "a.toml")]
)
def test_what_does_not_parse_holds_nothing(text: str, path: str) -> None:
    assert contracts(text, path) == ()


def test_a_type_of_the_project_s_own_judges_no_single_import() -> None:
    assert not EdgeContract("x", "shop.contracts.Own", {}).forbids("a", "b")


def test_where_the_contracts_stand(tmp_path: Path) -> None:
    files = {"setup.cfg": "[metadata]\n", "pyproject.toml": TOML, "layers.ini": INI}
    sources = Sources(FakeTree(tmp_path, files))
    assert configuration(sources, "layers.ini") == "layers.ini"
    assert configuration(sources, ".importlinter") == "pyproject.toml"
    assert configuration(Sources(FakeTree(tmp_path / "no", {"a.py": ""})), "x") is None
