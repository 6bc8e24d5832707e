"""Which files of a tree are the product: what is judged, as against what judges."""

import ast
from collections.abc import Iterable, Sequence

from guardrails.analysis.source import is_python
from guardrails.model.paths import matches

_SOURCE_ROOTS = ("", "src/", "lib/")
_SCRIPTS = frozenset({"setup.py", "noxfile.py", "tasks.py", "conftest.py", "fabfile.py", "dodo.py"})
_NOT_PRODUCT = frozenset({"docs", "doc", "examples", "example", "benchmarks", "scripts", "tools", "tests", "test"})


def top_packages(paths: Iterable[str], judges: Sequence[str]) -> tuple[str, ...]:
    """Import names of the top-level packages and modules that no judge pattern covers, sorted.

    A package has an `__init__.py` and stands at the root or under `src/` or `lib/`; a module stands beside them.
    """
    names = set()
    for path in paths:
        if not is_python(path) or matches(path, judges):
            continue
        for root in _SOURCE_ROOTS:
            parts = path.removeprefix(root).split("/") if path.startswith(root) else []
            if len(parts) == 2 and parts[1] in {"__init__.py", "__init__.pyi"} and parts[0] not in _NOT_PRODUCT:
                names.add(parts[0])
            elif len(parts) == 1 and parts[0] not in _SCRIPTS and parts[0].removesuffix(".py").isidentifier():
                names.add(parts[0].removesuffix(".py"))
    return tuple(sorted(names))


def product_packages(paths: Iterable[str], packages: Sequence[str], judges: Sequence[str]) -> tuple[str, ...]:
    """The packages that the policy names, or else those that the tree has."""
    return tuple(packages) or top_packages(paths, judges)


def product_files(paths: Iterable[str], packages: Sequence[str], judges: Sequence[str]) -> tuple[str, ...]:
    """Python files of the product, in the order of `paths`."""
    listed = tuple(paths)
    names = product_packages(listed, packages, judges)
    roots = tuple(root + name + end for name in names for root in _SOURCE_ROOTS for end in ("/", ".py", ".pyi"))
    return tuple(p for p in listed if is_python(p) and p.startswith(roots) and not matches(p, judges))


def imported(module: ast.Module) -> frozenset[str]:
    """The top-level names that a module needs to be imported at all: what it imports unconditionally."""
    names = {alias.name for node in module.body if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in module.body if isinstance(node, ast.ImportFrom) and not node.level}
    return frozenset(name.partition(".")[0] for name in names)


def module_name(path: str) -> str:
    """The dotted name that a Python file is imported by: `src/shop/rank.py` is `shop.rank`."""
    for root in _SOURCE_ROOTS[1:]:
        path = path.removeprefix(root)
    return path.rpartition(".")[0].removesuffix("/__init__").replace("/", ".")
