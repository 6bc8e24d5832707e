"""What a test looks at: whether it asserts at all, and whether that is about something else than what comes back."""

import ast
from collections.abc import Iterator

from guardrails.analysis.mutants.functions import FunctionNode

_ABOUT_VALUES = frozenset({"len", "list", "set", "dict", "tuple", "sorted", "sum", "any", "all", "repr", "str", "vars"})
_CHECKING = ("assert", "check", "verify", "expect", "raises", "warns", "fail", "match", "ensure", "must", "should")


def looks_elsewhere(test: FunctionNode) -> bool:
    """Whether an assertion is about an argument of a call, or about the object of a call whose answer is dropped.

    "The input is left as it was" is such a test: it may well pass with everything gutted, and says something.
    """
    passed: set[str] = set()
    answers: set[str] = set()
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and not _is_about_values(node):
            passed |= {one.id for one in node.args if isinstance(one, ast.Name)}
            passed |= {one.value.id for one in node.keywords if isinstance(one.value, ast.Name)}
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            target = node.value.func
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id != "self":
                passed.add(target.value.id)
        if isinstance(node, ast.Assign) and any(_calls(node.value)):
            answers |= {one.id for target in node.targets for one in ast.walk(target) if isinstance(one, ast.Name)}
    return any(names & passed and not names & answers for names in map(set, map(_names, _asserted(test))))


def asserts(test: FunctionNode) -> bool:
    """Whether a test says what must hold in any way that can be seen: `assert`, raises, a helper that checks."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert | ast.Raise):
            return True
        if isinstance(node, ast.Call):
            name = str(getattr(node.func, "id", getattr(node.func, "attr", ""))).lower()
            if any(word in name for word in _CHECKING):
                return True
    return False


def _is_about_values(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    return name in _ABOUT_VALUES or name.startswith("assert") or name in ("isinstance", "raises")


def _calls(node: ast.AST) -> Iterator[ast.Call]:
    return (one for one in ast.walk(node) if isinstance(one, ast.Call) and not _is_about_values(one))


def _asserted(test: FunctionNode) -> Iterator[ast.expr]:
    """What is asserted: the expressions of `assert`, and the first argument of what is called assert-something."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            yield node.test
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "").startswith("assert") and node.args:
            yield node.args[0]


def _names(node: ast.AST) -> Iterator[str]:
    """The names in an expression, but for those in calls that answer something of their own."""
    if isinstance(node, ast.Name):
        yield node.id
    if isinstance(node, ast.Call) and not _is_about_values(node):
        return
    for child in ast.iter_child_nodes(node):
        yield from _names(child)
