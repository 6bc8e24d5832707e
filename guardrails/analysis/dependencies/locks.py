"""Lock files: uv, Poetry, PDM, Pipenv, PEP 751, and requirements files with a version for each entry."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.utils import canonicalize_name

from guardrails.analysis.dependencies import requirements
from guardrails.analysis.dependencies.declared import Lock, Locked, Origin, line_of
from guardrails.analysis.source import lines_of

_NAME = re.compile(r"^\s*([\w.-]+)")
_PLACES = ("git", "url", "path", "directory", "editable", "virtual", "vcs", "archive")


def parse(path: str, text: str) -> Lock:
    """The packages of a lock file.

    Raises:
        ValueError: not what its name says.
    """
    name = path.rpartition("/")[2]
    try:
        if name.endswith(".json") or name == "Pipfile.lock":
            return _pipenv(path, text)
        if re.match(r"\s*(?:#.*\n\s*)*(?:\w[\w-]* = |\[\[?\w)", text):
            return _toml(path, text)
    except (AttributeError, TypeError, KeyError) as error:
        raise ValueError(f"an entry is not what it must be ({error})") from error
    return _flat(path, text)


def _flat(path: str, text: str) -> Lock:
    declared, _ = requirements.parse(path, text)
    entries = tuple(
        Locked(r.name, r.specifier.partition("==")[2].strip("= "), r.hashes, r.direct, r.line)
        for r in declared.requirements
        if r.valid
    )
    return Lock(path, entries, origins=tuple(declared.indexes))


def _toml(path: str, text: str) -> Lock:
    table, lines = tomllib.loads(text), lines_of(text)
    places: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("name = "):
            places.setdefault(canonicalize_name(line[7:].strip().strip("\"'")), number)
    old_files = table.get("metadata", {}).get("files", {}) if isinstance(table.get("metadata"), dict) else {}
    entries, origins, roots = [], {}, set()
    for package in (*table.get("package", ()), *table.get("packages", ())):
        name = canonicalize_name(package["name"])
        files = (*_list(package.get("files")), *_list(package.get("wheels")), package.get("sdist"),
                 *_list(old_files.get(package["name"])))  # fmt: skip
        direct, index = _place(package)
        entry = Locked(name, str(package.get("version", "")), frozenset(_hashes(files)), direct, places.get(name),
                       frozenset(_needs(package)))  # fmt: skip
        entries.append(entry)
        if any(key in _source(package) for key in ("editable", "virtual")) and not direct.startswith(("/", "..", "~")):
            roots.add(name)
        if index:
            origins[index] = Origin(index, "the source of a locked package", path, line_of(lines, index))
    graph = any(entry.needs for entry in entries)
    return Lock(path, tuple(entries), graph, tuple(origins.values()), frozenset(roots))


def _source(package: Mapping[str, Any]) -> Mapping[str, Any]:
    source = package.get("source", {})
    return source if isinstance(source, dict) else {}


def _place(package: Mapping[str, Any]) -> tuple[str, str]:
    """The address of a package that is in no registry, and that of its registry where one is named."""
    source = _source(package)
    if "type" in source:  # Poetry
        kind, url = str(source["type"]), str(source.get("url", ""))
        return ("", url) if kind == "legacy" else (url, "")
    for key in _PLACES:
        value = source.get(key, package.get(key))
        if value is not None:
            inner = value.get("url", value.get("path", "")) if isinstance(value, dict) else value
            return str(inner), ""
    return "", str(source.get("registry", package.get("index", "")))


def _hashes(files: Iterable[object]) -> Iterator[str]:
    for file in files:
        if isinstance(file, dict):
            if "hash" in file:
                yield str(file["hash"])
            yield from (f"{kind}:{value}" for kind, value in _dict(file.get("hashes")).items())


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _needs(package: Mapping[str, Any]) -> Iterator[str]:
    """Names that a package requires: a table by name, or a list of tables or of texts, also by extra and group."""
    groups = [package.get("dependencies", ())]
    groups += [g for key in ("optional-dependencies", "dev-dependencies") for g in _dict(package.get(key)).values()]
    groups += [re.findall(r"[\w.-]+", e) for texts in _dict(package.get("extras")).values() for e in _list(texts)[:200]]
    for group in groups:
        for entry in group:
            text = str(entry.get("name", "")) if isinstance(entry, dict) else str(entry)
            found = _NAME.match(text)
            if found:
                yield canonicalize_name(found[1])


def _pipenv(path: str, text: str) -> Lock:
    table, lines = json.loads(text), lines_of(text)
    entries = []
    for section in ("default", "develop"):
        for name, inner in table.get(section, {}).items():
            direct = next((str(inner[key]) for key in ("git", "path", "file", "url") if key in inner), "")
            version = str(inner.get("version", "")).lstrip("=")
            hashes = frozenset(str(h) for h in inner.get("hashes", ()))
            entries.append(Locked(canonicalize_name(name), version, hashes, direct, line_of(lines, f'"{name}"')))
    origins = [
        Origin(str(s.get("url", "")), "source", path, line_of(lines, str(s.get("url", ""))),
               unchecked=s.get("verify_ssl") is False)
        for s in table.get("_meta", {}).get("sources", ())
    ]  # fmt: skip
    return Lock(path, tuple(entries), origins=tuple(origins))
