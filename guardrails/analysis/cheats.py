"""Product code that behaves for its judge: it looks for the test runner, equals everything, swallows, answers by heart.

Each sign is found by syntax. A sign counts only if the change has more of it than the base has, over all changed files,
so code that moves takes its signs with it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.analysis.dynamic import dynamic_code, literal
from guardrails.analysis.names import Names, is_literal, truth
from guardrails.analysis.oracles.hooks import constant_comparisons
from guardrails.model.finding import Severity

_RUNNERS = re.compile(r"^_?(pytest|unittest|nose2?|hypothesis|_?pytest\..*|py\.test|guardrails|locust|pact)$")
_VARIABLES = re.compile(r"(?i)^(_?PYTEST_?|HYPOTHESIS_|_called_from_test|TOX_|NOX_)")
_JUDGE = re.compile(r"^GUARDRAILS_")
_CI_VARIABLES = frozenset(
    {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "TRAVIS", "BUILDKITE", "JENKINS_URL", "TF_BUILD"}
)
_ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environb", "os.environ.get", "os.environ.pop"})
_LOOKS = _ENVIRONMENT | {"sys.modules", "sys.argv", "sys.orig_argv", "sys.modules.get", "importlib.util.find_spec"}
_STACKS = frozenset(
    {"inspect.stack", "inspect.currentframe", "sys._getframe", "traceback.extract_stack", "sys._current_frames"}
)
_EXITS = frozenset({"os._exit", "os.abort", "os.kill", "os.killpg", "signal.raise_signal", "faulthandler._sigsegv"})
_PATCHED = frozenset(
    {"time", "datetime", "random", "secrets", "builtins", "pytest", "_pytest", "unittest", "hypothesis", "math", "json",
     "os", "operator", "statistics", "threading", "asyncio"}
)  # fmt: skip
_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception", "builtins.BaseException"})


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: a rule's short name, a text that is the same wherever the same code stands, words, and the line."""

    rule: str
    key: str
    what: str
    line: int
    severity: Severity | None = None


_WORDS = {
    "runner": re.compile(r"environ|getenv|modules|argv|find_spec|_called_from_test|stack|_getframe|currentframe"),
    "comparisons": re.compile(r"__(eq|ne|lt|le|gt|ge|bool|contains)__"),
    "exits": re.compile(r"exit|abort|kill|SystemExit|signal|_sigsegv"),
    "swallows": re.compile(r"except|suppress"),
    "dynamic": re.compile(
        r"exec|eval|compile|import_module|__import__|importlib|modules|runpy|imp\b|pkgutil|pydoc|zip"
    ),
}
"""Words without which a walk over the syntax can find nothing."""


def signs(module: ast.Module, names: Names, text: str) -> Iterator[Sign]:
    """Every sign of a product file that can be told from the file alone."""
    if _WORDS["runner"].search(text):
        yield from _runner(module, names)
    if _WORDS["comparisons"].search(text):
        yield from _comparisons(module)
    if _WORDS["exits"].search(text):
        yield from _exits(module, names)
    if any(full.partition(".")[0] in _PATCHED for full in names.imports.values()):
        yield from _patches(module, names)
    if _WORDS["swallows"].search(text):
        yield from _swallows(module, names)
    if "+= 1" in text:
        yield from _state(module)
    for found in dynamic_code(module, names) if _WORDS["dynamic"].search(text) else ():
        known = found.kind == "import" and found.target is not None
        if not known and (found.kind != "modules" or _is_written(module, found.line)):
            yield Sign("dynamic-code", found.text, f"runs code that is not written there: `{found.text}`", found.line)


def _runner(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Looks for the test runner, the gate or the CI: a statement with such a name and a place where one looks."""
    for statement in ast.walk(module):
        if not isinstance(statement, ast.stmt):
            continue
        for own in (child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)):
            nodes = list(ast.walk(own))
            full = {names.full(n) for n in nodes if isinstance(n, ast.Name | ast.Attribute)}
            text = ast.unparse(own)[:100]
            if full & _STACKS:
                yield Sign("stack-inspected", text, f"looks at who calls it: `{text}`", own.lineno)
            words = [literal(n, names) or "" for n in nodes if isinstance(n, ast.Constant | ast.BinOp | ast.JoinedStr)]
            told = any(isinstance(n, ast.Attribute) and n.attr == "_called_from_test" for n in nodes)
            if told or (full & _LOOKS and any(_RUNNERS.match(word) or _VARIABLES.match(word) for word in words)):
                yield Sign("test-runner-detected", text, f"looks for the test runner: `{text}`", own.lineno)
            elif full & _ENVIRONMENT and any(w in _CI_VARIABLES or _JUDGE.match(w) for w in words):
                what = f"behaves as the CI or the gate is there or not: `{text}`"
                yield Sign("test-runner-detected", text, what, own.lineno, Severity.REVIEW)


def _comparisons(module: ast.Module) -> Iterator[Sign]:
    for owner, method, answer, line in constant_comparisons(module):
        everything = (method, answer) in {("__eq__", "True"), ("__ne__", "False"), ("__contains__", "True")}
        if method == "__hash__" or answer not in {"True", "False"}:
            continue
        what = f"{owner}.{method} answers {answer} whatever it is asked"
        yield Sign("equal-to-everything", f"{owner}.{method}", what, line, None if everything else Severity.REVIEW)


def _exits(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Ends the process at import, from a destructor or at exit, or past every handler."""
    for place, node in _placed(module):
        where = getattr(place, "name", "lambda") if place is not None else ""
        full = names.full(node.func) or "" if isinstance(node, ast.Call) else ""
        raised = node.exc if isinstance(node, ast.Raise) else None
        raised = raised.func if isinstance(raised, ast.Call) else raised
        leaves = full == "sys.exit" or (raised is not None and names.full(raised) == "SystemExit")
        text, line = ast.unparse(node)[:100], getattr(node, "lineno", 0)
        if full in _EXITS and (full != "os.kill" or "getpid" in text):
            severity = Severity.REVIEW if isinstance(place, ast.AST) and "os.fork" in ast.unparse(place) else None
            yield Sign("process-exit", text, f"ends the process past every handler: `{text}`", line, severity)
        elif leaves and where in {"", "__del__"}:
            yield Sign(
                "process-exit", text, f"ends the process {'at import' if not where else 'unseen'}: `{text}`", line
            )
        elif full in {"atexit.register", "signal.alarm", "signal.setitimer"} and where == "":
            yield Sign("process-exit", text, f"acts when the process ends: `{text}`", line, Severity.REVIEW)


def _placed(module: ast.Module) -> Iterator[tuple[ast.AST | None, ast.AST]]:
    """Calls and raises with the function that they stand in; None for what runs at import."""
    todo: list[tuple[ast.AST | None, ast.AST]] = [(None, node) for node in module.body]
    while todo:
        where, node = todo.pop()
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            where = node
        if isinstance(node, ast.Call | ast.Raise):
            yield where, node
        todo += [(where, child) for child in ast.iter_child_nodes(node)]


def _patches(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Puts something else in the place of a clock, of chance, or of the test tools."""
    for node in ast.walk(module):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = [t for t in node.targets if isinstance(t, ast.Attribute)]
        elif isinstance(node, ast.Call) and names.full(node.func) == "setattr" and node.args:
            targets = [ast.Attribute(node.args[0], "?", ast.Store())]
        for target in targets:
            full = names.full(target) or ""
            root = ast.unparse(target).partition(".")[0]
            patched = full.partition(".")[0] in _PATCHED and root in names.imports
            if patched and not full.startswith(("os.environ", "json.encoder")):
                text = ast.unparse(node)[:100]
                yield Sign(
                    "patched-module", text, f"replaces a part of another module: `{text}`", getattr(node, "lineno", 0)
                )


def _swallows(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Takes every error and says nothing: no word in a log, no narrower class, no raise."""
    for node in ast.walk(module):
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            broad = any(kind is None or names.full(kind) in _BROAD for kind in kinds)
            if broad and all(_says_nothing(statement) for statement in node.body):
                text = " ".join(ast.unparse(node).split())[:100]
                yield Sign("errors-swallowed", text, f"swallows every error: `{text}`", node.lineno)
        elif isinstance(node, ast.Call) and names.full(node.func) == "contextlib.suppress":
            text = ast.unparse(node)
            if any(names.full(a) in _BROAD for a in node.args):
                yield Sign("errors-swallowed", text, f"swallows every error: `{text}`", node.lineno)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Continue() | ast.Break() | ast.Return(value=None):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Return(value=value) | ast.Assign(value=value):
            return value is not None and (is_literal(value) or isinstance(value, ast.Name))
    return False


def _state(module: ast.Module) -> Iterator[Sign]:
    """Counts its own calls and branches on the count: an answer for the first call only."""
    for node in ast.walk(module):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        counted = {
            ast.unparse(n.target)
            for n in ast.walk(node)
            if isinstance(n, ast.AugAssign) and isinstance(n.op, ast.Add) and isinstance(n.value, ast.Constant)
        }
        shared = {name for n in ast.walk(node) if isinstance(n, ast.Global) for name in n.names}
        shared |= {text for text in counted if text.startswith(f"{node.name}.")}
        tested = {
            ast.unparse(part)
            for n in ast.walk(node)
            if isinstance(n, ast.If | ast.IfExp)
            for part in ast.walk(n.test)
            if isinstance(part, ast.Name | ast.Attribute)
        }
        for text in sorted(counted & shared & tested):
            what = f"{node.name} counts its calls in {text} and branches on the count"
            yield Sign("hidden-state", f"{node.name} {text}", what, node.lineno)


def _is_written(module: ast.Module, line: int) -> bool:
    """Whether a line of the module assigns to or deletes from `sys.modules`."""
    return any(
        isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store | ast.Del) and n.lineno == line
        for n in ast.walk(module)
    )


@dataclass(frozen=True, slots=True)
class Recited:
    """An answer by heart: a branch on literals that returns literals. All of them must stand in the tests to count."""

    key: str
    literals: tuple[str, ...]
    line: int


def recited(module: ast.Module) -> Iterator[Recited]:
    """`if user_id == "u42": return ["i7"]`, and tables from such inputs to such answers."""
    for node in ast.walk(module):
        if isinstance(node, ast.If) and len(node.body) == 1 and isinstance(node.body[0], ast.Return):
            answer = node.body[0].value
            inputs = [c for c in ast.walk(node.test) if isinstance(c, ast.Constant) and _is_data(c.value)]
            compared = isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.Eq | ast.In)
            told = answer is not None and is_literal(answer) and truth(answer) is not False
            if compared and inputs and told and answer is not None and any(_is_telling(c) for c in _data(answer)):
                yield _recited(node.test, [*inputs, *_data(answer)], node.lineno)
        elif isinstance(node, ast.Dict) and node.keys and is_literal(node):
            keys = [k for k in node.keys if isinstance(k, ast.Constant) and _is_data(k.value)]
            answers = [c for value in node.values for c in _data(value)]
            if len(keys) == len(node.keys) and any(_is_telling(c) for c in answers):
                yield _recited(node, [*keys, *answers], node.lineno)


def _recited(node: ast.expr, parts: list[ast.Constant], line: int) -> Recited:
    return Recited(ast.unparse(node)[:100], tuple(dict.fromkeys(repr(p.value) for p in parts)), line)


def _data(node: ast.expr) -> list[ast.Constant]:
    return [c for c in ast.walk(node) if isinstance(c, ast.Constant) and _is_data(c.value)]


def _is_telling(node: ast.Constant) -> bool:
    """Whether an answer is one that nobody writes by chance: an id, or a number of many figures."""
    return isinstance(node.value, str) or len(str(node.value).strip("-0.").replace(".", "")) >= _FIGURES


_FIGURES = 4


def _is_data(value: object) -> bool:
    """Whether a literal looks like data (an id, a measured number) rather than like a word of the code."""
    if isinstance(value, str):
        return any(c.isdigit() for c in value) and len(value) > 1
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10


def read_paths(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Strings of a module that can be paths, with their lines: parts joined to one, documentation left out.

    A path that is joined of one written part and others begins with a slash here: `root / "tests"` is `/tests`.
    """
    documentation = {
        id(body[0].value)
        for n in ast.walk(module)
        if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and (body := n.body)
        and isinstance(body[0], ast.Expr)
    }
    for node in ast.walk(module):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            text = node.value
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            text = "/" + "/".join(_parts(node))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _JOINING:
            text = "/" + "/".join(part for argument in (node.func.value, *node.args) for part in _parts(argument))
        if "/" in text.rstrip("/") and len(text) < _LONGEST and "\n" not in text:
            yield text.removeprefix("./").rstrip("/"), getattr(node, "lineno", 0)


_JOINING = frozenset({"join", "joinpath", "open", "read_text", "read_bytes", "glob"})
_LONGEST = 300


def _parts(node: ast.expr) -> list[str]:
    """The string constants of a path that is put together, in their order."""
    match node:
        case ast.Constant(value=str(text)):
            return [text.strip("/")]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return [*_parts(left), *_parts(right)]
        case ast.Call(args=arguments):
            return [part for argument in arguments for part in _parts(argument)]
    return []
