"""How many things a loop of a test can run over at most, and whether the head's runs over fewer than the base's."""

import ast
from math import inf

from guardrails.analysis.names import number, truth
from guardrails.analysis.oracles.coarseness import view
from guardrails.analysis.walking import unparse, walk

_SAME_NUMBER = frozenset({"list", "tuple", "sorted", "reversed", "enumerate", "iter"})
_NO_MORE = frozenset({"set", "frozenset", "filter"})


def most(source: ast.expr) -> float:
    """The largest number of things that an expression can give; infinite where nobody can say."""
    match source:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return inf if any(isinstance(e, ast.Starred) for e in elements) else len(elements)
        case ast.Dict(keys=keys):
            return inf if None in keys else len(keys)
        case ast.Constant(value=str(text)):
            return len(text)
        case ast.Call(func=ast.Name(id="zip"), args=arguments) if arguments:
            return min(map(most, arguments))
        case ast.Call(func=ast.Name(id="range"), args=arguments):
            return _counted(arguments)
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _SAME_NUMBER | _NO_MORE:
            return most(first)
        case ast.Call(func=ast.Name(id=name), args=[]) if name in {*_SAME_NUMBER, *_NO_MORE, "dict"}:
            return 0 if not source.keywords else inf
        case ast.Call(func=ast.Attribute(value=ast.Name(id="dict"), attr="fromkeys"), args=[first, *_]):
            return most(first)
        case ast.Call(func=ast.Attribute(value=owner, attr="items" | "keys" | "values"), args=[]):
            return most(owner)
        case ast.Subscript(value=whole, slice=ast.Slice() as part):
            return _of_slice(most(whole), part)
        case ast.ListComp(generators=[one]) | ast.GeneratorExp(generators=[one]) | ast.SetComp(generators=[one]):
            return 0 if any(truth(test) is False for test in one.ifs) else most(one.iter)
    return inf


def _counted(arguments: list[ast.expr]) -> float:
    """How far `range` counts."""
    if len(arguments) == 1 and isinstance(arguments[0], ast.Call) and unparse(arguments[0].func) == "len":
        return most(arguments[0].args[0]) if arguments[0].args else inf
    bounds = [number(a) for a in arguments[:2]]
    if None in bounds or len(arguments) > len(bounds):
        return inf
    low, high = (0.0, bounds[0]) if len(bounds) == 1 else (bounds[0], bounds[1])
    return max(0.0, (high or 0.0) - (low or 0.0))


def _of_slice(whole: float, part: ast.Slice) -> float:
    """What is left of so many, where the bounds of the slice are written."""
    low = number(part.lower) if part.lower else 0.0
    high = number(part.upper) if part.upper else inf
    if low is None or high is None or low < 0:
        return whole
    return max(0.0, min(whole, high) - low) if high >= 0 else whole


def is_empty(source: ast.expr) -> bool:
    """Whether a loop runs over nothing, whatever the code under test does."""
    return most(source) == 0 or truth(source) is False


def stops_short(source: ast.expr) -> bool:
    """`zip` without `strict`: what the shorter side lacks is not compared."""
    match source:
        case ast.Call(func=ast.Name(id="zip"), keywords=keywords):
            return not any(k.arg == "strict" and truth(k.value) for k in keywords)
    return False


def described(source: ast.expr) -> str:
    """What a loop runs over, as text; nothing for what is written out, since a loop over it always runs."""
    return "" if most(source) < inf and not _is_cut(source) else unparse(source)


def _is_cut(source: ast.expr) -> bool:
    """Whether something is left of a whole that nobody can tell the size of."""
    match source:
        case ast.Subscript(value=whole, slice=ast.Slice()):
            return most(whole) == inf
        case ast.Call(args=arguments):
            return any(_is_cut(a) or most(a) == inf for a in arguments)
    return False


def fewer(before: str, after: str) -> bool:
    """Whether the head's loop runs over less than the base's did, both as text."""
    if not before or not after or before == after:
        return False
    old, new = (ast.parse(text, mode="eval").body for text in (before, after))
    if most(new) < most(old):
        return True
    was, now = view(before), view(after)
    return was.core == now.core and now.through.count("a part") > was.through.count("a part")


def is_whole(expected: str | None) -> bool:
    """Whether what is expected is a written collection with something in it."""
    if not expected or expected[0] not in "[({":
        return False
    try:
        node = ast.parse(expected, mode="eval").body
    except SyntaxError:
        return False
    return isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict) and most(node) > 0


def may_stop_before_the_end(over: str) -> bool:
    """Whether a loop over this says nothing of how many there are; a strict `zip` does."""
    try:
        node = ast.parse(over, mode="eval").body if over else None
    except SyntaxError:
        return False
    match node:
        case None:
            return False
        case ast.Call(func=ast.Name(id="zip")):
            return stops_short(node)
    return True


def is_number(expected: str | None) -> bool:
    """Whether what is expected is one written number."""
    return expected is not None and expected.replace(".", "", 1).isdigit()


def mentions(expression: str, name: str) -> bool:
    """Whether an expression, as text, uses a name."""
    try:
        node = ast.parse(expression, mode="eval").body
    except SyntaxError:
        return False
    return any(isinstance(n, ast.Name) and n.id == name for n in walk(node))
