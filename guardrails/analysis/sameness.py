"""How two versions of a Python file differ: in nothing but layout, in words alone, or in what the code does."""

import ast
import functools
import hashlib
import io
import tokenize
from collections.abc import Callable, Iterator

from guardrails.analysis.source import parsed
from guardrails.analysis.walking import unparse

Function = ast.FunctionDef | ast.AsyncFunctionDef


def same_code(before: str, after: str) -> bool:
    """Whether both parse to the same code, docstrings aside."""
    whole = _whole(before)
    return whole is not None and (whole == _whole(after) or _undescribed(before) == _undescribed(after))


def same_but_imports(before: str, after: str) -> bool:
    """Whether both parse to the same code, docstrings and the order of the imports of the module aside."""
    old, new = parsed(before), parsed(after)
    try:
        return old is not None and new is not None and _sorted(old) == _sorted(new)
    except RecursionError:
        return False


def only_layout(before: str, after: str) -> bool:
    """Whether both texts differ, and in nothing but white space, line breaks, quotes and brackets that mean nothing."""
    whole = _whole(before)
    if before == after or whole is None or whole != _whole(after):
        return False
    return _comments(before) == _comments(after)


def only_words(before: str, after: str) -> bool:
    """Whether both are the same but for names, strings, comments and layout: what correcting a spelling may change."""
    old, new = parsed(before), parsed(after)
    if old is None or new is None:
        return False
    try:
        return ast.dump(_Wordless().visit(_undocumented(old))) == ast.dump(_Wordless().visit(_undocumented(new)))
    except RecursionError:
        return False


def flipped(before: str, after: str) -> tuple[tuple[str, int], ...]:
    """Functions whose code is the same but for a sign, an operator, or a number: (name, line in `after`).

    Rewriting that keeps what is computed moves things about; it does not change these and nothing else. Where numbers
    and operators changed at once (`x * 0.5` to `x / 2`), or a comparison with a constant (`!= None` to `is not None`),
    nothing is said.
    """
    old, new = parsed(before), parsed(after)
    if old is None or new is None:
        return ()
    known = dict(_functions(old))
    pairs = [(name, node) for name, node in _functions(new) if name in known]
    try:
        return tuple((name, node.lineno) for name, node in pairs if _flip(known[name], node))
    except RecursionError:
        return ()


def _flip(old: Function, new: Function) -> bool:
    if ast.dump(_undocumented(old)) == ast.dump(_undocumented(new)):
        return False
    bones = [_Skeleton(), _Skeleton()]
    shapes = [ast.dump(bone.visit(_undocumented(node))) for bone, node in zip(bones, (old, new), strict=True)]
    if shapes[0] != shapes[1]:
        return False
    numbers, signs = bones[0].numbers != bones[1].numbers, bones[0].signs != bones[1].signs
    return numbers != signs


def _functions(module: ast.Module) -> Iterator[tuple[str, Function]]:
    """The functions of a module and of its classes by qualified name; one that is defined twice is left out."""
    found: list[tuple[str, Function]] = []
    todo: list[tuple[str, list[ast.stmt]]] = [("", module.body)]
    while todo:
        prefix, body = todo.pop()
        for node in body:
            if isinstance(node, Function):
                found.append((prefix + node.name, node))
            elif isinstance(node, ast.ClassDef):
                todo.append((f"{prefix}{node.name}.", node.body))
    names = [name for name, _ in found]
    yield from ((name, node) for name, node in found if names.count(name) == 1)


def _sorted(module: ast.Module) -> list[str]:
    lines: list[str] = []
    for node in ast.parse(unparse(_undocumented(module))).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            where = f"{node.level} {node.module}" if isinstance(node, ast.ImportFrom) else "import"
            lines += [f" {where} {alias.name} {alias.asname}" for alias in node.names]
    rest = [node for node in module.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return [*sorted(lines), _code(ast.Module(rest, []))]


@functools.lru_cache(maxsize=512)
def _whole(text: str) -> bytes | None:
    """A digest of the syntax tree; None for what does not parse."""
    module = parsed(text)
    return None if module is None else _digest(text, lambda: ast.dump(module))


@functools.lru_cache(maxsize=512)
def _undescribed(text: str) -> bytes | None:
    """A digest of the code without docstrings; None for what does not parse."""
    module = parsed(text)
    return None if module is None else _digest(text, lambda: _code(module))


def _digest(text: str, words: Callable[[], str]) -> bytes:
    """A digest of what `words` gives. Code that is nested too deep to walk is like itself alone."""
    try:
        told = words()
    except RecursionError:
        told = f"too deep: {text}"
    return hashlib.sha256(told.encode("utf-8", "replace")).digest()


def _code(module: ast.Module) -> str:
    return ast.dump(_undocumented(module))


def _undocumented(node: ast.AST) -> ast.AST:
    """A copy without docstrings and line numbers."""
    copy = ast.parse(unparse(node))
    for inner in ast.walk(copy):
        if isinstance(inner, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and inner.body:
            first = inner.body[0].value if isinstance(inner.body[0], ast.Expr) else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                inner.body[:] = inner.body[1:] or [ast.Pass()]
    return copy


def _comments(text: str) -> list[str]:
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []
    return [token.string for token in tokens if token.type == tokenize.COMMENT]


class _Wordless(ast.NodeTransformer):
    """Blanks every name and every string."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("id", "arg", "attr", "name", "asname", "module", "names", "kwd_attrs", "rest"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                setattr(node, field, "_")
            elif isinstance(value, list) and all(isinstance(one, str) for one in value):
                setattr(node, field, ["_"] * len(value))
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            node.value = "_"
        return node


class _Skeleton(ast.NodeTransformer):
    """Blanks numbers, operators and signs, and keeps them in the order in which they stand."""

    def __init__(self) -> None:
        self.numbers: list[complex] = []
        self.signs: list[str] = []

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, int | float | complex):
            self.numbers.append(node.value)
            return ast.Constant(0)
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.signs.append(f"{type(node.op).__name__} {len(self.signs)} {ast.dump(node.operand)}")
        inner: ast.AST = self.visit(node.operand)
        return inner

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.signs.append(type(node.op).__name__)
        return self.generic_visit(ast.BinOp(node.left, ast.Add(), node.right))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.signs.append(type(node.op).__name__)
        return self.generic_visit(ast.AugAssign(node.target, ast.Add(), node.value))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.signs.append(type(node.op).__name__)
        return self.generic_visit(ast.BoolOp(ast.And(), node.values))

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        sides = (node.left, *node.comparators)
        if any(
            isinstance(side, ast.Constant) and (side.value is None or isinstance(side.value, bool)) for side in sides
        ):
            return self.generic_visit(node)
        self.signs += [type(op).__name__ for op in node.ops]
        return self.generic_visit(ast.Compare(node.left, [ast.Eq() for _ in node.ops], node.comparators))
