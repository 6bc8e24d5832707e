"""What was wrong with a repository when it adopted the gate: a record that may only shrink.

The gates judge a change against its base, so that old faults stop nobody. This file says which those are. It is written
once, read at the base, and every later version of it must hold no more than the one before.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from guardrails.errors import ConfigurationError
from guardrails.model.strict import decode

PATH = ".guardrails/debts.toml"
SCHEMA = 1
_HEADER = """\
# What stood in this repository when it adopted the gate, so that it stops nobody today. It may only shrink: a change
# that raises a number or adds an entry goes to a person (tampering/debt-grown). After debts are paid, this lowers it:
#
#   guardrails init --update-debts
"""


class TestDebts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ids of tests that did not pass."""

    __test__ = False  # pytest must not take it for a test

    failing: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


class Debts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole record: numbers by ruff's rule, by mypy's code, by kind of suppression; what breaks a layer; tests."""

    schema: int = SCHEMA
    lint: dict[str, int] = {}
    types: dict[str, int] = {}
    suppressions: dict[str, int] = {}
    layers: dict[str, int] = {}
    """Imports that break it, by the name of the contract."""
    tests: TestDebts = TestDebts()

    @property
    def total(self) -> int:
        """How many there are altogether."""
        counted = sum(sum(table.values()) for table in _counts(self).values())
        return counted + len(self.tests.failing) + len(self.tests.skipped)


def parse(text: str, source: str = PATH) -> Debts:
    """The record in `text`.

    Raises:
        ConfigurationError: not TOML, an unknown key, a wrong type, a negative number, or another schema.
    """
    debts = decode(text, Debts, source)
    if debts.schema != SCHEMA:
        raise ConfigurationError(f"{source}: schema is {debts.schema}; this gate reads {SCHEMA}.")
    for name, table in _counts(debts).items():
        if bad := next((key for key, number in table.items() if number < 0), None):
            raise ConfigurationError(f"{source}: {name}.{bad} is {table[bad]}. A number of debts is not negative.")
    return debts


def render(debts: Debts) -> str:
    """The file of a record, which `parse` reads back to an equal one."""
    lines = [_HEADER, f"schema = {SCHEMA}"]
    for name, table in _counts(debts).items():
        if entries := {key: table[key] for key in sorted(table) if table[key]}:
            lines += ["", f"[{name}]", *(f"{_quoted(key)} = {number}" for key, number in entries.items())]
    lists = {"failing": debts.tests.failing, "skipped": debts.tests.skipped}
    if any(lists.values()):
        lines += ["", "[tests]"]
        for name, ids in lists.items():
            lines += [f"{name} = [", *(f"    {_quoted(one)}," for one in sorted(ids)), "]"]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A string of TOML, which is one of JSON but for this character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def growth(before: Debts, after: Debts) -> Iterator[str]:
    """In words, everything of which `after` has more."""
    old, new = _counts(before), _counts(after)
    for name, table in new.items():
        for key in sorted(table):
            if table[key] > old[name].get(key, 0):
                yield f"{name}: {key} goes from {old[name].get(key, 0)} to {table[key]}"
    for name, had, has in _lists(before, after):
        for one in sorted(set(has) - set(had)):
            yield f"tests: {one} is recorded as {name}"


def lowered(recorded: Debts, measured: Debts) -> Debts:
    """What is both recorded and still there: the record after debts were paid, and never more than it was."""
    counts = {
        name: {key: min(number, _counts(measured)[name].get(key, 0)) for key, number in table.items()}
        for name, table in _counts(recorded).items()
    }
    lists = {name: tuple(sorted(set(had) & set(has))) for name, had, has in _lists(recorded, measured)}
    return Debts(
        lint=counts["lint"],
        types=counts["types"],
        suppressions=counts["suppressions"],
        layers=counts["layers"],
        tests=TestDebts(failing=lists["failing"], skipped=lists["skipped"]),
    )


def with_tests(debts: Debts, other: Debts) -> Debts:
    """A record with the tests of another one, where no test was run."""
    return msgspec.structs.replace(debts, tests=other.tests)


def summary(debts: Debts) -> str:
    """One line for a person."""
    parts = [f"{name} {sum(table.values())}" for name, table in _counts(debts).items() if sum(table.values())]
    parts += [f"{name} tests {len(ids)}" for name, ids, _ in _lists(debts, debts) if ids]
    return ", ".join(parts) or "none"


def _counts(debts: Debts) -> Mapping[str, Mapping[str, int]]:
    return {
        "lint": debts.lint,
        "types": debts.types,
        "suppressions": debts.suppressions,
        "layers": debts.layers,
    }


def _lists(before: Debts, after: Debts) -> Sequence[tuple[str, Sequence[str], Sequence[str]]]:
    return (
        ("failing", before.tests.failing, after.tests.failing),
        ("skipped", before.tests.skipped, after.tests.skipped),
    )
