"""What makes a whole suite lie: hooks into the reports, collection switched off, exits, equality to everything."""

import ast
import re
from collections import Counter
from collections.abc import Iterator

from guardrails.analysis.comparisons import blind_comparisons, borrowed_comparisons, constant_comparisons
from guardrails.analysis.names import Names
from guardrails.analysis.near_equality import anything, near_comparisons
from guardrails.analysis.oracles.collected import Function, Suite
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_REPORTING = frozenset(
    {
        "pytest_runtest_makereport", "pytest_runtest_protocol", "pytest_runtest_call", "pytest_pyfunc_call",
        "pytest_runtestloop", "pytest_sessionfinish", "pytest_report_teststatus", "pytest_runtest_logreport",
        "pytest_exception_interact", "pytest_cmdline_main", "pytest_make_collect_report", "pytest_fixture_setup",
        "pytest_unconfigure", "pytest_assertion_pass", "pytest_report_to_serializable", "pytest_internalerror",
    }
)  # fmt: skip
_COLLECTING = frozenset(
    {
        "pytest_collection_modifyitems", "pytest_ignore_collect", "pytest_collect_file", "pytest_pycollect_makeitem",
        "pytest_pycollect_makemodule", "pytest_itemcollected", "pytest_deselected", "pytest_collection",
        "pytest_collection_finish", "pytest_generate_tests", "pytest_runtest_setup", "pytest_load_initial_conftests",
    }
)  # fmt: skip
_DROPPING = (
    "items[:]",
    "items.clear",
    "items.remove",
    "items.pop",
    "del items",
    "deselected",
    "skip",
    "xfail",
    "return True",
)
_EXITS = frozenset({"sys.exit", "exit", "quit", "pytest.exit", "builtins.exit"})
_HARD_EXITS = frozenset(
    {"os._exit", "os.abort", "os.kill", "os.killpg", "signal.raise_signal", "os.execv", "os.execvp"}
)


def new_hooks(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """Hooks of pytest that are new, or that do something else now."""
    old = _hooks(before.module) if before else {}
    for name, node in _hooks(after.module).items():
        if name in old and ast.dump(old[name]) == ast.dump(node):
            continue
        verb = "changes" if name in old else "adds"
        what = f"{after.path} {verb} the hook {name}"
        if name in _REPORTING:
            yield Weakening("report-hook", what, after.path, node.lineno, Severity.REVIEW if name in old else None)
        elif name in _COLLECTING:
            drops = any(word in unparse(node) for word in _DROPPING)
            severity = None if drops and name != "pytest_runtest_setup" and name not in old else Severity.REVIEW
            yield Weakening("collection-hook", what, after.path, node.lineno, severity)
    for name, node in _hooks(before.module).items() if before else ():
        del node
        if name not in _hooks(after.module) and name in _COLLECTING | _REPORTING:
            what = f"{after.path} loses the hook {name}"
            yield Weakening("collection-hook", what, after.path, None, Severity.REVIEW)


def _hooks(module: ast.Module) -> dict[str, Function]:
    return {
        n.name: n
        for n in walk(module)
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name.startswith("pytest_")
    }


def uncollected_paths(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """`collect_ignore`, `collect_ignore_glob` and `pytest_plugins` that say more than they did.

    What is left out only where a package is not installed, or on one platform, is for a person.
    """
    lacking = _where_something_lacks(after.module)
    for name, rule in (
        ("collect_ignore", "never-collected"),
        ("collect_ignore_glob", "never-collected"),
        ("pytest_plugins", "collection-hook"),
    ):
        old = _listed(before.module, name) if before else frozenset()
        for text, line in sorted(_listed(after.module, name)):
            if text not in {t for t, _ in old}:
                what = f"{name} of {after.path} now names {text}"
                severity = Severity.REVIEW if name == "pytest_plugins" or line in lacking else None
                yield Weakening(rule, what, after.path, line, severity)


_LACKS = re.compile(
    r"find_spec|version_info|sys\.platform|\bplatform\.|\bPY_?\d|\b(IS_)?(PYPY|CPYTHON|WINDOWS|WIN32|MACOS)\b"
)
_NOT_INSTALLED = frozenset({"ImportError", "ModuleNotFoundError"})


def _where_something_lacks(module: ast.Module) -> frozenset[int]:
    """The lines that run only where an import fails, or under a condition on packages, the platform or the version."""
    found: set[int] = set()
    for node in walk(module):
        if isinstance(node, ast.ExceptHandler):
            named = {unparse(one) for one in walk(node.type) if isinstance(one, ast.Name)} if node.type else set()
            guarded = bool(named) and named <= _NOT_INSTALLED
        else:
            guarded = isinstance(node, ast.If) and _LACKS.search(unparse(node.test)) is not None
        if guarded and isinstance(node, ast.If | ast.ExceptHandler):
            found.update(range(node.body[0].lineno, (node.body[-1].end_lineno or node.body[-1].lineno) + 1))
    return frozenset(found)


def _listed(module: ast.Module, name: str) -> frozenset[tuple[str, int]]:
    """The entries of a list that a module assigns to a name or adds to it."""
    found: set[tuple[str, int]] = set()
    for node in walk(module):
        values: list[ast.expr] = []
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            values = [node.value]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign) and isinstance(node.target, ast.Name):
            values = [node.value] if node.target.id == name and node.value is not None else []
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            values = list(node.args) if isinstance(owner, ast.Name) and owner.id == name else []
        for value in values:
            entries = value.elts if isinstance(value, ast.List | ast.Tuple | ast.Set) else [value]
            found |= {(unparse(e), e.lineno) for e in entries}
    return frozenset(found)


_TOOLS = frozenset({"pytest", "_pytest", "unittest", "hypothesis", "pluggy", "builtins", "numpy", "operator", "math"})
_HARMLESS = ("unittest.TestCase.maxDiff", "unittest.TestCase.longMessage")


def patched_tools(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """Parts of the test tools themselves that tests replace, and directories put before the others for imports."""
    old = Counter(text for _, text, _ in _tool_patches(before)) if before else Counter()
    for full, text, line in _tool_patches(after):
        if old[text] > 0:
            old[text] -= 1
        elif full.startswith("sys.path"):
            what = f"{after.path} changes where imports are looked for: `{text[:80]}`"
            yield Weakening("collection-hook", what, after.path, line, Severity.REVIEW)
        else:
            what = f"{after.path} replaces a part of a test tool: `{text[:80]}`"
            yield Weakening("report-hook", what, after.path, line)


def _tool_patches(suite: Suite) -> Iterator[tuple[str, str, int]]:
    """Assignments to attributes of test tools, and changes of `sys.path`: full name, text, line."""
    names = suite.names
    for node in walk(suite.module):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.Call):
            full = names.full(node.func) or ""
            if full.startswith("sys.path."):
                yield full, unparse(node), node.lineno
            named = len(node.args) > 1 and isinstance(node.args[1], ast.Constant)
            if full.rpartition(".")[2] == "setattr" and named:
                targets = [ast.Attribute(node.args[0], str(node.args[1].value), ast.Store())]  # type: ignore[attr-defined]  # a Constant
        for target in targets:
            full = names.full(target) or ""
            root = unparse(target).partition(".")[0]
            ours = isinstance(target, ast.Attribute) and root in names.imports and full.partition(".")[0] in _TOOLS
            if ours and not full.startswith(_HARMLESS):
                yield full, unparse(node), getattr(node, "lineno", 0)


def new_exits(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """Ways out of the process that bypass pytest. One inside `raises(SystemExit)` or under `__main__` is honest."""
    old = Counter(full for full, _, _, _ in _exits(before)) if before else Counter()
    for full, text, line, severity in _exits(after):
        if old[full] > 0:
            old[full] -= 1
            continue
        yield Weakening("test-exits", f"{after.path} now ends the process: `{text[:80]}`", after.path, line, severity)


def _exits(suite: Suite) -> list[tuple[str, str, int, Severity | None]]:
    """Every exit: its name, its text, its line, and how sure it is that it is none of the tested kind."""
    found: list[tuple[str, str, int, Severity | None]] = []
    _walk(suite.module, suite.names, expected=False, nested=0, found=found)
    return found


def _walk(
    node: ast.AST, names: Names, *, expected: bool, nested: int, found: list[tuple[str, str, int, Severity | None]]
) -> None:
    """Collect exits below a node, outside of what expects them."""
    if isinstance(node, ast.With | ast.AsyncWith):
        expected = expected or any("SystemExit" in unparse(item.context_expr) for item in node.items)
    if isinstance(node, ast.If) and "__main__" in unparse(node.test):
        return
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        nested += 1
    full, text = "", ""
    if isinstance(node, ast.Call):
        full, text = names.full(node.func) or "", unparse(node)
    elif isinstance(node, ast.Raise) and node.exc is not None:
        raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        full, text = ("sys.exit", unparse(node)) if names.full(raised) == "SystemExit" else ("", "")
    line = getattr(node, "lineno", 0)
    if full in _HARD_EXITS and (full != "os.kill" or "getpid" in text):
        found.append((full, text, line, None))
    elif full in _EXITS and not expected:
        found.append((full, text, line, Severity.REVIEW if nested > 1 else None))  # a stand-in for a tested command
    for child in ast.iter_child_nodes(node):
        _walk(child, names, expected=expected, nested=nested, found=found)


def equal_to_everything(before: ast.Module | None, after: ast.Module) -> Iterator[tuple[str, str, int]]:
    """New constant comparisons: the class, the method and what it returns, the line."""
    old = {(c, m, v) for c, m, v, _ in constant_comparisons(before)} if before else set()
    for owner, method, value, line in constant_comparisons(after):
        if (owner, method, value) not in old:
            yield f"{owner}.{method}", value, line


def loosely_equal(before: ast.Module | None, after: ast.Module) -> Iterator[tuple[str, int]]:
    """Classes of tests whose equality is new and says yes to what is not the same: class and method, the line."""
    old = set(_loosely_equal(before)) if before else set()
    lines = _loosely_equal(after)
    yield from ((found, line) for found, line in lines.items() if found not in old)


def _loosely_equal(module: ast.Module) -> dict[str, int]:
    names = Names(module)
    ways = (near_comparisons, anything, blind_comparisons, borrowed_comparisons)
    return {f"{owner}.{method}": line for way in ways for owner, method, line in way(module, names)}
