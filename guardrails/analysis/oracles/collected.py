"""Which tests pytest would collect from a module, and which functions only look like tests, with the reason."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from guardrails.analysis.names import Names, truth
from guardrails.analysis.oracles.conventions import Conventions
from guardrails.analysis.walking import unparse, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FIXTURES = frozenset({"pytest.fixture", "pytest_asyncio.fixture", "pytest.yield_fixture"})


@dataclass(frozen=True, slots=True)
class TestCase:
    """One test function. `name` is qualified by its classes; `conditions` are those under which it is defined."""

    __test__ = False

    path: str
    name: str
    node: Function
    names: Names
    classes: tuple[ast.ClassDef, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def bare(self) -> str:
        """The function's own name."""
        return self.node.name

    @property
    def line(self) -> int:
        """Where it is defined."""
        return self.node.lineno


@dataclass(frozen=True, slots=True)
class Hidden:
    """A function named like a test that pytest does not collect."""

    path: str
    name: str
    node: Function
    reason: str


@dataclass(frozen=True, slots=True)
class Suite:
    """What one file has: its tests, what only looks like tests, and every other function by its bare name."""

    path: str
    module: ast.Module
    names: Names
    tests: tuple[TestCase, ...]
    hidden: tuple[Hidden, ...]
    text: str = ""
    left_out: frozenset[str] = frozenset()

    def mentions(self, *words: str) -> bool:
        """Whether one of the words stands in the source at all: a walk over the syntax costs far more than this."""
        return any(word in self.text for word in words)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where the walk is."""

    classes: tuple[ast.ClassDef, ...] = ()
    conditions: tuple[str, ...] = ()
    reason: str = ""
    prefix: tuple[str, ...] = ()

    def hide(self, reason: str) -> "_Scope":
        return _Scope(self.classes, self.conditions, self.reason or reason, self.prefix)

    def when(self, condition: str) -> "_Scope":
        return _Scope(self.classes, (*self.conditions, condition), self.reason, self.prefix)

    def inside(self, node: ast.ClassDef | Function) -> "_Scope":
        classes = (*self.classes, node) if isinstance(node, ast.ClassDef) else self.classes
        return _Scope(classes, self.conditions, self.reason, (*self.prefix, node.name))


@dataclass(slots=True)
class _Walk:
    """One pass over a module."""

    path: str
    names: Names
    conventions: Conventions
    bases: frozenset[str]
    found: list[tuple[_Scope, Function]] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)

    def body(self, statements: Sequence[ast.stmt], scope: _Scope) -> None:
        """Every definition in a list of statements; a later binding of the same name hides an earlier one."""
        bound = _last_bindings(statements)
        for statement in statements:
            match statement:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self.function(statement, scope, bound)
                case ast.ClassDef():
                    self.test_class(statement, scope, bound)
                case ast.If(test=test, body=body, orelse=orelse):
                    self.branch(test, body, orelse, scope)
                case ast.Try() | ast.TryStar():
                    self.body(statement.body, scope)
                    for handler in statement.handlers:
                        self.body(handler.body, scope.when("except"))
                    self.body([*statement.orelse, *statement.finalbody], scope)
                case ast.With() | ast.AsyncWith():
                    self.body(statement.body, scope)
                case ast.For() | ast.While():
                    once = statement.iter if isinstance(statement, ast.For) else statement.test
                    inner = scope.when(unparse(statement).split("\n")[0])
                    never = truth(once, self.names) is False
                    self.body(statement.body, scope.hide("it stands in a loop that never runs") if never else inner)
                case ast.Match(cases=cases):
                    for case in cases:
                        self.body(case.body, scope.when(f"match {unparse(case.pattern)}"))

    def branch(self, test: ast.expr, body: list[ast.stmt], orelse: list[ast.stmt], scope: _Scope) -> None:
        """Both sides of an `if`; a side that never runs under pytest hides what it defines."""
        text = unparse(test)
        known = False if "__name__" in text and "__main__" in text else truth(test, self.names)
        never = f"it stands under `if {text}`, and that side never runs"
        self.body(body, scope.hide(never) if known is False else scope if known else scope.when(text))
        self.body(
            orelse, scope.hide(never) if known is True else scope if known is False else scope.when(f"not {text}")
        )

    def function(self, node: Function, scope: _Scope, bound: dict[str, int]) -> None:
        """A function: a test, something that looks like one, or a place in which tests are hidden."""
        if self.conventions.is_test_function(node.name):
            reason = scope.reason or self.why_hidden(node, scope, bound)
            if reason:
                self.hidden.append(Hidden(self.path, ".".join([*scope.prefix, node.name]), node, reason))
            else:
                self.found.append((scope, node))
        inner = scope.inside(node).hide(f"it is nested in the function {node.name}")
        nested = [n for n in walk(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n is not node]
        self.hidden += [
            Hidden(self.path, ".".join([*inner.prefix, n.name]), n, inner.reason)
            for n in nested
            if self.conventions.is_test_function(n.name)
        ]

    def why_hidden(self, node: Function, scope: _Scope, bound: dict[str, int]) -> str:
        """Why a function at a place where pytest looks is no test, or an empty string."""
        if any(self.names.full(_called(d)) in _FIXTURES for d in node.decorator_list):
            return "it is a fixture"
        last = bound.get(node.name, node.lineno)
        if last > node.lineno:
            return f"line {last} gives its name to something else"
        yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for n in walk(node))
        if yields and any(isinstance(n, ast.Yield | ast.YieldFrom) for n in _own_nodes(node)):
            return "it is a generator, which pytest does not run"
        if scope.classes and any(self.names.full(_called(d)) == "property" for d in node.decorator_list):
            return "it is a property"
        return ""

    def test_class(self, node: ast.ClassDef, scope: _Scope, bound: dict[str, int]) -> None:
        """A class: pytest looks into those with the right name and those of unittest."""
        inner = scope.inside(node)
        unit = any((self.names.full(base) or "").endswith("TestCase") for base in node.bases)
        if not (unit or self.conventions.is_test_class(node.name) or node.name in self.bases):
            inner = inner.hide(f"its class {node.name} is none that pytest looks into")
        elif bound.get(node.name, node.lineno) > node.lineno:
            inner = inner.hide(f"line {bound[node.name]} gives the name of its class to something else")
        elif _disabled(node.body):
            inner = inner.hide(f"its class {node.name} has `__test__ = False`")
        elif not unit and any(isinstance(n, ast.FunctionDef) and n.name == "__init__" for n in node.body):
            inner = inner.hide(f"its class {node.name} has an `__init__`, so pytest passes it over")
        self.body(node.body, inner)


def collect(path: str, module: ast.Module, names: Names, text: str, conventions: Conventions) -> Suite:
    """The tests of a module, as pytest would collect them."""
    bases = frozenset(
        name
        for node in walk(module)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if (name := names.full(base))
    )
    way = _Walk(path, names, conventions, bases)
    scope = _Scope()
    if not conventions.is_test_file(path):
        scope = scope.hide("its file has no name that pytest looks for")
    elif _disabled(module.body):
        scope = scope.hide("its module has `__test__ = False`")
    way.body(module.body, scope)
    tests, off = [], _switched_off(module.body)
    for place, node in way.found:
        name = ".".join([*place.prefix, node.name])
        if not place.classes and node.name in off:
            way.hidden.append(Hidden(path, name, node, f"line {off[node.name]} takes it away"))
        else:
            tests.append(TestCase(path, name, node, names, place.classes, place.conditions))
    return Suite(path, module, names, tuple(tests), tuple(way.hidden), text, conventions.left_out)


def _own_nodes(node: Function) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions inside it."""
    todo: list[ast.AST] = list(node.body)
    while todo:
        inner = todo.pop()
        yield inner
        if not isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            todo += ast.iter_child_nodes(inner)


def _called(decorator: ast.expr) -> ast.expr:
    """The function of a decorator, whether it is called or not."""
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def _last_bindings(statements: Iterable[ast.stmt]) -> dict[str, int]:
    """For each name that a list of statements binds, the line of the last binding."""
    return {name: line for statement in statements for name, line in _bindings(statement)}


def _bindings(statement: ast.stmt) -> Iterator[tuple[str, int]]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, statement.lineno
        case ast.Assign(targets=targets):
            yield from ((t.id, statement.lineno) for t in targets if isinstance(t, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
            yield name, statement.lineno
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from ((a.asname or a.name, statement.lineno) for a in aliases)


def _disabled(statements: Iterable[ast.stmt]) -> bool:
    """Whether `__test__` is set to something false."""
    return any(
        isinstance(s, ast.Assign)
        and any(isinstance(t, ast.Name) and t.id == "__test__" for t in s.targets)
        and truth(s.value) is False
        for s in statements
    )


def _switched_off(statements: Iterable[ast.stmt]) -> dict[str, int]:
    """Functions that are deleted or marked as no tests by a statement of the module, and where."""
    off: dict[str, int] = {}
    for statement in statements:
        match statement:
            case ast.Delete(targets=targets):
                off |= {t.id: statement.lineno for t in targets if isinstance(t, ast.Name)}
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=name), attr="__test__")], value=value):
                if truth(value) is False:
                    off[name] = statement.lineno
    return off
