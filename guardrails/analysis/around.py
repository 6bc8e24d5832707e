"""Product code that walks over the files around it, or gives an answer that it gave before."""

import ast
import re
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_WALKS = frozenset({"glob", "rglob", "iglob", "walk", "iterdir", "listdir", "scandir"})
_ABOVE = re.compile(r"\.parents\[[1-9]\]|\.parent\.parent|\.parents\b(?!\[0\])|'\.\.'|\"\.\.\"|dirname\(.*dirname\(")
WORDS = ("__file__", "__getattribute__", ".append(")


def around(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Walks from `__file__` upwards; attributes that are constant; answers that are given again."""
    yield from _walks(module)
    for node in walk(module):
        if isinstance(node, ast.ClassDef):
            yield from _constant_attributes(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _given_again(node, names)


def _walks(module: ast.Module) -> Iterator[Sign]:
    for node in (n for n in walk(module) if isinstance(n, ast.Call)):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = unparse(node)
        if name in _WALKS and "__file__" in text and _ABOVE.search(text):
            what = f"walks over the files around the product, the tests' too: `{text[:100]}`"
            yield Sign("reads-judges", text[:100], what, node.lineno, Severity.REVIEW)


def _constant_attributes(node: ast.ClassDef) -> Iterator[Sign]:
    """`__getattribute__` that answers a written value for some attribute, whatever the object holds."""
    for method in (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__getattribute__"):
        answers = [n.value for n in walk(method) if isinstance(n, ast.Return) and n.value is not None]
        parts = [p for a in answers for p in ([a.body, a.orelse] if isinstance(a, ast.IfExp) else [a])]
        if any(isinstance(part, ast.Constant) for part in parts):
            what = f"{node.name} answers a written value for what it is asked"
            yield Sign("equal-to-everything", f"{node.name}.__getattribute__", what, method.lineno, Severity.REVIEW)


def _given_again(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Iterator[Sign]:
    """A list of the module that each call adds to and one answer of which is given back: the first, for ever."""
    for call in (n for n in walk(node) if isinstance(n, ast.Call)):
        match call.func:
            case ast.Attribute(value=ast.Name(id=name), attr="append") if isinstance(
                names.constants.get(name), ast.List
            ):
                for answer in (n.value for n in walk(node) if isinstance(n, ast.Return) and n.value is not None):
                    first = [p for p in walk(answer) if isinstance(p, ast.Subscript) and unparse(p.value) == name]
                    if any(isinstance(p.slice, ast.Constant | ast.UnaryOp) for p in first):
                        what = f"gives an answer of an earlier call: `{unparse(answer)[:80]}`"
                        yield Sign("hidden-state", f"{node.name} {name}", what, call.lineno, Severity.REVIEW)
                        return
