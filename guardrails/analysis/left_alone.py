"""Whether a change left a test alone: its own source, the module around it, and everything of the judges that it uses.

A test that fails on the head blocks only where the change left it alone. Where the change also touched the test, or a
helper, a fixture or a data file that the test reads, a person must say which of the two is right.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.support import Support
from guardrails.model.change import Change
from guardrails.ports import Trees


def file_of(test_id: str) -> str:
    """The path in a pytest id."""
    return test_id.partition("::")[0]


def function_of(test_id: str) -> str:
    """A pytest id without its parameters."""
    path, colons, rest = test_id.partition("::")
    return path + colons + rest.partition("[")[0]


def definition(module: ast.Module, test_id: str) -> ast.stmt | None:
    """The function or method that an id names; None where the module does not define it itself."""
    body: Sequence[ast.stmt] = module.body
    found: ast.stmt | None = None
    for name in function_of(test_id).split("::")[1:]:
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        found = next((node for node in reversed(body) if isinstance(node, kinds) and node.name == name), None)
        if found is None:
            return None
        body = getattr(found, "body", ())
    return found


def surroundings(module: ast.Module, test_id: str) -> list[str]:
    """What stands around a test: every statement of its module and its classes that is not another test."""
    names = function_of(test_id).split("::")[1:]
    body: Sequence[ast.stmt] = module.body
    kept: list[str] = []
    for name in names:
        kept += [ast.dump(node) for node in body if not _is_test(node)]
        inner = next((node for node in body if isinstance(node, ast.ClassDef) and node.name == name), None)
        if inner is None:
            break
        kept += [ast.dump(node) for node in (*inner.decorator_list, *inner.bases)]
        body = inner.body
    return kept


def _is_test(node: ast.stmt) -> bool:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (isinstance(node, functions) and node.name.startswith("test")) or (
        isinstance(node, ast.ClassDef) and node.name.lower().startswith("test")
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test stands: in the head, else in the base. `alike` says that its file is the same in both."""

    path: str
    line: int | None
    alike: bool


class SuiteSources:
    """The tests of the two sides of a change."""

    def __init__(self, trees: Trees, change: Change, judges: Sequence[str]) -> None:
        self._base, self._head = Sources(trees.base), Sources(trees.head)
        self._moved = {file.base_path: file.path for file in change.files if file.old_path}
        self._touched = frozenset(file.base_path for file in change.files)
        self._support = Support(self._base, judges)
        self._touched_data = [path for path in self._support.judges if path in self._touched and not is_python(path)]

    def why_changed(self, test_id: str) -> str:
        """What the change did to a test of the base, as the end of a sentence; empty where it left the test alone."""
        path = file_of(test_id)
        if own := self.own_change(test_id):
            return own
        used = sorted((self._support.of(path) - {path}) & self._touched)
        read = [data for data in self._touched_data if self._support.reads(path, data)]
        if used:
            return f"{used[0]}, which it uses, was changed"
        return f"{read[0]}, which it reads, was changed" if read else ""

    def moved(self, path: str) -> str:
        """Where a file of the base stands in the head, if it is still there."""
        return self._moved.get(path, path)

    def moved_id(self, test_id: str) -> str:
        """A test of the base under the id that it has in the head."""
        path = file_of(test_id)
        return self.moved(path) + test_id[len(path) :]

    def place(self, test_id: str) -> Place:
        """Where a test, or a whole file, stands."""
        path = file_of(test_id)
        where = self.moved(path)
        there = where if where in self._head.paths else path
        alike = where in self._head.paths and self._head.text(where) == self._base.text(path)
        for module in (self._head.module(where), self._base.module(path)):
            found = definition(module, test_id) if module is not None else None
            if found is not None:
                return Place(there, found.lineno, alike)
        return Place(there, None, alike)

    def defines(self, test_id: str) -> bool:
        """Whether the head still has the file and the function of a test."""
        module = self._head.module(self.moved(file_of(test_id)))
        return module is not None and definition(module, test_id) is not None

    def own_change(self, test_id: str) -> str:
        """What the change did to the source of a test and what stands around it; empty for nothing."""
        path = file_of(test_id)
        if path not in self._touched:
            return ""
        old, new = self._base.module(path), self._head.module(self.moved(path))
        if new is None or old is None:
            return "its file was deleted" if old is not None else "its file was changed"
        before, after = definition(old, test_id), definition(new, test_id)
        if before is None:
            return "its file was changed"
        if after is None:
            return "it was deleted"
        if ast.dump(before) != ast.dump(after):
            return "it was changed"
        changed = surroundings(old, test_id) != surroundings(new, test_id)
        return "what stands around it in its file was changed" if changed else ""
