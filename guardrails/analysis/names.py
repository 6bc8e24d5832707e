"""What names of a module stand for: imports followed, constants known."""

import ast
from collections.abc import Iterator

from guardrails.analysis.walking import same, unparse, walk


def is_literal(node: ast.expr) -> bool:
    """Whether an expression holds constants only, in whatever containers."""
    match node:
        case ast.Constant():
            return True
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return all(is_literal(e) for e in elements)
        case ast.Dict(keys=keys, values=values):
            return all(k is not None and is_literal(k) for k in keys) and all(is_literal(v) for v in values)
        case ast.UnaryOp(operand=operand):
            return is_literal(operand)
        case ast.BinOp(left=left, right=right):
            return is_literal(left) and is_literal(right)
    return False


def dotted(node: ast.AST) -> str | None:
    """`a.b.c` for a name or a chain of attributes, also where the first is imported on the spot, else None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    match node:
        case ast.Name(id=first):
            return ".".join([first, *reversed(parts)])
        case ast.Call(
            func=ast.Name(id="__import__" | "import_module") | ast.Attribute(attr="import_module" | "__import__"),
            args=[ast.Constant(value=str(first)), *_],
        ):
            return ".".join([first, *_after_import(first, parts[::-1], node.func)]) if parts else None
    return None


def _after_import(name: str, parts: list[str], function: ast.expr) -> list[str]:
    """`__import__("a.b").b.c` is `a.b.c`: that function gives the top package, `import_module` the module."""
    inner = name.split(".")[1:]
    gives_top = isinstance(function, ast.Name | ast.Attribute) and unparse(function).endswith("__import__")
    return parts[len(inner) :] if gives_top and parts[: len(inner)] == inner else parts


class Names:
    """The names that a module imports, anywhere in it, and its constants."""

    def __init__(self, module: ast.Module) -> None:
        self.imports: dict[str, str] = {}
        for node in walk(module):
            if isinstance(node, ast.Import):
                self.imports.update(_imported(node))
            elif isinstance(node, ast.ImportFrom):
                start = "." * node.level + (node.module or "")
                self.imports.update({a.asname or a.name: f"{start}.{a.name}" for a in node.names})
        self.constants = dict(_constants(module))
        self.literals = {name: value for name, value in self.constants.items() if is_literal(value)}

    def full(self, node: ast.AST) -> str | None:
        """The full dotted name of a name or attribute: `mp.setattr` is itself, `m.patch` is `unittest.mock.patch`."""
        name = dotted(node)
        if name is None:
            return None
        first, dot, rest = name.partition(".")
        return self.imports.get(first, first) + dot + rest

    def value(self, node: ast.expr) -> ast.expr:
        """The expression that a module-level constant stands for, or the node itself."""
        seen: set[str] = set()
        while isinstance(node, ast.Name) and node.id in self.constants and node.id not in seen:
            seen.add(node.id)
            node = self.constants[node.id]
        return node


def _imported(node: ast.Import) -> Iterator[tuple[str, str]]:
    for alias in node.names:
        if alias.asname:
            yield alias.asname, alias.name
        else:
            top = alias.name.partition(".")[0]
            yield top, top


def _constants(module: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names that are assigned once at module level."""
    assigned: dict[str, ast.expr | None] = {}
    for node in module.body:
        pairs: list[tuple[ast.expr, ast.expr | None]] = []
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            pairs = [(node.target, node.value if isinstance(node, ast.AnnAssign) else None)]
        for target, value in pairs:
            if isinstance(target, ast.Name):
                assigned[target.id] = None if target.id in assigned else value
    yield from ((name, value) for name, value in assigned.items() if value is not None)


def truth(node: ast.expr, names: Names | None = None) -> bool | None:
    """Whether an expression is always true or always false, or None where that is not plain to see.

    `typing.TYPE_CHECKING` is false: it is when the program runs.
    """
    match node:
        case ast.Constant() | ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.JoinedStr():
            return _is_full(node)
        case ast.Lambda() | ast.GeneratorExp():
            return True
        case ast.NamedExpr(value=value):
            return truth(value, names)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = truth(operand, names)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            if isinstance(op, ast.Or) and _excluded_middle(values):
                return True
            return _junction([truth(value, names) for value in values], decides=isinstance(op, ast.Or))
        case ast.Name() | ast.Attribute():
            full = names.full(node) if names else dotted(node)
            return False if full in {"typing.TYPE_CHECKING", "TYPE_CHECKING"} else None
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _comparison(left, op, right)
        case ast.Call(func=ast.Name(id="bool"), args=[only], keywords=[]):
            return truth(only, names)
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")], keywords=[]):
            return True
    return None


def _is_full(node: ast.expr) -> bool | None:
    """Whether a constant or a container is other than empty."""
    match node:
        case ast.Constant(value=value):
            return bool(value)
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return True if any(not isinstance(e, ast.Starred) for e in elements) else (None if elements else False)
        case ast.Dict(keys=keys):
            return bool(keys) if None not in keys else None
        case ast.JoinedStr(values=values) if any(isinstance(v, ast.Constant) and v.value for v in values):
            return True
    return None


def _junction(parts: list[bool | None], *, decides: bool) -> bool | None:
    """`or` is decided by one true part, `and` by one false part."""
    if decides in parts:
        return decides
    return None if None in parts else not decides


def _excluded_middle(parts: list[ast.expr]) -> bool | None:
    """`x or not x` of a plain name is true."""
    plain = {p.id for p in parts if isinstance(p, ast.Name)}
    denied = {
        p.operand.id
        for p in parts
        if isinstance(p, ast.UnaryOp) and isinstance(p.op, ast.Not) and isinstance(p.operand, ast.Name)
    }
    return True if plain & denied else None


_REFLEXIVE = (ast.Eq, ast.Is, ast.LtE, ast.GtE)
_IRREFLEXIVE = (ast.NotEq, ast.IsNot, ast.Lt, ast.Gt)


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool | None:
    """A comparison of constants, of a thing with itself, or of a length with zero."""
    left = left.value if isinstance(left, ast.NamedExpr) else left
    right = right.value if isinstance(right, ast.NamedExpr) else right
    if isinstance(left, ast.Constant) and isinstance(right, ast.Constant):
        return _constants_compare(left.value, op, right.value)
    if same(left, right) and not any(isinstance(n, ast.Call) for n in walk(left)):
        return True if isinstance(op, _REFLEXIVE) else False if isinstance(op, _IRREFLEXIVE) else None
    length = isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "len"
    least = number(right) if length else None
    if least is not None and ((isinstance(op, ast.GtE) and least <= 0) or (isinstance(op, ast.Gt) and least < 0)):
        return True
    return None


def _constants_compare(left: object, op: ast.cmpop, right: object) -> bool | None:
    match op:
        case ast.Eq() | ast.Is():
            return left == right
        case ast.NotEq() | ast.IsNot():
            return left != right
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if not numbers:
        return None
    assert isinstance(left, int | float)
    assert isinstance(right, int | float)
    match op:
        case ast.Lt():
            return left < right
        case ast.LtE():
            return left <= right
        case ast.Gt():
            return left > right
        case ast.GtE():
            return left >= right
    return None


def number(node: ast.expr, names: Names | None = None) -> float | None:
    """The value of a numeric expression of constants (`-1e-6`, `2 ** 10`, `60 * 60`), or None."""
    node = names.value(node) if names else node
    match node:
        case ast.Constant(value=value) if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value) if abs(value) < 1e300 else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = number(operand, names)
            return None if inner is None else -inner
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return number(operand, names)
        case ast.BinOp(left=left, op=op, right=right):
            return _arithmetic(number(left, names), op, number(right, names))
        case ast.Call(func=ast.Name(id="min" | "max" as name), args=[first, second], keywords=[]):
            sides = [number(part, names) for part in (first, second)]
            known = [side for side in sides if side is not None]
            return (min(known) if name == "min" else max(known)) if len(known) == len(sides) else None
    return None


def _arithmetic(left: float | None, op: ast.operator, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match op:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.Div():
            return left / right if right else None
        case ast.FloorDiv():
            return left // right if right else None
        case ast.Pow():
            small = abs(left) < 1e6 and abs(right) < 32 and (left > 0 or right == int(right)) and (left or right > 0)
            return float(left**right) if small else None
    return None
