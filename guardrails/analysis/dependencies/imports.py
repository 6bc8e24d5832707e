"""Imports of packages that no file declares."""

import ast
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from guardrails.analysis.dependencies.importable import STDLIB, candidates, offered
from guardrails.analysis.dependencies.reading import Side
from guardrails.analysis.observation import Observation
from guardrails.analysis.source import Sources, is_python
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.finding import Severity

_COMPILED = (".py", ".pyi", ".pyx", ".pxd", ".c", ".cpp", ".so", ".pyd", ".rs")
_ROOTS = ("", "src", "lib", "python")
_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class Imported:
    """A top-level name that a file imports. `optional` says that the file goes on without it."""

    name: str
    line: int
    optional: bool


def imported(module: ast.Module) -> list[Imported]:
    """Every absolute import of a file, by its top-level name."""
    found: list[Imported] = []
    _visit(module.body, found, optional=False)
    return found


def _visit(body: Iterable[ast.AST], found: list[Imported], *, optional: bool) -> None:
    for node in body:
        match node:
            case ast.Import(names=names):
                found += [Imported(a.name.partition(".")[0], node.lineno, optional) for a in names]
            case ast.ImportFrom(module=str(name), level=0):
                found.append(Imported(name.partition(".")[0], node.lineno, optional))
            case ast.Try(body=inner, handlers=handlers, orelse=rest, finalbody=last):
                caught = any(_catches(handler) for handler in handlers)
                _visit(inner, found, optional=optional or caught)
                _visit([s for h in handlers for s in h.body], found, optional=optional or caught)
                _visit([*rest, *last], found, optional=optional)
            case ast.If(test=test, body=inner, orelse=rest):
                typing = ast.unparse(test).endswith("TYPE_CHECKING")
                _visit(inner, found, optional=optional or typing)
                _visit(rest, found, optional=optional or typing)
            case ast.stmt() | ast.match_case():
                _visit((c for c in ast.iter_child_nodes(node) if isinstance(c, ast.stmt | ast.match_case)), found,
                       optional=optional)  # fmt: skip


def _catches(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes a missing module in its stride: it does not raise again."""
    kinds = [n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)] if handler.type else ["BaseException"]
    return bool(_MISSING & set(kinds))


class FirstParty:
    """Which import names are the tree's own."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    @cached_property
    def _children(self) -> dict[str, set[str]]:
        """For each directory, the names in it that can be imported."""
        found: dict[str, set[str]] = {}
        for path in self._sources.paths:
            if path.endswith(_COMPILED):
                parts = path.split("/")
                found.setdefault("/".join(parts[:-1]), set()).add(parts[-1].partition(".")[0])
                for depth in range(len(parts) - 1):
                    found.setdefault("/".join(parts[:depth]), set()).add(parts[depth])
        return found

    @cached_property
    def _roots(self) -> frozenset[str]:
        """Directories that packages stand in: the usual ones, at the root and beside each manifest."""
        homes = {
            p.rpartition("/")[0] for p in self._sources.paths if p.endswith(("pyproject.toml", "setup.py", "setup.cfg"))
        }
        return frozenset(f"{home}/{root}".strip("/") for home in {"", *homes} for root in _ROOTS)

    def has(self, name: str, importer: str) -> bool:
        """Whether a file of the tree can be meant: from a root, or from beside or above the importing file."""
        parts = importer.split("/")[:-1]
        above = {"/".join(parts[:depth]) for depth in range(len(parts) + 1)}
        return any(name in self._children.get(place, ()) for place in self._roots | above)


def observe(
    files: Iterable[FileChange], base: Side, head: Side, product: Collection[str], allowed: Collection[str]
) -> tuple[list[Observation], int]:
    """New imports of undeclared packages in changed files, and how many imports were looked at.

    `product` are the paths of product code; other files may also use what is declared for development.
    """
    first_party, seen = FirstParty(head.sources), list[Observation]()
    looked, done = 0, set[str]()
    for file in files:
        if (
            file.kind is ChangeKind.DELETED
            or not is_python(file.path)
            or (module := head.sources.module(file.path)) is None
        ):
            continue
        old_module = base.sources.module(file.base_path)
        old = {one.name for one in imported(old_module)} if old_module else set[str]()
        for one in imported(module):
            looked += 1
            if one.name in old or one.name in STDLIB or one.name in done or first_party.has(one.name, file.path):
                continue
            observation = _judge(one, file.path, base, head, file.path in product, allowed)
            if observation:
                done.add(one.name)
                seen.append(observation)
    return seen, looked


def _judge(
    one: Imported, path: str, base: Side, head: Side, product: bool, allowed: Collection[str]
) -> Observation | None:
    declared = head.declared
    if not declared.requirements or declared.open or declared.unreadable:
        return None
    if candidates(one.name) & frozenset(allowed):
        return None
    everything = frozenset(r.name for r in declared.requirements) | declared.own
    if product:
        served = frozenset(r.name for r in declared.requirements if not r.development and r.group != "build")
        # Where all that is declared is for development, nobody keeps the two apart.
        if offered(one.name, (served or everything) | declared.own):
            return None
    elif offered(one.name, everything):
        return None
    if _unexplained(one, base, head) or _used_before(one.name, base):
        return None
    dev = product and offered(one.name, everything)
    why = (
        "only for development"
        if dev
        else "by no file, though the lock has it"
        if offered(one.name, head.locked)
        else "by no file"
    )
    what = f"{path} imports {one.name}, which is declared {why}"
    return Observation("undeclared-import", path, one.line, what, Severity.NOTE if one.optional else None)


def _unexplained(one: Imported, base: Side, head: Side) -> bool:
    """Whether the change declares a package whose import name is not known to be another: this may be it."""
    new = {r.name for r in head.declared.requirements} - base.names
    words = one.name.lower().replace("_", "-").split("-")
    return any(any(word in name for word in words if len(word) > 2) for name in new)


def _used_before(name: str, base: Side) -> bool:
    """Whether the base imports the name already: old debt."""
    for path in sorted(base.sources.paths):
        if is_python(path) and name in (base.sources.text(path) or ""):
            module = base.sources.module(path)
            if module and any(one.name == name for one in imported(module)):
                return True
    return False
