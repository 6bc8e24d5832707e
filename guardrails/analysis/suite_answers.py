"""Questions that the gates which run tests put to a suite run, and runs that are remembered."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import msgspec

from guardrails.analysis.left_alone import SuiteSources, file_of, function_of
from guardrails.analysis.source import is_python
from guardrails.analysis.support import below
from guardrails.model.change import Change
from guardrails.model.finding import Finding, Severity
from guardrails.model.paths import matches
from guardrails.ports import Store, SuiteRun

_FILE = "run.json"

GOOD = frozenset({"passed", "xpassed"})
BAD = frozenset({"failed", "error"})


def aligned(owed: Iterable[str], run: SuiteRun) -> dict[str, str]:
    """Owed id to the id under which a run collected the same test.

    An id may name what differs from process to process (an address, the order of a set). Where a function has as many
    ids in both, those without a partner are paired in their order.
    """
    there = frozenset(run.collected)
    owed = tuple(owed)
    pairs = {name: name for name in owed if name in there}
    left, free = _by_function(name for name in owed if name not in there), _by_function(there.difference(owed))
    for function, names in left.items():
        others = free.get(function, [])
        if len(others) == len(names):
            pairs |= dict(zip(names, others, strict=True))
    return pairs


def _by_function(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(function_of(name), []).append(name)
    return found


def broken_files(run: SuiteRun) -> Mapping[str, str]:
    """Files that could not be collected, with pytest's message."""
    return {file_of(name): message for name, message in run.errors}


def unimportable(run: SuiteRun, change: Change, judges: Sequence[str]) -> str:
    """The judge of the base that the change touches and that kept a run from collecting anything; empty for none.

    A conftest.py that imports what the head renamed stops every test at once.
    """
    if not run.complaint or run.collected or run.records:
        return ""
    touched = sorted(file.base_path for file in change.files if matches(file.base_path, judges))
    return next((path for path in touched if is_python(path) and path in run.complaint), "")


def why_not_run(name: str, run: SuiteRun) -> str:
    """What became of a test that has no record."""
    if any(function_of(one) == function_of(name) for one in run.deselected):
        return f"{name} is deselected"
    if any(function_of(one) == function_of(name) for one in run.collected):
        return f"{name} was collected, but nothing recorded its end"
    return f"{name} is no longer collected"


def lost_in_head(owed: SuiteRun, run: SuiteRun, sources: SuiteSources, paths: Sequence[str]) -> list[str]:
    """Test functions that stand in the head and were not run there, though `paths` were: deselected, ignored, lost.

    Functions and not ids: a change may well have other parameters.
    """
    broken = broken_files(run)
    collected = {function_of(name) for name in run.collected}
    there = {function_of(name): function_of(sources.moved_id(name)) for name in owed.collected}
    gone = {
        name
        for name, new in there.items()
        if below(file_of(new), paths) and new not in collected and sources.defines(name)
    }
    unrecorded = collected - {function_of(name) for name in run.records}
    return sorted(name for name in gone | unrecorded if file_of(name) not in broken)


def outcomes(run: SuiteRun) -> Mapping[str, str]:
    """The outcome of each test that ended."""
    return {name: record.outcome for name, record in run.records.items()}


def reason(message: str) -> str:
    """The line of a message or a traceback that says what went wrong, at most 300 characters."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    errors = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    said = (errors or lines or ["no message"])[-1 if errors else 0]
    return said if len(said) <= 300 else said[:299] + "…"


def shortened(findings: Sequence[Finding], listed: int = 20) -> tuple[Finding, ...]:
    """The first findings of each rule and severity, and one that counts the rest."""
    groups: dict[tuple[str, Severity], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.rule, finding.severity), []).append(finding)
    kept: list[Finding] = []
    for group in groups.values():
        kept += group[:listed]
        if len(group) > listed:
            rest = len(group) - listed
            kept.append(replace(group[listed], what=f"and {rest} more, of which one is: {group[listed].what}"))
    return tuple(kept)


def repeat(change: Change, gate: str) -> str:
    """The command that judges a change again by one gate."""
    base, head = change.base, change.head
    ends = f"--base {base.commit or base.ref}" + (f" --head {head.commit}" if head.commit else "")
    return f"guardrails check {ends} --only {gate}"


def remembered(store: Store, kind: str, key: Sequence[object], run: Callable[[], SuiteRun]) -> SuiteRun:
    """The run that the cache holds under `key`, else a new one, which is kept unless something was wrong with it.

    The key must name all that decides the answer: the whole tree, the environment, what was asked for.
    """
    digest = hashlib.sha256(repr(tuple(key)).encode()).hexdigest()
    entry = store.get(kind, digest)
    text = None if entry is None else store.read(entry / _FILE)
    if text is not None:
        with suppress(msgspec.DecodeError):
            return msgspec.json.decode(text, type=SuiteRun)
    done = run()
    if done.ended and not (done.complaint or done.toothless or done.forged):
        with store.scratch() as scratch:
            store.write(scratch / kind / _FILE, msgspec.json.encode(done).decode())
            store.put(kind, digest, scratch / kind)
    return done
