"""Test modules that change at run time what they offer, or how the process around the tests works.

pytest collects what a module offers by name once it is imported: what `globals()` lost, or a test whose code was
replaced, is seen in no function of the source.
"""

import ast
from collections import Counter
from collections.abc import Iterator

from guardrails.analysis.dynamic import literal
from guardrails.analysis.names import Names
from guardrails.analysis.oracles.collected import Suite
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_TABLES = frozenset({"globals", "vars", "locals"})
_READING = frozenset({"get", "keys", "values", "items", "copy"})
_PROCESS = (
    "sys.meta_path", "sys.path_hooks", "sys.settrace", "sys.setprofile", "sys.addaudithook", "gc.get_objects",
    "gc.get_referrers",
)  # fmt: skip
_EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "sys.excepthook", "sys.unraisablehook", "threading.excepthook"})
_INNARDS = frozenset({"__defaults__", "__kwdefaults__", "__code__", "__closure__", "__globals__"})
_HIDDEN_HOOKS = ("pluginmanager.register", "pluginmanager.unregister", "pluginmanager.set_blocked")


def changed_at_run_time(before: Suite | None, after: Suite) -> Iterator[Weakening]:
    """Every new place where a file of tests does so: for a person to decide."""
    old = Counter(text for _, text, _ in _changes(before)) if before else Counter()
    for what, text, line in _changes(after):
        if old[text] > 0:
            old[text] -= 1
        else:
            words = f"{after.path} {what}: `{text[:80]}`"
            yield Weakening("collection-hook", words, after.path, line, Severity.REVIEW)


def _changes(suite: Suite) -> Iterator[tuple[str, str, int]]:
    """What is done, its text, its line."""
    names = suite.names
    tests = {test.node.name for test in suite.tests}
    for node in walk(suite.module):
        if not isinstance(node, ast.Assign | ast.Delete | ast.Call):
            continue
        line = node.lineno
        targets = node.targets if isinstance(node, ast.Assign | ast.Delete) else []
        for target in targets:
            if isinstance(target, ast.Subscript) and _is_table(target.value, names):
                yield "changes by name what it offers", unparse(node), line
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in tests:
                yield "changes one of its tests after it was written", unparse(node), line
            elif isinstance(target, ast.Subscript) and names.full(target.value) == "os.environ":
                if (literal(target.slice, names) or "").startswith("PYTEST_"):
                    yield "sets options of the test runner", unparse(node), line
            elif isinstance(target, ast.Attribute) and (what := _attribute(target, names)):
                yield what, unparse(node), line
        if isinstance(node, ast.Call):
            yield from ((what, unparse(node), line) for what in _call(node, names))


def _attribute(target: ast.Attribute, names: Names) -> str:
    """What setting an attribute does, or an empty string."""
    full = names.full(target) or ""
    if target.attr in _INNARDS:
        return "changes how a function works"
    if full in _EXITS:
        return "replaces a way out of the process"
    return "sets options of the test runner" if ".option." in full or full.startswith("config.option") else ""


def _call(node: ast.Call, names: Names) -> Iterator[str]:
    full = names.full(node.func) or ""
    if isinstance(node.func, ast.Attribute) and _is_table(node.func.value, names) and node.func.attr not in _READING:
        yield "changes by name what it offers"
    elif full.startswith(_PROCESS) or (full == "atexit.register" and any(names.full(a) in _EXITS for a in node.args)):
        yield "reaches into the interpreter"
    elif full.endswith(_HIDDEN_HOOKS):
        yield "registers or removes a plugin of the test runner"
    elif full.endswith("hookimpl") and any(keyword.arg == "specname" for keyword in node.keywords):
        yield "is a hook of the test runner under another name"


def _is_table(node: ast.expr, names: Names) -> bool:
    """The names of the module itself: `globals()`, `vars()`, `sys.modules[__name__].__dict__`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[]):
            return name in _TABLES
        case ast.Attribute(value=ast.Subscript(value=owner), attr="__dict__"):
            return names.full(owner) == "sys.modules"
    return False
