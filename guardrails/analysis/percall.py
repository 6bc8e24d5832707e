"""Calls once for each element, where the same object answers for many in one call."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from guardrails.analysis.walking import unparse, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_MANY = (
    "{}_many",
    "{}_all",
    "{}_batch",
    "{}_bulk",
    "{}_multi",
    "{}many",
    "{}s",
    "m{}",
    "multi_{}",
    "many_{}",
    "batch_{}",
    "bulk_{}",
)
_COLLECTIONS = ("Sequence", "Iterable", "Collection", "list", "tuple", "List", "Tuple", "Set", "set", "frozenset")
_LOOPS = ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


@dataclass(frozen=True, slots=True)
class PerElement:
    """One call that is made once for each element. `batch` is the method that takes them all."""

    text: str
    batch: str
    line: int


Methods = Mapping[str, Mapping[str, bool]]
"""Of every class: its methods, and whether each takes a collection first."""


def methods_of(module: ast.Module) -> dict[str, dict[str, bool]]:
    """The classes of a module with their methods."""
    return {
        node.name: {f.name: _takes_many(f) for f in node.body if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef)}
        for node in walk(module)
        if isinstance(node, ast.ClassDef)
    }


def _takes_many(node: Function) -> bool:
    given = [a for a in (*node.args.posonlyargs, *node.args.args) if a.arg not in {"self", "cls"}]
    return bool(given) and given[0].annotation is not None and _named(given[0].annotation).startswith(_COLLECTIONS)


def _named(annotation: ast.expr) -> str:
    """The class of an annotation: `Store` of `"Store"`, `ports.Store` and `Store | None`."""
    text = str(annotation.value) if isinstance(annotation, ast.Constant) else unparse(annotation)
    return text.partition("|")[0].strip().partition("[")[0].rpartition(".")[2]


def annotated(module: ast.Module) -> set[str]:
    """The classes that annotations of a module name: those whose methods must be known."""
    found = (n.annotation for n in walk(module) if isinstance(n, ast.arg | ast.AnnAssign) and n.annotation)
    return {_named(annotation) for annotation in found}


def per_element(module: ast.Module, methods: Methods) -> Iterator[PerElement]:
    """Every call in a loop, or by `map`, of a method that has a brother for many."""
    kinds = _attributes(module)
    single = _single_functions(module, kinds, methods)
    for scope in walk(module):
        if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
            local = {**kinds, **_arguments(scope)}
            yield from _in_function(scope, local, methods, single)


def _in_function(
    scope: Function, kinds: Mapping[str, str], methods: Methods, single: Mapping[str, str]
) -> Iterator[PerElement]:
    for node in walk(scope):
        match node:
            case ast.Call(func=ast.Name(id="map"), args=[ast.Attribute(value=owner, attr=name), _]):
                batch = _brother(name, methods.get(kinds.get(unparse(owner), ""), {}))
                if batch:
                    yield PerElement(unparse(node)[:100], batch, node.lineno)
        if not isinstance(node, _LOOPS):
            continue
        elements = _elements(node)
        for call in _repeated(node):
            if not _names_in([*call.args, *(k.value for k in call.keywords)]) & elements:
                continue
            batch = single.get(call.func.id, "") if isinstance(call.func, ast.Name) else ""
            if isinstance(call.func, ast.Attribute):
                own = methods.get(kinds.get(unparse(call.func.value), ""), {})
                name = call.func.attr
                batch = _brother(name, own) or (name if own.get(name) and _is_one(call) else "")
            if batch:
                yield PerElement(unparse(call)[:100], batch, call.lineno)


def _names_in(nodes: Iterable[ast.AST]) -> set[str]:
    return {n.id for node in nodes for n in walk(node) if isinstance(n, ast.Name)}


def _brother(name: str, own: Mapping[str, bool]) -> str:
    """The method of the same class that does for many what this one does for one."""
    if own.get(name, True):
        return ""
    return next((pattern.format(name) for pattern in _MANY if own.get(pattern.format(name))), "")


def _is_one(call: ast.Call) -> bool:
    """Whether a collection of one element is handed over."""
    match call.args:
        case [
            ast.List(elts=[ast.expr() as one])
            | ast.Tuple(elts=[ast.expr() as one])
            | ast.Set(elts=[ast.expr() as one]),
            *_,
        ]:
            return not isinstance(one, ast.Starred)
    return False


def _elements(loop: ast.AST) -> set[str]:
    """The names that are another one in each round."""
    targets: Iterable[ast.AST] = ()
    if isinstance(loop, ast.For | ast.AsyncFor):
        targets = [loop.target]
    elif isinstance(loop, ast.While):  # what each round takes out of a list: `ids.pop()`, `one = ids.pop()`
        taken = [n for n in walk(loop) if isinstance(n, ast.Call) and unparse(n.func).endswith((".pop", ".popleft"))]
        targets = [n.func for n in taken]
        targets += [n for s in walk(loop) if isinstance(s, ast.Assign) and s.value in taken for n in s.targets]
    elif isinstance(loop, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        targets = [g.target for g in loop.generators]
    return _names_in(targets)


def _repeated(loop: ast.AST) -> Iterator[ast.Call]:
    """The calls that are made in each round."""
    parts: list[ast.AST] = []
    if isinstance(loop, ast.For | ast.AsyncFor | ast.While):
        parts = list(loop.body)
    elif isinstance(loop, ast.DictComp):
        parts = [loop.key, loop.value]
    elif isinstance(loop, ast.ListComp | ast.SetComp | ast.GeneratorExp):
        parts = [loop.elt]
    if isinstance(loop, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
        parts += [condition for g in loop.generators for condition in g.ifs]
    yield from (n for part in parts for n in walk(part) if isinstance(n, ast.Call))


def _arguments(node: Function) -> dict[str, str]:
    """The classes of a function's arguments, by name."""
    given = (a for a in walk(node.args) if isinstance(a, ast.arg) and a.annotation)
    return {a.arg: _named(a.annotation) for a in given if a.annotation}


def _attributes(module: ast.Module) -> dict[str, str]:
    """The classes of attributes: `self._store` that is annotated, or assigned from an annotated argument."""
    found: dict[str, str] = {}
    for scope in (n for n in walk(module) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        arguments = _arguments(scope)
        for node in walk(scope):
            match node:
                case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(
                    values
                ):
                    pairs = [*zip(targets, values, strict=True)]
                case ast.Assign(targets=[target], value=value):
                    pairs = [(target, value)]
                case ast.AnnAssign(target=target, annotation=annotation):
                    found[unparse(target)] = _named(annotation)
                    continue
                case _:
                    continue
            for target, value in pairs:
                if isinstance(value, ast.Name) and value.id in arguments:
                    found[unparse(target)] = arguments[value.id]
                elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name | ast.Attribute):
                    found.setdefault(unparse(target), _named(value.func))
    return found


def _single_functions(module: ast.Module, kinds: Mapping[str, str], methods: Methods) -> dict[str, str]:
    """Functions of the module that call a method for one of their arguments, with the method that does it for many."""
    found: dict[str, str] = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            local = {**kinds, **_arguments(node)}
            given = {a.arg for a in walk(node.args) if isinstance(a, ast.arg)}
            for call in (n for n in walk(node) if isinstance(n, ast.Call)):
                if isinstance(call.func, ast.Attribute) and any(
                    isinstance(a, ast.Name) and a.id in given for a in call.args
                ):
                    batch = _brother(call.func.attr, methods.get(local.get(unparse(call.func.value), ""), {}))
                    if batch:
                        found[node.name] = batch
    return found
