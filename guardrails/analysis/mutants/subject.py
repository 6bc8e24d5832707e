"""What a change did to the product and to the tests: the lines that can be wrong, new functions, new tests.

What only moved or was renamed is not a subject: no question about it is the change's own.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from guardrails.analysis.mutants.functions import Function, at_import, functions, is_docstring, shape
from guardrails.analysis.source import Sources, added_lines, is_python
from guardrails.analysis.support import is_test_module
from guardrails.model.change import Change, ChangeKind, FileChange


@dataclass(frozen=True, slots=True)
class Subject:
    """One changed file of the product: the functions of its head, and the lines in them that the change made.

    `fresh` are names of functions that the base has nowhere in the changed files, under any name. `at_import` are
    changed lines that run where the module is imported.
    """

    path: str
    functions: tuple[Function, ...]
    lines: frozenset[int]
    fresh: frozenset[str]
    at_import: frozenset[int]


def subjects(change: Change, base: Sources, head: Sources, product: frozenset[str]) -> tuple[Subject, ...]:
    """The changed files of the product in which anything can be wrong that was not there before."""
    touched = [file for file in change.files if is_python(file.path) or is_python(file.base_path)]
    old = [module for file in touched if (module := base.module(file.base_path)) is not None]
    shapes = {shape(function) for module in old for function in functions(module)}
    gone = Counter(text for file in touched for text in _removed(file, base))
    found = []
    for file in touched:
        module = head.module(file.path)
        if file.path in product and module is not None and file.kind is not ChangeKind.DELETED:
            one = _subject(file, module, _names(base.module(file.base_path)), shapes, gone, head)
            if one.lines or one.at_import:
                found.append(one)
    return tuple(found)


def _subject(
    file: FileChange, module: ast.Module, before: frozenset[str], shapes: set[str], gone: Counter[str], head: Sources
) -> Subject:
    listed = functions(module)
    alike = {function.name for function in listed if shape(function) in shapes}
    added = frozenset(number for number, _ in added_lines(file, head))
    lines: set[int] = set()
    inside: set[int] = set()
    for function in listed:
        inside.update(range(function.line, function.last + 1))
        if function.name not in alike:
            lines.update(_own_lines(function, added, gone))
    outside = {line for statement in at_import(module.body) for line in _header(statement)} & added - inside
    fresh = frozenset(f.name for f in listed if f.name not in before and f.name not in alike and not f.is_stub)
    return Subject(file.path, listed, frozenset(lines), fresh, frozenset(outside))


def _own_lines(function: Function, added: frozenset[int], gone: Counter[str]) -> Iterator[int]:
    """The added lines of a function but for statements that the change took away elsewhere."""
    for statement in _statements(function.body):
        lines = _header(statement) & added
        if not lines:
            continue
        text = _text(statement)
        if gone[text] > 0:
            gone[text] -= 1
        else:
            yield from lines


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement, however deep, but not those of nested functions and classes."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or is_docstring(statement):
            continue
        yield statement
        for field in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, field, []))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _statements(part.body)


def _header(statement: ast.stmt) -> set[int]:
    """The lines of a statement without those of the statements inside it."""
    body = getattr(statement, "body", None) or getattr(statement, "cases", None)
    first = getattr(body[0], "lineno", getattr(getattr(body[0], "pattern", None), "lineno", 0)) if body else None
    last = (statement.end_lineno or statement.lineno) if first is None else max(statement.lineno, first - 1)
    return set(range(statement.lineno, last + 1))


def _text(statement: ast.stmt) -> str:
    """A statement as text, without the statements inside it and without annotations."""
    parts = []
    for field, value in ast.iter_fields(statement):
        if field in ("body", "orelse", "finalbody", "handlers", "cases", "annotation", "type_comment"):
            continue
        nodes = value if isinstance(value, list) else [value]
        parts.append(",".join(ast.dump(node) if isinstance(node, ast.AST) else repr(node) for node in nodes))
    return f"{type(statement).__name__}:{'|'.join(parts)}"


def _removed(file: FileChange, base: Sources) -> Iterator[str]:
    """The statements of a file of the base that stand on lines which the change takes away."""
    module = base.module(file.base_path)
    if module is None:
        return
    lines = {n for hunk in file.hunks for n in range(hunk.base_start, hunk.base_start + hunk.base_count)}
    everything = file.kind is ChangeKind.DELETED
    for function in functions(module):
        for statement in _statements(function.body):
            if everything or _header(statement) & lines:
                yield _text(statement)


def _names(module: ast.Module | None) -> frozenset[str]:
    return frozenset() if module is None else frozenset(function.name for function in functions(module))


def new_tests(change: Change, base: Sources, head: Sources) -> Mapping[str, Function]:
    """Test functions that the change adds: ids without parameters. One that moved or was renamed is not new."""
    touched = [file for file in change.files if is_python(file.base_path)]
    old = [module for file in touched if (module := base.module(file.base_path)) is not None]
    shapes = {shape(function) for module in old for function in functions(module)}
    found = {}
    for file in change.files:
        module = head.module(file.path) if is_test_module(file.path) else None
        if module is None or file.kind is ChangeKind.DELETED:
            continue
        before = _names(base.module(file.base_path))
        for function in functions(module):
            if _is_test(function) and function.name not in before and shape(function) not in shapes:
                found[f"{file.path}::{function.name.replace('.', '::')}"] = function
    return found


def _is_test(function: Function) -> bool:
    return function.node.name.startswith("test") and "<locals>" not in function.name
