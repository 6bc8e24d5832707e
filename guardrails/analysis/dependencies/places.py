"""Places beside the registry that a change brings packages from: addresses, paths, indexes."""

import re
from collections.abc import Iterator

from guardrails.analysis.dependencies.declared import Origin, shown
from guardrails.analysis.dependencies.reading import Side
from guardrails.analysis.observation import Observation
from guardrails.model.finding import Severity

_PUBLIC = re.compile(
    r"^https://(pypi\.org|pypi\.python\.org|files\.pythonhosted\.org)(/simple)?/?$|^(conda-forge|defaults)$"
)
_PLAIN = re.compile(r"^(?:git\+|hg\+|svn\+)?http://|^git://", re.IGNORECASE)
_LOOPBACK = re.compile(r"^\w+://(localhost|127\.|\[::1\])", re.IGNORECASE)
_REVISION = re.compile(r"@[^/@]*(?=#|$)|#.*$")


def observe(base: Side, head: Side) -> Iterator[Observation]:
    """Direct references and indexes of the head that the base does not have."""
    yield from _direct(base, head)
    yield from _indexes(base, head)


def _direct(base: Side, head: Side) -> Iterator[Observation]:
    had = {(o.name, o.address) for o in _all_direct(base)}
    moved = {(o.name, _REVISION.sub("", o.address)) for o in _all_direct(base)}
    seen: set[tuple[str, str]] = set()
    for one in _all_direct(head):
        key = (one.name, _REVISION.sub("", one.address))
        if (one.name, one.address) in had or key in seen or _inside(one, head):
            continue
        seen.add(key)
        severity = None
        if _PLAIN.match(one.address) and not _LOOPBACK.match(one.address):
            severity = Severity.BLOCK
        elif key in moved:
            severity = Severity.NOTE
        what = f"{one.name or 'a package'} comes from {shown(one.address)} ({one.kind}), not from the registry"
        yield Observation("direct-reference", one.path, one.line, what, severity)


def _all_direct(side: Side) -> Iterator[Origin]:
    yield from side.declared.direct
    for lock in side.all_locks():
        for entry in lock.entries:
            if entry.direct and entry.name not in lock.roots:
                yield Origin(entry.direct, "the lock", lock.path, entry.line, entry.name)


def _inside(one: Origin, side: Side) -> bool:
    """Whether the address is a directory or a file of the tree."""
    if "://" in one.address and not one.address.startswith("file://"):
        return False
    path = one.address.removeprefix("file://").removeprefix("file:").partition("[")[0]
    if path.startswith(("/", "~", "git@")) and not path.startswith("/."):
        return False
    parts = one.path.split("/")[:-1]
    for part in path.split("@")[0].split("/"):
        if part == ".." and not parts:
            return False
        parts = parts[:-1] if part == ".." else [*parts, part] if part not in {"", "."} else parts
    there = "/".join(parts)
    return not there or there in side.sources.paths or any(p.startswith(there + "/") for p in side.sources.paths)


def _indexes(base: Side, head: Side) -> Iterator[Observation]:
    had = {o.address.rstrip("/") for o in _all_indexes(base)}
    unchecked = {o.address.rstrip("/") for o in _all_indexes(base) if o.unchecked}
    seen: set[tuple[str, bool]] = set()
    for one in _all_indexes(head):
        address = one.address.rstrip("/")
        weaker = one.unchecked and address not in unchecked
        if (address in had and not weaker) or (address, weaker) in seen or not address:
            continue
        if _PUBLIC.match(address) and not weaker:
            continue
        seen.add((address, weaker))
        plain = bool(_PLAIN.match(address)) and not _LOOPBACK.match(address)
        severity = Severity.BLOCK if plain or weaker else None
        how = (
            "without a check of its certificate"
            if weaker
            else "over a connection that anybody on it can alter"
            if plain
            else ""
        )
        what = f"packages may come from {shown(address)} as well ({one.kind}){', ' + how if how else ''}"
        yield Observation("new-index", one.path, one.line, what, severity)


def _all_indexes(side: Side) -> Iterator[Origin]:
    yield from side.declared.indexes
    for lock in side.all_locks():
        yield from lock.origins
