"""Errors of work that was handed on and are never asked for: gathered and left, submitted and forgotten."""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names, truth
from guardrails.analysis.sign import Sign
from guardrails.analysis.swallowing import is_telling, own_nodes
from guardrails.analysis.walking import unparse, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_POOLS = frozenset(
    {"concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor",
     "concurrent.futures.thread.ThreadPoolExecutor", "concurrent.futures.process.ProcessPoolExecutor"}
)  # fmt: skip
_ENDING = ("close", "stop", "shutdown", "exit", "cancel", "cleanup", "clean_up", "teardown", "tear_down", "kill")
"""Words in the names of functions that put an end to work: what it says then no longer matters."""
WORDS = ("gather", "submit", ".map(", ".wait(", ".exception()")


def dropped(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every place in the functions of a module where nobody asks what became of the work."""
    for node in walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _puts_an_end(node):
            inside = list(own_nodes(node.body))
            if not _tells_somebody(inside):
                yield from _gathered(inside, names)
                yield from _asked_whether(inside)
            yield from _submitted(inside, names)


def _puts_an_end(node: Function) -> bool:
    name = node.name.lower()
    cancels = any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "cancel" for n in walk(node)
    )
    return cancels or any(word in name for word in _ENDING)


def _tells_somebody(inside: list[ast.AST]) -> bool:
    """Whether a function raises, or calls what tells somebody. What it does for its own sake counts too."""
    return any(
        isinstance(n, ast.Raise)
        or (isinstance(n, ast.Call) and is_telling(n.func) and not unparse(n.func).endswith(".exception"))
        for n in inside
    )


def _gathered(inside: list[ast.AST], names: Names) -> Iterator[Sign]:
    """`gather(…, return_exceptions=True)`: the errors come back as results, and nobody looks for them."""
    kept = {id(n.value): n.targets[0] for n in inside if isinstance(n, ast.Assign) and len(n.targets) == 1}
    alone = {id(n.value) for n in inside if isinstance(n, ast.Expr)}
    asked = any(isinstance(n, ast.Attribute) and n.attr in {"result", "exception"} for n in inside)
    for waited in (n for n in inside if isinstance(n, ast.Await)):
        if not isinstance(waited.value, ast.Call) or not _takes_errors(waited.value, names):
            continue
        if names.full(waited.value.func) == "asyncio.wait" and asked:
            continue  # of the tasks themselves, afterwards
        target = kept.get(id(waited))
        left = id(waited) in alone or (isinstance(target, ast.Name) and _only_sorted_out(target.id, inside))
        if left:
            text = unparse(waited)[:100]
            yield Sign("errors-swallowed", text, f"takes errors for results and drops them: `{text}`", waited.lineno)


def _takes_errors(call: ast.Call, names: Names) -> bool:
    full = names.full(call.func) or ""
    asked = any(k.arg == "return_exceptions" and truth(k.value) is not False for k in call.keywords)
    return full == "asyncio.wait" or (full == "asyncio.gather" and asked)


def _only_sorted_out(name: str, inside: list[ast.AST]) -> bool:
    """Whether a name is not used, or only to keep what is no error: `[r for r in results if isinstance(r, list)]`."""
    uses = [n for n in inside if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load)]
    sorted_out = 0
    for node in inside:
        if isinstance(node, ast.comprehension) and unparse(node.iter) == name and isinstance(node.target, ast.Name):
            sorted_out += any(_keeps_no_error(test) for test in node.ifs)
    return sorted_out == len(uses)


def _keeps_no_error(test: ast.expr) -> bool:
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    asked = test.operand if isinstance(test, ast.UnaryOp) else test
    match asked:
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
            of_errors = any(word in unparse(kind) for word in ("Exception", "Error"))
            return of_errors is negated
    return False


def _submitted(inside: list[ast.AST], names: Names) -> Iterator[Sign]:
    """`pool.submit(…)` and `pool.map(…)` on a line of their own, of a pool that the function itself made."""
    pools = set()
    for node in inside:
        match node:
            case ast.withitem(context_expr=ast.Call(func=function), optional_vars=ast.Name(id=name)):
                pools |= {name} if names.full(function) in _POOLS else set()
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                pools |= {name} if names.full(function) in _POOLS else set()
    for node in inside:
        match node:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="submit" | "map"))) if (
                name in pools
            ):
                text = unparse(node)[:100]
                yield Sign("errors-swallowed", text, f"never asks what became of `{text}`", node.lineno)


def _asked_whether(inside: list[ast.AST]) -> Iterator[Sign]:
    """`[] if asked.exception() else asked.result()`: the error is a condition, and another answer takes its place."""
    for node in inside:
        match node:
            case ast.IfExp(test=test) | ast.If(test=test):
                for inner in walk(test):
                    match inner:
                        case ast.Call(func=ast.Attribute(attr="exception"), args=[], keywords=[]):
                            text = unparse(test)[:100]
                            what = f"asks only whether there was an error: `{text}`"
                            yield Sign("errors-swallowed", text, what, inner.lineno)
