"""The configuration of a tree's checkers, wherever it stands, and what a change does to it."""

import configparser
import fnmatch
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.analysis.oracles.conventions import pytest_options
from guardrails.analysis.settings import contracts, tables
from guardrails.analysis.settings.directions import Direction, SettingChange, compare, flat, is_on
from guardrails.analysis.settings.invocations import argument_changes, warning_changes
from guardrails.analysis.source import Sources

_OTHERS = ("pylint", "bandit", "pyright", "basedpyright", "flake8", "mutmut", "vulture", "deptry", "tox", "nox")
"""Checkers whose settings this file does not know: any change of them is for a person."""
_SCRIPTS = (
    "Makefile", "*.mk", ".ci/**", ".github/workflows/**", ".github/actions/**", ".gitlab-ci.yml", ".circleci/**",
    "azure-pipelines.yml", ".pre-commit-config.yaml", "noxfile.py", "tox.ini", "Jenkinsfile", ".husky/**",
    ".githooks/**", "CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", "lefthook.yml", "justfile", "Taskfile.yml",
    ".gitattributes", "*/.gitattributes", ".env", ".envrc", "codecov.yml", ".codecov.yml", "pyrightconfig.json",
    ".pylintrc", "pylintrc", ".bandit", ".semgrepignore", ".gitleaks.toml", ".secrets.baseline", ".mergify.yml",
    "bors.toml",
    "tox.toml", ".python-version", ".github/settings.yml", "sonar-project.properties", "conftest.toml", "hatch.toml",
    "tasks.py",
)  # fmt: skip

# The last that sets a checker is the one that the checker takes.
_FILES = (
    ".flake8", "tox.ini", "setup.cfg", "pyproject.toml", ".coveragerc", ".mypy.ini", "mypy.ini", "ruff.toml",
    ".ruff.toml",
)  # fmt: skip

Found = Mapping[str, tuple[str, Mapping[str, Any]]]  # tool to the file and the settings


class UnreadableError(ValueError):
    """A configuration file that cannot be parsed; the message names it."""


def tools(sources: Sources) -> Found:
    """The settings of each known checker at the root of a tree.

    Raises:
        UnreadableError: a file that may hold them cannot be parsed.
    """
    found: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for path in _FILES:
        text = sources.text(path)
        if text is not None:
            for tool, settings in _in_file(path, text):
                found[tool] = (path, settings)
    place, options = pytest_options(sources)
    if place:
        found["pytest"] = (place, options)
    return found


def _in_file(path: str, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        if path.endswith("ruff.toml"):
            yield "ruff", tomllib.loads(text)
        elif path.endswith(".toml"):
            table = tomllib.loads(text).get("tool", {})
            yield from ((name, table[name]) for name in ("ruff", "mypy", "coverage", *_OTHERS) if name in table)
        else:
            parser = configparser.RawConfigParser()
            parser.read_string(text)
            yield from _ini(path, parser)
    except (tomllib.TOMLDecodeError, configparser.Error) as error:
        raise UnreadableError(f"{path} cannot be parsed: {error}") from error


def _ini(path: str, parser: configparser.RawConfigParser) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The checkers of an INI file: mypy with its sections of modules, coverage with its parts."""
    sections = {name: dict(parser[name]) for name in parser.sections()}
    if "mypy" in sections:
        overrides = {k.removeprefix("mypy-"): v for k, v in sections.items() if k.startswith("mypy-")}
        yield "mypy", {**sections["mypy"], "overrides": [{"module": m, **v} for m, v in overrides.items()]}
    own = path.rpartition("/")[2] == ".coveragerc"
    parts = {k.removeprefix("coverage:"): v for k, v in sections.items() if own or k.startswith("coverage:")}
    if parts:
        yield "coverage", parts
    yield from ((name, sections[name]) for name in _OTHERS if name in sections and name != "tox")


def tool_changes(before: Found, after: Found) -> Iterator[SettingChange]:
    """What changed for each checker; one that loses its configuration is looser."""
    for tool in sorted({*before, *after}):
        path, old = before.get(tool, (after[tool][0] if tool in after else "", {}))
        if tool not in after:
            yield SettingChange(path, tool, Direction.LOOSER, f"the configuration of {tool} is gone")
            continue
        place, new = after[tool]
        if tool == "pytest":
            yield from _pytest(place, old, new)
        elif tool == "mypy":
            yield from _mypy(place, old, new)
        elif tool == "ruff":
            yield from _prefixed("ruff", compare(place, *_flat_ruff(old, new), tables.RUFF, tables.RUFF_DEFAULTS))
        elif tool == "coverage":
            yield from _prefixed("coverage", compare(place, flat(old), flat(new), tables.COVERAGE))
        elif old != new:
            yield SettingChange(place, tool, Direction.UNKNOWN, f"the settings of {tool} are changed")


def _prefixed(tool: str, changes: Iterator[SettingChange]) -> Iterator[SettingChange]:
    for change in changes:
        yield SettingChange(change.path, f"{tool}.{change.key}", change.direction, f"{tool}: {change.words}")


def _flat_ruff(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, object]]:
    """Both tables with the keys of ruff's linter in one place: older files have them without `lint.`."""
    both = []
    for table in (old, new):
        flattened = flat(table, tables.RUFF_WHOLE)
        both.append({key.removeprefix("lint."): value for key, value in flattened.items()})
    return both[0], both[1]


def _pytest(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SettingChange]:
    special = ("addopts", "filterwarnings")
    yield from _prefixed("pytest", argument_changes(path, old.get("addopts", ""), new.get("addopts", "")))
    yield from _prefixed("pytest", warning_changes(path, old.get("filterwarnings"), new.get("filterwarnings")))
    rest = [{k: _words(k, v) for k, v in table.items() if k not in (*special, "ini_options")} for table in (old, new)]
    yield from _prefixed("pytest", compare(path, rest[0], rest[1], tables.PYTEST, tables.PYTEST_DEFAULTS))


_WORD_LISTS = frozenset({"testpaths", "python_files", "python_functions", "python_classes", "norecursedirs"})


def _words(key: str, value: object) -> object:
    """A list that an INI file writes with spaces, as a list."""
    return value.split() if key in _WORD_LISTS and isinstance(value, str) else value


def _mypy(path: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SettingChange]:
    """mypy's settings for all modules, then those for patterns of modules."""
    plain = [{k: v for k, v in table.items() if k != "overrides"} for table in (old, new)]
    filled = [_filled(plain[0], plain[1]), _filled(plain[1], plain[0])]
    yield from _prefixed("mypy", compare(path, filled[0], filled[1], tables.MYPY))
    by_module = [_overrides(table) for table in (old, new)]
    for module in sorted({*by_module[0], *by_module[1]}):
        changes = compare(path, by_module[0].get(module, {}), by_module[1].get(module, {}), tables.MYPY)
        for change in _prefixed("mypy", changes):
            yield SettingChange(path, f"{change.key} for {module}", change.direction, f"{change.words} for {module}")


def _filled(settings: dict[str, object], other: dict[str, object]) -> dict[str, object]:
    """Settings with what `strict` stands for, as far as the other side writes it out."""
    implied = {key: True for key in tables.MYPY_STRICT if key in other}
    return {**implied, **settings} if is_on(settings.get("strict")) else settings


def _overrides(table: Mapping[str, Any]) -> dict[str, dict[str, object]]:
    """Settings by pattern of modules."""
    found: dict[str, dict[str, object]] = {}
    for entry in table.get("overrides", ()):
        modules = entry.get("module", ())
        for module in modules.split(",") if isinstance(modules, str) else modules:
            found.setdefault(module.strip(), {}).update({k: v for k, v in entry.items() if k != "module"})
    return found


def contract_changes(path: str, before: str | None, after: str | None) -> Iterator[SettingChange]:
    """What changed in the contracts between layers; the layers gate reports contracts that are all gone.

    Raises:
        UnreadableError: a side cannot be parsed.
    """
    try:
        old = contracts.contracts(path, before) if before is not None else None
        new = contracts.contracts(path, after) if after is not None else None
    except ValueError as error:
        raise UnreadableError(str(error)) from error
    if old is None:
        return
    if new is None:
        yield SettingChange(path, "importlinter", Direction.LOOSER, "the contracts between layers are gone")
    else:
        yield from contracts.changes(path, old, new)


def budget_changes(path: str, before: str, after: str) -> Iterator[SettingChange]:
    """What changed in a file of load budgets.

    Raises:
        UnreadableError: a side cannot be parsed.
    """
    try:
        old, new = flat(tomllib.loads(before)), flat(tomllib.loads(after))
    except tomllib.TOMLDecodeError as error:
        raise UnreadableError(f"{path} cannot be parsed: {error}") from error
    yield from compare(path, old, new, tables.BUDGETS)


def policy_changes(path: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[SettingChange]:
    """What changed in the policy, both sides with their defaults filled in."""
    yield from compare(path, flat(before), flat(after), tables.POLICY)


def is_script(path: str) -> bool:
    """Whether a file says which checks are run."""
    return any(fnmatch.fnmatchcase(path, pattern.replace("**", "*")) for pattern in _SCRIPTS)


def is_shell(path: str) -> bool:
    """Whether a file is a script or a recipe of a container that may run checks."""
    name = path.rpartition("/")[2]
    return name.endswith((".sh", ".bash", ".ps1")) or name.startswith(("Dockerfile", "Containerfile"))


def is_nested_configuration(path: str) -> bool:
    """Whether a file below the root sets a checker for its directory: nobody wrote down which way it goes."""
    directory, _, name = path.rpartition("/")
    return bool(directory) and name in _NESTED


_NESTED = frozenset(
    {"ruff.toml", ".ruff.toml", "mypy.ini", ".mypy.ini", "pytest.ini", "pytest.toml", ".coveragerc", "tox.ini"}
)
