"""Functions that remember that they were called, in whatever outlives a call, and answer otherwise the next time.

`counting` finds counters that are plain to see. Here are the others: flags, parts of objects of the module,
attributes of
`self` that count each call, what is reached by `globals()` and `setattr`, and helpers that count for somebody else.
A cache is none of them, and neither is a switch after which nothing is returned: nobody is given another answer.
"""

import ast
import copy
from collections.abc import Iterator

from guardrails.analysis.dynamic import literal
from guardrails.analysis.names import Names, is_literal
from guardrails.analysis.walking import unparse, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_TAKING = frozenset({"pop", "popleft", "popitem", "__next__"})
_MAKERS = frozenset(
    {"collections.Counter", "collections.defaultdict", "collections.deque", "types.SimpleNamespace", "threading.local",
     "contextvars.ContextVar", "list", "dict", "set", "iter", "itertools.count", "itertools.cycle"}
)  # fmt: skip


def remembering(node: Function, names: Names, helpers: frozenset[str]) -> frozenset[str]:
    """What of the outside a function changes by a constant and asks for where it decides what to answer, as text."""
    own = _plain(node)
    deciding = [*_deciding(own)]
    if not deciding:
        return frozenset()
    found = {text for text in _changed(own, names) if any(_hangs_on(test, text, names, own) for test in deciding)}
    for test in deciding:
        for call in (n for n in walk(test) if isinstance(n, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in helpers:
                found.add(f"{call.func.id}()")
            elif isinstance(call.func, ast.Attribute) and call.func.attr in _TAKING and not call.args:
                owner = unparse(call.func.value)
                if _is_kept(owner, names):
                    found.add(owner)
            elif isinstance(call.func, ast.Name) and call.func.id == "next" and call.args:
                owner = unparse(call.args[0])
                if isinstance(names.constants.get(owner), ast.GeneratorExp):
                    found.add(owner)
    return frozenset(found)


def counting_helpers(module: ast.Module, names: Names) -> frozenset[str]:
    """Functions of a module that count their calls and give the count, or what follows from it, back.

    `lru_cache`d ones that hold something that changes are found where that is changed.
    """
    found = set()
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and not node.args.args:
            own = _plain(node)
            changed = {*_changed(own, names), *_grown(own, names)}
            returned = [n.value for n in walk(own) if isinstance(n, ast.Return) and n.value is not None]
            if any(_mentions(value, text) for value in returned for text in changed):
                found.add(node.name)
    return frozenset(found)


def _grown(node: Function, names: Names) -> Iterator[str]:
    for inner in walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="append" | "add")) if _is_kept(
                owner, names
            ):
                yield owner


def _changed(node: Function, names: Names) -> Iterator[str]:
    """What outlives a call and is set to, or moved by, a constant: as text."""
    shared = {name for n in walk(node) if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    inner = {name for n in walk(node) if isinstance(n, ast.Nonlocal) for name in n.names}
    local = {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - shared
    at_once = {id(statement) for statement in node.body}
    for statement in walk(node):
        match statement:
            case ast.AugAssign(target=target, op=ast.Add() | ast.Sub(), value=ast.Constant()):
                step = True
            case ast.Assign(targets=[target], value=ast.BinOp(op=ast.Add() | ast.Sub(), right=ast.Constant())):
                step = True
            case ast.Assign(targets=[target], value=ast.Constant(value=bool())) if unparse(target) not in inner:
                step = False
            case ast.Call(func=ast.Attribute(value=owner, attr="rotate")) if _is_kept(unparse(owner), names):
                yield unparse(owner)
                continue
            case ast.Call(func=ast.Attribute(value=owner, attr="set"), args=[ast.BinOp(right=ast.Constant())]):
                if _is_kept(unparse(owner), names):
                    yield unparse(owner)
                continue
            case _:
                continue
        text = unparse(target)
        root = text.partition("[")[0].partition(".")[0].partition("(")[0]
        if root == "self":
            of_a_part = isinstance(target, ast.Attribute) and text.count(".") == 1
            if of_a_part and (id(statement) in at_once if step else node.name != "__init__"):
                yield text
        elif text in shared or (root not in local and text != root and _is_kept(root, names, node)):
            yield text


def _is_kept(root: str, names: Names, node: Function | None = None) -> bool:
    """Whether a name of the module holds something that can change, or is a function."""
    if node is not None and root in _functions(node):
        return True
    value = names.constants.get(root)
    if isinstance(value, ast.Call):
        return names.full(value.func) in _MAKERS or (names.full(value.func) or "")[:1].isupper()
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.BinOp)


def _functions(node: Function) -> frozenset[str]:
    """The function itself, and what it calls by a name and without arguments: an `lru_cache` may stand on that."""
    called = {unparse(n.func) for n in walk(node) if isinstance(n, ast.Call) and not n.args and not n.keywords}
    return frozenset({node.name, *(c for c in called if c.startswith("_") and c.isidentifier())})


def _deciding(node: Function) -> Iterator[ast.expr]:
    """Conditions of branches that return something, and what picks one of several."""
    for inner in walk(node):
        match inner:
            case ast.If(test=test, body=body, orelse=other):
                if any(_returns(statement) for statement in (*body, *other)):
                    yield test
            case ast.IfExp(test=test):
                yield test
            case ast.Subscript(value=ast.List() | ast.Tuple(), slice=test):
                yield test


def _returns(statement: ast.stmt) -> bool:
    """Whether a statement returns a value that was not kept for this: `if self._ready: return self._client`."""
    for node in walk(statement):
        if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Constant):
            kept = unparse(node.value)
            return kept != "self" and not (kept.startswith("self.") and kept.count("(") == 0)
    return False


def _hangs_on(test: ast.expr, text: str, names: Names, node: Function) -> bool:
    """Whether a condition asks for something; of an object's own counter only against a written number."""
    if not text.startswith("self."):
        return _mentions(test, text)
    asked = test.operand if isinstance(test, ast.UnaryOp) else test
    if isinstance(asked, ast.Attribute):
        return unparse(asked) == text and _is_first_question(node, test)
    compared = (n for n in walk(test) if isinstance(n, ast.Compare) and _mentions(n, text))
    return any(is_literal(names.value(side)) for n in compared for side in (n.left, *n.comparators))


def _is_first_question(node: Function, test: ast.expr) -> bool:
    """Whether a function asks for a flag before it does anything else, and does not put it back."""
    body = node.body[1:] if isinstance(node.body[0], ast.Expr) else node.body
    asked = unparse(test.operand if isinstance(test, ast.UnaryOp) else test)
    set_to = {
        unparse(n.value)
        for n in walk(node)
        if isinstance(n, ast.Assign) and any(unparse(target) == asked for target in n.targets)
    }
    return bool(body) and isinstance(body[0], ast.If) and body[0].test is test and len(set_to) == 1


def _mentions(test: ast.expr, text: str) -> bool:
    return any(isinstance(n, ast.Name | ast.Attribute | ast.Subscript) and unparse(n) == text for n in walk(test))


class _Plainer(ast.NodeTransformer):
    """`setattr(f, "n", v)`, `getattr(f, "n", 0)`, `globals()["n"]` and `f.__dict__["n"]` as what they stand for."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST:  # the name that ast calls
        match self.generic_visit(node):
            case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[owner, name, value])) if word := _word(
                name
            ):
                return ast.copy_location(ast.Assign([ast.Attribute(owner, word, ast.Store())], value), node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:  # the name that ast calls
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[owner, name, *_]) if word := _word(name):
                return ast.copy_location(ast.Attribute(owner, word, ast.Load()), node)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:  # the name that ast calls
        self.generic_visit(node)
        match node:
            case ast.Subscript(value=ast.Call(func=ast.Name(id="globals")), slice=name) if word := _word(name):
                return ast.copy_location(ast.Name(word, node.ctx), node)
            case ast.Subscript(value=ast.Attribute(value=owner, attr="__dict__"), slice=name) if word := _word(name):
                return ast.copy_location(ast.Attribute(owner, word, node.ctx), node)
        return node


def _word(node: ast.expr) -> str:
    word = literal(node, Names(ast.Module([], []))) or ""
    return word if word.isidentifier() else ""


def _plain(node: Function) -> Function:
    """A function with roundabout names made plain; what it takes from `globals()` is declared."""
    if not any(isinstance(n, ast.Name) and n.id in {"setattr", "getattr", "globals"} for n in walk(node)):
        return node
    named = [
        word
        for n in walk(node)
        if isinstance(n, ast.Subscript)
        and isinstance(n.value, ast.Call)
        and unparse(n.value) == "globals()"
        and (word := _word(n.slice))
    ]
    plain: Function = _Plainer().visit(copy.deepcopy(node))
    if named:
        plain.body.insert(0, ast.Global(named))
    return ast.fix_missing_locations(plain)
