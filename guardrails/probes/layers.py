"""Planted violations of the `layers` gate."""

from collections.abc import Mapping

from guardrails.model.probe import Probe

_CONTRACTS = """[importlinter]
root_packages =
    shop

[importlinter:contract:layers]
name = shop goes down
type = layers
containers = shop
exhaustive = True
layers =
    web
    store
    domain
broken_contract_guidance = Values belong in shop/domain.
"""
_PURE = """
[importlinter:contract:pure]
name = shop.domain is pure
type = forbidden
source_modules =
    shop.domain
forbidden_modules =
    os
    random
    time
    socket
"""
BASE: Mapping[str, str] = {
    ".importlinter": _CONTRACTS,
    "shop/__init__.py": "",
    "shop/web.py": "from shop import store\n",
    "shop/store.py": "from shop.domain import Item\n",
    "shop/domain/__init__.py": "class Item:\n    pass\n",
    "shop/domain/price.py": "RATE = 2\n",
}
_HONEST = {"shop/domain/price.py": "from shop.domain import Item\n\nRATE = Item\n"}


def _probe(rule: str, bad: Mapping[str, str | None], honest: Mapping[str, str | None] = _HONEST) -> Probe:
    return Probe(f"layers/{rule}", BASE, bad, honest)


PROBES: tuple[Probe, ...] = (
    _probe("broken", {"shop/domain/price.py": "def rate():\n    from shop.web import store\n\n    return store\n"}),
    _probe("undeclared-module", {"shop/extra.py": "X = 1\n"}, {"shop/domain/extra.py": "X = 1\n"}),
    _probe(
        "dynamic-import",
        {"shop/domain/price.py": 'import importlib\n\nWEB = importlib.import_module("shop.web")\n'},
        {"shop/domain/price.py": 'import importlib\n\nJSON = importlib.import_module("json")\n'},
    ),
    _probe("configuration-removed", {".importlinter": None}, {".importlinter": f"# Cosmetic.\n{_CONTRACTS}"}),
    _probe("configuration-unreadable", {".importlinter": _CONTRACTS.replace("type = layers", "type = layerz")}),
    Probe(
        "layers/impure",
        {
            **BASE,
            ".importlinter": _CONTRACTS.replace("shop\n\n", "shop\ninclude_external_packages = True\n\n", 1) + _PURE,
        },
        {"shop/domain/price.py": "def rate():\n    return float(open('rate.txt').read())\n"},
        {"shop/domain/price.py": "def rate(written):\n    return float(written)\n"},
    ),
    _probe("contract-unchecked", {"shop/store.py": None, "shop/web.py": ""}),
)
