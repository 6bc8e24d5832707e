"""Small faults inside functions, at most one a line: the one whose question is the most telling.

Left alone is what no test is meant to notice, or what runs where the module is imported: docstrings, annotations,
decorators, default values, texts of errors, log messages, formatted strings, time-outs and sizes of caches.
"""

import ast
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from guardrails.analysis.mutants.functions import Function, at_import, is_docstring
from guardrails.analysis.mutants.text import Place, SourceText, end_of, start_of
from guardrails.model.mutation import Edit

_BOUNDARY = {ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">")}
_TURNED = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
}
_ARITHMETIC = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}
_SWAPPED = {"min": "max", "max": "min", "any": "all", "all": "any"}
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "warnings", "structlog"})
_NOBODY_MINDS = frozenset(
    {
        "timeout", "encoding", "errors", "indent", "maxsize", "stacklevel", "flush", "buffering", "daemon", "width",
        "exist_ok", "parents", "copy", "check", "capture_output", "text", "ensure_ascii", "missing_ok", "slots", "help",
    }
)  # fmt: skip
_ABOUT_TYPES = frozenset({"isinstance", "issubclass", "cast"})
_SHOWN = 90


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault to put into the product, and the question that it raises where nothing fails.

    `telling` says that it is a fault in a decision or a figure, and not only something left out.
    """

    path: str
    function: str
    edit: Edit
    question: str
    telling: bool = True

    @property
    def line(self) -> int:
        """Where it stands."""
        return self.edit.line


@dataclass(frozen=True, slots=True)
class _Fault:
    rank: int
    edit: Edit
    words: str
    before: str
    after: str
    telling: bool = True


def small_mutants(path: str, text: SourceText, function: Function, lines: Collection[int]) -> Iterator[Mutant]:
    """At most one mutant for each of the lines that the function's own statements stand on."""
    if not function.is_stub:
        spans = [(statement, function.line, function.last) for statement in function.body]
        yield from _best(path, function.name, text, spans, lines)


def import_mutants(path: str, text: SourceText, module: ast.Module, lines: Collection[int]) -> Iterator[Mutant]:
    """At most one mutant for each of the lines that run where the module is imported; their function has no name."""
    spans = [(one, one.lineno, one.end_lineno or one.lineno) for one in at_import(module.body)]
    yield from _best(path, "", text, spans, lines)


def _best(
    path: str, function: str, text: SourceText, spans: Iterable[tuple[ast.stmt, int, int]], lines: Collection[int]
) -> Iterator[Mutant]:
    """The most telling fault of each line, if the lines around it are still Python with it."""
    found: dict[int, list[tuple[_Fault, int, int]]] = {}
    for statement, first, last in spans:
        for fault in _Faults(text).of_statement(statement):
            if fault.edit.line in lines:
                found.setdefault(fault.edit.line, []).append((fault, first, last))
    for line in sorted(found):
        ranked = sorted(found[line], key=lambda entry: entry[0].rank)
        best = next((fault for fault, *span in ranked if text.parses(fault.edit, *span)), None)
        if best is not None:
            what = f"`{_shown(best.before)}` became `{_shown(best.after)}`"
            yield Mutant(path, function, best.edit, f"nothing fails when {best.words}: {what}", best.telling)


def _shown(source: str) -> str:
    words = " ".join(source.split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


class _Faults:
    """Faults in the statements of one function; what is nested in it as a function or a class has its own."""

    def __init__(self, text: SourceText) -> None:
        self._text = text

    def of_statement(self, node: ast.stmt) -> Iterator[_Fault]:
        """The faults of a statement and of those inside it."""
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            return
        if is_docstring(node) or isinstance(node, ast.Global | ast.Nonlocal | ast.Pass):
            return
        yield from self._whole(node)
        if isinstance(node, ast.Raise):
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield from self.of_statement(child)
            elif isinstance(child, ast.ExceptHandler | ast.match_case):
                for inner in child.body:
                    yield from self.of_statement(inner)
            elif isinstance(child, ast.expr) and child is not getattr(node, "annotation", None):
                yield from self._of_expression(child, node)
            elif isinstance(child, ast.withitem):
                yield from self._of_expression(child.context_expr, child.context_expr)

    def _whole(self, node: ast.stmt) -> Iterator[_Fault]:
        """Faults of a statement as a whole."""
        match node:
            case ast.If(test=test) | ast.While(test=test):
                yield from self._condition(test)
            case ast.AugAssign(target=target, op=op, value=value) if type(op) in _ARITHMETIC:
                old, new = _ARITHMETIC[type(op)]
                yield from self._token(node, end_of(target), start_of(value), f"{old}=", f"{new}=", 3, _ARITHMETIC_IS)
            case ast.Raise():
                yield self._left_out(node, 5, "this is not raised")
            case ast.Return(value=ast.expr() as value) if not _is_none(value):
                edit = self._text.edit(start_of(value), end_of(value), f"None and ({self._text.of(value)})")
                yield _Fault(8, edit, "this returns nothing", self._text.of(node), "return None", telling=False)
            case ast.Expr(value=ast.Call() | ast.Await() as value) if not _is_log(value):
                yield self._left_out(node, 9, "this call is left out", telling=False)
            case ast.Break():
                yield self._replaced(node, node, "continue", 6, "the loop goes on here")
            case ast.Continue():
                yield self._replaced(node, node, "break", 6, "the loop ends here")

    def _condition(self, test: ast.expr) -> Iterator[_Fault]:
        if isinstance(test, ast.Constant) or _mentions(test, "TYPE_CHECKING"):
            return
        words, said = "this condition is turned round", self._text.of(test)
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            edit = self._text.edit(start_of(test), end_of(test), f"({self._text.of(test.operand)})")
            yield _Fault(4, edit, words, said, self._text.of(test.operand))
        else:
            simple = isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
            edit = self._text.edit(start_of(test), end_of(test), f"not ({said})")
            yield _Fault(4, edit, words, said, f"not {said}" if simple else f"not ({said})")

    def _of_expression(self, node: ast.expr, within: ast.expr | ast.stmt) -> Iterator[_Fault]:
        """The faults of an expression and of those inside it; `within` is what stands around it."""
        if isinstance(node, ast.JoinedStr | ast.Lambda) or _is_log(node):
            return
        yield from self._constant(node, within) if isinstance(node, ast.Constant) else self._single(node)
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in _ABOUT_TYPES:
            yield from self._of_expression(node.args[-1 if getattr(node.func, "id", "") == "cast" else 0], node)
            return
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.keyword):
                if child.arg not in _NOBODY_MINDS:
                    yield from self._of_expression(child.value, node)
            elif isinstance(child, ast.comprehension):
                yield from self._of_expression(child.iter, node)
                for test in child.ifs:
                    yield from self._condition(test)
                    yield from self._of_expression(test, node)
            elif isinstance(child, ast.expr):
                yield from self._of_expression(child, node)

    def _single(self, node: ast.expr) -> Iterator[_Fault]:
        match node:
            case ast.Compare(left=left, ops=ops, comparators=rights):
                yield from self._compare(node, [left, *rights], ops)
            case ast.BoolOp(op=op, values=[first, second, *_]):
                old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
                words = f"`{new}` stands for `{old}`"
                yield from self._token(node, end_of(first), start_of(second), rf"\b{old}\b", new, 2, words)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC and not _is_text(left, right):
                old, new = _ARITHMETIC[type(op)]
                if isinstance(op, ast.Add | ast.Sub) and _is_one(right):
                    edit = self._text.edit(end_of(left), end_of(right), "")
                    yield self._fault(node, edit, 0, "this is off by one")
                yield from self._token(node, end_of(left), start_of(right), re.escape(old), new, 3, _ARITHMETIC_IS)
            case ast.IfExp(test=test):
                yield from self._condition(test)
            case ast.Call(func=ast.Name(id=name) as called) if name in _SWAPPED:
                yield self._replaced(node, called, _SWAPPED[name], 2, f"`{_SWAPPED[name]}` stands for `{name}`")
            case ast.Subscript(slice=ast.Slice(upper=ast.expr() as upper)) if not _is_number(upper):
                text = f"{self._text.of(upper)} + 1"
                yield self._replaced(node, upper, text, 1, "this cut is one too late")

    def _constant(self, node: ast.Constant, within: ast.expr | ast.stmt) -> Iterator[_Fault]:
        # Shown with what stands around it: a figure alone asks nothing.
        whole = within if within.lineno == within.end_lineno == node.lineno else node
        match node.value:
            case bool(value):
                yield self._replaced(whole, node, str(not value), 7, "this switch is the other way round")
            case int() | float() as number if abs(number) < 1e15:
                yield self._replaced(whole, node, repr(number + 1), 6, "this figure is off by one")

    def _compare(self, node: ast.Compare, sides: list[ast.expr], ops: list[ast.cmpop]) -> Iterator[_Fault]:
        for left, op, right in zip(sides, ops, sides[1:], strict=False):
            known = _BOUNDARY.get(type(op)) or _TURNED[type(op)]
            edge = type(op) in _BOUNDARY
            words = "this limit is off by one" if edge else "this comparison is turned round"
            token = re.escape(known[0]) if edge or known[0] in ("==", "!=") else rf"\b{known[0]}\b"
            yield from self._token(node, end_of(left), start_of(right), token, known[1], 0 if edge else 1, words)

    def _token(
        self, whole: ast.expr | ast.stmt, start: Place, end: Place, token: str, new: str, rank: int, words: str
    ) -> Iterator[_Fault]:
        """The fault of another operator between two places, if that is all that stands there."""
        between = self._text.between(start, end)
        token = token if "\\" in token else re.escape(token)
        if "#" not in between and "\n" not in between and re.search(token, between):
            edit = self._text.edit(start, end, re.sub(token, lambda _: new, between, count=1))
            yield self._fault(whole, edit, rank, words)

    def _left_out(self, node: ast.stmt, rank: int, words: str, *, telling: bool = True) -> _Fault:
        """A statement that is never reached, but still there: the names that it uses decide what a closure holds."""
        edit = self._text.edit(start_of(node), end_of(node), f"if 0: {self._text.of(node)}")
        return _Fault(rank, edit, words, self._text.of(node), "pass", telling)

    def _replaced(
        self, whole: ast.expr | ast.stmt, part: ast.expr | ast.stmt, text: str, rank: int, words: str, *,
        telling: bool = True,
    ) -> _Fault:  # fmt: skip
        return self._fault(whole, self._text.edit(start_of(part), end_of(part), text), rank, words, telling=telling)

    def _fault(self, whole: ast.expr | ast.stmt, edit: Edit, rank: int, words: str, *, telling: bool = True) -> _Fault:
        return _Fault(rank, edit, words, self._text.of(whole), self._text.replaced(whole, edit), telling)


_ARITHMETIC_IS = "the arithmetic is another"


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or node.value is Ellipsis)


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant)


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1 and not isinstance(node.value, bool)


def _is_text(*nodes: ast.expr) -> bool:
    """Whether an operator works on texts or lists as they are written, where another would only raise."""
    kinds = (ast.JoinedStr, ast.List, ast.ListComp, ast.Tuple, ast.Dict, ast.Set)
    return any(
        isinstance(node, kinds) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
        for node in nodes
    )


def _is_log(node: ast.expr) -> bool:
    """Whether a call tells people something: a log, a warning, a print."""
    call = node.value if isinstance(node, ast.Await) else node
    if not isinstance(call, ast.Call):
        return False
    target = call.func
    if isinstance(target, ast.Name):
        return target.id == "print"
    while isinstance(target, ast.Attribute):
        if target.attr in _LOGGERS:
            return True
        target = target.value
    return isinstance(target, ast.Name) and target.id in _LOGGERS


def _mentions(node: ast.expr, name: str) -> bool:
    return any(getattr(one, "id", getattr(one, "attr", "")) == name for one in ast.walk(node))
