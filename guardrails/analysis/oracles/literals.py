"""Names of a test that stand for literals, filled in: a value that moves into a name is still the same value."""

import ast
import copy
from collections.abc import Mapping

from guardrails.analysis.names import Names, is_literal
from guardrails.analysis.oracles.collected import Function
from guardrails.analysis.walking import unparse, walk

_CHECKING = ("assert", "check", "verify", "expect", "compare")


class Known:
    """What each name stands for at the statement that is being read.

    Statements are shown to `after` in their order. A name that is bound again, or changed in place, stands for nothing.
    """

    def __init__(self, node: Function, names: Names) -> None:
        arguments = {a.arg for a in walk(node.args) if isinstance(a, ast.arg)}
        local = arguments | _stored(node)
        self._values: dict[str, ast.expr] = {n: v for n, v in names.literals.items() if n not in local}
        self._shared = _shared(node)

    def fill(self, expression: ast.expr) -> ast.expr:
        """The expression with names that stand for literals replaced by them."""
        if not self._values or not any(isinstance(n, ast.Name) and n.id in self._values for n in walk(expression)):
            return expression
        filled: ast.expr = _Filling(self._values).visit(copy.deepcopy(expression))
        return filled

    def forget(self, *nodes: ast.AST) -> None:
        """Names that are bound somewhere inside: before a loop, and after a branch, they can stand for either."""
        for node in nodes if self._values else ():
            for name in _stored(node):
                self._values.pop(name, None)

    def after(self, statement: ast.stmt) -> None:
        """A statement has run."""
        self.forget(statement)
        match statement:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ):
                filled = self.fill(value)
                if is_literal(filled) and not (name in self._shared and not isinstance(filled, ast.Constant)):
                    self._values[name] = filled


class _Filling(ast.NodeTransformer):
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


def _stored(node: ast.AST) -> set[str]:
    """Names that are bound or deleted somewhere inside a node."""
    return {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store | ast.Del)}


def _shared(node: Function) -> set[str]:
    """Names that are used otherwise than in an assertion: a list of such a name can be changed by others."""
    shared: set[str] = set()
    for statement in walk(node):
        if not isinstance(statement, ast.stmt) or isinstance(statement, ast.Assert) or statement is node:
            continue
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            name = unparse(statement.value.func).rpartition(".")[2].lstrip("_")
            if name.startswith(_CHECKING):
                continue
        own = [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]
        shared |= {n.id for e in own for n in walk(e) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return shared
