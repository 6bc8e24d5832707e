"""Product code that puts something else in the place of a part of another module, or reaches into the interpreter."""

import ast
from collections.abc import Iterator

from guardrails.analysis.dynamic import literal
from guardrails.analysis.names import Names
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_PATCHED = frozenset(
    {"time", "datetime", "random", "secrets", "builtins", "pytest", "_pytest", "unittest", "hypothesis", "math", "json",
     "os", "operator", "statistics", "threading", "asyncio"}
)  # fmt: skip
_REACHES = frozenset(
    {"gc.get_objects", "gc.get_referrers", "gc.get_referents", "ctypes.pythonapi", "sys.settrace", "sys.setprofile",
     "threading.settrace", "threading.setprofile", "sys.addaudithook", "sys.meta_path", "sys.path_hooks",
     "sys.path.insert", "sys.path.append", "importlib.reload", "__builtins__"}
)  # fmt: skip
"""By what other objects of the process are found and changed, or every import and call is watched."""


_OF_THE_PROCESS = frozenset({"sys.stdout", "sys.stderr", "sys.excepthook", "sys.exit", "sys.modules", "sys.argv"})


_INSIDES = frozenset({"__code__", "__globals__", "__closure__", "__bases__"})


def interference(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every assignment to a part of another module, and every way into the interpreter."""
    ours = _callables(module)
    modules = _modules(module)
    for node in walk(module):
        for target, value in _changed(node, names):
            full = names.full(target) or ""
            root = unparse(target).partition(".")[0]
            top = full.partition(".")[0]
            text, line = unparse(node)[:100], getattr(node, "lineno", 0)
            if top in _PATCHED and (root in names.imports or "sys.modules" in text):
                if not full.startswith(("os.environ", "json.encoder")):
                    yield Sign("patched-module", text, f"replaces a part of another module: `{text}`", line)
            elif full in _OF_THE_PROCESS:
                what = f"replaces a part of the process: `{text}`"
                yield Sign("patched-module", text, what, line, Severity.REVIEW)
            elif isinstance(target, ast.Attribute) and names.full(target.value) in modules and _is_code(value, ours):
                what = f"replaces a function of another module: `{text}`"
                yield Sign("patched-module", text, what, line, Severity.REVIEW)
            elif isinstance(target, ast.Attribute) and target.attr in _INSIDES and root != "self":
                what = f"replaces the inside of a function or a class: `{text}`"
                yield Sign("patched-module", text, what, line, Severity.REVIEW)
        if isinstance(node, ast.Constant) and node.value == "__builtins__":
            what = "reaches into the interpreter: `__builtins__` by its name"
            yield Sign("patched-module", "__builtins__", what, node.lineno, Severity.REVIEW)
        if isinstance(node, ast.Attribute | ast.Name) and names.full(node) in _REACHES:
            text = names.full(node) or ""
            what = f"reaches into the interpreter: `{text}`"
            yield Sign("patched-module", text, what, getattr(node, "lineno", 0), Severity.REVIEW)


def native(module: ast.Module) -> Iterator[Sign]:
    """Imports of `ctypes`: what is done with it is seen by no checker."""
    for node in walk(module):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
        for name in names:
            if name.partition(".")[0] == "ctypes":
                what = f"reaches past the interpreter: it imports {name}"
                yield Sign("patched-module", f"import {name}", what, getattr(node, "lineno", 0), Severity.REVIEW)


def _changed(node: ast.AST, names: Names) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What a statement puts something in the place of, as attributes: also by `setattr`, `vars` and `__dict__`."""
    yield from _taken_away(node, names)
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Attribute):
                    yield target, value
                elif isinstance(target, ast.Subscript) and (owner := _table_of(target.value)):
                    yield ast.Attribute(owner, literal(target.slice, names) or "_", ast.Store()), value
        case ast.Call(func=ast.Name(id="setattr"), args=[owner, name, *rest]):
            inner = _loaded(owner, names)
            yield ast.Attribute(inner, literal(name, names) or "_", ast.Store()), rest[0] if rest else None
        case ast.Call(func=ast.Attribute(value=table, attr="update" | "__setitem__")) if owner := _table_of(table):
            yield ast.Attribute(owner, "_", ast.Store()), None


def _taken_away(node: ast.AST, names: Names) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """What is deleted, and what is put in place past `setattr`: `time.__setattr__(...)`, `type.__setattr__(Item,
    ...)`."""
    match node:
        case ast.Delete(targets=targets):
            yield from ((target, None) for target in targets if isinstance(target, ast.Attribute))
        case ast.Call(func=ast.Name(id="delattr"), args=[owner, name]):
            yield ast.Attribute(_loaded(owner, names), literal(name, names) or "_", ast.Store()), None
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="type" | "object"), attr="__setattr__" | "__delattr__"),
            args=[owner, name, *rest],
        ):
            yield (
                ast.Attribute(_loaded(owner, names), literal(name, names) or "_", ast.Store()),
                rest[0] if rest else None,
            )
        case ast.Call(func=ast.Attribute(value=owner, attr="__setattr__" | "__delattr__"), args=[name, *rest]):
            yield ast.Attribute(owner, literal(name, names) or "_", ast.Store()), rest[0] if rest else None


def _table_of(node: ast.expr) -> ast.expr | None:
    """The module of which an expression is the table of names: `vars(m)`, `m.__dict__`."""
    match node:
        case ast.Call(func=ast.Name(id="vars"), args=[owner]):
            return owner
        case ast.Attribute(value=owner, attr="__dict__"):
            return owner
    return None


def _loaded(node: ast.expr, names: Names) -> ast.expr:
    """`sys.modules["time"]` as `time`."""
    if isinstance(node, ast.Subscript) and names.full(node.value) == "sys.modules":
        name = literal(node.slice, names)
        if name and name.replace(".", "").isidentifier():
            return ast.parse(name, mode="eval").body
    return node


def _modules(module: ast.Module) -> frozenset[str]:
    """What a file imports as modules, by full name."""
    return frozenset(alias.name for n in walk(module) if isinstance(n, ast.Import) for alias in n.names)


def _callables(module: ast.Module) -> frozenset[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return frozenset(n.name for n in walk(module) if isinstance(n, kinds))


def _is_code(value: ast.expr | None, ours: frozenset[str]) -> bool:
    return isinstance(value, ast.Lambda) or (isinstance(value, ast.Name) and value.id in ours)
