"""Requirements files of pip: `requirements*.txt`, `.in`, and locks in that form."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from guardrails.analysis.dependencies.declared import CONSTRAINT, RUNTIME, Declared, Origin, is_direct, requirement
from guardrails.analysis.source import lines_of

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_OPTION = re.compile(r"^(--[a-zA-Z][\w-]*)(?:[=\s]\s*(.*))?$")
_SHORT = {"-i": "--index-url", "-f": "--find-links", "-e": "--editable", "-r": "--requirement", "-c": "--constraint"}
_PLACES = frozenset({"--index-url", "--extra-index-url", "--find-links", "--trusted-host"})
_HASH = re.compile(r"--hash[=\s]\s*([\w-]+:[0-9a-fA-F]+)")
_PER_REQUIREMENT = re.compile(r"\s--(?:hash|config-settings|global-option|install-option)\b.*$", re.DOTALL)


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, continued ones joined, each with the number of its first."""
    begun, parts = 0, []
    for number, line in enumerate(lines_of(text), 1):
        begun = begun or number
        clean = _COMMENT.sub("", line)
        if clean.rstrip().endswith("\\"):
            parts.append(clean.rstrip()[:-1])
            continue
        whole = " ".join([*parts, clean]).strip()
        if whole:
            yield begun, whole
        begun, parts = 0, []
    if "".join(parts).strip():
        yield begun, " ".join(parts).strip()


def parse(path: str, text: str, *, constraint: bool = False) -> tuple[Declared, list[str]]:
    """What a requirements file declares, and the other files that it names, relative to the repository."""
    found, others = Declared(), []
    group = CONSTRAINT if constraint else RUNTIME
    for number, line in logical_lines(text):
        if not line.startswith("-"):
            _requirement(found, line, path, number, group)
            continue
        name, value = _option(line)
        if name in _PLACES:
            found.indexes.append(Origin(value, name, path, number, unchecked=name == "--trusted-host"))
        elif name == "--editable":
            _requirement(found, value, path, number, group)
        elif name in {"--requirement", "--constraint"}:
            if is_direct(value) and "://" in value:
                found.direct.append(Origin(value, name, path, number))
            else:
                others.append(_beside(path, value))
    return found, others


def _option(line: str) -> tuple[str, str]:
    """An option in its long form, with its value; `-rbase.txt` and `--index-url=x` are one word each."""
    short = _SHORT.get(line[:2]) if not line.startswith("--") else None
    if short:
        return short, _unquoted(line[2:].lstrip("= "))
    found = _OPTION.match(line)
    return (found[1], _unquoted(found[2] or "")) if found else (line, "")


def _unquoted(value: str) -> str:
    try:
        words = shlex.split(value)
    except ValueError:
        words = [value]
    return words[0] if words else ""


def _requirement(found: Declared, line: str, path: str, number: int, group: str) -> None:
    hashes = frozenset(_HASH.findall(line))
    one = requirement(_PER_REQUIREMENT.sub("", line), path, number, group, hashes)
    if one.direct:
        found.direct.append(Origin(one.direct, "a requirement", path, number, one.name))
        one = replace(one, pinned=True)
    if one.name:
        found.requirements.append(one)


def _beside(path: str, other: str) -> str:
    """The path of a file that is named from beside another, in the repository."""
    parts = path.split("/")[:-1]
    for part in other.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
