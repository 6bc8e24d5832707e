"""Names of a test that stand for literals, filled in: a value that moves into a name is still the same value."""

import ast
import copy
from collections.abc import Mapping

from guardrails.analysis.names import is_literal
from guardrails.analysis.oracles.collected import Function


class Filling(ast.NodeTransformer):
    """Replaces names by what they stand for."""

    def __init__(self, known: Mapping[str, ast.expr]) -> None:
        self._known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A known name becomes its literal, at the same place."""
        value = self._known.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return node if value is None else ast.copy_location(copy.deepcopy(value), node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        """A lambda's own arguments are not the names outside."""
        return node


def single_literals(node: Function) -> dict[str, ast.expr]:
    """Local names that are assigned once, to a literal."""
    counts: dict[str, int] = {}
    values: dict[str, ast.expr] = {}
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store | ast.Del):
            counts[inner.id] = counts.get(inner.id, 0) + 1
        if isinstance(inner, ast.Assign) and len(inner.targets) == 1 and is_literal(inner.value):
            target = inner.targets[0]
            if isinstance(target, ast.Name):
                values[target.id] = inner.value
    mutated = {
        n.func.value.id
        for n in ast.walk(node)
        if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and isinstance(n.func.value, ast.Name)
    }
    mutated |= {
        n.value.id
        for n in ast.walk(node)
        if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store) and isinstance(n.value, ast.Name)
    }
    return {name: value for name, value in values.items() if counts[name] == 1 and name not in mutated}
