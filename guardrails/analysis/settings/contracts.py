"""Contracts of import-linter: which imports they forbid, and whether a change lets more of them through."""

import configparser
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from guardrails.analysis.settings.directions import (
    Direction,
    SettingChange,
    Table,
    compare,
    longer_is_looser,
    neutral,
    ranked,
    shorter_is_looser,
    true_is_looser,
    true_is_stricter,
    unknown,
)

_SESSION: Table = {
    "root_package*": shorter_is_looser,
    "include_external_packages": true_is_stricter,
    "exclude_type_checking_imports": true_is_looser,
    "broken_contract_guidance": neutral,
}
_CONTRACT: Table = {
    "name": neutral,
    "id": neutral,
    "broken_contract_guidance": neutral,
    "layers": neutral,  # judged by what the order forbids
    "ignore_imports": longer_is_looser,
    "unmatched_ignore_imports_alerting": ranked("none", "warn", "error"),
    "exhaustive": true_is_stricter,
    "exhaustive_ignores": longer_is_looser,
    "containers": shorter_is_looser,
    "modules": shorter_is_looser,
    "source_modules": shorter_is_looser,
    "forbidden_modules": shorter_is_looser,
    "protected_modules": shorter_is_looser,
    "ancestors": shorter_is_looser,
    "allowed_importers": longer_is_looser,
    "skip_descendants": longer_is_looser,
    "allow_indirect_imports": true_is_looser,
    "type": unknown,
}
_DEFAULTS = {"unmatched_ignore_imports_alerting": "error", "exhaustive": "False", "allow_indirect_imports": "False"}

Contracts = tuple[dict[str, Any], dict[str, dict[str, Any]]]  # of the session, and of each contract by its id


def contracts(path: str, text: str) -> Contracts | None:
    """The contracts of a file, or None where it has none.

    Raises:
        ValueError: the file cannot be parsed.
    """
    try:
        if path.endswith(".toml"):
            table = tomllib.loads(text).get("tool", {}).get("importlinter")
            if table is None:
                return None
            listed = table.get("contracts", [])
            session = {key: value for key, value in table.items() if key != "contracts"}
            return session, {str(c.get("id") or c.get("name")): dict(c) for c in listed}
        parser = configparser.RawConfigParser()
        parser.read_string(text)
    except (tomllib.TOMLDecodeError, configparser.Error) as error:
        raise ValueError(f"{path} cannot be parsed: {error}") from error
    if not parser.has_section("importlinter"):
        return None
    found = {
        section.rpartition(":")[2]: {k: _value(v) for k, v in parser[section].items()}
        for section in parser.sections()
        if section.startswith("importlinter:")
    }
    return {k: _value(v) for k, v in parser["importlinter"].items()}, found


def _value(text: str) -> object:
    return text.strip().split("\n") if "\n" in text else text.strip()


def changes(path: str, before: Contracts, after: Contracts) -> Iterator[SettingChange]:
    """What changed between two sets of contracts. A new contract is stricter; one that is gone is looser."""
    yield from compare(path, before[0], after[0], _SESSION)
    for name, old in before[1].items():
        new = after[1].get(name) or next((c for c in after[1].values() if c.get("name") == old.get("name")), None)
        if new is None:
            yield SettingChange(path, name, Direction.LOOSER, f"the contract {old.get('name', name)!r} is gone")
            continue
        for change in compare(path, old, new, _CONTRACT, _DEFAULTS):
            yield SettingChange(path, f"{name}.{change.key}", change.direction, f"in {name}: {change.words}")
        yield from _order(path, name, old, new)


def _order(path: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[SettingChange]:
    """Layers, by the imports that their order forbids."""
    if old.get("type") != "layers" or new.get("type") != "layers":
        return
    before, after = _forbidden(old.get("layers", ())), _forbidden(new.get("layers", ()))
    freed = sorted(before - after)
    if freed:
        source, target = freed[0]
        more = f" and {len(freed) - 1} more" if len(freed) > 1 else ""
        words = f"in {name}: {source} may now import {target}{more}"
        yield SettingChange(path, f"{name}.layers", Direction.LOOSER, words)
    elif after - before:
        yield SettingChange(path, f"{name}.layers", Direction.STRICTER, f"in {name}: more imports are forbidden")


def _forbidden(layers: object) -> set[tuple[str, str]]:
    """Pairs (importer, imported) that an order of layers forbids: upwards, and sideways where layers are apart."""
    listed = layers if isinstance(layers, list) else [str(layers)]
    rows = [
        ([part.strip(" ()") for part in re.split(r"[|:]", str(row)) if part.strip()], ":" not in str(row))
        for row in listed
    ]
    pairs = {
        (low, high) for (upper, _), (lower, _) in itertools.combinations(rows, 2) for high in upper for low in lower
    }
    for row, apart in rows:
        if apart:
            pairs |= set(itertools.permutations(row, 2))
    return pairs
