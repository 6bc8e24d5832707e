"""What code does to the world outside, or takes from it, without an import that says so: `open`, the date, a counter.

A contract of import-linter that forbids `os`, `random` and `time` to some modules says that they are to be pure. It
sees imports only.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from guardrails.analysis.names import Names
from guardrails.analysis.walking import unparse, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef
FAMILIES: Mapping[str, frozenset[str]] = {
    "the disk": frozenset({"os", "pathlib", "io", "shutil", "tempfile", "sqlite3", "glob", "fileinput", "mmap"}),
    "the network": frozenset({"socket", "http", "urllib", "ssl", "smtplib", "ftplib", "httpx", "requests", "aiohttp"}),
    "chance": frozenset({"random", "secrets", "uuid"}),
    "the clock": frozenset({"time", "datetime", "sched"}),
    "a process": frozenset({"subprocess", "multiprocessing", "signal", "pty"}),
}
"""What a module is for, by its modules of the standard library and the usual ones beside it."""
_MANY = 3  # families that a contract keeps modules from that are to be pure altogether
_STATE = "what outlives the call"
_BUILTIN = {"open": "the disk", "input": "a process", "breakpoint": "a process", "print": "a process"}
_CALLS = {
    "datetime.datetime.now": "the clock", "datetime.datetime.today": "the clock",
    "datetime.datetime.utcnow": "the clock", "datetime.date.today": "the clock", "uuid.uuid1": "chance",
    "uuid.uuid4": "chance", "io.open": "the disk",
    "io.open_code": "the disk", "numpy.load": "the disk", "numpy.save": "the disk", "numpy.savez": "the disk",
    "numpy.loadtxt": "the disk", "numpy.savetxt": "the disk",
}  # fmt: skip
_HARMLESS = frozenset({"io", "datetime", "uuid", "urllib.parse", "http.HTTPStatus", "os.PathLike", "os.fspath"})
"""Modules of which only some calls reach outside, and those are named above; and names that reach nowhere."""
_METHODS = frozenset({"read_text", "write_text", "read_bytes", "write_bytes", "unlink", "mkdir", "iterdir", "touch"})
_SEEDED = frozenset({"default_rng", "Generator", "SeedSequence", "PCG64", "RandomState", "BitGenerator", "Philox"})


@dataclass(frozen=True, slots=True)
class Touch:
    """One place where code reaches outside: how it is written, what it reaches, the line."""

    text: str
    what: str
    line: int


def families_of(forbidden: Sequence[str]) -> frozenset[str]:
    """What modules may not touch to which these are forbidden; all of it where it is most."""
    tops = {name.partition(".")[0] for name in forbidden}
    found = frozenset(family for family, modules in FAMILIES.items() if tops & modules)
    return frozenset({*FAMILIES, _STATE}) if len(found) >= _MANY else found


def touches(module: ast.Module, names: Names) -> Iterator[Touch]:
    """Every call in the module that reaches outside, and every function that counts in what outlives it."""
    own = {n.name for n in walk(module) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    hashing = {id(n) for f in walk(module) if isinstance(f, ast.FunctionDef) and f.name == "__hash__" for n in walk(f)}
    for node in walk(module):
        if isinstance(node, ast.Call):
            what = _called(node, names, own)
            if not what and names.full(node.func) == "hash" and id(node) not in hashing:
                what = "chance"
            if what:
                yield Touch(unparse(node)[:100], what, node.lineno)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _counted(node, names)


def _called(call: ast.Call, names: Names, own: set[str]) -> str:
    """What a call reaches, or an empty string."""
    full = names.full(call.func) or ""
    if full in _BUILTIN and full not in own:
        return _BUILTIN[full]
    if full in _CALLS:
        return _CALLS[full]
    if full.startswith("numpy.random."):
        last = full.rpartition(".")[2]
        return "" if last in _SEEDED and (call.args or call.keywords) else "chance"
    if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
        return "the disk"
    if full.startswith(("os.path.", "pathlib.")) or any(full == h or full.startswith(f"{h}.") for h in _HARMLESS):
        return ""
    top = full.partition(".")[0]
    if "." not in full or top not in {value.partition(".")[0] for value in names.imports.values()}:
        return ""
    if full.rpartition(".")[2] == "Random" and call.args:
        return ""
    return next((family for family, modules in FAMILIES.items() if top in modules), "")


def _counted(node: Function, names: Names) -> Iterator[Touch]:
    """Names of the module whose new value hangs on the old one: counts, running sums, what was there before."""
    shared = {name for n in walk(node) if isinstance(n, ast.Global) for name in n.names}
    local = {n.id for n in walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)} - shared
    local |= {a.arg for a in walk(node.args) if isinstance(a, ast.arg)}
    for statement in walk(node):
        match statement:
            case ast.AugAssign(target=target):
                grows = True
            case ast.Assign(targets=[target], value=value):
                grows = _root(target) in {n.id for n in walk(value) if isinstance(n, ast.Name)}
            case _:
                continue
        root = _root(target)
        of_module = root in shared or (root in names.constants and not isinstance(target, ast.Name))
        if grows and of_module and root not in local:
            yield Touch(unparse(statement)[:100], _STATE, statement.lineno)


def _root(target: ast.expr) -> str:
    """The name that an assigned place belongs to."""
    while isinstance(target, ast.Attribute | ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""
