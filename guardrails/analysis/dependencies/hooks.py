"""Code that runs when the project is installed or built, or whenever Python or a tool starts."""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from guardrails.analysis.dependencies.declared import line_of
from guardrails.analysis.observation import Observation
from guardrails.analysis.source import Sources, parsed
from guardrails.analysis.walking import unparse, walk
from guardrails.model.change import ChangeKind, FileChange
from guardrails.model.finding import Severity

_REACHES = re.compile(
    r"^(?:os\.(?:system|popen|exec\w*|spawn\w*)|subprocess\.\w+|urllib\.request\.\w+|urlopen|urlretrieve|requests\.\w+|"
    r"httpx\.\w+|socket\.\w+|http\.client\.\w+|ctypes\.\w+|pip\.\w+|pickle\.loads?|marshal\.loads?|exec|eval|compile|"
    r"__import__|importlib\.import_module|runpy\.\w+|shutil\.rmtree)$"
)
_HIDES = re.compile(
    r"b64decode|b32decode|a85decode|unhexlify|fromhex|decompress|marshal|urlopen|requests\.|codecs\.decode|rot13"
)
_PROGRAMS = """
    python python3 pip pip3 pytest py.test git make bash sh sudo ls cat curl wget ssh uv poetry pdm pipenv tox
    nox ruff mypy coverage black flake8 pylint pre-commit twine hatch env which node npm docker kubectl
    lint-imports
"""
_SHADOWED = frozenset(_PROGRAMS.split())
_LOADED = re.compile(
    r"^(pytest11|distutils\..*|setuptools\..*|egg_info\.writers|flake8\..*|pylint.*|mypy.*|hypothesis|hatch|poetry\..*|"
    r"twisted\.plugins|sphinx\..*|babel\..*|jupyter.*|keyring\.backends|virtualenv\..*|tox|pdm|nox|coverage.*)$"
)
"""Groups that a tool of the developer loads by itself."""


@dataclass(slots=True)
class Hooks:
    """What one file hooks into: keys that run code at a build with their values, and entry points by group."""

    build: dict[str, str] = field(default_factory=dict)
    points: dict[str, set[str]] = field(default_factory=dict)


def observe(
    files: Iterable[FileChange], base: Sources, head: Sources, ignored: frozenset[str]
) -> Iterator[Observation]:
    """Hooks of the changed files that the base does not have."""
    for file in files:
        if file.kind is ChangeKind.DELETED or file.path in ignored:
            continue
        name = file.path.rpartition("/")[2]
        if name.endswith(".pth"):
            yield from _pth(file, base, head)
        if name == "setup.py":
            yield from _setup_py(file, base, head)
        if name in {"pyproject.toml", "setup.cfg", "setup.py"}:
            yield from _compare(file, _hooks(name, base.text(file.base_path)), _hooks(name, head.text(file.path)), head)


def _pth(file: FileChange, base: Sources, head: Sources) -> Iterator[Observation]:
    """Lines of a path file: those that begin with `import` are run by every start of Python."""
    runs = [line for line in head.lines(file.path) if line.startswith(("import ", "import\t"))]
    new = [line for line in runs if line not in base.lines(file.base_path)]
    if new:
        line = line_of(head.lines(file.path), new[0])
        yield Observation(
            "install-hook", file.path, line, f"{file.path} runs code whenever Python starts", Severity.BLOCK
        )
    elif file.kind is ChangeKind.ADDED:
        yield Observation("install-hook", file.path, None, f"{file.path} puts directories on the path of every Python")


def _setup_py(file: FileChange, base: Sources, head: Sources) -> Iterator[Observation]:
    """What a setup script calls now and did not: it is run by whoever installs the project from source."""
    before, after = parsed(base.text(file.base_path) or ""), parsed(head.text(file.path) or "")
    if after is None:
        return
    old = {text for text, _, _ in _calls(before)} if before else set()
    new = [(text, line, grave) for text, line, grave in _calls(after) if text not in old]
    for text, line, grave in new[:5]:
        what = f"{file.path} calls {text} when the project is installed"
        yield Observation("install-hook", file.path, line, what, Severity.BLOCK if grave else None)
    if file.kind is ChangeKind.ADDED and not new:
        what = f"{file.path} is new: it is run by whoever installs the project from source"
        yield Observation("install-hook", file.path, 1, what, Severity.NOTE)


def _calls(module: ast.Module) -> list[tuple[str, int, bool]]:
    """Calls that reach out of a setup script, with the line, and whether what is run is hidden or fetched."""
    found, names = [], _imported(module)
    for node in walk(module):
        if isinstance(node, ast.Call):
            called = unparse(node.func)
            head, dot, rest = called.partition(".")
            full = names.get(head, head) + dot + rest
            if _REACHES.match(full):
                hidden = full in {"exec", "eval", "compile"} and bool(_HIDES.search(unparse(node)))
                found.append((f"{called}()", node.lineno, hidden))
        elif isinstance(node, ast.keyword) and node.arg == "cmdclass":
            found.append((f"cmdclass={unparse(node.value)[:60]}", node.value.lineno, False))
    return found


def _imported(module: ast.Module) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in walk(module):
        if isinstance(node, ast.Import):
            found |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found


def _hooks(name: str, text: str | None) -> Hooks:
    """The hooks of one file; none where it cannot be read, which is another rule's finding."""
    try:
        if text is None:
            return Hooks()
        if name == "pyproject.toml":
            return _pyproject(tomllib.loads(text))
        return _setup_cfg(text) if name == "setup.cfg" else _entry_points(text)
    except (tomllib.TOMLDecodeError, configparser.Error, AttributeError, TypeError):
        return Hooks()


def _pyproject(table: Mapping[str, Any]) -> Hooks:
    found, project, tool = Hooks(), table.get("project", {}), table.get("tool", {})
    system = table.get("build-system", {})
    for key in ("build-backend", "backend-path"):
        if key in system:
            found.build[key] = str(system[key])
    hatch, poetry, pdm = (tool.get(name, {}) for name in ("hatch", "poetry", "pdm"))
    places = {
        "tool.hatch.build.hooks": hatch.get("build", {}).get("hooks", {}),
        "tool.hatch.metadata.hooks": hatch.get("metadata", {}).get("hooks", {}),
        "tool.poetry.build": poetry.get("build", {}),
        "tool.pdm.build": {k: v for k, v in pdm.get("build", {}).items() if k in {"run-setuptools", "setup-script"}},
        "tool.setuptools.cmdclass": tool.get("setuptools", {}).get("cmdclass", {}),
    }
    found.build |= {key: str(value) for key, value in places.items() if value}
    groups = dict(project.get("entry-points", {})) | dict(poetry.get("plugins", {}))
    groups["console_scripts"] = {
        **project.get("scripts", {}), **project.get("gui-scripts", {}), **poetry.get("scripts", {})
    }  # fmt: skip
    for group, entries in groups.items():
        found.points[group] = {f"{key} = {value}" for key, value in entries.items()}
    return found


def _setup_cfg(text: str) -> Hooks:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    found = Hooks()
    if parser.has_option("options", "cmdclass"):
        found.build["cmdclass"] = parser["options"]["cmdclass"]
    if parser.has_section("options.entry_points"):
        for group, value in parser["options.entry_points"].items():
            found.points[group] = {
                " = ".join(p.strip() for p in e.split("=", 1)) for e in value.split("\n") if e.strip()
            }
    return found


def _entry_points(text: str) -> Hooks:
    """`entry_points={…}` of a setup script, as far as it is written out."""
    found, module = Hooks(), parsed(text)
    for node in walk(module) if module else ():
        if not (isinstance(node, ast.keyword) and node.arg == "entry_points" and isinstance(node.value, ast.Dict)):
            continue
        for key, value in zip(node.value.keys, node.value.values, strict=True):
            group = key.value if isinstance(key, ast.Constant) else "?"
            texts = [n.value for n in walk(value) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
            found.points[str(group)] = {" = ".join(p.strip() for p in t.split("=", 1)) for t in texts}
    return found


def _compare(file: FileChange, old: Hooks, new: Hooks, head: Sources) -> Iterator[Observation]:
    lines = head.lines(file.path)
    for key, value in sorted(new.build.items()):
        first = file.kind is ChangeKind.ADDED and key == "build-backend"
        if old.build.get(key) != value and not first:
            was = f"{old.build[key][:60]} becomes {value[:60]}" if key in old.build else f"is set to {value[:60]}"
            yield Observation("install-hook", file.path, line_of(lines, key.rpartition(".")[2], key), f"{key} {was}")
    for group, entries in sorted(new.points.items()):
        for entry in sorted(entries - old.points.get(group, set())):
            yield from _point(file.path, group, entry, line_of(lines, entry.partition(" = ")[0]), old)


def _point(path: str, group: str, entry: str, line: int | None, old: Hooks) -> Iterator[Observation]:
    name = entry.partition(" = ")[0]
    if group in {"console_scripts", "gui_scripts"}:
        known = {e.partition(" = ")[0] for e in old.points.get(group, set())}
        if name.lower() in _SHADOWED and name not in known:
            what = f"the script {entry} takes the place of the program {name} wherever the project is installed"
            yield Observation("entry-point", path, line, what, Severity.BLOCK)
    elif _LOADED.match(group):
        yield Observation("entry-point", path, line, f"{entry} is loaded by every run of a tool ({group})")
    else:
        yield Observation("entry-point", path, line, f"{entry} is offered in the group {group}", Severity.NOTE)
