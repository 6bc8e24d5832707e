"""The layers as a picture: everything in it is told by more than colour, and stands in words beside it."""

from dataclasses import replace

from guardrails.model.difference import Difference, LayerEdge, LayerGraph
from guardrails.report import html
from guardrails.report.graph import FEW, LINE, WIDEST, drawn
from tests.verdict_samples import passing

GRAPH = LayerGraph(
    "shop",
    (("web",), ("cart", "prices"), ("store",)),
    ("odd",),
    (
        LayerEdge("web", "cart", 3, 4, "shop/web/a.py"),
        LayerEdge("web", "store", 0, 2, "shop/web/b.py"),
        LayerEdge("cart", "store", 1, 0, "shop/cart/one.py"),
        LayerEdge("store", "web", 0, 1, "shop/store/disk.py", against=True),
    ),
)


def page(graph: LayerGraph) -> str:
    return html.render(replace(passing(), difference=Difference(graphs=(graph,))))


def test_parts_stand_top_down_and_a_new_layer_is_parted() -> None:
    parts = drawn(GRAPH).parts
    assert [(part.name, part.begins) for part in parts] == [
        ("web", True),
        ("cart", True),
        ("prices", False),
        ("store", True),
        ("odd", True),
    ]
    assert [part.y for part in parts] == sorted({part.y for part in parts})


def test_what_is_new_gone_or_against_the_layers_has_its_line_its_arrow_and_its_number() -> None:
    arcs = {arc.tone: arc for arc in drawn(GRAPH).arcs}
    assert [arcs[tone].label for tone in ("kept", "new", "gone", "against")] == ["4", "+2", "−1", "+1 ▲"]  # noqa: RUF001
    assert [bool(arcs[tone].head) for tone in ("kept", "new", "gone", "against")] == [False, True, True, True]
    web, store = (part.y for part in drawn(GRAPH).parts if part.name in ("web", "store"))
    assert f" {web:g} 200 {web:g}" in arcs["against"].path
    assert f" {store:g} 200 {store:g}" in arcs["new"].path


def test_the_same_stands_in_words() -> None:
    found = drawn(GRAPH)
    assert found.says == (
        "4 imports between 3 parts; new: web to store, store to web against the layers; gone: cart to store"
    )
    assert [(one.source, one.target, one.says, one.against) for one in (*found.new, *found.gone, *found.kept)] == [
        ("web", "store", "2 modules", False),
        ("store", "web", "1 module", True),
        ("cart", "store", "1 module", False),
        ("web", "cart", "4 modules, 3 before", False),
    ]
    assert found.is_open


def test_numbers_do_not_lie_upon_each_other_and_many_imports_leave_only_those_that_matter() -> None:
    names = tuple(f"p{n}" for n in range(8))
    every = [(one, other) for one in names for other in names if one < other]
    new = LayerGraph("shop", (names,), (), tuple(LayerEdge(*pair, 0, 1, "") for pair in every))
    places = [(arc.x, arc.y) for arc in drawn(new).arcs]
    assert len(places) > FEW
    near = [
        (a, b) for n, a in enumerate(places) for b in places[:n] if abs(a[0] - b[0]) < 70 and abs(a[1] - b[1]) < LINE
    ]
    assert near == []
    old = replace(new, edges=tuple(replace(edge, base=1) for edge in new.edges))
    assert {arc.label for arc in drawn(old).arcs} == {""}
    assert not drawn(old).is_open


def test_the_page_shows_the_picture_with_its_words_and_folds_what_did_not_change() -> None:
    text = page(GRAPH)
    assert '<details class="graph" open>' in text
    assert 'aria-label="shop: 4 imports between 3 parts; new: web to store, store to web against the layers' in text
    assert '<path class="arc gone"' in text
    assert "<code>store</code> → <code>web</code>: 1 module, <strong>against the layers</strong>" in text
    calm = replace(GRAPH, edges=GRAPH.edges[:1])
    assert '<details class="graph"><summary>' in page(calm)
    assert "none is new or gone" in page(calm)


def test_a_long_name_is_short_in_the_picture_alone() -> None:
    name = "a" * 40
    graph = LayerGraph("shop", ((name,), ("b",)), (), (LayerEdge(name, "b", 0, 1, "x.py"),))
    assert len(drawn(graph).parts[0].name) == WIDEST
    assert f"<code>{name}</code> → <code>b</code>" in page(graph)
