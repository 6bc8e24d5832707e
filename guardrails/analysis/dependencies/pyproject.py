"""`pyproject.toml`: the standard's tables, and those of Poetry, PDM, uv and Hatch."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from packaging.utils import canonicalize_name

from guardrails.analysis.dependencies.declared import (
    BUILD,
    CONSTRAINT,
    RUNTIME,
    Declared,
    Origin,
    Requirement,
    line_of,
    named,
    requirement,
)
from guardrails.analysis.source import lines_of

Table = Mapping[str, Any]
_PLACES = ("git", "url", "path", "hg", "svn", "file")


def parse(path: str, text: str) -> Declared:
    """What the file declares.

    Raises:
        ValueError: not TOML, or a table is not what it must be.
    """
    table = tomllib.loads(text)
    reader = _Reader(path, lines_of(text))
    try:
        reader.standard(table)
        tools = table.get("tool", {})
        reader.poetry(tools.get("poetry", {}))
        reader.uv(tools.get("uv", {}))
        reader.pdm(tools.get("pdm", {}))
        for name, env in tools.get("hatch", {}).get("envs", {}).items():
            for key in ("dependencies", "extra-dependencies"):
                reader.many(env.get(key, ()), f"group:{name}")
    except (AttributeError, TypeError) as error:
        raise ValueError(f"a table of dependencies is not what it must be ({error})") from error
    return reader.found


class _Reader:
    """Reads one file, and finds the lines of what it reads."""

    def __init__(self, path: str, lines: list[str]) -> None:
        self.path, self.lines = path, lines
        self.found = Declared()

    def standard(self, table: Table) -> None:
        project = table.get("project", {})
        if "name" in project:
            self.found.own.add(canonicalize_name(str(project["name"])))
        if "dependencies" in project.get("dynamic", ()):
            self.found.open = True
        self.many(project.get("dependencies", ()), RUNTIME)
        for extra, texts in project.get("optional-dependencies", {}).items():
            self.many(texts, f"extra:{extra}")
        for group, texts in table.get("dependency-groups", {}).items():
            self.many(texts, f"group:{group}")
        self.many(table.get("build-system", {}).get("requires", ()), BUILD)

    def many(self, texts: Iterable[object], group: str) -> None:
        """Requirements by PEP 508; a table includes another group."""
        for text in texts:
            if not isinstance(text, str):
                continue
            bare = text.removeprefix("-e ").strip()
            one = requirement(bare, self.path, self._line(text), group)
            self._take(one, one.direct, "a requirement")

    def _take(self, one: Requirement, address: str, kind: str) -> None:
        if address:
            self.found.direct.append(Origin(address, kind, self.path, one.line, one.name))
            one = replace(one, direct=address, pinned=True)
        if one.name:
            self.found.requirements.append(one)

    def _line(self, *words: str) -> int | None:
        return line_of(self.lines, *(f'"{w}"' for w in words), *(f"'{w}'" for w in words), *words)

    def poetry(self, table: Table) -> None:
        if "name" in table:
            self.found.own.add(canonicalize_name(str(table["name"])))
        extras: set[str] = {canonicalize_name(n) for names in table.get("extras", {}).values() for n in names}
        self._keyed(table.get("dependencies", {}), RUNTIME, extras)
        self._keyed(table.get("dev-dependencies", {}), "group:dev", extras)
        for group, inner in table.get("group", {}).items():
            self._keyed(inner.get("dependencies", {}), f"group:{group}", extras)
        for source in table.get("source", ()):
            self._index(source.get("url", ""), "tool.poetry.source")

    def _keyed(self, table: Table, group: str, extras: set[str]) -> None:
        """Poetry's tables, from a name to a version or to a table."""
        for name, wish in table.items():
            if name.lower() == "python":
                continue
            where = f"extra:{name}" if group == RUNTIME and canonicalize_name(name) in extras else group
            for entry in wish if isinstance(wish, list) else [wish]:
                inner = entry if isinstance(entry, Mapping) else {"version": str(entry)}
                line = line_of(self.lines, f"{name} =", f"{name}=", f'"{name}"', name)
                one = named(name, str(inner.get("version", "")), self.path, line, where)
                self._take(one, _address(inner), "a requirement")

    def uv(self, table: Table) -> None:
        self.many(table.get("dev-dependencies", ()), "group:dev")
        self.many((*table.get("constraint-dependencies", ()), *table.get("override-dependencies", ())), CONSTRAINT)
        for name, wish in table.get("sources", {}).items():
            for entry in wish if isinstance(wish, list) else [wish]:
                address = _address(entry)
                if address:
                    line = line_of(self.lines, address, name)
                    self.found.direct.append(
                        Origin(address, "tool.uv.sources", self.path, line, canonicalize_name(name))
                    )
        for index in table.get("index", ()):
            self._index(index.get("url", ""), "tool.uv.index")
        pip = table.get("pip", {})
        for key in ("index-url", "extra-index-url", "find-links", "allow-insecure-host"):
            for address in (*_listed(table.get(key)), *_listed(pip.get(key))):
                self._index(address, f"tool.uv.{key}", unchecked=key == "allow-insecure-host")

    def pdm(self, table: Table) -> None:
        for group, texts in table.get("dev-dependencies", {}).items():
            self.many(texts, f"group:{group}")
        for source in table.get("source", ()):
            self._index(source.get("url", ""), "tool.pdm.source", unchecked=source.get("verify_ssl") is False)

    def _index(self, address: object, kind: str, *, unchecked: bool = False) -> None:
        if address:
            line = line_of(self.lines, str(address))
            self.found.indexes.append(Origin(str(address), kind, self.path, line, unchecked=unchecked))


def _address(table: object) -> str:
    """Where a table takes a package from, if it names a place; a workspace is the repository itself."""
    if not isinstance(table, Mapping) or table.get("workspace"):
        return ""
    place = next((f"{key}+" * (key in {"hg", "svn"}) + str(table[key]) for key in _PLACES if key in table), "")
    at = next((f"@{table[key]}" for key in ("rev", "tag", "branch", "ref") if key in table), "")
    return f"{place}{at}" if place else ""


def _listed(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (str(entry) for entry in value)
