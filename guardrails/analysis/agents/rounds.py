"""How often an agent was told the same thing. After some rounds a person is asked instead: retries raise cheating."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

import msgspec


class GivenUp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an agent says that it cannot satisfy: the finding's rule, place and words, and why."""

    finding: str
    rule: str
    path: str | None
    what: str
    reason: str
    made: str


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is remembered between rounds: how often each finding was told, and what was given up."""

    schema: int = 1
    told: dict[str, int] = msgspec.field(default_factory=dict)
    given_up: tuple[GivenUp, ...] = ()


@dataclass(frozen=True, slots=True)
class Round:
    """What one round comes to. `stuck` were told `rounds` times already: a person is asked about them."""

    memory: Memory
    open: tuple[str, ...] = ()
    stuck: tuple[str, ...] = field(default=())


def next_round(memory: Memory, blocking: Sequence[str], rounds: int, *, again: bool = False) -> Round:
    """Count a round. `blocking`: fingerprints of what must be fixed; what is no longer among them is forgotten.

    `again`: the same tree was told before, so that nothing was tried in between; then what is known is not counted.
    """
    aside = {one.finding for one in memory.given_up}
    wanted = [name for name in dict.fromkeys(blocking) if name not in aside]
    told = {name: memory.told.get(name, 0) + (not again or name not in memory.told) for name in wanted}
    kept = tuple(one for one in memory.given_up if one.finding in set(blocking))
    stuck = tuple(name for name in wanted if told[name] > rounds)
    return Round(Memory(told=told, given_up=kept), tuple(name for name in wanted if name not in stuck), stuck)


def with_given_up(memory: Memory, one: GivenUp) -> Memory:
    """Remember what was given up, in place of an earlier word on the same."""
    others = tuple(other for other in memory.given_up if other.finding != one.finding)
    return Memory(told=memory.told, given_up=(*others, one))


def sentences(given_up: Iterable[GivenUp], present: Set[str]) -> tuple[str, ...]:
    """What was given up, in words for the verdict. `present`: fingerprints of its findings."""
    return tuple(
        f"An agent says that it cannot satisfy {one.rule} ({one.path or 'no path'}): {one.reason}"
        for one in given_up
        if one.finding in present
    )
