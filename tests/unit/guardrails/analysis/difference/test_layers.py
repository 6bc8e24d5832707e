"""Imports of both sides by the layers that the base declares."""

from pathlib import Path

from guardrails.analysis.difference import layers
from guardrails.model.difference import LayerEdge, LayerGraph
from tests.difference_samples import difference_of

LAYERS = """[importlinter]
root_package = shop

[importlinter:contract:down]
name = down
type = layers
containers = shop
layers =
    web
    cart | prices
    store : cache
"""
BASE = {
    ".importlinter": LAYERS,
    "shop/__init__.py": "",
    "shop/web/a.py": "from shop.cart import one\n",
    "shop/web/b.py": "from shop import cart\n",
    "shop/cart/__init__.py": "",
    "shop/cart/one.py": "import shop.store.disk\n",
    "shop/prices/p.py": "",
    "shop/store/disk.py": "",
    "shop/cache/memory.py": "",
    "tests/test_cart.py": "import shop.cart.one\n",
}


def graph_of(directory: Path, base: dict[str, str], head: dict[str, str]) -> LayerGraph:
    (found,) = difference_of(directory, base, head).graphs
    return found


def test_both_sides_are_counted_by_importing_modules_layer_by_layer(tmp_path: Path) -> None:
    head = BASE | {
        "shop/web/c.py": "import shop.cart.one\n",
        "shop/cart/one.py": "",
        "shop/store/disk.py": "from shop.web import a\n",
        "shop/prices/p.py": "from shop.cart import one\n",
        "shop/cache/memory.py": "import shop.store.disk\n",
        "shop/odd/x.py": "import shop.web.a\n",
    }
    found = graph_of(tmp_path, BASE, head)
    assert (found.container, found.layers) == ("shop", (("web",), ("cart", "prices"), ("store", "cache")))
    assert found.loose == ("odd",)
    assert found.edges == (
        LayerEdge("cache", "store", 0, 1, "shop/cache/memory.py"),
        LayerEdge("cart", "store", 1, 0, "shop/cart/one.py"),
        LayerEdge("odd", "web", 0, 1, "shop/odd/x.py"),
        LayerEdge("prices", "cart", 0, 1, "shop/prices/p.py", against=True),
        LayerEdge("store", "web", 0, 1, "shop/store/disk.py", against=True),
        LayerEdge("web", "cart", 2, 3, "shop/web/c.py"),
    )


def test_the_layers_are_the_bases_and_only_without_any_the_heads(tmp_path: Path) -> None:
    turned = LAYERS.replace("    web\n    cart | prices\n", "    cart | prices\n    web\n")
    assert graph_of(tmp_path, BASE, BASE | {".importlinter": turned}).layers[0] == ("web",)
    bare = {path: text for path, text in BASE.items() if path != ".importlinter"}
    assert graph_of(tmp_path, bare, BASE | {".importlinter": turned}).layers[0] == ("cart", "prices")
    assert difference_of(tmp_path, bare, bare | {"new.py": ""}).graphs == ()


def test_layers_without_a_container_are_whole_names(tmp_path: Path) -> None:
    config = LAYERS.replace("containers = shop\n", "").replace("    web\n", "    shop.web\n    shop.cart\n")
    found = graph_of(tmp_path, BASE | {".importlinter": config}, BASE | {".importlinter": config, "shop/web/b.py": ""})
    assert found.edges == (LayerEdge("shop.web", "shop.cart", 2, 1, "shop/web/a.py"),)


def test_a_graph_that_is_no_picture_and_a_configuration_that_does_not_parse_are_left_out(tmp_path: Path) -> None:
    many = "\n".join(f"    part{n}" for n in range(layers.MOST_PARTS))
    broken = LAYERS.replace("[importlinter:contract", "[importlinter:contract\n[")
    for text in (f"{LAYERS}{many}\n", broken):
        tree = BASE | {".importlinter": text}
        assert difference_of(tmp_path, tree, tree | {"new.py": ""}).graphs == ()
