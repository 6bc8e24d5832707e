"""What test modules are made of: the helpers, fixtures and plugins among the judges that they import."""

import ast
import posixpath
from collections.abc import Iterable, Iterator, Sequence

from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.walking import walk
from guardrails.model.paths import matches

CONFIGURATION = frozenset(
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
"""Names of the files that say how pytest runs, or what it collects."""
_ANYTHING = ("rglob(", ".glob(", "glob.glob", "iterdir(", "os.walk", "listdir(", "scandir(")


def is_test_module(path: str) -> bool:
    """Whether pytest's default patterns name the file."""
    name = posixpath.basename(path)
    return name.endswith("_test.py") or (name.startswith("test_") and name.endswith(".py"))


def below(path: str, parents: Iterable[str]) -> bool:
    """Whether a path is one of `parents` or stands below one."""
    return any(one in (".", path) or path.startswith(f"{one.rstrip('/')}/") for one in parents)


class Support:
    """The judges' modules of one tree, and what each of them uses."""

    def __init__(self, sources: Sources, judges: Sequence[str]) -> None:
        self.sources = sources
        self.judges = [path for path in sorted(sources.paths) if matches(path, judges)]
        self._named: dict[str, set[str]] = {}
        for path in self.judges:
            for name in dotted(path) if is_python(path) else ():
                self._named.setdefault(name, set()).add(path)
        self._used: dict[str, frozenset[str]] = {}

    def of(self, path: str) -> frozenset[str]:
        """The modules that a test module uses, however indirectly, itself and each conftest.py above it included."""
        if path not in self._used:
            parents = [path[:at] for at, character in enumerate(path) if character == "/"]
            conftests = ("conftest.py", *(f"{parent}/conftest.py" for parent in parents))
            todo = [path, *(one for one in conftests if one in self.sources.paths)]
            found: set[str] = set()
            while todo:
                one = todo.pop()
                if one not in found:
                    found.add(one)
                    todo += self._imported(one)
            self._used[path] = frozenset(found)
        return self._used[path]

    def reads(self, path: str, data: str) -> bool:
        """Whether a test module, or a module that it uses, names a data file."""
        name = posixpath.basename(data)
        return any(name in (self.sources.text(one) or "") for one in self.of(path))

    def reads_anything(self, path: str) -> bool:
        """Whether it looks for files by itself, or by a helper beside it, so that any file may be its subject."""
        beside = [one for one in self.of(path) if posixpath.dirname(one) == posixpath.dirname(path)]
        return any(word in (self.sources.text(one) or "") for one in beside for word in _ANYTHING)

    def _imported(self, path: str) -> list[str]:
        module = self.sources.module(path)
        names = imported(module, path) if module is not None else frozenset()
        return [one for name in names for one in self._named.get(name, ())]


def dotted(path: str) -> set[str]:
    """Every name that a module could be imported by: `tests/fakes.py` is `tests.fakes` and `fakes`."""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return {".".join(parts[at:]) for at in range(len(parts))}


def imported(module: ast.Module, path: str) -> frozenset[str]:
    """Dotted names that a module may import, the packages that they stand in and what `pytest_plugins` lists too."""
    names = set(_imports(module, path))
    return frozenset(names | {name[:at] for name in names for at, character in enumerate(name) if character == "."})


def _imports(module: ast.Module, path: str) -> Iterator[str]:
    for node in walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.split("/")[: -node.level] if node.level else []
            start = ".".join([*package, *([node.module] if node.module else [])])
            yield start
            yield from (f"{start}.{alias.name}" if start else alias.name for alias in node.names)
        elif isinstance(node, ast.Assign) and any(getattr(name, "id", "") == "pytest_plugins" for name in node.targets):
            constants = (one.value for one in walk(node.value) if isinstance(one, ast.Constant))
            yield from (value for value in constants if isinstance(value, str))
