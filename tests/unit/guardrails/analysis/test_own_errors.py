"""The root of a project's own errors, and who swallows it."""

import ast
from pathlib import Path

import pytest

from guardrails.analysis.names import Names
from guardrails.analysis.own_errors import roots, swallowed_roots
from guardrails.analysis.source import Sources
from tests.judge_fakes import FakeTree

ERRORS = "class ShopError(Exception): ...\nclass StoreError(ShopError): ...\nclass AskedError(ShopError): ...\n"


def found(tmp_path: Path, errors: str) -> frozenset[str]:
    tree = Sources(FakeTree(tmp_path, {"shop/errors.py": errors}))
    return roots(tree, ["shop/errors.py"])


def test_the_root_is_what_all_errors_of_a_module_descend_from(tmp_path: Path) -> None:
    assert found(tmp_path, ERRORS) == {"ShopError"}


@pytest.mark.parametrize(
    "errors",
    [
        "class ShopError(Exception): ...\n",
        "class ShopError(Exception): ...\nclass StoreError(ShopError): ...\n",
        f"{ERRORS}class Other(Exception): ...\n",
        "class A(A): ...\nclass B(Exception): ...\n",
    ],
)
def test_an_error_among_others_is_no_root(tmp_path: Path, errors: str) -> None:
    assert found(tmp_path, errors) == frozenset()


def seen(imports: str, handler: str) -> int:
    module = ast.parse(f"{imports}\n\ndef f(g):\n    try:\n        return g()\n    {handler}\n")
    return len(list(swallowed_roots(module, Names(module), frozenset({"ShopError"}), ("shop",))))


@pytest.mark.parametrize("imports", ["from shop.errors import ShopError", "from .errors import ShopError"])
@pytest.mark.parametrize(
    "handler", ["except ShopError:\n        return []", "except (OSError, ShopError):\n        pass"]
)
def test_who_takes_the_root_takes_everything(imports: str, handler: str) -> None:
    assert seen(imports, handler) == 1


@pytest.mark.parametrize(
    ("imports", "handler"),
    [
        ("from shop.errors import ShopError", "except ShopError:\n        raise"),
        ("from shop.errors import ShopError", "except ShopError as e:\n        return str(e)"),
        ("from shop.errors import StoreError", "except StoreError:\n        return []"),
        ("from elsewhere import ShopError", "except ShopError:\n        return []"),
    ],
)
def test_who_tells_or_takes_one_kind_is_left_alone(imports: str, handler: str) -> None:
    assert seen(imports, handler) == 0


def test_suppressing_the_root_is_swallowing_it() -> None:
    code = "from contextlib import suppress\nfrom shop import ShopError\nwith suppress(ShopError):\n    f()\n"
    module = ast.parse(code)
    assert len(list(swallowed_roots(module, Names(module), frozenset({"ShopError"}), ("shop",)))) == 1


@pytest.mark.parametrize(
    ("body", "kinds", "count"),
    [
        ("rank(x)", "(ValueError, KeyError, TypeError)", 1),
        ("rank(x)", "(ValueError, KeyError)", 0),
        ("int(x)", "(ValueError, KeyError, TypeError)", 0),
    ],
)
def test_several_built_in_kinds_around_the_projects_own_code(body: str, kinds: str, count: int) -> None:
    code = f"from shop.ranking import rank\ntry:\n    {body}\nexcept {kinds}:\n    x = []\n"
    module = ast.parse(code)
    assert len(list(swallowed_roots(module, Names(module), frozenset(), ("shop",)))) == count
