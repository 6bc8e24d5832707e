"""Whether a change left a test alone: its own source, the module around it, and everything of the judges that it uses.

A test that fails on the head blocks only where the change left it alone. Where the change also touched the test, or a
helper, a fixture or a data file that the test reads, a person must say which of the two is right.
"""

import ast
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.analysis.source import Sources, is_python
from guardrails.model.change import Change
from guardrails.model.paths import matches
from guardrails.ports import Trees

_CONFIGURATION = frozenset(
    {
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "pyproject.toml",
        "tox.ini",
        "setup.cfg",
        "conftest.py",
    }
)


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
        self._all_touched = change.paths
        self._judges = tuple(judges)
        listed = sorted(path for path in self._base.paths if matches(path, judges))
        self._modules = [path for path in listed if is_python(path)]
        self._touched_data = [path for path in listed if path in self._touched and not is_python(path)]
        self._support: dict[str, frozenset[str]] = {}

    def why_changed(self, test_id: str) -> str:
        """What the change did to a test of the base, as the end of a sentence; empty where it left the test alone."""
        path = file_of(test_id)
        if path in self._touched and (own := self._own_change(test_id)):
            return own
        for support in sorted(self.support(path) - {path}):
            if support in self._touched:
                return f"{support}, which it uses, was changed"
        for data in self._touched_data:
            name = posixpath.basename(data)
            if any(name in (self._base.text(file) or "") for file in self.support(path)):
                return f"{data}, which it reads, was changed"
        return ""

    def are_plain_tests(self, touched: Sequence[str], collected: Sequence[str]) -> bool:
        """Whether these files are test modules that nothing but pytest reads: others then behave as they did."""
        known = {file_of(name) for name in collected}
        stems = {posixpath.basename(path).removesuffix(".py") for path in touched}
        for path in touched:
            name = posixpath.basename(path)
            plain = name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py"))
            if not plain or (path in self._base.paths and path not in known):
                return False
        others = (path for path in self._head.paths if is_python(path) and matches(path, self._judges))
        texts = (self._head.text(path) or "" for path in others if path not in touched)
        return not any(stem in text for text in texts for stem in stems)

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

    def touches(self, paths: Sequence[str]) -> bool:
        """Whether the change touches anything that the suites below `paths` are made of, or how pytest runs them."""
        below = [one for one in self._modules if one.startswith(tuple(f"{path.rstrip('/')}/" for path in paths))]
        used = {
            one for module in (*below, *(path for path in paths if is_python(path))) for one in self.support(module)
        }
        names = {posixpath.basename(path) for path in self._touched_data}
        return (
            bool(self._touched & used)
            or any(posixpath.basename(path) in _CONFIGURATION for path in self._touched)
            or any(path.startswith(tuple(f"{one.rstrip('/')}/" for one in paths)) for path in self._all_touched)
            or any(name in (self._base.text(path) or "") for name in names for path in used)
        )

    def defines(self, test_id: str) -> bool:
        """Whether the head still has the file and the function of a test."""
        module = self._head.module(self.moved(file_of(test_id)))
        return module is not None and definition(module, test_id) is not None

    def _own_change(self, test_id: str) -> str:
        path = file_of(test_id)
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

    def support(self, path: str) -> frozenset[str]:
        """The judges' modules that a test module uses, itself and each conftest.py above it included."""
        if path not in self._support:
            parents = [path[:at] for at, character in enumerate(path) if character == "/"]
            conftests = [f"{parent}/conftest.py" for parent in parents]
            todo = [path, *(one for one in ("conftest.py", *conftests) if one in self._base.paths)]
            found: set[str] = set()
            while todo:
                one = todo.pop()
                if one not in found:
                    found.add(one)
                    todo += self._imported(one)
            self._support[path] = frozenset(found)
        return self._support[path]

    def _imported(self, path: str) -> list[str]:
        module = self._base.module(path)
        names = set(_imports(module, path)) if module is not None else set()
        # Importing a module runs the packages that it stands in.
        names |= {name[:at] for name in names for at, character in enumerate(name) if character == "."}
        return [one for one in self._modules if _dotted(one) & names]


def _dotted(path: str) -> set[str]:
    """Every name that a module could be imported by: `tests/fakes.py` is `tests.fakes` and `fakes`."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return {".".join(parts[at:]) for at in range(len(parts))}


def _imports(module: ast.Module, path: str) -> Iterator[str]:
    """Dotted names that a module may import, those that `pytest_plugins` lists included."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.split("/")[: -node.level] if node.level else []
            start = ".".join([*package, *([node.module] if node.module else [])])
            yield start
            yield from (f"{start}.{alias.name}" if start else alias.name for alias in node.names)
        elif isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "pytest_plugins" for name in node.targets):
            constants = (one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant))
            yield from (value for value in constants if isinstance(value, str))
