"""Errors that are taken and not told: no raise, no word in a log, no use of the error."""

import ast
import builtins
import re
from collections.abc import Iterator

from guardrails.analysis.names import Names, truth
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
            if _is_broad(node.type, names) and not tells(node):
                text = " ".join(unparse(node).split())[:100]
                yield Sign("errors-swallowed", text, f"swallows every error: `{text}`", node.lineno)
        elif isinstance(node, ast.Call) and names.full(node.func) == "contextlib.suppress":
            if any(_is_broad(argument, names) for argument in node.args):
                text = unparse(node)
                yield Sign("errors-swallowed", text, f"swallows every error: `{text}`", node.lineno)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "push":
            if len(node.args) == 1 and isinstance(node.args[0], ast.Lambda) and truth(node.args[0].body) is True:
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
        builtin = {names.full(part) or "" for part in kind.elts} & KINDS
        weight = len(builtin) + len(builtin & _HIGH)
        return weight >= _MANY or any(_is_broad(part, names) for part in kind.elts)
    if isinstance(kind, ast.Subscript) or (isinstance(kind, ast.Call) and names.full(kind.func) in {"type", "eval"}):
        return True  # computed, where a name would do
    return names.full(kind) in _BROAD


KINDS = frozenset(n for n, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, Exception))
"""Every error that is built in."""
_HIGH = frozenset({"ArithmeticError", "LookupError", "OSError", "RuntimeError", "EnvironmentError", "IOError"})
"""Kinds that stand for many."""
_MANY = 5


def tells(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises, uses the error that it took, or calls something that tells somebody."""
    dropped = {
        id(part) for node in walk(handler) if isinstance(node, ast.Delete) or _drops(node) for part in walk(node)
    }
    for node in walk(ast.Module(handler.body, [])):
        if isinstance(node, ast.Raise | ast.Yield) or (isinstance(node, ast.Assert) and truth(node.test) is False):
            return True
        if isinstance(node, ast.Name) and node.id == handler.name and id(node) not in dropped:
            return True
        if isinstance(node, ast.Call) and is_telling(node.func):
            return True
    return False


def _drops(node: ast.AST) -> bool:
    """Whether a statement takes the error and does nothing with it: `_ = error`, `str(error)` on a line of its own."""
    match node:
        case ast.Assign(value=ast.Name()):
            return True
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple()):
            return any(isinstance(t, ast.Name) and t.id.startswith("_") for t in targets)
        case ast.Expr(value=ast.Call(func=ast.Name(id="str" | "repr" | "type" | "bool" | "id" | "len"))):
            return True
    return False


def is_telling(function: ast.expr) -> bool:
    """Whether the name of what is called says that it tells somebody: `log.warning`, `_report_failure`,
    `setException`."""
    name = unparse(function)
    parts = [re.sub(r"(?<=[a-z])(?=[A-Z])", "_", part).lower().split("_") for part in name.split(".")]
    last = [word for word in parts[-1] if word]
    if not last or any(_LOGS.match(word) for part in parts for word in part) or "exc_info" in name:
        return True
    return (last[0] == "set" and len(last) > 1 and last[1] in _SET) or any(map(_VERB.match, last))


_LOGS = re.compile(r"^(b?log(s|ger|gers|ging|ged|ged)?|slog|traceback|sentry|syslog|telemetry|metrics?|statsd)$")
_VERB = re.compile(rf"^({'|'.join(t for t in _TELLING if t != 'set_')})(s|ed|ing|er|ers|l|d|t|ment|ln)?$")
_SET = frozenset({"exception", "error", "errors", "status", "result", "failed", "failure", "exc", "state", "flag"})


def _always_handled(value: ast.expr, node: ast.FunctionDef) -> bool:
    """Whether what `__exit__` returns is true for every error: `True`, `kind is not None`, `bool(error)`."""
    if truth(value) is True:
        return True
    given = {a.arg for a in walk(node.args) if isinstance(a, ast.arg)} - {
        node.args.args[0].arg if node.args.args else ""
    }
    match value:
        case ast.Compare(
            left=ast.Name(id=name), ops=[ast.IsNot() | ast.NotEq()], comparators=[ast.Constant(value=None)]
        ):
            return name in given
        case ast.Call(func=ast.Name(id="bool" | "any"), args=[ast.Name(id=name)]):
            return name in given
    return False


def _finally(node: ast.Try | ast.TryStar) -> Iterator[Sign]:
    """`return` in a `finally` throws the error away that is on its way; so does leaving the loop around it."""
    loops = {id(n) for loop in own_nodes(node.finalbody) if isinstance(loop, ast.For | ast.While) for n in walk(loop)}
    for inner in (n for n in own_nodes(node.finalbody) if isinstance(n, ast.Return) or id(n) not in loops):
        if isinstance(inner, ast.Return | ast.Break | ast.Continue):
            text = unparse(inner)[:100]
            yield Sign("errors-swallowed", f"finally: {text}", f"leaves a finally: `{text}`", inner.lineno)


def _exit(node: ast.FunctionDef) -> Iterator[Sign]:
    """A context manager that always says that the error is dealt with."""
    returns = [n for n in own_nodes(node.body) if isinstance(n, ast.Return)]
    constant = [r for r in returns if r.value is not None and _always_handled(r.value, node)]
    if constant and len(constant) == len(returns):
        what = "has a context manager that swallows every error: `__exit__` says that each is dealt with"
        yield Sign("errors-swallowed", "__exit__ returns True", what, constant[0].lineno)


def own_nodes(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """All nodes of statements but those of functions and classes inside."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            todo += ast.iter_child_nodes(node)
