"""What a change does to lock files: hashes that go or alter, and packages that nobody asked for."""

from collections.abc import Iterator, Mapping

from packaging.version import InvalidVersion, Version

from guardrails.analysis.dependencies.declared import Lock, Locked, Requirement
from guardrails.analysis.dependencies.reading import Side
from guardrails.analysis.observation import Observation
from guardrails.model.finding import Severity

_MOST = 0.8
_WEAK = ("md5", "sha1")


def observe(base: Side, head: Side) -> Iterator[Observation]:
    """Each lock against what it was, then requirements files with hashes."""
    asked = {(r.name, r.text) for r in base.declared.requirements} ^ {
        (r.name, r.text) for r in head.declared.requirements
    }
    for path in base.lock_paths:
        if base.sources.text(path) == head.sources.text(path):
            continue
        before, after = base.lock(path), head.lock(path)
        if after is None:
            if before and before.entries and not _taken_over(before, base, head):
                yield Observation(
                    "lock-unexplained", path, None, f"the lock {path} is gone, and no other took its place"
                )
        elif before is not None:
            yield from _hashes(path, _by_name(before), _by_name(after))
            yield from _unasked(before, after, head, asked={name for name, _ in asked})
    for path in head.manifests:
        yield from _hashes(path, _in_file(path, base), _in_file(path, head))


def _taken_over(lock: Lock, base: Side, head: Side) -> bool:
    """Whether the head has another lock for most of what this one held."""
    names = lock.names()
    new = [other for other in head.all_locks() if other.path not in base.lock_paths]
    return any(len(names & other.names()) >= _MOST * len(names) for other in new)


def _by_name(lock: Lock) -> dict[str, list[Locked]]:
    found: dict[str, list[Locked]] = {}
    for entry in lock.entries:
        if entry.name not in lock.roots:
            found.setdefault(entry.name, []).append(entry)
    return found


def _in_file(path: str, side: Side) -> dict[str, list[Locked]]:
    """The requirements of one file as entries of a lock, if any of them has hashes."""
    entries = [_entry(r) for r in side.declared.requirements if r.path == path and r.valid]
    if not any(entry.hashes for entry in entries):
        return {entry.name: [entry] for entry in entries}
    return {entry.name: [e for e in entries if e.name == entry.name] for entry in entries}


def _entry(one: Requirement) -> Locked:
    return Locked(one.name, one.specifier.partition("==")[2], one.hashes, one.direct, one.line)


def _hashes(path: str, before: Mapping[str, list[Locked]], after: Mapping[str, list[Locked]]) -> Iterator[Observation]:
    """Hashes that are gone, that are of a weaker kind, or that differ for the same version."""
    custom = sum(any(e.hashes for e in entries) for entries in before.values()) >= _MOST * len(before) > 0
    for name, entries in sorted(after.items()):
        old = before.get(name, [])
        for entry in entries:
            if entry.direct:
                continue
            same = next((o for o in old if o.version == entry.version), None)
            if not entry.hashes and (custom or any(o.hashes for o in old)):
                how = "lost its hashes" if any(o.hashes for o in old) else "has no hash, and the others have"
                yield Observation("hash-removed", path, entry.line, f"{name} {entry.version} {how} in {path}")
            elif (
                entry.hashes
                and _kinds(entry) <= set(_WEAK)
                and not all(_kinds(o) <= set(_WEAK) for o in old or [Locked(name, "")])
            ):
                what = f"the hashes of {name} in {path} are only {', '.join(sorted(_kinds(entry)))} now"
                yield Observation("hash-removed", path, entry.line, what)
            elif (
                same
                and same.hashes
                and entry.hashes
                and not same.hashes & entry.hashes
                and _kinds(same) & _kinds(entry)
            ):
                what = f"every hash of {name} {entry.version} in {path} is another one, and its version is the same"
                yield Observation("hash-changed", path, entry.line, what)


def _kinds(entry: Locked) -> set[str]:
    return {value.partition(":")[0].lower() for value in entry.hashes}


def _unasked(before: Lock, after: Lock, head: Side, *, asked: set[str]) -> Iterator[Observation]:
    """Packages that came in, and versions that went back, without a requirement that says so."""
    old, new = _by_name(before), _by_name(after)
    needed = {name for entry in after.entries for name in entry.needs}
    moved = [n for n in old.keys() & new.keys() if _versions(old[n]) != _versions(new[n])]
    for name in sorted(new.keys() - old.keys() - head.names):
        entry = new[name][0]
        if after.graph:
            if name in needed:
                continue
            what, severity = f"{after.path} takes in {name}, which nothing in it or in the tree requires", None
        else:
            explained = bool(asked or moved)
            what = f"{after.path} takes in {name}, which no file declares"
            severity = Severity.NOTE if explained else None
        yield Observation("lock-unexplained", after.path, entry.line, what, severity)
    back = [n for n in sorted(moved) if n not in asked and _goes_back(old[n], new[n])]
    forward = [n for n in moved if not _goes_back(old[n], new[n])]
    for name in back:
        what = f"{name} goes back from {_versions(old[name])} to {_versions(new[name])} in {after.path}"
        mild = bool(forward or asked)
        yield Observation("lock-unexplained", after.path, new[name][0].line, what, Severity.NOTE if mild else None)


def _versions(entries: list[Locked]) -> str:
    return ", ".join(sorted({entry.version or "no version" for entry in entries}))


def _goes_back(old: list[Locked], new: list[Locked]) -> bool:
    try:
        return max(Version(e.version) for e in new) < max(Version(e.version) for e in old)
    except InvalidVersion:
        return False
