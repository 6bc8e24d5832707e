"""What a change does to what consumers expect: pacts and interactions that are gone, and those that promise less."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guardrails.analysis.pacts import Interaction, Pact
from guardrails.analysis.promises.interactions import compare
from guardrails.analysis.promises.steps import Kind, Step, worst

_TOLD = 5
"""Steps of one interaction that are told."""


class Loss(StrEnum):
    """What a change takes away from what is checked."""

    PACT = "pact"
    INTERACTION = "interaction"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the head's pacts no longer say, or say otherwise. `blocks`: no consumer agreed to it."""

    loss: Loss
    what: str
    path: str
    line: int | None = None
    blocks: bool = False
    kind: Kind = Kind.WEAKENING


def differences(base: Sequence[Pact], head: Sequence[Pact], written: Sequence[Pact]) -> list[Difference]:
    """What the base's pacts say and the head's do not. `written` are the pacts that the head's consumers write."""
    still = {one.key for pact in written for one in pact.interactions}
    found = []
    for pact in base:
        mine = [one for one in head if (one.consumer, one.provider) == (pact.consumer, pact.provider)]
        found += _interactions(pact, mine, still) if mine else [_gone(pact, still, left=bool(head))]
    return found


def _gone(pact: Pact, still: set[str], *, left: bool) -> Difference:
    what = f"the pact of {pact.consumer} with its {len(pact.interactions)} interactions is gone"
    if not left:
        what += f"; no readable pact of '{pact.provider}' is left"
    return Difference(Loss.PACT, what, pact.path, blocks=not left or any(one.key in still for one in pact.interactions))


def _interactions(pact: Pact, mine: Sequence[Pact], still: set[str]) -> list[Difference]:
    found = []
    followed = followers(pact.interactions, [one for other in mine for one in other.interactions])
    for old in pact.interactions:
        new = followed.get(old.key)
        if new is None:
            what = f"the pact of {pact.consumer} no longer holds '{old.description}'"
            found.append(Difference(Loss.INTERACTION, what, mine[0].path, blocks=old.key in still))
        elif (new.canonical, new.pending) != (old.canonical, old.pending) and (steps := compare(old, new)):
            what = f"{pact.consumer}, '{old.description}': {told(steps)}"
            line = mine[0].line(new.description)
            found.append(Difference(Loss.PROMISE, what, mine[0].path, line, kind=worst(steps)))
    return found


def followers(before: Iterable[Interaction], after: Iterable[Interaction]) -> Mapping[str, Interaction]:
    """Which interaction took the place of which, by the old one's key: the same one, else the only one that is new and
    has the old one's description, whose states differ."""
    old, new = list(before), list(after)
    same = {one.key: one for one in new}
    known = {one.key for one in old}
    found = {one.key: same[one.key] for one in old if one.key in same}
    for one in old:
        if one.key not in found:
            named = [other for other in new if other.description == one.description and other.key not in known]
            rivals = [other for other in old if other.description == one.description and other.key not in same]
            if len(named) == len(rivals) == 1:
                found[one.key] = named[0]
    return found


def told(steps: Sequence[Step]) -> str:
    """The steps as one sentence, the worst first."""
    ordered = sorted(steps, key=lambda step: -step.kind.rank)
    more = len(ordered) - _TOLD
    return "; ".join(step.what for step in ordered[:_TOLD]) + (f"; and {more} more" if more > 0 else "")
