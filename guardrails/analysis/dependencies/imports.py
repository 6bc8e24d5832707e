"""Imports of packages that no file declares."""

import ast
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from guardrails.analysis.dependencies.declared import BUILD
from guardrails.analysis.dependencies.importable import STDLIB, candidates, offered
from guardrails.analysis.dependencies.reading import Side
from guardrails.analysis.observation import Observation
from guardrails.analysis.source import Sources, is_python
from guardrails.analysis.walking import unparse, walk
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.finding import Severity

_COMPILED = (".py", ".pyi", ".pyx", ".pxd", ".c", ".cpp", ".so", ".pyd", ".rs")
_SCRIPTS = frozenset({"noxfile.py", "tasks.py", "fabfile.py", "dodo.py", "conanfile.py"})
_DOCUMENTS = re.compile(r"^(?:.*/)?docs?/(?:.*/)?conf\.py$")
"""Like setup scripts, files that a tool runs in an environment of its own."""
_TELLING = 3  # letters of a word by which an import is taken for that of a package
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
                typing = unparse(test).endswith("TYPE_CHECKING")
                _visit(inner, found, optional=optional or typing)
                _visit(rest, found, optional=optional or typing)
            case ast.stmt() | ast.match_case():
                _visit((c for c in ast.iter_child_nodes(node) if isinstance(c, ast.stmt | ast.match_case)), found,
                       optional=optional)  # fmt: skip


def _catches(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes a missing module in its stride: it does not raise again."""
    kinds = [n.id for n in walk(handler.type) if isinstance(n, ast.Name)] if handler.type else ["BaseException"]
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


@dataclass(frozen=True, slots=True)
class Place:
    """Both sides of a change, the paths of their product code, and names that may come in whatever they are."""

    base: Side
    head: Side
    base_product: Collection[str]
    head_product: Collection[str]
    allowed: Collection[str]


def observe(files: Iterable[FileChange], place: Place) -> tuple[list[Observation], int]:
    """New imports of undeclared packages in changed files, and how many imports were looked at.

    Product code is held to what is declared for those who use it; other files may also use what is declared for
    development.
    """
    first_party, seen = FirstParty(place.head.sources), list[Observation]()
    looked, done = 0, set[str]()
    for file in files:
        module = place.head.sources.module(file.path) if _is_looked_at(file) else None
        if module is None:
            continue
        old_module = place.base.sources.module(file.base_path)
        old = {one.name for one in imported(old_module)} if old_module else set[str]()
        for one in imported(module):
            looked += 1
            if one.name in old or one.name in STDLIB or one.name in done or first_party.has(one.name, file.path):
                continue
            observation = _judge(one, file.path, place)
            if observation:
                done.add(one.name)
                seen.append(observation)
    return seen, looked


def _is_looked_at(file: FileChange) -> bool:
    scripts = file.path in _SCRIPTS or file.path.rpartition("/")[2] == "setup.py" or bool(_DOCUMENTS.match(file.path))
    return file.kind is not ChangeKind.DELETED and is_python(file.path) and not scripts


def _judge(one: Imported, path: str, place: Place) -> Observation | None:
    declared, product = place.head.declared, path in place.head_product
    if not declared.requirements or declared.open or declared.unreadable:
        return None
    everything = frozenset(r.name for r in declared.requirements) | declared.own
    used = frozenset(r.name for r in declared.requirements if not r.development and r.group != BUILD)
    # Where all that is declared is for development, nobody keeps the two apart.
    served = (used or everything) | declared.own if product else everything
    if candidates(one.name) & frozenset(place.allowed) or offered(one.name, served):
        return None
    if _unexplained(one, place) or _used_before(one.name, place, product):
        return None
    locked = offered(one.name, place.head.locked)
    if product and offered(one.name, everything):
        where = "only for development"
    else:
        where = "by no file, though the lock has it" if locked else "by no file"
    what = f"{path} imports {one.name}, which is declared {where}"
    mild = one.optional or (not product and locked)
    return Observation("undeclared-import", path, one.line, what, Severity.NOTE if mild else None)


def _unexplained(one: Imported, place: Place) -> bool:
    """Whether the change declares a package whose import name is not known to be another: this may be it."""
    new = {r.name for r in place.head.declared.requirements} - place.base.names
    words = [word for word in one.name.lower().split("_") if len(word) >= _TELLING]
    return any(word in name for word in words for name in new)


def _used_before(name: str, place: Place, product: bool) -> bool:
    """Whether the base imports the name already, in product code if it is product code that does now: old debt."""
    sources = place.base.sources
    paths = place.base_product if product else sources.paths
    for path in sorted(p for p in paths if is_python(p) and name in (sources.text(p) or "")):
        module = sources.module(path)
        if module and any(one.name == name for one in imported(module)):
            return True
    return False
