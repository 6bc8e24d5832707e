"""Parts of the product that tests replace by doubles: what is tested must be the product."""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.analysis.names import Names, dotted
from guardrails.analysis.oracles.collected import Function, Suite, TestCase
from guardrails.analysis.oracles.weakening import Weakening
from guardrails.analysis.walking import unparse, walk
from guardrails.model.finding import Severity

_FAKES = frozenset({"Mock", "MagicMock", "AsyncMock", "NonCallableMock", "create_autospec", "SimpleNamespace"})
_PATCHERS = frozenset({"patch", "setattr", "setitem", "delattr", "object", "dict", "multiple", "spy", "stub"})


@dataclass(frozen=True, slots=True)
class Replaced:
    """One thing that is replaced: its full dotted name, the text that does it, and the line."""

    target: str
    text: str
    line: int


def replaced(node: ast.AST, names: Names) -> Iterator[Replaced]:
    """Everything that a piece of a test replaces: by `patch`, `monkeypatch`, `mocker`, or by assignment."""
    for inner in walk(node):
        if isinstance(inner, ast.Call):
            target = _patched(inner, names)
            if target:
                yield Replaced(target, unparse(inner)[:120], inner.lineno)
        elif isinstance(inner, ast.Assign):
            for written in inner.targets:
                if isinstance(written, ast.Attribute) and (owner := _imported(written.value, names)):
                    yield Replaced(f"{owner}.{written.attr}", unparse(inner)[:120], inner.lineno)
                elif isinstance(written, ast.Subscript) and names.full(written.value) == "sys.modules":
                    key = written.slice
                    name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "?"
                    yield Replaced(name, unparse(inner)[:120], inner.lineno)


def _patched(call: ast.Call, names: Names) -> str | None:
    """The full name of what a patching call replaces, or None for another call."""
    full = names.full(call.func) or ""
    first, last = full.partition(".")[0], full.rpartition(".")[2]
    patching = (
        full in {"setattr", "builtins.setattr"}
        or full.startswith(("unittest.mock.patch", "mock.patch"))
        or (first in {"monkeypatch", "mocker", "mp", "m", "patcher"} and last in _PATCHERS)
        or full.endswith(".monkeypatch.setattr")
    )
    if not patching or not call.args:
        return None
    target = call.args[0]
    if (own := _its_own(call, names)) is not None:
        return own
    if isinstance(target, ast.Constant) and isinstance(target.value, str):
        return target.value
    owner = _imported(target, names)
    attribute = call.args[1] if len(call.args) > 1 else None
    if owner and isinstance(attribute, ast.Constant) and isinstance(attribute.value, str):
        return f"{owner}.{attribute.value}"
    return owner


def _its_own(call: ast.Call, names: Names) -> str | None:
    """What a test replaces under the name that its own module imported it by: "tests.test_rank.rank"."""
    match call.args:
        case [ast.Constant(value=str(text)), *_]:
            module, _, name = text.rpartition(".")
            ours = module.rpartition(".")[2].startswith("test_")
        case [
            ast.JoinedStr(values=[ast.FormattedValue(value=ast.Name(id="__name__")), ast.Constant(value=str(text))]),
            *_,
        ]:
            name, ours = text.removeprefix("."), True
        case [ast.Call(func=ast.Name(id="globals")), ast.Constant(value=str(name)), *_]:
            ours = True
        case [ast.Subscript(value=table, slice=ast.Name(id="__name__")), ast.Constant(value=str(name)), *_]:
            ours = names.full(table) == "sys.modules"
        case _:
            return None
    return names.imports.get(name) if ours else None


def _imported(node: ast.expr, names: Names) -> str | None:
    """The full name of something that the module imports, or None for a local thing."""
    name = dotted(node)
    if name is None or name.partition(".")[0] not in names.imports:
        return None
    return names.full(node)


def _is_product(target: str, packages: Sequence[str]) -> bool:
    return target.partition(".")[0] in packages


def subjects_of(test: TestCase, packages: Sequence[str]) -> frozenset[str]:
    """The product's names that a test uses, by their last part."""
    used = (n for n in walk(test.node) if isinstance(n, ast.Name | ast.Attribute))
    full = (name for n in used if (name := _imported(n, test.names)))
    return frozenset(name.rpartition(".")[2] for name in full if _is_product(name, packages))


def no_longer_called(before: TestCase, after: TestCase, packages: Sequence[str]) -> Iterator[Weakening]:
    """A test that called functions of the product and calls none now, nor anything else that might."""
    was, now = _called(before), _called(after)
    subjects = {name for name, full in was.items() if full and _is_product(full, packages) and name[:1].islower()}
    others = {name for name, full in now.items() if name not in was and (full or not hasattr(builtins, name))}
    fixtures = {a.arg for a in walk(after.node.args) if isinstance(a, ast.arg)}
    fixtures -= {a.arg for a in walk(before.node.args) if isinstance(a, ast.arg)}
    if subjects and not subjects & set(now) and not others and not fixtures:
        named = ", ".join(sorted(subjects))
        what = f"{after.name} no longer calls {named}, and checks what it makes itself"
        yield Weakening("subject-mocked", what, after.path, after.line, Severity.REVIEW)


def _called(test: TestCase) -> dict[str, str]:
    """What a test calls, by its last part, with the full name of what is imported; methods of local things too."""
    found: dict[str, str] = {}
    for node in walk(test.node):
        if isinstance(node, ast.Call):
            last = (dotted(node.func) or unparse(node.func)).rpartition(".")[2]
            found[last] = _imported(node.func, test.names) or found.get(last, "")
    return found


def newly_replaced(before: TestCase, after: TestCase, packages: Sequence[str]) -> Iterator[Weakening]:
    """Parts of the product that a test replaces now and did not: block for what it tests, else ask."""
    old = {r.target for r in replaced(before.node, before.names)}
    subjects = subjects_of(before, packages)
    for found in replaced(after.node, after.names):
        if found.target in old or not _is_product(found.target, packages):
            continue
        owner, _, last = found.target.rpartition(".")
        # A method of a class that the test did not use only happens to be called as a function that it did.
        other = owner.rpartition(".")[2][:1].isupper() and owner.rpartition(".")[2] not in subjects
        is_subject = last in subjects and not other
        what = f"{after.name} now replaces {found.target}{', which it tests' if is_subject else ''}: `{found.text}`"
        mild = Severity.NOTE if last.isupper() else Severity.REVIEW  # a constant is a knob
        yield Weakening("subject-mocked", what, after.path, found.line, None if is_subject else mild)
    for name, line in sorted(_bound_locally(after).items()):
        if name in _product_names(before, packages) and name not in _bound_locally(before):
            what = f"in {after.name} `{name}` is no longer {before.names.imports[name]} but something local"
            yield Weakening("subject-mocked", what, after.path, line)
    made = _made_of_product(before, packages)
    for name, (line, text) in _faked(after).items():
        if name in made:
            what = f"in {after.name} `{name}` was made by {made[name]} and is now a double: `{text}`"
            yield Weakening("subject-mocked", what, after.path, line)


def _product_names(test: TestCase, packages: Sequence[str]) -> frozenset[str]:
    """Names of the module that a test loads and that come from the product."""
    loaded = {n.id for n in walk(test.node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return frozenset(n for n in loaded if _is_product(test.names.imports.get(n, ""), packages))


def _bound_locally(test: TestCase) -> dict[str, int]:
    """Names that a test binds itself: arguments, assignments, functions in it, imports of something else."""
    found = {a.arg: test.line for a in walk(test.node.args) if isinstance(a, ast.arg)}
    for node in walk(test.node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.setdefault(node.id, node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node is not test.node:
            found.setdefault(node.name, node.lineno)
    return found


def _made_of_product(test: TestCase, packages: Sequence[str]) -> dict[str, str]:
    """Local names that a call to the product gives."""
    made: dict[str, str] = {}
    for node in walk(test.node):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            full = _imported(node.value.func, test.names)
            if full and _is_product(full, packages):
                made |= {t.id: full for t in node.targets if isinstance(t, ast.Name)}
    return made


def _faked(test: TestCase) -> dict[str, tuple[int, str]]:
    """Local names that are doubles."""
    fakes: dict[str, tuple[int, str]] = {}
    for node in walk(test.node):
        if not isinstance(node, ast.Assign):
            continue
        value = node.value
        full = test.names.full(value.func) or "" if isinstance(value, ast.Call) else ""
        if full.rpartition(".")[2] in _FAKES or isinstance(value, ast.Lambda):
            fakes |= {t.id: (node.lineno, unparse(node)[:120]) for t in node.targets if isinstance(t, ast.Name)}
    return fakes


def shadowed_imports(before: Suite, after: Suite, packages: Sequence[str]) -> Iterator[Weakening]:
    """Names that came from the product and that the test module now makes itself."""
    ours = {n: full for n, full in before.names.imports.items() if _is_product(full, packages)}
    for name, full in sorted(ours.items()):
        now = after.names.imports.get(name)
        if now is not None and not _is_product(now, packages):
            what = f"{after.path} now takes `{name}` from {now}; it came from {full}"
            yield Weakening("subject-mocked", what, after.path, None)
    for statement in after.module.body:
        bound: list[str] = []
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound = [statement.name]
        elif isinstance(statement, ast.Assign):
            bound = [t.id for t in statement.targets if isinstance(t, ast.Name)]
        for name in bound:
            if name in ours and name not in _bound_at_top(before.module):
                what = f"{after.path} now makes `{name}` itself; it came from {ours[name]}"
                yield Weakening("subject-mocked", what, after.path, statement.lineno)


def _bound_at_top(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(statement.name)
        elif isinstance(statement, ast.Assign):
            found |= {t.id for t in statement.targets if isinstance(t, ast.Name)}
    return found


def _lines(node: Function) -> range:
    """The lines of a function, its decorators' too."""
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return range(first, (node.end_lineno or first) + 1)


def fixture_doubles(before: Suite | None, after: Suite, packages: Sequence[str]) -> Iterator[Weakening]:
    """Parts of the product that fixtures, hooks or the module itself replace now: for a person to decide."""
    inside = {line for test in after.tests for line in _lines(test.node)}
    old = {r.target for r in replaced(before.module, before.names)} if before else set()
    for found in replaced(after.module, after.names):
        if found.target in old or found.line in inside or not _is_product(found.target, packages):
            continue
        what = f"{after.path} now replaces {found.target} outside its tests: `{found.text}`"
        yield Weakening("subject-mocked", what, after.path, found.line, Severity.REVIEW)
