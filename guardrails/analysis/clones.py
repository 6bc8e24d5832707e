"""Functions that are another function once more: the same code under other names.

Names are numbered in the order in which they come, and constants stand for their type alone, so that renaming hides
nothing. What is called on objects (attributes, keywords) and the built-in functions keep their names.
"""

import ast
import builtins
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

FEWEST_STATEMENTS = 5
FEWEST_NODES = 40
"""Below either, two functions are alike by chance."""
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Shape:
    """One function: its name with its class's, its line, the digest of its shape, and the words that it cannot lack."""

    name: str
    line: int
    digest: str
    words: frozenset[str]


def shapes(module: ast.Module) -> Iterator[Shape]:
    """Every function of a module that is large enough to be recognised."""
    yield from _inside(module, "")


def _inside(node: ast.AST, prefix: str) -> Iterator[Shape]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            shape = _shape(child, f"{prefix}{child.name}")
            if shape is not None:
                yield shape
        elif isinstance(child, ast.ClassDef):
            yield from _inside(child, f"{prefix}{child.name}.")


def _shape(node: Function, name: str) -> Shape | None:
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    nodes = [n for statement in body for n in ast.walk(statement)]
    statements = sum(isinstance(n, ast.stmt) for n in nodes)
    if statements < FEWEST_STATEMENTS or len(nodes) < FEWEST_NODES:
        return None
    numbers: dict[str, int] = {}
    text = "\n".join(_text(statement, numbers) for statement in body)
    words = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    words |= {n.id for n in nodes if isinstance(n, ast.Name) and hasattr(builtins, n.id)}
    return Shape(name, node.lineno, hashlib.sha256(text.encode()).hexdigest(), frozenset(words))


def _text(node: ast.AST, numbers: dict[str, int]) -> str:
    """The shape of a node as text: annotations left out."""
    match node:
        case ast.Name(id=name):
            return name if hasattr(builtins, name) else f"n{numbers.setdefault(name, len(numbers))}"
        case ast.arg(arg=name):
            return f"n{numbers.setdefault(name, len(numbers))}"
        case ast.Constant(value=value):
            return type(value).__name__
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return f"Assign({_text(target, numbers)},{_text(value, numbers)})"
        case ast.Assign(targets=[target], value=value):
            return f"Assign({_text(target, numbers)},{_text(value, numbers)})"
    values = [value for field, value in ast.iter_fields(node) if field not in _LEFT_OUT]
    parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
    texts = (_text(part, numbers) if isinstance(part, ast.AST) else str(part) for part in parts)
    return f"{type(node).__name__}({','.join(texts)})"


_LEFT_OUT = frozenset({"ctx", "type_comment", "annotation", "returns", "type_ignores", "type_params"})
