"""Product code whose behaviour hangs on circumstances: the machine, the terminal, the date, or how its process began.

It can be right where it is judged and wrong where it runs. What code of this kind has an honest reason for, a person
sees at a glance; so each of these is for a person.
"""

import ast
import re
from collections.abc import Iterator, Set

from guardrails.analysis.names import Names, is_literal
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_MACHINE = frozenset(
    {"os.getppid", "os.getlogin", "os.uname", "socket.gethostname", "socket.getfqdn", "platform.node",
     "getpass.getuser", "uuid.getnode"}
)  # fmt: skip
_TERMINAL = frozenset({"sys.stdout.isatty", "sys.stderr.isatty", "sys.stdin.isatty", "os.isatty"})
_TALKS = re.compile(
    r"(^|[/_])(cli|main|__main__|console|terminal|progress|logs?|logging|output|report|command)s?([/_.]|$)"
)
_CLOCK = frozenset(
    {"time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.strftime", "time.ctime", "datetime.now",
     "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "datetime.datetime.utcnow",
     "datetime.datetime.today", "datetime.date.today"}
)  # fmt: skip
_MOMENT = frozenset({"datetime", "date", "time", "datetime.datetime", "datetime.date", "datetime.time"})
_OF_A_PROCESS = frozenset({"cmdline", "parent", "parents", "environ", "exe", "name"})
_CHANGES = frozenset(
    {"sort", "append", "extend", "insert", "pop", "popitem", "remove", "clear", "add", "discard", "update",
     "setdefault", "reverse", "write", "writelines", "unlink", "mkdir", "start", "put", "commit", "execute", "send",
     "popleft"}
)  # fmt: skip


def circumstances(module: ast.Module, names: Names, path: str) -> Iterator[Sign]:
    """Every branch on the machine, the terminal or the date, a look at its process, assertions that change things."""
    yield from _branches(module, names, path)
    yield from _processes(module, names)
    for node in walk(module):
        if isinstance(node, ast.Assert) and (done := _changing(node.test)):
            text = unparse(node)[:100]
            what = f"an assertion changes something (`{done}`), and does not where assertions are off: `{text}`"
            yield Sign("test-runner-detected", text, what, node.lineno, Severity.REVIEW)


def _branches(module: ast.Module, names: Names, path: str) -> Iterator[Sign]:
    terminal = frozenset() if _TALKS.search(path) else _TERMINAL
    for scope in (module, *(n for n in walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))):
        machine, clock = _told(scope, names, _MACHINE | terminal), _told(scope, names, _CLOCK)
        for test in _tests(scope):
            text = unparse(test)[:100]
            if _asks(test, names, _MACHINE | terminal, machine):
                what = f"behaves as it runs on one machine or another: `{text}`"
                yield Sign("test-runner-detected", text, what, test.lineno, Severity.REVIEW)
            elif any(_is_dated(part, names, clock) for part in walk(test)):
                what = f"behaves as the calendar says: `{text}`"
                yield Sign("test-runner-detected", text, what, test.lineno, Severity.REVIEW)


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the functions in it."""
    todo = list(ast.iter_child_nodes(scope))
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            todo += ast.iter_child_nodes(node)


def _tests(scope: ast.AST) -> Iterator[ast.expr]:
    for node in _own(scope):
        match node:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                yield test
            case ast.Match(subject=subject):
                yield subject
            case ast.comprehension(ifs=tests):
                yield from tests


def _told(scope: ast.AST, names: Names, sources: Set[str]) -> frozenset[str]:
    """The names that a scope assigns what it asked for."""
    found: set[str] = set()
    for node in sorted((n for n in _own(scope) if isinstance(n, ast.Assign)), key=lambda n: n.lineno):
        if _asks(node.value, names, sources, found) and not _is_span(node.value):
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return frozenset(found)


def _asks(node: ast.expr, names: Names, sources: Set[str], told: Set[str]) -> bool:
    return any(
        (isinstance(part, ast.Call) and names.full(part.func) in sources)
        or (isinstance(part, ast.Name) and part.id in told)
        for part in walk(node)
    )


def _is_span(node: ast.expr) -> bool:
    """Whether an expression is the time between two moments."""
    return any(
        isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub) and not is_literal(part.right)
        for part in walk(node)
    )


def _is_dated(node: ast.AST, names: Names, told: Set[str]) -> bool:
    """Whether the time of day, or a part of it, is compared with a written moment."""
    match node:
        case ast.Compare(left=left, comparators=[right]):
            pairs = ((left, right), (right, left))
            return any(
                _asks(one, names, _CLOCK, told) and not _is_span(one) and _is_moment(other, names)
                for one, other in pairs
            )
    return False


def _is_moment(node: ast.expr, names: Names) -> bool:
    node = names.value(node)
    if isinstance(node, ast.Call) and names.full(node.func) in _MOMENT:
        return all(is_literal(argument) for argument in node.args)
    return is_literal(node) and not (
        isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool))
    )


def _processes(module: ast.Module, names: Names) -> Iterator[Sign]:
    for node in walk(module):
        match node:
            case ast.Attribute(value=ast.Call(func=function), attr=attribute) if attribute in _OF_A_PROCESS:
                if names.full(function) == "psutil.Process":
                    text = unparse(node)[:100]
                    yield Sign("stack-inspected", text, f"looks at how its process was started: `{text}`", node.lineno)


def _changing(test: ast.expr) -> str:
    """What an asserted expression changes, as text, or an empty string."""
    for node in walk(test):
        match node:
            case ast.Call(func=ast.Attribute(attr=method)) if method in _CHANGES:
                return unparse(node)[:60]
            case ast.NamedExpr():
                return unparse(node)[:60]
    return ""
