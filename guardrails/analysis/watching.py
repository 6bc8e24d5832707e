"""Product code that looks whether it is being tested: for the test runner, the gate, the CI, a tracer, its caller."""

import ast
import re
from collections.abc import Iterator

from guardrails.analysis.dynamic import literal, through_getattr
from guardrails.analysis.names import Names
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_RUNNERS = re.compile(r"^_?(pytest|unittest|nose2?|hypothesis|pluggy|_?pytest\..*|py\.test|guardrails|locust|pact)$")
_VARIABLES = re.compile(r"(?i)^(_?PYTEST_?|HYPOTHESIS_|_called_from_test|TOX_|NOX_)")
_ITS_OWN = re.compile(r"^(PYTEST_(CURRENT_TEST|VERSION|XDIST_\w+|ADDOPTS)|_called_from_test)$")
_PROCESS = re.compile(r"(^/proc/.*|^)/(cmdline|environ|comm)$")
_JUDGE = re.compile(r"^GUARDRAILS_")
_CI_VARIABLES = frozenset(
    {"CI", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "TRAVIS", "BUILDKITE", "JENKINS_URL", "TF_BUILD"}
)
_ENVIRONMENT = frozenset({"os.environ", "os.getenv", "os.environb", "os.environ.get", "os.environ.pop"})
_LOOKS = _ENVIRONMENT | {
    "sys.modules", "sys.argv", "sys.orig_argv", "sys.modules.get", "importlib.util.find_spec", "pkgutil.find_loader",
    "importlib.metadata.version", "importlib.metadata.distribution", "importlib.metadata.requires", "shutil.which",
    "importlib.metadata.distributions", "importlib.metadata.packages_distributions",
}  # fmt: skip
_PROGRAM = frozenset({"sys.argv", "sys.orig_argv", "sys.executable"})
_STACKS = frozenset(
    {"inspect.stack", "inspect.currentframe", "inspect.getouterframes", "sys._getframe", "sys._getframemodulename",
     "sys._current_frames", "traceback.extract_stack", "traceback.walk_stack", "traceback.format_stack"}
)  # fmt: skip
_TRACERS = frozenset({"sys.gettrace", "sys.getprofile", "threading.gettrace", "threading.getprofile"})
_TEST_TOOLS = frozenset({"pytest", "_pytest", "unittest", "hypothesis", "nose", "pluggy"})
_OF_TESTS = re.compile(r"(^|[/_])(test|tests|testing|conftest|pytest|unittest|hypothesis|fixtures?|plugin)([/_.]|$)")


def watching(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every look for the judge: a statement with such a name, and a place where one looks."""
    for statement in walk(module):
        if isinstance(statement, ast.stmt):
            for own in ast.iter_child_nodes(statement):
                # What a `with` opens and what guards a case stand between a statement and its expressions.
                inner = ast.iter_child_nodes(own) if isinstance(own, ast.withitem | ast.match_case) else (own,)
                for expression in inner:
                    if isinstance(expression, ast.expr):
                        yield from _expression(expression, names)


def _expression(own: ast.expr, names: Names) -> Iterator[Sign]:
    nodes = list(walk(own))
    full = {names.full(n) for n in nodes if isinstance(n, ast.Name | ast.Attribute)}
    full |= {through_getattr(n, names) for n in nodes if isinstance(n, ast.Call | ast.Subscript)}
    attributes = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    words = [literal(n, names) or "" for n in nodes if isinstance(n, ast.Constant | ast.BinOp | ast.JoinedStr)]
    text, line = unparse(own)[:100], own.lineno
    if full & _STACKS or attributes & {"f_back", "tb_frame"}:
        yield Sign("stack-inspected", text, f"looks at who calls it: `{text}`", line)
    runner = full & _LOOKS and any(_RUNNERS.match(word) or _VARIABLES.match(word) for word in words)
    if runner or "_called_from_test" in attributes or (full & _ENVIRONMENT and any(map(_ITS_OWN.match, words))):
        yield Sign("test-runner-detected", text, f"looks for the test runner: `{text}`", line)
    elif full & _ENVIRONMENT and any(map(_is_piece, [*words, *_bytes(nodes)])):
        what = f"looks in the whole environment for a piece of what the test runner sets: `{text}`"
        yield Sign("test-runner-detected", text, what, line, Severity.REVIEW)
    elif full & _PROGRAM and any("test" in word.lower() for word in words):
        what = f"behaves as the program is called one thing or another: `{text}`"
        yield Sign("test-runner-detected", text, what, line, Severity.REVIEW)
    elif "sys.modules" in full | {name.rpartition(".")[0] for name in full if name} and _loaded(nodes, names):
        what = f"looks at what is loaded: `{text}`"
        yield Sign("test-runner-detected", text, what, line, Severity.REVIEW)
    elif any(_ITS_OWN.match(word) for word in words):
        what = f"names what only the test runner sets: `{text}`"
        yield Sign("test-runner-detected", text, what, line, Severity.REVIEW)
    elif full & _ENVIRONMENT and any(w in _CI_VARIABLES or _JUDGE.match(w) for w in words):
        what = f"behaves as the CI or the gate is there or not: `{text}`"
        yield Sign("test-runner-detected", text, what, line, Severity.REVIEW)
    elif full & _TRACERS or "__debug__" in full:
        what = f"behaves as it is measured, or assertions are on, or not: `{text}`"
        yield Sign("test-runner-detected", text, what, line, Severity.REVIEW)
    elif any(_PROCESS.search(word) for word in words):
        yield Sign("stack-inspected", text, f"looks at how its process was started: `{text}`", line)


def _bytes(nodes: list[ast.AST]) -> list[str]:
    return [n.value.decode("latin-1") for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, bytes)]


def _is_piece(word: str) -> bool:
    """Whether a word is a part of a variable that the test runner or the CI sets, and of hardly another."""
    whole = word in _CI_VARIABLES
    return whole or (len(word) >= _TELLING and any(word.upper() in name for name in _SET))


_TELLING = 5
_SET = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST_WORKER", "HYPOTHESIS_PROFILE", "GITHUB_ACTIONS")


def _loaded(nodes: list[ast.AST], names: Names) -> bool:
    """Whether the table of loaded modules is asked for more than one written name, or for the program."""
    mentions = sum(isinstance(n, ast.Name | ast.Attribute) and names.full(n) == "sys.modules" for n in nodes)
    keys: list[str] = []
    for node in nodes:
        match node:
            case ast.Subscript(value=table, slice=key) if names.full(table) == "sys.modules":
                keys.append("own" if names.full(key) == "__name__" else literal(key, names) or "")
            case ast.Call(func=ast.Attribute(value=table), args=[key, *_]) if names.full(table) == "sys.modules":
                keys.append("own" if names.full(key) == "__name__" else literal(key, names) or "")
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[table]):
                if names.full(table) == "sys.modules":
                    keys.append(literal(key, names) or "")
    return mentions > len(keys) or "" in keys or "__main__" in keys


def test_tools(module: ast.Module, path: str) -> Iterator[Sign]:
    """Imports of test tools by a product file whose name does not say that it is for tests; of the program itself."""
    for node in walk(module):
        if "__main__" in _imported(node):
            what = "imports the program that it runs in"
            yield Sign("stack-inspected", "import __main__", what, getattr(node, "lineno", 0))
        for name in _imported(node) if not _OF_TESTS.search(path) else ():
            if name.partition(".")[0] in _TEST_TOOLS:
                what = f"imports the test tool {name}"
                line = getattr(node, "lineno", 0)
                yield Sign("test-runner-detected", f"import {name}", what, line, Severity.REVIEW)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
