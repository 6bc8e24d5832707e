"""Imports that no import statement shows, and code that is made at run time."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from guardrails.analysis.names import Names
from guardrails.analysis.walking import unparse, walk

_LOADERS = {
    "importlib.import_module": 0,
    "importlib.__import__": 0,
    "__import__": 0,
    "builtins.__import__": 0,
    "importlib.util.spec_from_file_location": 1,
    "importlib.util.find_spec": 0,
    "importlib.machinery.SourceFileLoader": 1,
    "imp.load_source": 1,
    "runpy.run_module": 0,
    "runpy.run_path": 0,
    "pkgutil.resolve_name": 0,
    "pydoc.locate": 0,
    "zipimport.zipimporter": 0,
}
"""What loads a module by its name or its file, and which argument says which."""
_RUNNERS = frozenset(
    {
        "marshal.loads",
        "codeop.compile_command",
        "exec",
        "eval",
        "compile",
        "builtins.exec",
        "builtins.eval",
        "builtins.compile",
    }
)
_MODULES = frozenset({"sys.modules"})
FILES = frozenset(
    {"importlib.util.spec_from_file_location", "importlib.machinery.SourceFileLoader", "imp.load_source",
     "runpy.run_path", "zipimport.zipimporter"}
)  # fmt: skip
"""What runs a file as code, whatever it is called: no import statement could say the same."""
_UNPICKLERS = frozenset(
    {"pickle.load", "pickle.loads", "pickle.Unpickler", "cPickle.loads", "dill.load", "dill.loads", "cloudpickle.load",
     "cloudpickle.loads", "joblib.load", "shelve.open", "pandas.read_pickle", "marshal.load", "yaml.unsafe_load",
     "yaml.full_load"}
)  # fmt: skip
_POINTS = frozenset(
    {"importlib.metadata.entry_points", "importlib_metadata.entry_points", "pkg_resources.iter_entry_points"}
)


@dataclass(frozen=True, slots=True)
class DynamicCode:
    """One place that loads or runs what is not written as code there.

    `kind` is `import` (a module by name), `file` (one by its file), `code` (text that is run), `objects` (data that can
    run code when it is read), `points` (what others have registered) or `modules` (the table of loaded modules).
    `target` is the literal module, path or text, or None where it is computed.
    """

    kind: str
    line: int
    text: str
    target: str | None


def dynamic_code(module: ast.Module, names: Names) -> Iterator[DynamicCode]:
    """Every dynamic import, `exec`, `eval`, and every read or change of `sys.modules` by key."""
    for node in walk(module):
        if isinstance(node, ast.Call):
            yield from _call(node, names)
        elif isinstance(node, ast.Subscript) and names.full(node.value) in _MODULES:
            yield DynamicCode("modules", node.lineno, unparse(node), literal(node.slice, names))


def reached(module: ast.Module, names: Names, modules: frozenset[str]) -> Iterator[DynamicCode]:
    """Modules that are reached as attributes of a package, while no import statement of the file names them.

    `import shop` and then `shop.service.run()` works once anybody imported `shop.service`. `modules` are all there are.
    """
    imported = {alias.name for n in walk(module) if isinstance(n, ast.Import) for alias in n.names}
    imported |= {full for full in names.imports.values() if not full.startswith(".")}
    inner = {id(n.value) for n in walk(module) if isinstance(n, ast.Attribute)}
    for node in walk(module):
        if isinstance(node, ast.Attribute) and id(node) not in inner:
            full = names.full(node)
        elif isinstance(node, ast.Call):
            full = through_getattr(node, names)
        else:
            continue
        first, _, _ = (full or "").partition(".")
        if full is None or first not in imported:
            continue
        parts = full.split(".")
        ends = (".".join(parts[:n]) for n in range(len(parts), 1, -1))
        target = next((name for name in ends if name in modules), None)
        if target and not any(name == target or name.startswith(f"{target}.") for name in imported):
            yield DynamicCode("import", getattr(node, "lineno", 0), unparse(node)[:120], target)


def _call(node: ast.Call, names: Names) -> Iterator[DynamicCode]:
    full = names.full(node.func) or through_getattr(node.func, names)
    if full in _LOADERS:
        at = _LOADERS[full]
        arguments = [*node.args, *(k.value for k in node.keywords if k.arg in {"name", "fullname", "path", "location"})]
        target = literal(arguments[at], names) if len(arguments) > at else None
        yield DynamicCode("file" if full in FILES else "import", node.lineno, unparse(node)[:120], target)
    elif full in _UNPICKLERS or full in _POINTS:
        yield DynamicCode("points" if full in _POINTS else "objects", node.lineno, unparse(node)[:120], None)
    elif full in _RUNNERS:
        target = literal(node.args[0], names) if node.args else None
        yield DynamicCode("code", node.lineno, unparse(node)[:120], target)
    elif full and full.rpartition(".")[0] in _MODULES and node.args:  # sys.modules.get("x"), .pop, .setdefault
        yield DynamicCode("modules", node.lineno, unparse(node)[:120], literal(node.args[0], names))


def through_getattr(function: ast.expr, names: Names) -> str | None:
    """`getattr(importlib, "import_module")` and `builtins.__dict__["exec"]` as the names that they hide."""
    match function:
        case ast.Call(func=ast.Name(id="getattr"), args=[owner, name, *_]):
            attribute = literal(name, names)
            return f"{names.full(owner)}.{attribute}" if attribute else None
        case ast.Subscript(value=ast.Attribute(value=owner, attr="__dict__"), slice=ast.Constant(value=str(attribute))):
            return f"{names.full(owner)}.{attribute}"
        case ast.Subscript(value=ast.Call(func=ast.Name(id="vars"), args=[owner]), slice=name):
            attribute = literal(name, names)
            return f"{names.full(owner)}.{attribute}" if attribute else None
        case ast.Subscript(value=ast.Name(id="__builtins__"), slice=ast.Constant(value=str(attribute))):
            return f"builtins.{attribute}"
    return None


def literal(node: ast.expr, names: Names) -> str | None:
    """The string that an expression of string constants makes, or None."""
    node = names.value(node)
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = (literal(left, names), literal(right, names))
            return "".join(p for p in parts if p) if None not in parts else None
        case ast.JoinedStr(values=values):
            pieces = [literal(v.value if isinstance(v, ast.FormattedValue) else v, names) for v in values]
            return "".join(p for p in pieces if p) if None not in pieces else None
    return None
