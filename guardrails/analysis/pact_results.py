"""What became of pacts: results that are missing, mismatches in words, and pacts that differ from what is committed."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guardrails.analysis.pacts import Interaction, Pact
from guardrails.ports import InteractionResult, PactMismatch

_MISMATCHES = 5
"""Mismatches of one interaction that are told."""
_INDEX = re.compile(r"\[\d+\]")
_MISSING = re.compile(r"Actual map is missing the following keys: (.+)")


def unverified(interactions: Iterable[Interaction], results: Iterable[InteractionResult]) -> list[Interaction]:
    """The interactions that have no result. What was not verified has not passed."""
    left = Counter((one.consumer, one.description, one.states) for one in results)
    missing = []
    for interaction in interactions:
        if left[interaction.result_key] > 0:
            left[interaction.result_key] -= 1
        else:
            missing.append(interaction)
    return missing


@dataclass(frozen=True, slots=True)
class Drift:
    """How pacts that were written just now differ from the committed ones, by the key of an interaction."""

    path: str
    consumer: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The difference in words."""
        parts = (("lacks", self.added), ("still has", self.removed), ("has another", self.changed))
        says = [f"{words} {', '.join(repr(name) for name in names)}" for words, names in parts if names]
        return f"the committed pact of {self.consumer} {'; '.join(says)}"


def drift(committed: Sequence[Pact], written: Sequence[Pact]) -> list[Drift]:
    """Where the committed pacts are not what the consumers' tests write. Consumers without a test are left out."""
    found = []
    for fresh in written:
        same = [pact for pact in committed if (pact.consumer, pact.provider) == (fresh.consumer, fresh.provider)]
        old = {one.key: one for pact in same for one in pact.interactions}
        new = {one.key: one for one in fresh.interactions}
        added = [one.description for key, one in new.items() if key not in old]
        removed = [one.description for key, one in old.items() if key not in new]
        changed = [one.description for key, one in new.items() if key in old and one.canonical != old[key].canonical]
        if added or removed or changed:
            path = same[0].path if same else fresh.path
            found.append(Drift(path, fresh.consumer, tuple(added), tuple(removed), tuple(changed)))
    return found


def sentence(result: InteractionResult) -> str:
    """A failed result as a person would say it: who reads what, under which states, and what stands there instead."""
    states = f" given {' and '.join(result.states)}" if result.states else ""
    who = f"{result.consumer}: '{result.description}'{states}"
    says = mismatches(result)
    more = len(says) - _MISMATCHES
    return f"{who}: {'; '.join(says[:_MISMATCHES])}" + (f"; and {more} more" if more > 0 else "")


def mismatches(result: InteractionResult) -> tuple[str, ...]:
    """What is wrong with a result, each with the path of its field; empty where nothing is."""
    if result.error:
        return (result.error,)
    ordered = sorted(result.mismatches, key=lambda one: (one.path, one.message))
    return _together([said for one in ordered for said in _mismatch(result.consumer, one)])


def _together(says: Sequence[str]) -> tuple[str, ...]:
    """One sentence for the same field of several elements of a list, and how many more there are."""
    alike: dict[str, list[str]] = {}
    for said in says:
        alike.setdefault(_INDEX.sub("[]", said.partition(": ")[0]) if "[" in said else said, []).append(said)
    return tuple(
        some[0] + (f" (and {len(some) - 1} more elements)" if len(some) > 1 else "") for some in alike.values()
    )


def _mismatch(consumer: str, one: PactMismatch) -> list[str]:
    if missing := _MISSING.search(one.message):
        names = (name.strip() for name in missing.group(1).split(","))
        return [f"{consumer} reads {shown(f'{one.path}.{name}')}; the head no longer sends it" for name in names]
    message = one.message or f"expected {one.expected}, got {one.actual}"
    if not one.path or (not one.path.startswith("$") and one.path in message):
        return [message]
    return [f"{shown(one.path) if one.path.startswith('$') else one.path}: {message}"]


def shown(path: str) -> str:
    """A path of pact's as a person writes it: `$.items[0].id` is `items[0].id`; the root is the body."""
    plain = re.sub(r"\['([^']*)'\]", r".\1", path).removeprefix("$").removeprefix(".")
    return f"`{plain}`" if plain else "the body"
