"""Comparison methods that answer the same whatever they are asked, or without a look at what they belong to."""

import ast
from collections.abc import Iterator

from guardrails.analysis.dynamic import literal
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
    for owner, name, node, line in comparing(module):
        answer = _always(node, known)
        if answer is not None:
            yield owner, name, answer, line


def blind_comparisons(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Methods that compare two things and never look at their own, but may say yes: class, method, line."""
    for owner, name, node, line in comparing(module):
        if name not in _OF_TWO or not node.args.args or _always(node, names) is not None:
            continue
        ours = [argument.arg for argument in node.args.args[:2]]
        equality = name in {"__eq__", "__ne__"}
        looks = all(_looks_at(node, one, past_type=equality) for one in (ours if equality else ours[:1]))
        answers = [n.value for n in body_of(node) if isinstance(n, ast.Return) and n.value is not None]
        says_yes = isinstance(node, ast.Lambda) or not all(map(_is_no_answer, answers))
        if not looks and says_yes and (answers or isinstance(node, ast.Lambda)):
            yield owner, name, line


def _looks_at(node: Callable, name: str, *, past_type: bool) -> bool:
    """Whether a method uses what an argument holds; its class alone tells nothing of it."""
    uses = [n for n in body_of(node) if isinstance(n, ast.Name) and n.id == name]
    if not past_type:
        return bool(uses)
    idle = {id(n) for part in body_of(node) for n in _of_class(part)}
    return any(id(use) not in idle for use in uses)


def _of_class(node: ast.AST) -> list[ast.expr]:
    """What is asked for its class only, or whether it is None or the very same."""
    match node:
        case ast.Call(func=ast.Name(id="type" | "isinstance" | "issubclass"), args=arguments):
            return arguments
        case ast.Attribute(value=value, attr="__class__"):
            return [value]
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return [left]
    return []


def changing_comparisons(module: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Methods that change one of the two things while they compare them: class, method, line."""
    for owner, name, node, line in comparing(module):
        if name not in _OF_TWO or not isinstance(node, ast.FunctionDef):
            continue
        given = [argument.arg for argument in node.args.args[:2]]
        if len(given) == len(_BOTH) and any(_takes_over(part, given) for part in body_of(node)):
            yield owner, name, line


_BOTH = ("self", "other")
_GROWING = frozenset({"extend", "append", "update", "insert", "add", "__init__"})


def _takes_over(node: ast.AST, given: list[str]) -> bool:
    """Whether a statement puts something of one of two things into the other."""
    match node:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner)) | ast.Subscript(value=ast.Name(id=owner))]):
            from_what: ast.AST = node.value
        case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)) if method in _GROWING:
            from_what = ast.Module([ast.Expr(argument) for argument in node.args], [])
        case _:
            return False
    names = {n.id for n in walk(from_what) if isinstance(n, ast.Name)}
    return owner in given and bool(names & set(given) - {owner})


def borrowed_comparisons(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Comparison methods that are another one of some class: `__eq__ = object.__ne__`. Class, method, line."""
    for owner, name, value, line in put(module):
        if name in {"__eq__", "__ne__"} and isinstance(value, ast.Attribute):
            other = (names.full(value) or unparse(value)).rpartition(".")[2]
            if other != name and (other.startswith("__") or names.full(value) == f"operator.{other}"):
                yield owner, name, line


def uncompared_fields(module: ast.Module, names: Names) -> Iterator[tuple[str, str, int]]:
    """Public fields of a dataclass that equality passes over: class, field, line. A cache that fills itself is none."""
    for node in (n for n in walk(module) if isinstance(n, ast.ClassDef)):
        for inner in node.body:
            match inner:
                case ast.AnnAssign(target=ast.Name(id=field), value=ast.Call(func=function, keywords=given)):
                    said = {k.arg: k.value for k in given}
                    off = said.get("compare") or said.get("eq")
                    apart = isinstance(off, ast.Constant) and off.value is False
                    of_a_class = (names.full(function) or "").rpartition(".")[2] in {"field", "ib", "attrib"}
                    if (
                        apart
                        and of_a_class
                        and not field.startswith("_")
                        and not {"init", "default_factory"} & set(said)
                    ):
                        yield node.name, field, inner.lineno


def _is_no_answer(node: ast.expr) -> bool:
    plain = isinstance(node, ast.Constant) and node.value is False
    return plain or (isinstance(node, ast.Name) and node.id == "NotImplemented")


def body_of(node: Callable) -> Iterator[ast.AST]:
    """All nodes of what a comparison method does."""
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


def comparing(module: ast.Module) -> Iterator[tuple[str, str, Callable, int]]:
    """Every comparison method, wherever it is put on its class: class, method, function, line."""
    functions = {n.name: n for n in walk(module) if isinstance(n, ast.FunctionDef)}

    def function(value: ast.expr | None) -> Callable | None:
        if isinstance(value, ast.Name):
            return functions.get(value.id)
        return value if isinstance(value, ast.Lambda) else None

    for owner, name, value, line in put(module):
        found = value if isinstance(value, ast.FunctionDef) else function(value)
        if name in _COMPARING and found is not None:
            yield owner, name, found, line


def put(module: ast.Module) -> Iterator[tuple[str, str, ast.FunctionDef | ast.expr, int]]:
    """What is put on classes under a name: in their bodies, from outside, by `setattr`, by `type`, by a metaclass."""
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
            case ast.Assign(
                targets=[ast.Subscript(value=target, slice=ast.Constant(value=str(name)))], value=value
            ) if name in _COMPARING:  # in a metaclass, before the class is made
                yield unparse(target), name, value, node.lineno
            case ast.Call(
                func=ast.Name(id="setattr") | ast.Attribute(value=ast.Name(id="type"), attr="__setattr__"),
                args=[target, named, value],
            ) if said := literal(named, Names(ast.Module([], []))):
                yield unparse(target), said, value, node.lineno
            case ast.Call(func=ast.Name(id="type"), args=[ast.Constant(value=str(owner)), _, ast.Dict() as table]):
                for key, value in zip(table.keys, table.values, strict=True):
                    if isinstance(key, ast.Constant):
                        yield owner, str(key.value), value, node.lineno


def arithmetic(module: ast.Module) -> Iterator[tuple[str, str, int]]:
    """Differences and sizes of numbers that are constant, and a class that says it is another: class, method, line."""
    for owner, name, value, line in put(module):
        if name == "__class__" and isinstance(value, ast.FunctionDef):
            yield owner, name, line
        elif name in {"__sub__", "__rsub__", "__abs__", "__round__"} and isinstance(value, ast.FunctionDef):
            answers = [n.value for n in walk(value) if isinstance(n, ast.Return)]
            if answers and all(isinstance(answer, ast.Constant) for answer in answers):
                yield owner, name, line
