"""What a package index says of the names that a change brings in.

The answers are those of the simple API in JSON (PEP 691, with the versions and upload times of PEP 700), from an index
or from files of the repository that hold the same.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_version,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion

from guardrails.analysis.dependencies.declared import CONSTRAINT, Requirement
from guardrails.analysis.dependencies.reading import Side
from guardrails.analysis.observation import Observation
from guardrails.model.exchange import HttpAnswer

YOUNG_DAYS = 30
MOST_NAMES = 100
_FOUND, _ABSENT = 200, (404, 410)


@dataclass(frozen=True, slots=True)
class Asked:
    """A name that is new, and where it stands. `version` is the one that it is held to, or empty."""

    name: str
    version: str
    path: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Listed:
    """What an index has of a package. `first` is the day of its first upload, None where the index does not say."""

    versions: frozenset[str]
    yanked: frozenset[str]
    first: date | None


def asked(base: Side, head: Side, allowed: frozenset[str]) -> list[Asked]:
    """The names that the head requires or locks and the base does not, each once."""
    known = base.names | base.locked | head.declared.own | allowed
    found: dict[str, Asked] = {}
    for one in head.declared.requirements:
        if one.valid and not one.direct and one.group != CONSTRAINT and one.name not in known:
            found.setdefault(one.name, Asked(one.name, _exact(one), one.path, one.line))
    for lock in head.all_locks():
        for entry in lock.entries:
            if entry.name not in known | lock.roots and not entry.direct:
                held = found.get(entry.name)
                if held is None or not held.version:
                    found[entry.name] = Asked(entry.name, entry.version, lock.path, entry.line)
    return list(found.values())


def _exact(one: Requirement) -> str:
    return one.specifier.removeprefix("==") if one.specifier.startswith("==") and one.pinned else ""


def parse(body: bytes) -> Listed:
    """Read an answer of the simple API.

    Raises:
        ValueError: it is none.
    """
    told = json.loads(body)
    if not isinstance(told, Mapping) or not isinstance(told.get("files"), Sequence):
        raise ValueError("it has no list of files")  # noqa: TRY004 - what was sent is wrong, not what was called
    files = [file for file in told["files"] if isinstance(file, Mapping)]
    by_version: dict[str, list[bool]] = {}
    for file in files:
        version = _version_of(str(file.get("filename", "")))
        if version:
            by_version.setdefault(version, []).append(file.get("yanked", False) is not False)
    versions = told.get("versions")
    stated = {_same(str(version)) for version in versions} if isinstance(versions, Sequence) else set()
    days = [day for file in files if (day := _day(file.get("upload-time"))) is not None]
    return Listed(
        versions=frozenset(stated | set(by_version)),
        yanked=frozenset(version for version, yanked in by_version.items() if all(yanked)),
        first=min(days, default=None),
    )


def _version_of(filename: str) -> str:
    try:
        if filename.endswith(".whl"):
            return _same(str(parse_wheel_filename(filename)[1]))
        return _same(str(parse_sdist_filename(filename)[1]))
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return ""


def _same(version: str) -> str:
    try:
        return canonicalize_version(version)
    except InvalidVersion:
        return version


def _day(text: Any) -> date | None:  # noqa: ANN401 - a value of the answer
    try:
        return datetime.fromisoformat(text).date() if isinstance(text, str) else None
    except ValueError:
        return None


def observe(
    one: Asked, answer: HttpAnswer | None, index: str, today: date | None
) -> tuple[Listed | None, tuple[Observation, ...]]:
    """What the index has of one name, and what is wrong with it."""
    if answer is None or answer.trouble or answer.status not in (_FOUND, *_ABSENT):
        why = "there was no time left" if answer is None else answer.trouble or f"it answers {answer.status}"
        return None, (_seen("look-up-failed", one, f"{one.name} could not be looked up in {index}: {why}"),)
    if answer.status in _ABSENT:
        return None, (_seen("not-in-index", one, f"{index} has no package that is called {one.name}"),)
    try:
        listed = parse(answer.body)
    except (ValueError, RecursionError) as error:
        what = f"{one.name} could not be looked up in {index}: its answer is not that of PEP 691 ({error})"
        return None, (_seen("look-up-failed", one, what),)
    return listed, tuple(_wrong(one, listed, index, today))


def _wrong(one: Asked, listed: Listed, index: str, today: date | None) -> Iterator[Observation]:
    version = _same(one.version) if one.version else ""
    if not listed.versions:
        yield _seen("not-in-index", one, f"{index} has {one.name} without a single file: nothing was ever published")
    elif version and version not in listed.versions:
        yield _seen("not-in-index", one, f"{index} has no version {one.version} of {one.name}")
    elif version in listed.yanked or listed.versions == listed.yanked:
        yield _seen("yanked", one, f"{one.name} {one.version or 'in every version'} was withdrawn by its authors")
    if today is not None and listed.first is not None and (today - listed.first).days < YOUNG_DAYS:
        yield _seen("young-package", one, f"{one.name} was first published on {listed.first:%Y-%m-%d}")


def _seen(rule: str, one: Asked, what: str) -> Observation:
    return Observation(rule, one.path, one.line, what)
