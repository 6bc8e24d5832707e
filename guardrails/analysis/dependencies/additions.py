"""What is wrong with requirements that a change adds or alters."""

from collections.abc import Collection, Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion

from guardrails.analysis.dependencies.declared import CONSTRAINT, Lock, Requirement
from guardrails.analysis.dependencies.importable import BACKPORTS, DISTRIBUTIONS, STDLIB
from guardrails.analysis.dependencies.lookalike import KNOWN, imitated
from guardrails.analysis.dependencies.reading import Side
from guardrails.analysis.observation import Observation
from guardrails.model.finding import Severity

_ENOUGH_NEIGHBOURS = 2
_MOST = 0.8  # of the neighbours: what nearly all do is a custom


def observe(base: Side, head: Side, allowed: Collection[str], listed: Collection[str] = ()) -> Iterator[Observation]:
    """Names that are new, and requirements that are wrong beside their neighbours and the lock.

    `listed` are names that an index was seen to have.
    """
    known = base.names | base.locked | head.declared.own | frozenset(allowed)
    beside = base.names - base.declared.own
    seen: set[str] = set()
    for one in head.declared.requirements:
        if one.name not in base.names and one.name not in head.declared.own and one.name not in seen:
            seen.add(one.name)
            yield from _name(one, head, known, beside, listed)
    for name in sorted(_only_locked(base, head)):
        twin = imitated(name, known, beside)
        if twin and name not in seen:
            path, line = _locked_at(name, head)
            what = f"the lock takes in {name}, a name close to {twin[0]}, and no file declares it"
            yield Observation("look-alike", path, line, what, Severity.REVIEW)
    yield from _unpinned(base, head)
    yield from _not_in_lock(base, head)


def _only_locked(base: Side, head: Side) -> frozenset[str]:
    if all(base.sources.text(p) == head.sources.text(p) for p in {*base.lock_paths, *head.lock_paths}):
        return frozenset()
    return head.locked - base.locked - base.names


def _locked_at(name: str, side: Side) -> tuple[str, int | None]:
    for lock in side.all_locks():
        for entry in lock.entries:
            if entry.name == name:
                return lock.path, entry.line
    return "", None


def _vouched(one: Requirement, side: Side) -> bool:
    """Whether a lock holds the name with hashes: someone fetched it, and will get the same again."""
    if one.hashes:
        return True
    return any(entry.name == one.name and entry.hashes for lock in side.all_locks() for entry in lock.entries)


def _name(
    one: Requirement, head: Side, known: Collection[str], beside: Collection[str], listed: Collection[str]
) -> Iterator[Observation]:
    """What is wrong with a new name itself."""
    place = (one.path, one.line)
    if not one.valid:
        what = f"{one.text!r} is no requirement: no package can have that name, or no tool can read the line"
        yield Observation("invalid-name", *place, what)
        return
    if one.name in known:
        return
    vouched = _vouched(one, head)
    module = one.name.replace("-", "_")
    if module in STDLIB and module not in BACKPORTS and one.name not in KNOWN:
        what = f"{one.text} has the name of a module of the standard library, which comes with Python"
        yield Observation("invalid-name", *place, what, Severity.REVIEW)
        return
    twin = imitated(one.name, known, beside)
    if twin:
        grave = twin[1] and not vouched
        what = f"{one.name} is close to {twin[0]}, a package that is known, and is another one"
        yield Observation("look-alike", *place, what, Severity.BLOCK if grave else Severity.REVIEW)
        return
    real = next((places for name, places in DISTRIBUTIONS.items() if name.lower() == one.name), ())
    if real and one.name not in real and one.name not in KNOWN:
        what = f"{one.name} is the import name of {real[0]}; the package that is called {one.name} is another one"
        yield Observation("look-alike", *place, what, Severity.REVIEW)
    elif one.name not in KNOWN and not one.direct:
        sure = "a lock holds its hashes" if vouched else "no lock vouches for it"
        sure = "the index has it" if one.name in listed else sure
        what = f"{one.name} is new here, is not among {len(KNOWN):,} popular packages, and {sure}"
        shown = vouched or one.name in listed
        yield Observation("unknown-name", *place, what, Severity.NOTE if shown else Severity.REVIEW)


def _unpinned(base: Side, head: Side) -> Iterator[Observation]:
    """Requirements without an exact version beside others that have one."""
    had = {(r.path, r.group, r.name): r for r in base.declared.requirements}
    texts = {(r.name, r.text) for r in base.declared.requirements}
    for one in head.declared.requirements:
        key = (one.path, one.group, one.name)
        if one.pinned or not one.valid or one.group == CONSTRAINT or one.name in head.declared.own:
            continue
        if (key in had and not had[key].pinned) or (key not in had and (one.name, one.text) in texts):
            continue
        # Neighbours of the base count, and those of the head where the file is new.
        side = base if any(r.path == one.path for r in base.declared.requirements) else head
        others = [r for r in side.declared.requirements if (r.path, r.group) == key[:2] and r.name != one.name]
        others = others or [r for r in side.declared.requirements if r.path == one.path and r.name != one.name]
        enough = 1 if key in had else _ENOUGH_NEIGHBOURS
        if len(others) >= enough and sum(r.pinned for r in others) >= _MOST * len(others):
            what = (
                f"{one.text} names no exact version, and {sum(r.pinned for r in others)} of {len(others)} beside it do"
            )
            yield Observation("unpinned", one.path, one.line, what)


def _not_in_lock(base: Side, head: Side) -> Iterator[Observation]:
    """New or altered requirements that the lock of their group does not hold."""
    had = {(r.name, r.specifier) for r in base.declared.requirements}
    seen: set[str] = set()
    for one in head.declared.requirements:
        fresh = (one.name, one.specifier) not in had and one.name not in head.declared.own
        if not fresh or not one.valid or one.direct or one.group == CONSTRAINT or one.name in seen:
            continue
        locks = _locks_for(one, base, head)
        entries = [e for lock in locks for e in lock.entries if e.name == one.name]
        if not locks or any(_satisfies(one.specifier, e.version) for e in entries):
            continue
        seen.add(one.name)
        lock = locks[0]
        entry = [e for e in lock.entries if e.name == one.name]
        if not entry:
            what = f"{one.text} is required, and {lock.path} does not hold it"
            yield Observation("not-in-lock", one.path, one.line, what)
        else:
            what = f"{one.text} is required, and {lock.path} holds {one.name} {entry[0].version}"
            yield Observation("not-in-lock", one.path, one.line, what)


def _locks_for(one: Requirement, base: Side, head: Side) -> list[Lock]:
    """The locks that may hold a requirement, the likeliest first: those that hold what stands in its group, or else
    most of its file. One of them is enough: a repository may lock the same requirements for several purposes."""
    directory = one.path.rpartition("/")[0]
    near = [lock for lock in head.all_locks() if lock.entries and _above(lock.path.rpartition("/")[0], directory)]
    declared = [r for r in base.declared.requirements if r.valid and not r.direct and r.name not in base.declared.own]
    group = [r for r in declared if (r.path, r.group) == (one.path, one.group)]
    file = [r for r in declared if r.path == one.path]
    for others, least in ((group, 0.5), (file, _MOST)):
        if others:
            shares = [(_share(base.lock(lock.path) or lock, others), lock) for lock in near]
            good = [(share, lock) for share, lock in shares if share >= least]
            return [lock for _, lock in sorted(good, key=lambda pair: -pair[0])]
    return near if not base.lock_paths or not declared else []


def _share(lock: Lock, requirements: list[Requirement]) -> float:
    """The part of the requirements that a lock holds."""
    names = lock.names()
    return sum(r.name in names for r in requirements) / len(requirements)


def _above(directory: str, other: str) -> bool:
    return not directory or other == directory or other.startswith(directory + "/")


def _satisfies(specifier: str, version: str) -> bool:
    """Whether a version is within a specifier; true where either cannot be read."""
    try:
        return not version or SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True
