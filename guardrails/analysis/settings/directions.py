"""Two values of a setting, and which way the change between them goes."""

import fnmatch
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way a change of a setting goes."""

    LOOSER = "looser"
    STRICTER = "stricter"
    UNKNOWN = "changed"
    """Nobody wrote down which way this is: a person decides."""
    NEUTRAL = "neutral"
    """Changes no judgement."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """One setting that differs: where it stands, its key, and words for the change."""

    path: str
    key: str
    direction: Direction
    words: str


Rule = Callable[[object, object], Direction]


def larger_is_looser(before: object, after: object) -> Direction:
    """Limits and budgets."""
    return _number(before, after, looser_if_larger=True)


def smaller_is_looser(before: object, after: object) -> Direction:
    """Floors and minima."""
    return _number(before, after, looser_if_larger=False)


def _number(before: object, after: object, *, looser_if_larger: bool) -> Direction:
    old, new = _as_number(before), _as_number(after)
    if old is None or new is None:
        return Direction.UNKNOWN
    if old == new:
        return Direction.NEUTRAL
    return Direction.LOOSER if (new > old) is looser_if_larger else Direction.STRICTER


def _as_number(value: object) -> float | None:
    try:
        return None if isinstance(value, bool) else float(str(value))
    except ValueError:
        return None


def longer_is_looser(before: object, after: object) -> Direction:
    """Lists of what is let off: ignores, excludes, omissions."""
    return _listed(before, after, looser_if_gone=False)


def shorter_is_looser(before: object, after: object) -> Direction:
    """Lists of what is checked: selected rules, paths, packages."""
    return _listed(before, after, looser_if_gone=True)


def _listed(before: object, after: object, *, looser_if_gone: bool) -> Direction:
    old, new = set(entries(before)), set(entries(after))
    gone, come = old - new, new - old
    if not gone and not come:
        return Direction.NEUTRAL
    if gone if looser_if_gone else come:
        return Direction.LOOSER
    return Direction.STRICTER


def wider_is_looser(before: object, after: object) -> Direction:
    """Patterns that something may touch. Without any, its name decides: which is wider is not known."""
    return Direction.UNKNOWN if before is None or after is None else longer_is_looser(before, after)


def selected_rules(before: object, after: object) -> Direction:
    """Rule selectors, where `E` covers `E501` and `ALL` covers everything."""
    old, new = set(entries(before)), set(entries(after))
    uncovered = {rule for rule in old if not _covered(rule, new)}
    if uncovered:
        return Direction.LOOSER
    return Direction.NEUTRAL if all(_covered(rule, old) for rule in new) else Direction.STRICTER


def ignored_rules(before: object, after: object) -> Direction:
    """Rule selectors that are switched off."""
    back = selected_rules(after, before)
    return {Direction.LOOSER: Direction.LOOSER, Direction.STRICTER: Direction.STRICTER}.get(back, Direction.NEUTRAL)


def _covered(rule: str, selectors: set[str]) -> bool:
    return "ALL" in selectors or any(rule.startswith(selector) for selector in selectors)


def true_is_stricter(before: object, after: object) -> Direction:
    """Checks that are switched on."""
    return _switch(before, after, on=Direction.STRICTER, off=Direction.LOOSER)


def true_is_looser(before: object, after: object) -> Direction:
    """Exemptions that are switched on."""
    return _switch(before, after, on=Direction.LOOSER, off=Direction.STRICTER)


def _switch(before: object, after: object, *, on: Direction, off: Direction) -> Direction:
    old, new = is_on(before), is_on(after)
    if old == new:
        return Direction.NEUTRAL
    return on if new else off


def is_on(value: object) -> bool:
    """Whether a switch is on, as TOML or INI writes it."""
    return str(value).strip().lower() in {"true", "1", "yes", "on"}


def neutral(before: object, after: object) -> Direction:
    """Settings that change no judgement: names, caches, colours."""
    del before, after
    return Direction.NEUTRAL


def unknown(before: object, after: object) -> Direction:
    """Settings of which nobody wrote down which way is looser."""
    return Direction.NEUTRAL if before == after else Direction.UNKNOWN


def ranked(*from_loose_to_strict: str) -> Rule:
    """Settings whose values have an order."""
    order = {value: rank for rank, value in enumerate(from_loose_to_strict)}

    def rule(before: object, after: object) -> Direction:
        old, new = order.get(str(before).lower()), order.get(str(after).lower())
        if old is None or new is None:
            return unknown(before, after)
        return Direction.NEUTRAL if old == new else Direction.LOOSER if new < old else Direction.STRICTER

    return rule


def entries(value: object) -> tuple[str, ...]:
    """The entries of a list, of an INI list with lines or commas, or of a table's keys with their values."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        return tuple(f"{key}={entry}" for key, inner in value.items() for entry in (entries(inner) or (str(inner),)))
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(str(entry).strip() for entry in value)
    lines = str(value).replace(",", "\n").split("\n")
    return tuple(line.strip() for line in lines if line.strip())


def flat(table: Mapping[str, object], whole: Sequence[str] = (), prefix: str = "") -> dict[str, object]:
    """A nested table with dotted keys. A table whose key matches a pattern of `whole` stays one value."""
    found: dict[str, object] = {}
    for key, value in table.items():
        dotted = f"{prefix}{key}"
        kept = any(fnmatch.fnmatchcase(dotted, pattern) for pattern in whole)
        if isinstance(value, Mapping) and not kept:
            found |= flat(value, whole, f"{dotted}.")
        else:
            found[dotted] = value
    return found


Table = Mapping[str, Rule]  # patterns of dotted keys, the first that matches counts


def compare(
    path: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    table: Table,
    defaults: Mapping[str, object] | None = None,
) -> Iterator[SettingChange]:
    """Every setting that differs between two flat tables; an absent one has its default, if that is known."""
    known = defaults or {}
    for key in sorted({*before, *after}):
        old, new = before.get(key, known.get(key)), after.get(key, known.get(key))
        if old == new:
            continue
        rule = next((r for pattern, r in table.items() if fnmatch.fnmatchcase(key, pattern)), unknown)
        direction = rule(old, new)
        if direction is not Direction.NEUTRAL:
            yield SettingChange(path, key, direction, f"{key} goes from {_shown(old)} to {_shown(new)}")


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    text = str(value).replace("\n", " ").strip()
    return text if len(text) <= 60 else f"{text[:57]}…"
