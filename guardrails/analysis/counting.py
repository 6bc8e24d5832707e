"""Functions that remember how often they were called and branch on it: an answer for the first call only."""

import ast
from collections.abc import Iterator

from guardrails.analysis.names import Names
from guardrails.analysis.remembering import counting_helpers, remembering
from guardrails.analysis.sign import Sign
from guardrails.analysis.walking import unparse, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FORGETTING = frozenset({"clear", "pop", "popitem", "popleft"})
_COUNTERS = frozenset({"itertools.count", "itertools.cycle", "iter"})


def counted(module: ast.Module, names: Names) -> Iterator[Sign]:
    """Every function that counts its calls in what outlives them and branches on the count.

    A cache is none: it is asked by a key. One that is emptied when it is full is none either.
    """
    helpers = counting_helpers(module, names)
    for node in walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            tested = _tested(node)
            found = (_added(node) & _outliving(node)) & tested | _by_containers(node, names)
            for text in sorted(found | remembering(node, names, helpers)):
                what = f"{node.name} counts its calls in {text} and branches on it"
                yield Sign("hidden-state", f"{node.name} {text}", what, node.lineno)


def _added(node: Function) -> set[str]:
    """What a function adds a constant to, as text: `x += 1`, `x = x + 1`, `x = getattr(f, "x", 0) + 1`."""
    found: set[str] = set()
    for inner in walk(node):
        match inner:
            case ast.AugAssign(target=target, op=ast.Add(), value=ast.Constant()):
                found.add(unparse(target))
            case ast.Assign(targets=[target], value=ast.BinOp(op=ast.Add(), right=ast.Constant(value=int()))):
                found.add(unparse(target))
    return found


def _outliving(node: Function) -> set[str]:
    """What outlives a call, of what it adds to: globals, attributes of the function, parts of default arguments."""
    shared = {name for n in walk(node) if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    mutable = _mutable_defaults(node)
    kept = set(shared)
    for text in _added(node):
        root = text.partition("[")[0].partition(".")[0]
        of_a_class = root in {"cls", "__class__"} or (root.lstrip("_")[:1].isupper() and "." in text)
        if text.startswith(f"{node.name}.") or of_a_class or (root in mutable and "[" in text):
            kept.add(text)
    return kept


def _mutable_defaults(node: Function) -> set[str]:
    given = [*node.args.posonlyargs, *node.args.args][::-1]
    pairs = [*zip(given, node.args.defaults[::-1], strict=False)]
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d is not None]
    return {a.arg for a, default in pairs if isinstance(default, ast.List | ast.Dict | ast.Set)}


def _tested(node: Function) -> set[str]:
    """Every name, attribute and element in the conditions of a function, as text."""
    return {
        unparse(part)
        for condition in _conditions(node)
        for part in walk(condition)
        if isinstance(part, ast.Name | ast.Attribute | ast.Subscript)
    }


def _conditions(node: Function) -> Iterator[ast.expr]:
    for inner in walk(node):
        if isinstance(inner, ast.If | ast.IfExp | ast.While):
            yield inner.test


def _by_containers(node: Function, names: Names) -> set[str]:
    """Containers that outlive a call, grow in it, and whose length is asked for; iterators that are asked for more."""
    local = {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    arguments = {a.arg for a in walk(node.args) if isinstance(a, ast.arg)}
    lasting = (set(names.constants) - local - arguments) | _mutable_defaults(node)
    grown = {o for o, method in _methods(node) if method in {"append", "add"}} & lasting
    emptied = {owner for owner, method in _methods(node) if method in _FORGETTING}
    found: set[str] = set()
    remembered = {owner for owner in _grown_sets(node, names) & lasting if _answers(node)} - emptied
    for test in (*_conditions(node), *(t for n in walk(node) if isinstance(n, ast.comprehension) for t in n.ifs)):
        found |= {
            c.id
            for compare in walk(test)
            if isinstance(compare, ast.Compare)
            for op, c in zip(compare.ops, compare.comparators, strict=True)
            if isinstance(op, ast.In | ast.NotIn) and isinstance(c, ast.Name) and c.id in remembered
        }
    for condition in _conditions(node):
        for call in (n for n in walk(condition) if isinstance(n, ast.Call) and n.args):
            owner, asked = unparse(call.args[0]), unparse(call.func)
            if asked == "len" and owner in grown - emptied:
                found.add(owner)
            if asked == "next" and owner in lasting and _is_counter(names.constants.get(owner), names):
                found.add(owner)
    return found


def _grown_sets(node: Function, names: Names) -> set[str]:
    """Sets and lists that a function adds to. A dictionary that is asked by a key is a cache."""
    grown = {owner for owner, method in _methods(node) if method in {"append", "add", "update", "extend"}}
    return {owner for owner in grown if _is_collection(names.constants.get(owner))}


def _is_collection(value: ast.expr | None) -> bool:
    match value:
        case ast.Set() | ast.List() | ast.Call(func=ast.Name(id="set" | "list" | "deque")):
            return True
    return False


def _answers(node: Function) -> bool:
    """Whether a function gives something back: one that only warns once has nothing to hide."""
    return any(isinstance(n, ast.Return) and n.value is not None for n in walk(node))


def _is_counter(value: ast.expr | None, names: Names) -> bool:
    return isinstance(value, ast.Call) and names.full(value.func) in _COUNTERS


def _methods(node: Function) -> Iterator[tuple[str, str]]:
    """Calls of methods of plain names: the name, the method."""
    for inner in walk(node):
        match inner:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)):
                yield owner, method
