"""Comparison methods that answer the same whatever they are asked, or without a look at what they belong to."""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names, truth
from guardrails.analysis.walking import unparse, walk

_COMPARING = frozenset(
    {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__hash__", "__contains__",
     "__instancecheck__", "__subclasscheck__"}
)  # fmt: skip
_OF_TWO = _COMPARING - {"__bool__", "__hash__"}
Callable = ast.FunctionDef | ast.Lambda


def constant_comparisons(module: ast.Module, names: Names | None = None) -> Iterator[tuple[str, str, str, int]]:
    """Comparison methods that answer the same whatever they are asked: class, method, answer, line."""
    known = names or Names(module)
    for owner, name, node, line in _comparing(module):
        answer = _always(node, known)
        if answer is not None:
            yield owner, name, answer, line


def blind_comparisons(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Methods that compare two things and never look at their own, but may say yes: class, method, line."""
    for owner, name, node, line in _comparing(module):
        if name not in _OF_TWO or not node.args.args or _always(node, names) is not None:
            continue
        mine = node.args.args[0].arg
        looks = any(isinstance(n, ast.Name) and n.id == mine for n in _body(node))
        answers = [n.value for n in _body(node) if isinstance(n, ast.Return) and n.value is not None]
        says_yes = isinstance(node, ast.Lambda) or not all(map(_is_no_answer, answers))
        if not looks and says_yes and (answers or isinstance(node, ast.Lambda)):
            yield owner, name, line


def loose_comparisons(module: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Equality that is nearness, or of lengths alone: class, method, line."""
    for owner, name, node, line in _comparing(module):
        answers = [n.value for n in _body(node) if isinstance(n, ast.Return) and n.value is not None]
        answers = [node.body] if isinstance(node, ast.Lambda) else answers
        if name in {"__eq__", "__ne__"} and answers and all(_is_loose(answer) for answer in answers):
            yield owner, name, line


def _is_loose(answer: ast.expr) -> bool:
    match answer:
        case ast.Compare(left=ast.Call(func=ast.Name(id="abs")), ops=[ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()]):
            return True
        case ast.Compare(
            left=ast.Call(func=ast.Name(id="len" | "round" | "int")),
            comparators=[ast.Call(func=ast.Name(id="len" | "round" | "int"))],
        ):
            return True
        case ast.Call(func=ast.Name(id="isclose") | ast.Attribute(attr="isclose" | "allclose")):
            return True
    return False


def _is_no_answer(node: ast.expr) -> bool:
    plain = isinstance(node, ast.Constant) and node.value is False
    return plain or (isinstance(node, ast.Name) and node.id == "NotImplemented")


def _body(node: Callable) -> Iterator[ast.AST]:
    body = node.body if isinstance(node, ast.FunctionDef) else [node.body]
    return (n for part in body for n in walk(part))


def _always(node: Callable, names: Names) -> str | None:
    """What a function returns on every way out, as text, or None where that differs or is not plain to see."""
    if isinstance(node, ast.Lambda):
        return _plain(node.body, names)
    returns = [n.value for n in walk(node) if isinstance(n, ast.Return)]
    answers = {None if value is None else _plain(value, names) for value in returns}
    return answers.pop() if len(answers) == 1 and isinstance(node.body[-1], ast.Return) else None


def _plain(value: ast.expr, names: Names) -> str | None:
    """A constant as it is; else whether an expression is always true or always false."""
    value = names.value(value)
    if isinstance(value, ast.Constant):
        return repr(value.value)
    known = truth(value, names) if isinstance(value, ast.BoolOp | ast.UnaryOp | ast.Compare | ast.Call) else None
    return None if known is None else repr(known)


def _comparing(module: ast.Module) -> Iterator[tuple[str, str, Callable, int]]:
    """Every comparison method, wherever it is put on its class: class, method, function, line."""
    functions = {n.name: n for n in walk(module) if isinstance(n, ast.FunctionDef)}

    def function(value: ast.expr | None) -> Callable | None:
        if isinstance(value, ast.Name):
            return functions.get(value.id)
        return value if isinstance(value, ast.Lambda) else None

    for owner, name, value, line in _put(module):
        found = value if isinstance(value, ast.FunctionDef) else function(value)
        if name in _COMPARING and found is not None:
            yield owner, name, found, line


def _put(module: ast.Module) -> Iterator[tuple[str, str, ast.FunctionDef | ast.expr, int]]:
    """What is put on classes under a name: in their bodies, from outside, by `setattr`, by `type`."""
    for node in walk(module):
        match node:
            case ast.ClassDef(name=owner, body=body):
                for inner in body:
                    match inner:
                        case ast.FunctionDef(name=name):
                            yield owner, name, inner, inner.lineno
                        case ast.Assign(targets=[ast.Name(id=name)], value=value):
                            yield owner, name, value, inner.lineno
            case ast.Assign(targets=[ast.Attribute(value=target, attr=name)], value=value):
                yield unparse(target), name, value, node.lineno
            case ast.Call(func=ast.Name(id="setattr"), args=[target, ast.Constant(value=str(name)), value]):
                yield unparse(target), name, value, node.lineno
            case ast.Call(func=ast.Name(id="type"), args=[ast.Constant(value=str(owner)), _, ast.Dict() as table]):
                for key, value in zip(table.keys, table.values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield owner, str(key.value), value, node.lineno
