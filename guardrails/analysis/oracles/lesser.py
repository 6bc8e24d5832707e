"""Assertions that ask for as much by their form, and for less: one by one, for a number, for what is handed in."""

from collections.abc import Sequence

from guardrails.analysis.oracles.checks import Check, Strength
from guardrails.analysis.oracles.loops import is_number, is_whole, may_stop_before_the_end, mentions

Found = tuple[str, str]  # a rule's short name, and words


def asks_for_less(before: Check, after: Check, alive: Sequence[Check]) -> Found | None:
    """What a check that was edited asks for less of, or None. `alive` are all checks of the head."""
    return _each_of(before, after, alive) or _of_less(before, after, alive)


def _each_of(before: Check, after: Check, alive: Sequence[Check]) -> Found | None:
    """A whole that was compared at once and is compared one by one now, with no word on how many there are."""
    whole = not before.over and before.kind == "equal" and is_whole(before.expected)
    if not whole or not may_stop_before_the_end(after.over):
        return None
    counted = any("len(" in check.subject and check is not after and not check.over for check in alive)
    if counted or any(check.subject == after.over and check.strength > Strength.PRESENT for check in alive):
        return None
    what = f"`{before.text}` became `{after.text}` for each of `{after.over}`, however few they are"
    return "assertion-weakened", what


def _of_less(before: Check, after: Check, alive: Sequence[Check]) -> Found | None:
    """What is asked about the same call, and about less of it: its number, itself, an answer that is handed in."""
    if before.kind not in {"equal", "close"} or not before.literal:
        return None
    expected, change = after.expected or "", f"`{before.text}` became `{after.text}`"
    told = expected == before.expected and expected in after.subject and expected not in before.subject
    if told and len(expected) > 1:
        return "assertion-weakened", f"{change}, which hands in what it expects"
    if not after.literal and after.subject.isidentifier() and mentions(expected, after.subject):
        return "expected-value-changed", f"{change}, which expects what it gets"
    of_same = is_whole(before.expected) and is_number(after.expected) and before.words & after.words
    if of_same and not any(check.expected == before.expected and check is not after for check in alive):
        return "assertion-weakened", f"{change}, which is one number of the whole"
    return None
