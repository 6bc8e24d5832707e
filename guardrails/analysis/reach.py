"""Which test modules use given files of the product, however indirectly."""

from collections.abc import Callable, Collection, Iterable

from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.support import dotted, imported


def reaching(sources: Sources, tests: Iterable[str], targets: Collection[str]) -> tuple[str, ...]:
    """The test modules from which imports lead to one of `targets`, those that import one themselves first.

    A conftest.py above a module counts as imported by it.
    """
    named: dict[str, set[str]] = {}
    for path in sources.paths:
        for name in dotted(path) if is_python(path) else ():
            named.setdefault(name, set()).add(path)
    near: dict[str, frozenset[str]] = {}

    def neighbours(path: str) -> frozenset[str]:
        if path not in near:
            module = sources.module(path)
            names = imported(module, path) if module is not None else frozenset()
            near[path] = frozenset(one for name in names for one in named.get(name, ()))
        return near[path]

    wanted = set(targets)
    direct, indirect = [], []
    for test in sorted(tests):
        parents = [test[: at + 1] for at, character in enumerate(test) if character == "/"]
        above = [f"{parent}conftest.py" for parent in ("", *parents)]
        if wanted & neighbours(test):
            direct.append(test)
        elif _leads({test, *(path for path in above if path in sources.paths)}, neighbours, wanted):
            indirect.append(test)
    return (*direct, *indirect)


def _leads(start: set[str], neighbours: Callable[[str], Collection[str]], wanted: set[str]) -> bool:
    seen, todo = set(start), list(start)
    while todo:
        for one in neighbours(todo.pop()):
            if one in wanted:
                return True
            if one not in seen:
                seen.add(one)
                todo.append(one)
    return False
