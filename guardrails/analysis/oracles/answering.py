"""Functions of the tests that give an answer to compare with: whether they look at what they are given less closely."""

import ast
from collections.abc import Iterator, Sequence

from guardrails.analysis.names import Names, is_literal, truth
from guardrails.analysis.oracles.coarseness import coarser
from guardrails.analysis.oracles.collected import Function
from guardrails.analysis.oracles.conditions import Conditions
from guardrails.analysis.oracles.loops import fewer
from guardrails.analysis.oracles.weakening import Weakening, weakenings
from guardrails.analysis.walking import unparse, walk

_PREDICATE = (ast.Compare, ast.BoolOp)
_ANSWERED = "expected-value-changed"


def looser_answers(
    before: tuple[Function, Names], after: tuple[Function, Names], path: str, packages: Sequence[str]
) -> Iterator[Weakening]:
    """What a function at the top of a file of tests returns, against what it returned."""
    name, line = after[0].name, after[0].lineno
    olds, news = _returned(before[0]), _returned(after[0])
    what = ""
    if any(truth(new) is True for new in news) and any(isinstance(old, _PREDICATE) for old in olds):
        if not any(truth(old) is True for old in olds):
            what = f"{name} now answers yes without a look at what it compares"
    elif _looks(before[0]) and not _looks(after[0]) and news:
        what = f"{name} now answers without a look at what it is given"
    if what:
        yield Weakening("assertion-weakened", what, path, line)
        return
    if len(olds) != len(news):
        return
    for old, new in zip(olds, news, strict=True):
        if unparse(old) != unparse(new):
            yield from _compared(name, (old, before[1]), (new, after[1]), path, packages)


def _compared(
    name: str, before: tuple[ast.expr, Names], after: tuple[ast.expr, Names], path: str, packages: Sequence[str]
) -> Iterator[Weakening]:
    """One answer."""
    (old, old_names), (new, new_names) = before, after
    if isinstance(old, _PREDICATE) and not is_literal(new):
        sides = [list(Conditions(n, lambda e: e).checks(e)) for e, n in (before, after)]
        for found in weakenings(*sides):
            yield Weakening(found.rule, f"in {name} {found.what}", path, new.lineno, found.severity)
        return
    through = coarser(unparse(old), unparse(new)) or _part(old, new)
    if through:
        what = f"{name} gave `{unparse(old)[:80]}` and now looks at that through {through}"
        yield Weakening("assertion-weakened", what, path, new.lineno)
    elif _anything(new, new_names) > _anything(old, old_names):
        yield Weakening("assertion-weakened", f"{name} now gives what equals everything", path, new.lineno)
    elif (
        is_literal(old)
        and isinstance(old, ast.List | ast.Tuple | ast.Dict | ast.Set)
        and _asks(new, new_names, packages)
    ):
        what = f"{name} gave `{unparse(old)[:80]}` and now asks the code under test: `{unparse(new)[:80]}`"
        yield Weakening(_ANSWERED, what, path, new.lineno)


def _returned(node: Function) -> list[ast.expr]:
    """What a function returns or yields, with a name that is bound once replaced by what it stands for."""
    inner = {
        id(n)
        for part in walk(node)
        if part is not node and isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for n in walk(part)
    }
    own = [n for n in walk(node) if id(n) not in inner]
    bound: dict[str, list[ast.expr]] = {}
    for statement in own:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                bound.setdefault(name, []).append(value)
    values = [n.value for n in own if isinstance(n, ast.Return | ast.Yield) and n.value is not None]
    return [bound[v.id][0] if isinstance(v, ast.Name) and len(bound.get(v.id, ())) == 1 else v for v in values]


def _looks(node: Function) -> bool:
    """Whether a function uses one of its arguments for more than their number or kind; so does one without any."""
    given = {a.arg for a in (*node.args.args, *node.args.kwonlyargs)} - {"self", "cls", "request"}
    if not given or node.decorator_list:
        return True
    idle = {
        id(inner)
        for n in walk(node)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and n.func.id in {"len", "type", "bool", "isinstance"}
        for inner in n.args
    }
    return any(isinstance(n, ast.Name) and n.id in given and id(n) not in idle for n in walk(node))


def _part(old: ast.expr, new: ast.expr) -> str:
    """By what a comprehension gives less of the same: a slice of what it runs over, one more condition."""
    match old, new:
        case (
            ast.ListComp(elt=one, generators=[before]) | ast.GeneratorExp(elt=one, generators=[before]),
            ast.ListComp(elt=other, generators=[after]) | ast.GeneratorExp(elt=other, generators=[after]),
        ) if unparse(one) == unparse(other):
            if fewer(unparse(before.iter), unparse(after.iter)):
                return "a part"
            if len(after.ifs) > len(before.ifs):
                return f"`if {unparse(after.ifs[-1])}`"
    return ""


def _anything(node: ast.expr, names: Names) -> int:
    return sum(
        (names.full(n) or "").endswith("mock.ANY") for n in walk(node) if isinstance(n, ast.Name | ast.Attribute)
    )


def _asks(node: ast.expr, names: Names, packages: Sequence[str]) -> bool:
    """Whether an expression calls a function of the product; a class is data."""
    for call in (n for n in walk(node) if isinstance(n, ast.Call)):
        full = names.full(call.func) or ""
        if full.partition(".")[0] in packages and full.rpartition(".")[2][:1].islower():
            return True
    return False
