"""The checks that one asserted expression makes."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from guardrails.analysis.names import Names, is_literal, number, truth
from guardrails.analysis.oracles.checks import Check, Strength, words_of
from guardrails.analysis.oracles.loops import described, is_empty, stops_short
from guardrails.analysis.walking import unparse

_APPROX = frozenset({"approx", "isclose", "allclose"})
_SAME = frozenset({"array_equal", "array_equiv", "equals", "identical", "equal"})
_PART = frozenset({"startswith", "endswith", "match", "search", "fullmatch", "issubset", "issuperset", "isdisjoint"})
_KIND = frozenset({"isinstance", "issubclass", "hasattr", "callable"})
_TOLERANCES = {
    "rel": "rel", "abs": "abs", "rel_tol": "rel", "abs_tol": "abs", "rtol": "rel", "atol": "abs", "delta": "abs",
    "err": "abs",
}  # fmt: skip


class Conditions:
    """Turns an expression that is asserted into checks."""

    def __init__(self, names: Names, fill: Callable[[ast.expr], ast.expr]) -> None:
        self._names = names
        self._fill = fill

    def checks(self, test: ast.expr, *, negated: bool = False) -> Iterator[Check]:
        """The checks of one condition, all of which must hold."""
        test = self._fill(test)
        known = truth(test, self._names)
        if known is not None and known is not negated:
            yield self._check("always", Strength.NOTHING, test, test)
            return
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from self.checks(operand, negated=not negated)
            case ast.BoolOp(op=op, values=values):
                yield from self._junction(
                    values, both=isinstance(op, ast.And) is not negated, negated=negated, test=test
                )
            case ast.Compare(left=left, ops=ops, comparators=rights) if len(ops) == 1 or not negated:
                lefts = [left, *rights[:-1]]
                for one, operator, other in zip(lefts, ops, rights, strict=True):
                    yield self._compare(one, _opposite(operator) if negated else operator, other, test)
            case ast.Call():
                yield from self._call(test, negated=negated)
            case ast.NamedExpr(value=value):
                yield from self.checks(value, negated=negated)
            case _:
                kind = "falsy" if negated else "truthy"
                yield self._check(kind, Strength.DIFFERENT if negated else Strength.PRESENT, test, test)

    def _junction(self, values: Sequence[ast.expr], *, both: bool, negated: bool, test: ast.expr) -> Iterator[Check]:
        """All parts, or a single check that is weaker than its weakest part."""
        parts = [list(self.checks(value, negated=negated)) for value in values]
        if both:
            yield from (check for part in parts for check in part)
            return
        flat = [check for part in parts for check in part]
        weakest = min(flat, key=lambda check: check.strength)
        if weakest.kind == "always":
            yield self._check("always", Strength.NOTHING, test, test)
        else:
            whole = self._check("either", weakest.strength, test, test)
            yield whole.weaker(5)

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr, test: ast.expr) -> Check:
        """One comparison, with the literal side as what is expected."""
        if is_literal(left) and not is_literal(right):
            left, op, right = right, _mirrored(op), left
        if isinstance(op, ast.Eq) and any(
            (self._names.full(side) or "").endswith("mock.ANY") for side in (left, right)
        ):
            return self._check("always", Strength.NOTHING, left, test)
        match op:
            case ast.Eq() | ast.Is():
                for subject, near in ((left, right), (right, left)):
                    if isinstance(near, ast.Call) and _last(near) in _APPROX:
                        return self._close(subject, near.args[0] if near.args else near, near, test)
                if isinstance(op, ast.Is) and isinstance(right, ast.Constant):
                    return self._check("is", Strength.EXACT, left, test, right)
                if isinstance(right, ast.Constant) and isinstance(right.value, bool):  # `== True`: as it is without it
                    kind, strength = ("truthy", Strength.PRESENT) if right.value else ("falsy", Strength.DIFFERENT)
                    return self._check(kind, strength, left, test)
                return self._check("equal", Strength.EXACT, left, test, right)
            case ast.NotEq() | ast.IsNot() | ast.NotIn():
                none = isinstance(op, ast.IsNot) and isinstance(right, ast.Constant) and right.value is None
                strength = Strength.PRESENT if none else Strength.DIFFERENT
                return self._check("not-none" if none else "different", strength, left, test, right)
            case ast.In():
                return self._check("member", Strength.PART, left, test, right)
            case _:
                return self._bound(left, op, right, test)

    def _bound(self, left: ast.expr, op: ast.cmpop, right: ast.expr, test: ast.expr) -> Check:
        """`left < right` and its like: a bound, or a tolerance where the left side is a distance."""
        above = isinstance(op, ast.Lt | ast.LtE)  # the value must stay below: the larger the bound, the looser
        symbol, offset = _split(right, self._names)
        distance = isinstance(left, ast.Call) and _last(left) in {"abs", "fabs", "absolute", "norm"}
        if distance and above and isinstance(left, ast.Call) and offset is not None and not symbol:
            match left.args:
                case [ast.BinOp(left=one, op=ast.Sub(), right=other)]:
                    return replace(self._check("close", Strength.CLOSE, one, test, other), slack={"abs": offset})
        slack = {} if offset is None else {"bound": offset if above else -offset}
        check = self._check(
            "upper" if above else "lower", Strength.CLOSE if distance and above else Strength.PART, left, test, None
        )
        strict = "strict" if isinstance(op, ast.Lt | ast.Gt) else ""
        return replace(check, expected=symbol, slack=slack, options=strict)

    def _call(self, test: ast.Call, *, negated: bool) -> Iterator[Check]:
        """A predicate, by its name."""
        name = _last(test)
        if name in {"all", "any"} and len(test.args) == 1 and isinstance(test.args[0], ast.GeneratorExp | ast.ListComp):
            yield from self._of_each(test.args[0], negated=negated, every=(name == "all") is not negated, test=test)
            return
        receiver = test.func.value if isinstance(test.func, ast.Attribute) else None
        if negated or not test.args:
            yield self._check("predicate", Strength.CLOSE, test, test)
        elif name in _APPROX and len(test.args) > 1:
            yield self._close(test.args[0], test.args[1], test, test)
        elif name in _SAME:
            pair = test.args[:2] if len(test.args) > 1 or receiver is None else [receiver, test.args[0]]
            yield self._check("equal", Strength.EXACT, pair[0], test, pair[-1])
        elif name in _KIND:
            yield self._check("kind", Strength.DIFFERENT, test.args[0], test, test.args[-1])
        elif name in _PART:
            yield self._check("member", Strength.PART, receiver or test.args[0], test, test.args[-1])
        else:
            yield self._check("predicate", Strength.CLOSE, test, test)

    def _of_each(
        self, parts: ast.GeneratorExp | ast.ListComp, *, negated: bool, every: bool, test: ast.expr
    ) -> Iterator[Check]:
        """The checks of all, or of some, of what a generator gives."""
        first = parts.generators[0]
        source, over = unparse(first.iter), self._fill(first.iter)
        if every and (is_empty(over) or any(truth(one, self._names) is False for one in first.ifs)):
            yield self._check("always", Strength.NOTHING, test, test)
            return
        for check in self.checks(parts.elt, negated=negated):
            kept = replace(check, subject=f"{check.subject} for {'each' if every else 'some'} of {source}")
            kept = replace(kept, over=described(over), guards=(*check.guards, *map(unparse, first.ifs)))
            kept = kept.weaker(5) if stops_short(first.iter) else kept
            yield kept if every or check.kind == "always" else kept.weaker(15)

    def _close(self, subject: ast.expr, expected: ast.expr, call: ast.Call, test: ast.expr) -> Check:
        """Equality up to a tolerance."""
        check = self._check("close", Strength.CLOSE, subject, test, expected)
        return replace(check, slack=tolerances(call, self._names))

    def _check(
        self, kind: str, strength: int, subject: ast.expr, test: ast.expr, expected: ast.expr | None = None
    ) -> Check:
        filled = None if expected is None else self._fill(expected)
        return Check(
            kind=kind,
            strength=strength,
            subject=unparse(subject),
            text=unparse(test)[:160],
            line=getattr(test, "lineno", 0),
            expected=None if filled is None else unparse(filled),
            literal=filled is not None and is_literal(filled),
            words=words_of(subject),
        )


def tolerances(call: ast.Call, names: Names) -> dict[str, float]:
    """The tolerances that a call gives, by one name for each meaning; the larger the looser."""
    found: dict[str, float] = {}
    positional = {"approx": ("rel", "abs"), "allclose": ("rel", "abs"), "assert_allclose": ("rel", "abs")}
    start = 1 if _last(call) == "approx" else 2
    values = [*zip(positional.get(_last(call), ()), call.args[start:], strict=False)]
    for keyword in call.keywords:
        if keyword.arg is None:  # `**loose`
            values += _unpacked(names.value(keyword.value))
        elif keyword.arg in _TOLERANCES:
            values.append((_TOLERANCES[keyword.arg], keyword.value))
    for name, node in values:
        value = number(node, names)
        if value is not None:
            found[name] = value
        elif not (isinstance(node, ast.Constant) and node.value is None):
            found[name] = float("inf")  # nobody can say how large it is
    if any(k.arg in {"nan_ok", "equal_nan"} and truth(k.value) is not False for k in call.keywords):
        found["nan"] = 1.0
    for keyword in call.keywords:  # decimal places: the more, the tighter
        places = number(keyword.value, names) if keyword.arg in {"places", "decimal", "significant"} else None
        if places is not None:
            found["places"] = -places
    return found


def _unpacked(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """The tolerances in a dictionary of keywords; one that nobody can read may hold any."""
    if not isinstance(node, ast.Dict):
        return [("abs", node)]
    given = [(k.value, v) for k, v in zip(node.keys, node.values, strict=True) if isinstance(k, ast.Constant)]
    return [(_TOLERANCES[str(key)], value) for key, value in given if str(key) in _TOLERANCES]


def _split(node: ast.expr, names: Names) -> tuple[str, float | None]:
    """A bound as the part that is not a number and the number that is added to it: `base - 0.5` is (base, -0.5)."""
    whole = number(node, names)
    if whole is not None:
        return "", whole
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            value = number(right, names)
            if value is not None:
                return unparse(left), value if isinstance(op, ast.Add) else -value
            value = number(left, names)
            if value is not None and isinstance(op, ast.Add):
                return unparse(right), value
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            for part, other in ((left, right), (right, left)):
                value = number(part, names)
                if value is not None:
                    return f"times {unparse(other)}", value
    return unparse(node), 0.0


def _last(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _opposite(op: ast.cmpop) -> ast.cmpop:
    pairs: list[tuple[type[ast.cmpop], type[ast.cmpop]]] = [
        (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn), (ast.Lt, ast.GtE), (ast.Gt, ast.LtE),
    ]  # fmt: skip
    table = {one: other for a, b in pairs for one, other in ((a, b), (b, a))}
    return table[type(op)]()


def _mirrored(op: ast.cmpop) -> ast.cmpop:
    table: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
    return table.get(type(op), type(op))()
