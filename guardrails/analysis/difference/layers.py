"""The layers that the base declares, and the imports of both sides between their parts; the gate `layers` judges."""

from collections.abc import Iterator, Mapping

from guardrails.analysis.agents.belonging import Layering, layerings
from guardrails.analysis.contract_edges import configuration
from guardrails.analysis.difference.imports import Imports, Links
from guardrails.analysis.source import Sources
from guardrails.model.difference import LayerEdge, LayerGraph

MOST_GRAPHS = 6
MOST_PARTS = 40
"""Parts of one graph; a larger one is no picture."""
Weights = dict[tuple[str, str], dict[str, str]]


def graphs(imports: Imports, base: Sources, head: Sources, configured: str) -> tuple[LayerGraph, ...]:
    """A graph for each container; `configured` is the file of the contracts by the policy, if it names one."""
    if not imports.after and not imports.before:
        return ()
    found = _declared(base, configured) or _declared(head, configured)
    made = (_graph(one, imports) for one in found[:MOST_GRAPHS])
    return tuple(one for one in made if one is not None)


def _declared(sources: Sources, configured: str) -> tuple[Layering, ...]:
    path = configuration(sources, configured)
    return layerings(path, sources.text(path)) if path else ()


def _graph(order: Layering, imports: Imports) -> LayerGraph | None:
    """None where there is nothing to draw, or too much of it."""
    ranks = {part: rank for rank, layer in enumerate(order.layers) for part in layer}
    before, after = (_weights(order.container, ranks, links) for links in (imports.before, imports.after))
    edges = tuple(_edges(order, ranks, before, after))
    drawn = {part for edge in edges for part in (edge.source, edge.target)}
    loose = tuple(sorted(drawn - ranks.keys()))
    if not edges or len(ranks) + len(loose) > MOST_PARTS:
        return None
    return LayerGraph(order.container, order.layers, loose, edges)


def _weights(container: str, ranks: Mapping[str, int], links: Links) -> Weights:
    """The files that import, by the parts that they are of."""
    found: Weights = {}
    for (one, other), path in links.items():
        source, target = _part(one, container, ranks), _part(other, container, ranks)
        if source and target and source != target:
            found.setdefault((source, target), {}).setdefault(one, path)
    return found


def _part(module: str, container: str, ranks: Mapping[str, int]) -> str:
    """The part of the container that a module belongs to; empty where it is outside of it.

    Without a container the parts are whole names, and a module belongs to the longest that it starts with.
    """
    if container:
        inside, dot, rest = module.partition(f"{container}.")
        return rest.split(".")[0] if dot and not inside else ""
    names = [part for part in ranks if f"{module}.".startswith(f"{part}.")]
    return max(names, key=len, default="")


def _edges(order: Layering, ranks: Mapping[str, int], before: Weights, after: Weights) -> Iterator[LayerEdge]:
    for pair in sorted({**before, **after}):
        old, new = before.get(pair, {}), after.get(pair, {})
        source, target = ranks.get(pair[0], -1), ranks.get(pair[1], len(ranks))
        against = source > target >= 0 or (source == target and order.apart[source])
        only = [path for module, path in new.items() if module not in old] or list((new or old).values())
        yield LayerEdge(*pair, len(old), len(new), only[0], against)
