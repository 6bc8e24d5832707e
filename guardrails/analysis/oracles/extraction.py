"""All checks of a test, in its own body and in the helpers of the tests that it calls."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from guardrails.analysis.names import Names, is_literal, truth
from guardrails.analysis.oracles.checks import Check, Strength, words_of
from guardrails.analysis.oracles.collected import Function
from guardrails.analysis.oracles.conditions import Conditions, tolerances
from guardrails.analysis.oracles.inlined import inlined
from guardrails.analysis.oracles.literals import Known
from guardrails.analysis.oracles.loops import described, is_empty, stops_short
from guardrails.analysis.oracles.vocabulary import (
    ARRAYS,
    COMPARISONS,
    EXITS,
    HELPER_WORDS,
    MOCK,
    RAISES,
    SWALLOWED,
    UNITTEST,
)
from guardrails.analysis.walking import unparse, walk

Helper = tuple[str, Function, Names]  # where it stands, the function, and the names of its module
Helpers = Callable[[str, Names], Helper | None]
"""Finds a function of the tests by the full name by which a module calls it."""
_DEPTH = 3  # helpers of helpers, and no further


class Extraction:
    """The checks of one function."""

    def __init__(self, path: str, node: Function, names: Names, helpers: Helpers, seen: frozenset[str]) -> None:
        self._path, self._node, self._names, self._helpers, self._seen = path, node, names, helpers, seen
        self._known = Known(node, names)
        self._used = {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        self._fill = self._known.fill
        self._conditions = Conditions(names, self._fill)
        self._sorted: set[str] = set()
        self._elsewhere = _run_elsewhere(node, names)

    def checks(self) -> list[Check]:
        """All checks, in the order in which they stand."""
        return list(self._block(self._node.body, (), ""))

    def _block(self, body: Sequence[ast.stmt], guards: tuple[str, ...], dead: str) -> Iterator[Check]:
        """A list of statements; what stands after one that always leaves is dead."""
        for statement in body:
            if isinstance(statement, ast.For | ast.AsyncFor | ast.While):
                self._known.forget(statement)
            yield from self._statement(statement, guards, dead)
            self._known.after(statement)
            if isinstance(statement, ast.If) and self._returns_early(statement):
                guards = (*guards, f"not {unparse(statement.test)}")
            if isinstance(statement, ast.Try | ast.TryStar):
                leaving = [h for h in statement.handlers if isinstance(h.body[-1], ast.Return | ast.Continue)]
                guards = (*guards, *(f"no {unparse(h.type) if h.type else 'error'}" for h in leaving))
            self._note_order(statement)
            if not dead and self._leaves(statement):
                dead = f"line {statement.lineno} always leaves the test before it"

    def _note_order(self, statement: ast.stmt) -> None:
        """`top.sort()`: from here on an assertion about `top` looks at it sorted."""
        match statement:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="sort"))):
                self._sorted.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                self._sorted.discard(name)

    def _returns_early(self, statement: ast.If) -> bool:
        """Whether what follows is checked only where a condition does not hold."""
        leaves = isinstance(statement.body[-1], ast.Return | ast.Continue)
        return leaves and not statement.orelse and truth(self._fill(statement.test), self._names) is not False

    def _leaves(self, statement: ast.stmt) -> bool:
        """Whether nothing after the statement is reached."""
        if isinstance(statement, ast.Return | ast.Raise | ast.Continue | ast.Break):
            return True
        match statement:
            case ast.Expr(value=ast.Call(func=function)):
                return self._names.full(function) in EXITS
        return False

    def _statement(self, statement: ast.stmt, guards: tuple[str, ...], dead: str) -> Iterator[Check]:
        match statement:
            case ast.Assert(test=test):
                yield from self._placed(self._conditions.checks(self._written_out(test)), guards, dead)
            case ast.If(test=test, body=body, orelse=orelse):
                yield from self._branch(test, body, orelse, guards, dead)
            case ast.With() | ast.AsyncWith():
                yield from self._with(statement, guards, dead)
            case ast.Try() | ast.TryStar():
                yield from self._try(statement, guards, dead)
            case ast.For(iter=source, body=body, orelse=orelse) | ast.AsyncFor(iter=source, body=body, orelse=orelse):
                whole = self._fill(source)
                none = "its loop runs over nothing" if is_empty(whole) else ""
                inner = _of(described(whole), self._block(body, guards, dead or none))
                yield from (check.weaker(5) for check in inner) if stops_short(source) else inner
                yield from self._block(orelse, guards, dead)
            case ast.While(test=test, body=body, orelse=orelse):
                none = "its loop never runs" if truth(test, self._names) is False else ""
                over = "" if truth(test, self._names) else unparse(test)
                yield from _of(over, self._block(body, guards, dead or none))
                yield from self._block(orelse, guards, dead)
            case ast.Match(cases=cases):
                for case in cases:
                    yield from self._block(case.body, (*guards, unparse(case.pattern)), dead)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                unused = "" if statement.name in self._used else f"nothing uses {statement.name}, in which it stands"
                if statement.name in self._elsewhere:
                    unused = f"its failure stays in the thread that runs {statement.name}"
                yield from self._block(statement.body, guards, dead or unused)
            case _:
                yield from self._calls(statement, guards, dead)

    def _written_out(self, test: ast.expr) -> ast.expr:
        """What is asserted; for a helper that only compares, what it compares."""
        full = (self._names.full(test.func) or "") if isinstance(test, ast.Call) else ""
        found = self._helpers(full, self._names) if full else None
        written = inlined(test, found[1]) if found is not None and isinstance(test, ast.Call) else None
        return test if written is None else written

    def _placed(self, checks: Iterator[Check], guards: tuple[str, ...], dead: str) -> Iterator[Check]:
        for check in checks:
            subject = f"sorted({check.subject})" if check.subject in self._sorted else check.subject
            yield replace(
                check,
                path=check.path or self._path,
                guards=(*guards, *check.guards),
                dead=dead or check.dead,
                subject=subject,
            )

    def _branch(
        self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], guards: tuple[str, ...], dead: str
    ) -> Iterator[Check]:
        """Both sides of an `if`. A side that fails the test when it is entered is a check of the condition."""
        known = truth(self._fill(test), self._names)
        text = unparse(test)
        if any(_fails(statement, self._names) for statement in body) and not orelse:
            yield from self._placed(self._conditions.checks(test, negated=True), guards, dead)
            return
        never = f"it stands under `if {text}`, which is never so"
        yield from self._block(body, guards if known else (*guards, text), dead or (never if known is False else ""))
        otherwise = guards if known is False else (*guards, f"not {text}")
        yield from self._block(orelse, otherwise, dead or (never if known is True else ""))

    def _with(self, statement: ast.With | ast.AsyncWith, guards: tuple[str, ...], dead: str) -> Iterator[Check]:
        """`raises` is a check; `suppress` of an assertion's error makes what is in it count for nothing."""
        for item in statement.items:
            call = item.context_expr
            if not isinstance(call, ast.Call):
                continue
            full = self._names.full(call.func) or ""
            if full in RAISES or full.rpartition(".")[2] in {"assertRaises", "assertRaisesRegex", "assertWarns"}:
                itself = next((n for n in statement.body if isinstance(n, ast.Raise)), None)
                forged = f"line {itself.lineno} raises it itself" if itself else ""
                yield from self._placed(iter([self._raises(call)]), guards, dead or forged)
                if len(statement.body) > 1 and not full.endswith(("warns", "deprecated_call", "assertWarns")):
                    yield from self._block(statement.body[:1], guards, dead)
                    after = f"it stands below what raises in line {statement.lineno}"
                    yield from self._block(statement.body[1:], guards, dead or after)
                    return
            elif full == "contextlib.suppress" and any(self._names.full(a) in SWALLOWED for a in call.args):
                dead = dead or f"line {call.lineno} suppresses its failure"
            else:
                yield from self._placed(self._called(call), guards, dead)
        yield from self._block(statement.body, guards, dead)

    def _try(self, statement: ast.Try | ast.TryStar, guards: tuple[str, ...], dead: str) -> Iterator[Check]:
        """A handler that takes an assertion's error and does not raise makes what is in it count for nothing."""
        swallowing = [h for h in statement.handlers if self._swallows(h)]
        swallowed = f"line {swallowing[0].lineno} swallows its failure" if swallowing else ""
        left = [n for n in statement.finalbody if isinstance(n, ast.Return | ast.Break | ast.Continue)]
        swallowed = f"line {left[0].lineno} throws its failure away" if left else swallowed
        yield from self._block(statement.body, guards, dead or swallowed)
        for handler in statement.handlers:
            yield from self._block(handler.body, (*guards, "except"), dead)
        yield from self._block([*statement.orelse, *statement.finalbody], guards, dead)

    def _swallows(self, handler: ast.ExceptHandler) -> bool:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        takes = any(kind is None or self._names.full(kind) in SWALLOWED for kind in kinds)
        acts = any(isinstance(n, ast.Raise | ast.Assert) or _fails(n, self._names) for n in walk(handler))
        return takes and not acts

    def _calls(self, statement: ast.stmt, guards: tuple[str, ...], dead: str) -> Iterator[Check]:
        """Calls that check: of unittest, of numpy.testing, of mocks, of helpers."""
        for node in walk(statement):
            if isinstance(node, ast.Call):
                yield from self._placed(self._called(node), guards, dead)

    def _called(self, call: ast.Call) -> Iterator[Check]:
        full = self._names.full(call.func) or ""
        last = call.func.attr if isinstance(call.func, ast.Attribute) else full.rpartition(".")[2]
        if full in RAISES or last in {"assertRaises", "assertRaisesRegex"}:
            yield self._raises(call)
        elif last in {"assertTrue", "assertFalse"} and call.args:
            yield from self._conditions.checks(call.args[0], negated=last == "assertFalse")
        elif last in COMPARISONS and len(call.args) > 1:
            compare = ast.Compare(call.args[0], [COMPARISONS[last]()], [call.args[1]])
            yield from self._conditions.checks(ast.copy_location(compare, call))
        elif last in UNITTEST and call.args:
            yield self._pair(call, *UNITTEST[last])
        elif last in ARRAYS and len(call.args) > 1:
            yield self._pair(call, *ARRAYS[last])
        elif last in MOCK and isinstance(call.func, ast.Attribute):
            yield self._mock(call, call.func, last)
        else:
            yield from self._helper(call, full, last)

    def _helper(self, call: ast.Call, full: str, last: str) -> Iterator[Check]:
        """A function of the tests, by its own checks; an unknown one that says it checks, as one check."""
        found = (
            self._helpers(full, self._names) if full and len(self._seen) < _DEPTH and full not in self._seen else None
        )
        if found is not None:
            path, node, names = found
            yield from Extraction(path, node, names, self._helpers, self._seen | {full}).checks()
        elif last.lstrip("_").startswith(HELPER_WORDS) and not last.startswith("assert_type"):
            text = unparse(call)
            yield Check("helper", Strength.CLOSE, text, text[:160], call.lineno, words=words_of(call))

    def _pair(self, call: ast.Call, kind: str, strength: int) -> Check:
        """A call that takes what is, and what is expected."""
        subject, expected = call.args[0], self._fill(call.args[1]) if len(call.args) > 1 else None
        if expected is not None and is_literal(self._fill(subject)) and not is_literal(expected):
            subject, expected = call.args[1], self._fill(call.args[0])
        slack = tolerances(call, self._names)
        loose = sorted(unparse(k) for k in call.keywords if k.arg and k.arg.startswith("check_"))
        return Check(
            kind=kind,
            strength=strength,
            subject=unparse(subject),
            text=unparse(call)[:160],
            line=call.lineno,
            expected=None if expected is None else unparse(expected),
            literal=expected is not None and is_literal(expected),
            slack=slack,
            options=", ".join(loose),
            words=words_of(subject),
        )

    def _mock(self, call: ast.Call, function: ast.Attribute, last: str) -> Check:
        arguments = ", ".join(unparse(part) for part in [*call.args, *(k.value for k in call.keywords)])
        return Check(
            kind="called",
            strength=MOCK[last],
            subject=unparse(function.value),
            text=unparse(call)[:160],
            line=call.lineno,
            expected=arguments or None,
            literal=bool(arguments) and all(is_literal(a) for a in call.args),
            words=words_of(function.value),
        )

    def _raises(self, call: ast.Call) -> Check:
        """`raises`: what it takes as `expected`, what it wants of the message as `options`."""
        given = next((k.value for k in call.keywords if k.arg == "expected_exception"), None)
        kinds = call.args[0] if call.args else given
        parts = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds] if kinds is not None else []
        names = sorted(self._names.full(part) or unparse(part) for part in parts)
        match = next((self._fill(k.value) for k in call.keywords if k.arg in {"match", "check"}), None)
        if match is None and unparse(call.func).endswith("Regex") and len(call.args) > 1:
            match = self._fill(call.args[1])
        return Check(
            kind="raises",
            strength=Strength.EXACT,
            subject="raises",
            text=unparse(call)[:160],
            line=call.lineno,
            expected=", ".join(names),
            options="" if match is None else unparse(match),
        )


def _run_elsewhere(node: Function, names: Names) -> frozenset[str]:
    """Functions inside a test that are handed to a thread and used for nothing else: no failure in them counts."""
    handed: list[ast.Name] = []
    for call in (n for n in walk(node) if isinstance(n, ast.Call)):
        if (names.full(call.func) or "") in {"threading.Thread", "threading.Timer", "_thread.start_new_thread"}:
            given = [*call.args, *(k.value for k in call.keywords)]
            handed += [value for value in given if isinstance(value, ast.Name)]
    ids = {id(name) for name in handed}
    others = {n.id for n in walk(node) if isinstance(n, ast.Name) and id(n) not in ids}
    return frozenset(name.id for name in handed if name.id not in others)


def _of(over: str, checks: Iterator[Check]) -> Iterator[Check]:
    """Checks that stand in a loop, with what it runs over."""
    yield from (replace(check, over=check.over or over) for check in checks)


def _fails(node: ast.AST, names: Names) -> bool:
    """Whether a statement fails the test: `pytest.fail()`, `self.fail()`, `raise AssertionError`."""
    match node:
        case ast.Expr(value=ast.Call(func=function)):
            full = names.full(function) or ""
            return full == "pytest.fail" or full.endswith(".fail")
        case ast.Raise(exc=ast.Call(func=function)) | ast.Raise(exc=ast.Name() as function):
            return names.full(function) == "AssertionError"
    return False
