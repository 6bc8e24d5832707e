"""Strategies whose examples are made fewer after they are drawn: mapped to a part, built without one, never used."""

import ast
from collections.abc import Callable, Iterator

from guardrails.analysis.names import Names, is_literal
from guardrails.analysis.oracles.collected import Function, TestCase
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk

_LOSING = frozenset(
    {"sorted", "set", "frozenset", "min", "max", "len", "bool", "abs", "round", "int", "fromkeys", "lower", "upper",
     "casefold", "strip", "just", "unique", "dedupe", "clip", "clamp"}
)  # fmt: skip
_FINITE = frozenset({"just", "sampled_from", "booleans", "none", "nothing"})
_COMPOUND = frozenset({"one_of", "builds", "composite", "tuples", "shared", "deferred", "data"})
_LESS_THAN = {"floats": {"integers", "booleans"}, "decimals": {"integers"}, "text": {"characters", "from_regex"}}
Kinds = dict[str, list[ast.Call]]


def made_fewer(before: ast.AST, after: ast.AST, kinds: tuple[Kinds, Kinds]) -> Iterator[tuple[str, int]]:
    """Why the examples of a strategy are fewer than they were, and the line."""
    for find, words in _WAYS:
        old, new = (list(find(node)) for node in (before, after))
        if len(new) > len(old):
            yield f"{words}: {unparse(new[-1])[:80]}", new[-1].lineno
            return
    yield from _of_another_kind(*kinds)
    roots = [_root(node) for node in (before, after)]
    if roots[0] and roots[0] not in _FINITE and roots[1] in _FINITE and isinstance(after, ast.Call):
        yield f"drew from {roots[0]} and is now {unparse(after)[:80]}", after.lineno


def _of_another_kind(old: Kinds, new: Kinds) -> Iterator[tuple[str, int]]:
    """Strategies that draw without end and gave way to written values, or to a smaller kind."""
    endless = [{k: len(c) for k, c in side.items() if k not in _FINITE | _COMPOUND} for side in (old, new)]
    gained = [k for k in _FINITE & new.keys() if len(new[k]) > len(old.get(k, []))]
    lost = [k for k in endless[0] if endless[0][k] > endless[1].get(k, 0)]
    if lost and gained and sum(endless[1].values()) < sum(endless[0].values()):
        call = new[gained[0]][-1]
        yield f"drew from {lost[0]} and is now {unparse(call)[:80]}", call.lineno
        return
    for kind in lost:
        less = [k for k in _LESS_THAN.get(kind, ()) if len(new.get(k, [])) > len(old.get(k, []))]
        if less:
            yield f"drew from {kind} and is now {unparse(new[less[0]][-1])[:80]}", new[less[0]][-1].lineno


def _root(node: ast.AST) -> str:
    """The kind of a whole strategy, without what is done to its examples."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"map", "filter"}:
        node = node.func.value
    return unparse(node.func).rpartition(".")[2] if isinstance(node, ast.Call) else ""


def _lossy_maps(node: ast.AST) -> Iterator[ast.Call]:
    """`.map(lambda items: items[:1])`, `.map(sorted)`: several examples become one."""
    for call in (n for n in walk(node) if isinstance(n, ast.Call)):
        match call:
            case ast.Call(func=ast.Attribute(attr="map" | "flatmap"), args=[ast.Lambda(body=body)]):
                if any(map(_loses, walk(body))):
                    yield call
            case ast.Call(func=ast.Attribute(attr="map"), args=[ast.Name(id=name)]) if name in _LOSING - {"int"}:
                yield call


def _loses(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(slice=ast.Slice()) | ast.DictComp() | ast.SetComp():
            return True
        case ast.BinOp(op=ast.Mod() | ast.FloorDiv() | ast.BitAnd(), left=left):
            return not isinstance(left, ast.Constant)
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name in _LOSING
        case ast.comprehension(ifs=tests):
            return bool(tests)
    return False


def _deaf(node: ast.AST) -> Iterator[ast.Call]:
    """A lambda of `map`, `flatmap` or `builds` that does not use all that was drawn for it."""
    for call in (n for n in walk(node) if isinstance(n, ast.Call)):
        name = unparse(call.func).rpartition(".")[2]
        first = call.args[0] if call.args else None
        if name in {"map", "flatmap", "builds"} and isinstance(first, ast.Lambda):
            used = {n.id for n in walk(first.body) if isinstance(n, ast.Name)}
            if any(a.arg not in used for a in first.args.args):
                yield call


_WAYS: tuple[tuple[Callable[[ast.AST], Iterator[ast.Call]], str], ...] = (
    (_deaf, "makes one value of several that it draws"),
    (_lossy_maps, "makes fewer of what it draws"),
)


def empty_composites(module: ast.Module, names: Names) -> dict[str, int]:
    """Composite strategies that give the same whatever they draw, with their lines."""
    found = {}
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and any(
            (names.full(d) or "").endswith("composite") for d in node.decorator_list
        ):
            given = [n.value for n in walk(node) if isinstance(n, ast.Return) and n.value is not None]
            if given and all(is_literal(value) for value in given):
                found[node.name] = node.lineno
    return found


def unused_draws(before: TestCase, after: TestCase) -> Iterator[Weakening]:
    """What is drawn for a property and was used, and is now cut short or not used at all."""
    for name in sorted(_arguments(before.node) & _arguments(after.node)):
        old, new = (_uses(test.node, name) for test in (before, after))
        if old and not new:
            what = f"{after.name} no longer uses the whole of `{name}`, which is drawn for it"
            yield Weakening("property-narrowed", what, after.path, after.line)


def _arguments(node: Function) -> set[str]:
    return {a.arg for a in (*node.args.args, *node.args.kwonlyargs)} - {"self", "cls", "data", "draw"}


def _uses(node: Function, name: str) -> int:
    """How often an argument is used as a whole."""
    cut = {id(n.value) for n in walk(node) if isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Slice)}
    uses = (n for n in walk(node) if isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load))
    return sum(id(use) not in cut for use in uses)
