"""The functions of a module, by the names and lines that their code objects have."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef

_TEXT_FOR_PEOPLE = frozenset({"__repr__", "__str__", "__format__"})


@dataclass(frozen=True, slots=True)
class Function:
    """One function. `line` is where its code object begins: at the first decorator, where it has one."""

    name: str
    node: FunctionNode
    line: int

    @property
    def last(self) -> int:
        """Its last line."""
        return self.node.end_lineno or self.node.lineno

    @property
    def body(self) -> list[ast.stmt]:
        """Its statements without the docstring."""
        return self.node.body[1:] if is_docstring(self.node.body[0]) else self.node.body

    @property
    def is_stub(self) -> bool:
        """Whether nothing of it can be wrong: an abstract or overloaded signature, or text for people."""
        decorators = {getattr(one, "attr", getattr(one, "id", "")) for one in self.node.decorator_list}
        return (
            bool(decorators & {"abstractmethod", "overload"})
            or self.node.name in _TEXT_FOR_PEOPLE
            or all(_is_nothing(statement) for statement in self.body)
        )


def is_docstring(statement: ast.stmt) -> bool:
    """Whether a statement is a text that nobody uses, or `...`."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_nothing(statement: ast.stmt) -> bool:
    raised = statement.exc if isinstance(statement, ast.Raise) else None
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return (
        isinstance(statement, ast.Pass)
        or is_docstring(statement)
        or (isinstance(raised, ast.Name) and raised.id == "NotImplementedError")
    )


def functions(module: ast.Module) -> tuple[Function, ...]:
    """Every function, however deep, in the order of the file; those of Protocols are left out."""
    return tuple(_inside(module.body, ""))


def _inside(body: list[ast.stmt], prefix: str) -> Iterator[Function]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield Function(prefix + node.name, node, first)
            yield from _inside(node.body, f"{prefix}{node.name}.<locals>.")
        elif isinstance(node, ast.ClassDef):
            if not any(getattr(base, "id", getattr(base, "attr", "")) == "Protocol" for base in node.bases):
                yield from _inside(node.body, f"{prefix}{node.name}.")
        else:
            for field in ("body", "orelse", "finalbody"):
                inner = getattr(node, field, None)
                if isinstance(inner, list):
                    yield from _inside(inner, prefix)
            for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                yield from _inside(part.body, prefix)


def at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module and of its classes that give a name a value, or call something."""
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from at_import(statement.body)
        elif not is_docstring(statement) and isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            targets = statement.targets if isinstance(statement, ast.Assign) else ()
            if statement.value is not None and "__all__" not in [getattr(one, "id", "") for one in targets]:
                yield statement


def shape(function: Function) -> str:
    """What a function does, whatever it and its own variables are called: equal for one that was renamed or moved."""
    names: dict[str, str] = {}
    own = {node.arg for node in ast.walk(function.node) if isinstance(node, ast.arg)}
    own |= {n.id for n in ast.walk(function.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    parts = [type(function.node).__name__]
    parts += [_shape(part, own, names) for part in (function.node.args, *function.body)]
    return "\n".join(parts)


def _shape(node: ast.AST, own: set[str], names: dict[str, str]) -> str:
    """A dump with the function's own names numbered in the order in which they appear."""
    values = []
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment", "kind"):
            continue
        if field in ("id", "arg") and isinstance(value, str) and value in own:
            value = names.setdefault(value, f"${len(names)}")
        if isinstance(value, ast.AST):
            values.append(f"{field}={_shape(value, own, names)}")
        elif isinstance(value, list):
            inner = ",".join(_shape(one, own, names) if isinstance(one, ast.AST) else repr(one) for one in value)
            values.append(f"{field}=[{inner}]")
        else:
            values.append(f"{field}={value!r}")
    return f"{type(node).__name__}({','.join(values)})"
