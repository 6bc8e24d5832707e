"""Helpers of the tests that are one expression, put in the place where they are called."""

import ast
import copy

from guardrails.analysis.oracles.collected import Function
from guardrails.analysis.walking import walk


def inlined(call: ast.Call, node: Function) -> ast.expr | None:
    """What a call of a helper asks, written out, where the helper does nothing but return a comparison.

    `same(rank(u), [3])` with `def same(a, b): return a == b` is `rank(u) == [3]`. None where that cannot be said.
    """
    body = node.body[1:] if isinstance(node.body[0], ast.Expr) else node.body
    given = [*node.args.posonlyargs, *node.args.args]
    plain = not (node.args.vararg or node.args.kwarg or node.args.kwonlyargs or node.decorator_list)
    if len(body) != 1 or not isinstance(body[0], ast.Return) or not plain or len(call.args) > len(given):
        return None
    answer = body[0].value
    if not isinstance(answer, ast.Compare | ast.BoolOp) or any(isinstance(a, ast.Starred) for a in call.args):
        return None
    values = dict(zip((a.arg for a in given), call.args, strict=False))
    values |= {k.arg: k.value for k in call.keywords if k.arg}
    defaults = zip((a.arg for a in given[len(given) - len(node.args.defaults) :]), node.args.defaults, strict=True)
    values = {**dict(defaults), **values}
    if any(a.arg not in values for a in given) or any(
        isinstance(n, ast.Lambda | ast.comprehension) for n in walk(answer)
    ):
        return None
    written: ast.expr = _Filling(values).visit(copy.deepcopy(answer))
    return ast.fix_missing_locations(ast.copy_location(written, call))


class _Filling(ast.NodeTransformer):
    """Puts what is handed in into the place of the names that stand for it."""

    def __init__(self, values: dict[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:  # the name that ast calls
        """An argument becomes what is given for it."""
        value = self._values.get(node.id)
        return node if value is None else copy.deepcopy(value)
