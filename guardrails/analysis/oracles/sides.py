"""The test files of one side of a change: their suites, their helpers, their checks, each made once."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from guardrails.analysis.names import Names
from guardrails.analysis.oracles.checks import Check
from guardrails.analysis.oracles.collected import Function, Suite, TestCase, collect
from guardrails.analysis.oracles.conventions import Conventions
from guardrails.analysis.oracles.extraction import Extraction, Helper
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.walking import walk
from guardrails.model.paths import matches


class Side:
    """One side's tests. `patterns` say which files are tests or judges; `changed` are those of the change."""

    def __init__(
        self, sources: Sources, patterns: Sequence[str], conventions: Conventions, changed: Iterable[str]
    ) -> None:
        self.sources = sources
        self._patterns = patterns
        self.suites: dict[str, Suite] = {}
        self.unreadable: list[str] = []
        for path in changed:
            if not is_python(path) or path not in sources.paths or not matches(path, patterns):
                continue
            if conventions.is_passed_over(path):
                continue
            module = sources.module(path)
            if module is None:
                self.unreadable.append(path)
            else:
                self.suites[path] = collect(path, module, sources.names(path), sources.text(path) or "", conventions)
        self._functions: dict[str, dict[str, Helper]] = {}
        self._paths = {id(suite.names): suite.path for suite in self.suites.values()}
        self._checks: dict[int, list[Check]] = {}
        self._files: dict[str, str | None] = {}

    @property
    def tests(self) -> list[TestCase]:
        """Every test of the changed files."""
        return [test for suite in self.suites.values() for test in suite.tests]

    @cached_property
    def shared_fixtures(self) -> Mapping[str, str]:
        """The functions of every conftest.py by their names, with where they stand."""
        paths = [path for path in sorted(self.sources.paths) if path.rpartition("/")[2] == "conftest.py"]
        return {name: path for path in paths for name in self.helpers(path)}

    def checks(self, path: str, node: Function, names: Names) -> list[Check]:
        """What a function of the tests checks, its helpers' checks too."""
        if id(node) not in self._checks:
            found = Extraction(path, node, names, self._helper, frozenset({node.name})).checks()
            self._checks[id(node)] = found
        return self._checks[id(node)]

    def of_test(self, test: TestCase) -> list[Check]:
        """What a test checks."""
        return self.checks(test.path, test.node, test.names)

    def helpers(self, path: str) -> dict[str, Helper]:
        """The functions and methods of a file of the tests by their bare names, the tests among them."""
        if path not in self._functions:
            suite = self.suites.get(path)
            module = suite.module if suite else self.sources.module(path)
            names = self.sources.names(path)
            found: dict[str, Helper] = {}
            if module is not None:
                self._paths[id(names)] = path
                for node in walk(module):
                    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                        found.setdefault(node.name, (path, node, names))
            self._functions[path] = found
        return self._functions[path]

    def _helper(self, full: str, names: Names) -> Helper | None:
        """The function of the tests that a name stands for, in the same file or in another one of the tests."""
        first, _, last = full.rpartition(".")
        here = self._paths.get(id(names))
        if here is not None and (not first or first in {"self", "cls"}):
            return self.helpers(here).get(last)
        path = self._file_of(first.strip(".").replace(".", "/"))
        return self.helpers(path).get(last) if path else None

    def _file_of(self, module: str) -> str | None:
        """The file of the tests that a module's name, written with slashes, stands for."""
        if module not in self._files:
            ends = (f"{module}.py", f"{module}/__init__.py")
            found = (p for p in self.sources.paths if p.endswith(ends) and (p in ends or p.endswith(_below(ends))))
            self._files[module] = next((p for p in sorted(found) if module and matches(p, self._patterns)), None)
        return self._files[module]


def _below(ends: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"/{end}" for end in ends)
