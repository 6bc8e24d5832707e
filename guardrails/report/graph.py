"""The layers of a container as a picture: its parts one below the other, imports as arcs beside them.

Arcs never cross a name, and a narrow screen shows the same picture. What is new or gone is told by its line, its mark
and its number as well as by its colour; the same stands below in words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from guardrails.model.difference import LayerEdge, LayerGraph
from guardrails.report import words

DOT, TOP, ROW = 200.0, 22.0, 30.0
"""Where the dots of the parts stand, and their distance, in units of the picture; it is 660 wide."""
LEAST, MOST = 44.0, 400.0
"""How far the arcs of neighbours and of the outermost parts reach, before they turn."""
LINE = 16.0
"""Height that a number takes."""
FEW = 14
"""Imports of a picture up to which each has its number beside it; else only what is new or gone has."""
WIDEST = 15
"""Letters of a name in the picture; the list below has all."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: where it stands, and whether a new layer begins above it."""

    name: str
    y: float
    begins: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """Imports from one part to another: the path, its mark (`kept`, `new`, `gone` or `against`) and its number."""

    path: str
    head: str
    tone: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Told:
    """The same imports in words."""

    source: str
    target: str
    says: str
    where: str
    against: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture of one container, `height` units high, and the same in words. `says` is the whole in one sentence."""

    title: str
    says: str
    height: float
    parts: tuple[Part, ...]
    arcs: tuple[Arc, ...]
    new: tuple[Told, ...]
    gone: tuple[Told, ...]
    kept: tuple[Told, ...]

    @property
    def is_open(self) -> bool:
        """Whether there is something new to see."""
        return bool(self.new or self.gone)


def drawn(graph: LayerGraph) -> Drawn:
    """The picture of a graph."""
    layers = (*graph.layers, *((graph.loose,) if graph.loose else ()))
    names = [(part, at == 0) for layer in layers for at, part in enumerate(layer)]
    places = {part: TOP + at * ROW for at, (part, _) in enumerate(names)}
    edges = [edge for edge in graph.edges if edge.source in places and edge.target in places]
    edges.sort(key=lambda edge: tone(edge) != "kept")
    height = TOP + len(names) * ROW
    new, gone, kept = (tuple(_told(e) for e in edges if kind in _kinds(e)) for kind in ("new", "gone", "kept"))
    return Drawn(
        graph.container or "the project",
        _sentence(graph, new, gone),
        height,
        tuple(Part(_short(part), places[part], begins) for part, begins in names),
        tuple(_arcs(edges, places)),
        new,
        gone,
        kept,
    )


def tone(edge: LayerEdge) -> str:
    """How imports are drawn."""
    if not edge.base:
        return "against" if edge.against else "new"
    return "kept" if edge.head else "gone"


def _kinds(edge: LayerEdge) -> frozenset[str]:
    return frozenset({tone(edge).replace("against", "new")})


def _told(edge: LayerEdge) -> Told:
    count = words.counted(edge.head or edge.base, "modules")
    was = f", {edge.base:,} before" if edge.base and edge.head and edge.base != edge.head else ""
    return Told(edge.source, edge.target, f"{count}{was}", edge.where, edge.against)


def _sentence(graph: LayerGraph, new: tuple[Told, ...], gone: tuple[Told, ...]) -> str:
    parts = {part for edge in graph.edges for part in (edge.source, edge.target)}
    text = f"{words.counted(len(graph.edges), 'imports')} between {words.counted(len(parts), 'parts')}"
    changes = [f"new: {_pairs(new)}" if new else "", f"gone: {_pairs(gone)}" if gone else ""]
    return f"{text}; {'; '.join(filter(None, changes)) or 'none is new or gone'}"


def _pairs(told: tuple[Told, ...]) -> str:
    return ", ".join(f"{one.source} to {one.target}{' against the layers' if one.against else ''}" for one in told)


def _arcs(edges: list[LayerEdge], places: dict[str, float]) -> Iterable[Arc]:
    longest = max((abs(places[e.source] - places[e.target]) for e in edges), default=0.0) or 1.0
    taken: list[tuple[float, float]] = []
    for edge in edges:
        start, end = places[edge.source], places[edge.target]
        reach = LEAST + (MOST - LEAST) * abs(start - end) / longest
        path = f"M{DOT:g} {start:g}C{DOT + reach:g} {start:g} {DOT + reach:g} {end:g} {DOT:g} {end:g}"
        label = _label(edge) if tone(edge) != "kept" or len(edges) <= FEW else ""
        x, y = round(DOT + 0.75 * reach + 6, 1), (start + end) / 2 + 5
        while label and any(abs(x - other) < 70 and abs(y - at) < LINE for other, at in taken):
            y += LINE
        taken += [(x, y)] if label else []
        arrow = f"M{DOT + 14:g} {end - 6:g}L{DOT + 4:g} {end:g}L{DOT + 14:g} {end + 6:g}Z"
        yield Arc(path, arrow if tone(edge) != "kept" else "", tone(edge), label, x, y)


def _label(edge: LayerEdge) -> str:
    marks = {"new": f"+{edge.head}", "against": f"+{edge.head} ▲", "gone": f"−{edge.base}", "kept": f"{edge.head}"}  # noqa: RUF001
    return marks[tone(edge)]


def _short(name: str) -> str:
    return name if len(name) <= WIDEST else f"{name[: WIDEST - 1]}…"
