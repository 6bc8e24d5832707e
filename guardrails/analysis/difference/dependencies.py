"""What the change does to the project's dependencies, from the files that name them."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.analysis.source import Sources
from guardrails.model.change import Change
from guardrails.model.difference import Swap

_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[\w, .-]*\])?[ \t]*([=~<>!]=?=?)[ \t]*([^\s;\\#]+)", re.MULTILINE)
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(.*?)\s*$")


def dependencies(change: Change, base: Sources, head: Sources) -> tuple[Swap, ...]:
    """Each dependency that one side asks for and the other does not, or otherwise."""
    found: list[Swap] = []
    for file in change.files:
        before, after = _asked(file.base_path, base), _asked(file.path, head)
        found += [
            Swap(name, before.get(name, ""), after.get(name, ""), file.path)
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]
    return tuple(found)


def _asked(path: str, sources: Sources) -> Mapping[str, str]:
    """Name and version of what a file asks for; nothing for a file of another kind."""
    name = path.rpartition("/")[2]
    if re.fullmatch(r"(?:requirements|constraints)[\w.-]*\.(?:txt|lock|in)", name):
        return {_normal(m[1]): f"{m[2]} {m[3]}" for m in _PINNED.finditer(sources.text(path) or "")}
    if name == "pyproject.toml":
        return {_normal(found[0]): found[1] or "any" for found in _of_project(sources.text(path) or "")}
    return {}


def _of_project(text: str) -> Iterator[tuple[str, str]]:
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    project = data.get("project")
    project = project if isinstance(project, dict) else {}
    optional = project.get("optional-dependencies")
    groups = [project.get("dependencies"), *(optional.values() if isinstance(optional, dict) else ())]
    for line in (line for group in groups if isinstance(group, list) for line in group if isinstance(line, str)):
        if match := _REQUIREMENT.match(line):
            yield match[1], match[2]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
