"""Older and other forms: setup.cfg, setup.py (by syntax, never run), Pipfile, conda's environment files, pip's and uv's
own configuration."""

import ast
import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_name

from guardrails.analysis.dependencies.declared import (
    BUILD,
    RUNTIME,
    Declared,
    Origin,
    line_of,
    named,
    requirement,
)
from guardrails.analysis.source import lines_of, parsed
from guardrails.analysis.walking import unparse, walk


def setup_cfg(path: str, text: str) -> Declared:
    """setuptools' declarative form.

    Raises:
        ValueError: not an INI file.
    """
    parser = _ini(text)
    found, lines = Declared(), lines_of(text)
    if parser.has_option("metadata", "name"):
        found.own.add(canonicalize_name(parser["metadata"]["name"].strip()))
    wishes = [(RUNTIME, ("options", "install_requires")), (BUILD, ("options", "setup_requires"))]
    wishes.append(("extra:test", ("options", "tests_require")))
    for group, (section, key) in wishes:
        if parser.has_option(section, key):
            _texts(found, parser[section][key], path, lines, group)
    if parser.has_section("options.extras_require"):
        for extra, value in parser["options.extras_require"].items():
            _texts(found, value, path, lines, f"extra:{extra}")
    for section, key in (
        ("options", "dependency_links"),
        ("easy_install", "index_url"),
        ("easy_install", "find_links"),
    ):
        if parser.has_option(section, key):
            for address in parser[section][key].split():
                found.indexes.append(Origin(address, key, path, line_of(lines, address)))
    return found


def _ini(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error).replace("\n", " ")) from error
    return parser


def _texts(found: Declared, value: str, path: str, lines: list[str], group: str) -> None:
    if value.strip().startswith("file:"):
        found.open = True
        return
    for text in value.split("\n"):
        if text.strip() and not text.strip().startswith("#"):
            _one(found, text.strip(), path, line_of(lines, text.strip()), group)


def _one(found: Declared, text: str, path: str, line: int | None, group: str) -> None:
    one = requirement(text, path, line, group)
    if one.direct:
        found.direct.append(Origin(one.direct, "a requirement", path, line, one.name))
        one = replace(one, pinned=True)
    if one.name:
        found.requirements.append(one)


_SETUP = {"install_requires": RUNTIME, "setup_requires": BUILD, "tests_require": "extra:test"}


def setup_py(path: str, text: str) -> Declared:
    """The arguments of `setup()` that are written out; what is computed is not known.

    Raises:
        ValueError: not Python.
    """
    module = parsed(text)
    if module is None:
        raise ValueError("not Python")
    found, known = Declared(), _assigned(module)
    for call in (node for node in walk(module) if isinstance(node, ast.Call)):
        if unparse(call.func) not in {"setup", "setuptools.setup", "core.setup"}:
            continue
        for keyword in call.keywords:
            value = known.get(keyword.value.id, keyword.value) if isinstance(keyword.value, ast.Name) else keyword.value
            _argument(found, keyword.arg, value, path, known)
    return found


def _assigned(module: ast.Module) -> dict[str, ast.expr]:
    """Names of the module that are assigned once, with their values."""
    found: dict[str, ast.expr] = {}
    for node in module.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
    return found


def _argument(found: Declared, name: str | None, value: ast.expr, path: str, known: Mapping[str, ast.expr]) -> None:
    if name == "name" and isinstance(value, ast.Constant):
        found.own.add(canonicalize_name(str(value.value)))
    elif name in _SETUP:
        _strings(found, value, path, _SETUP[name])
    elif name == "extras_require" and isinstance(value, ast.Dict):
        for key, inner in zip(value.keys, value.values, strict=True):
            extra = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else "?"
            named_value = known.get(inner.id, inner) if isinstance(inner, ast.Name) else inner
            _strings(found, named_value, path, f"extra:{extra}")
    elif name == "dependency_links":
        for text, line in _constants(value):
            found.indexes.append(Origin(text, name, path, line))
    elif name is None:
        found.open = True


def _strings(found: Declared, value: ast.expr, path: str, group: str) -> None:
    if not isinstance(value, ast.List | ast.Tuple | ast.Set) or any(
        not isinstance(entry, ast.Constant) for entry in value.elts
    ):
        found.open = True
    for text, line in _constants(value):
        _one(found, text, path, line, group)


def _constants(value: ast.expr) -> Iterator[tuple[str, int]]:
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        for entry in value.elts:
            if isinstance(entry, ast.Constant) and isinstance(entry.value, str):
                yield entry.value, entry.lineno


def pipfile(path: str, text: str) -> Declared:
    """Pipenv's file.

    Raises:
        ValueError: not TOML.
    """
    table, lines, found = tomllib.loads(text), lines_of(text), Declared()
    for section, group in (("packages", RUNTIME), ("dev-packages", "group:dev")):
        for name, wish in _table(table.get(section)).items():
            inner = wish if isinstance(wish, dict) else {"version": str(wish)}
            line = line_of(lines, f"{name} =", f'"{name}"', name)
            address = next((str(inner[key]) for key in ("git", "path", "file", "url") if key in inner), "")
            one = named(name, str(inner.get("version", "")).removeprefix("*"), path, line, group)
            if address:
                found.direct.append(Origin(address, "a requirement", path, line, one.name))
            found.requirements.append(replace(one, direct=address, pinned=one.pinned or bool(address)))
    for source in table.get("source", ()):
        address = str(_table(source).get("url", ""))
        unchecked = _table(source).get("verify_ssl") is False
        found.indexes.append(Origin(address, "source", path, line_of(lines, address), unchecked=unchecked))
    return found


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


_ENTRY = re.compile(r"^(\s*)-\s+(.*?)\s*(?:\s#.*)?$")


def environment_yml(path: str, text: str) -> Declared:
    """conda's environment file, line by line: its lists have one plain form in practice."""
    found, section, pip_indent = Declared(), "", -1
    for number, line in enumerate(lines_of(text), 1):
        key = re.match(r"^(\w+)\s*:", line)
        section = key[1] if key else section
        entry = _ENTRY.match(line)
        if not entry:
            continue
        indent, value = len(entry[1]), entry[2].strip("'\"")
        if section == "channels":
            found.indexes.append(Origin(value, "channel", path, number))
        elif section == "dependencies" and value == "pip:":
            pip_indent = indent
        elif section == "dependencies" and indent > pip_indent >= 0:
            _one(found, value, path, number, RUNTIME)
        elif section == "dependencies":
            pip_indent = -1
            _conda(found, value, path, number)
    return found


def _conda(found: Declared, value: str, path: str, number: int) -> None:
    """`channel::name=version=build`."""
    name, _, version = value.rpartition("::")[2].partition("=")
    bare = re.split(r"[<>!~\s]", name)[0].strip()
    if bare and bare.lower() not in {"python", "pip"}:
        found.requirements.append(named(bare, version.strip("="), path, number, RUNTIME))


_PLACES = ("index-url", "extra-index-url", "find-links", "trusted-host", "allow-insecure-host")


def tool_configuration(path: str, text: str) -> Declared:
    """`pip.conf`, `pip.ini` and `uv.toml`: where packages come from.

    Raises:
        ValueError: neither INI nor TOML.
    """
    found, lines = Declared(), lines_of(text)
    if path.endswith(".toml"):
        table = tomllib.loads(text)
        pairs = [(key, value) for part in (table, _table(table.get("pip"))) for key, value in part.items()]
        pairs += [("index-url", str(_table(index).get("url", ""))) for index in table.get("index", ())]
    else:
        parser = _ini(text)
        pairs = [(key, value.split()) for section in parser.sections() for key, value in parser[section].items()]
    for key, value in pairs:
        if key in _PLACES:
            for address in value if isinstance(value, list) else [str(value)]:
                unchecked = key in {"trusted-host", "allow-insecure-host"}
                found.indexes.append(Origin(address, key, path, line_of(lines, address), unchecked=unchecked))
    return found
