"""Errors that are taken and not told: no raise, no word in a log, no use of the error."""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk

_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})
_TELLING = (
    "log", "warn", "error", "exception", "info", "debug", "critical", "print", "report", "record", "fail", "abort",
    "notify", "capture", "exit", "raise", "inc", "increment", "count", "emit", "rollback", "put", "send", "set_",
)  # fmt: skip
"""Beginnings and parts of the names of what tells somebody about an error."""


def swallowed(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every place that takes all errors and says nothing."""
    for node in walk(module):
        if isinstance(node, ast.ExceptHandler):
            if _is_broad(node.type, names) and not _tells(node):
                text = " ".join(unparse(node).split())[:100]
                yield Sign("errors-swallowed", text, f"swallows every error: `{text}`", node.lineno)
        elif isinstance(node, ast.Call) and names.full(node.func) == "contextlib.suppress":
            if any(_is_broad(argument, names) for argument in node.args):
                text = unparse(node)
                yield Sign("errors-swallowed", text, f"swallows every error: `{text}`", node.lineno)
        elif isinstance(node, ast.Try | ast.TryStar):
            yield from _finally(node)
        elif isinstance(node, ast.FunctionDef) and node.name == "__exit__":
            yield from _exit(node)


def _is_broad(kind: ast.expr | None, names: Names) -> bool:
    """No class at all, `Exception` or `BaseException`, also in a tuple and by another name."""
    if kind is None:
        return True
    kind = names.value(kind.value if isinstance(kind, ast.Starred) else kind)
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(part, names) for part in kind.elts)
    return names.full(kind) in _BROAD


def _tells(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises, uses the error that it took, or calls something that tells somebody."""
    dropped = {
        id(part)
        for node in walk(handler)
        if isinstance(node, ast.Delete) or (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name))
        for part in walk(node)
    }
    for node in walk(ast.Module(handler.body, [])):
        if isinstance(node, ast.Raise | ast.Assert | ast.Yield):
            return True
        if isinstance(node, ast.Name) and node.id == handler.name and id(node) not in dropped:
            return True
        if isinstance(node, ast.Call) and _is_telling(node.func):
            return True
    return False


def _is_telling(function: ast.expr) -> bool:
    name = unparse(function).lower()
    last = name.rpartition(".")[2].lstrip("_")
    return last.startswith(_TELLING) or "log" in name or "traceback" in name or "exc_info" in name


def _finally(node: ast.Try | ast.TryStar) -> Iterator[Sign]:
    """`return` in a `finally` throws the error away that is on its way."""
    for inner in _own(node.finalbody):
        if isinstance(inner, ast.Return):
            text = unparse(inner)[:100]
            yield Sign("errors-swallowed", f"finally: {text}", f"leaves a finally: `{text}`", inner.lineno)


def _exit(node: ast.FunctionDef) -> Iterator[Sign]:
    """A context manager that always says that the error is dealt with."""
    returns = [n for n in _own(node.body) if isinstance(n, ast.Return)]
    constant = [r for r in returns if isinstance(r.value, ast.Constant) and r.value.value is True]
    if constant and len(constant) == len(returns):
        what = "has a context manager that swallows every error: `__exit__` returns True"
        yield Sign("errors-swallowed", "__exit__ returns True", what, constant[0].lineno)


def _own(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of statements but those of functions and classes inside."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)
