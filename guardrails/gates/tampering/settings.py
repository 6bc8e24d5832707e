"""What a change does to the configuration of its judges."""

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from guardrails.analysis import debts
from guardrails.analysis.observation import Observation
from guardrails.analysis.settings.directions import Direction, SettingChange
from guardrails.analysis.settings.invocations import script_changes, shell_changes
from guardrails.analysis.settings.tools import (
    UnreadableError,
    budget_changes,
    contract_changes,
    is_nested_configuration,
    is_script,
    is_shell,
    policy_changes,
    tool_changes,
    tools,
)
from guardrails.analysis.source import Sources
from guardrails.config import Policy
from guardrails.errors import ConfigurationError
from guardrails.gates.base import Bench
from guardrails.model.paths import matches

_CONTRACTS = ("setup.cfg", ".importlinter", "pyproject.toml")


def observe(bench: Bench, base: Sources, head: Sources) -> tuple[list[Observation], int]:
    """What was seen, and how many settings were compared."""
    seen: list[Observation] = []
    changes: list[SettingChange] = []
    compared = 0
    try:
        before = tools(base)
    except UnreadableError as error:
        before = {}
        seen.append(Observation("configuration-changed", "", None, f"at the base {error}, so it was not compared"))
    else:
        compared += sum(len(settings) for _, settings in before.values())
        try:
            changes += tool_changes(before, tools(head))
        except UnreadableError as error:
            seen.append(Observation("configuration-unreadable", str(error).split(" ")[0], None, str(error)))
    changes += _policy(bench)
    for path in dict.fromkeys((bench.policy.layers.config, *_CONTRACTS)):
        found = _guarded(path, seen, partial(contract_changes, path, base.text(path), head.text(path)))
        changes += found
    changes += _budgets(bench, base, head, seen)
    seen += _debts(base, head)
    changes += _ignored(bench, base, head)
    for file in bench.change.files:
        if is_script(file.path) or is_script(file.base_path):
            changes += script_changes(file.path, base.lines(file.base_path), head.lines(file.path))
        elif is_shell(file.path):
            changes += shell_changes(file.path, base.lines(file.base_path), head.lines(file.path))
        elif is_nested_configuration(file.path):
            changes.append(SettingChange(file.path, file.path, Direction.UNKNOWN, f"{file.path} is {file.kind}"))
    return [*seen, *_observations(changes, head)], compared + len(changes)


def _guarded(path: str, seen: list[Observation], work: Callable[[], Iterator[SettingChange]]) -> list[SettingChange]:
    """The changes, or an observation that a file cannot be read."""
    try:
        return list(work())
    except UnreadableError as error:
        seen.append(Observation("configuration-unreadable", path, None, str(error)))
        return []


def _policy(bench: Bench) -> list[SettingChange]:
    """The policy by value; scope finds one that cannot be read."""
    if bench.head_policy is None:
        return []
    old, new = _plain(bench.policy), _plain(bench.head_policy)
    return list(policy_changes("guardrails.toml", old, new))


def _plain(policy: Policy) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(policy)
    return found


def _budgets(bench: Bench, base: Sources, head: Sources, seen: list[Observation]) -> list[SettingChange]:
    path = bench.policy.load.slo
    before, after = base.text(path), head.text(path)
    if before is None or before == after:
        return []
    if after is None:
        return [SettingChange(path, path, Direction.LOOSER, "the budgets of load are gone")]
    return _guarded(path, seen, partial(budget_changes, path, before, after))


def _ignored(bench: Bench, base: Sources, head: Sources) -> Iterator[SettingChange]:
    """Lines that a `.gitignore` gains and that a judge's path matches: the next one there is never tracked."""
    judges = (*bench.policy.tampering.tests, *bench.policy.project.judges)
    for file in bench.change.files:
        if file.path.rpartition("/")[2] != ".gitignore":
            continue
        directory = file.path.removesuffix(".gitignore")
        old = set(base.lines(file.base_path))
        for line in (text.strip() for text in head.lines(file.path) if text not in old):
            pattern = line.strip("/")
            if not pattern or line.startswith(("#", "!")):
                continue
            anywhere = () if "/" in pattern else (f"**/{pattern}", f"**/{pattern}/**")
            wanted = (f"{directory}{pattern}", f"{directory}{pattern}/**", *anywhere)
            if any(matches(path, judges) and matches(path, wanted) for path in head.paths):
                yield SettingChange(file.path, "", Direction.LOOSER, f"`{line}` has git pass over files that judge")


def _debts(base: Sources, head: Sources) -> Iterator[Observation]:
    """What the record of old debts has more of. With the policy itself it may come into being, and not later."""
    path = debts.PATH
    before, after = base.text(path), head.text(path)
    if before == after:
        return
    try:
        new = debts.parse(after) if after is not None else debts.Debts()
    except ConfigurationError as error:
        yield Observation("configuration-unreadable", path, None, str(error))
        return
    try:
        old = debts.parse(before) if before is not None else debts.Debts()
    except ConfigurationError as error:
        yield Observation("debt-grown", path, None, f"at the base {error} So it was not compared.")
        return
    if after is None and old.total:
        yield Observation("debt-grown", path, None, f"{path} is deleted and held {debts.summary(old)}")
    if before is not None or "guardrails.toml" in base.paths:
        for words in debts.growth(old, new):
            yield Observation("debt-grown", path, None, f"{path}: {words}")


def _observations(changes: list[SettingChange], head: Sources) -> Iterator[Observation]:
    """Looser and unknown changes; a file with looser ones needs no unknown one for its lines as a whole."""
    loose = {change.path for change in changes if change.direction is Direction.LOOSER}
    for change in changes:
        line = _line(head, change)
        if change.direction is Direction.LOOSER:
            yield Observation("configuration-looser", change.path, line, f"{change.path}: {change.words}")
        elif change.direction is Direction.UNKNOWN and (change.key or change.path not in loose):
            yield Observation("configuration-changed", change.path, line, f"{change.path}: {change.words}")


def _line(head: Sources, change: SettingChange) -> int | None:
    """The first line of the file that holds the last part of the setting's name."""
    word = change.key.rpartition(".")[2].partition(" for ")[0] or change.key
    if not word:
        return None
    return next((n for n, text in enumerate(head.lines(change.path), 1) if word in text), None)
