"""Several branches at once: in which order they can be merged, and which break only together.

Pure: a branch is a name with what it touches, a verification is a function that is given. Every order that comes out
was verified as a whole; what cannot be in it is left out with the others that it breaks with.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations

from guardrails.model.result import VerdictKind

MERGEABLE = frozenset({VerdictKind.PASS, VerdictKind.REVIEW})


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch: what it touches, by kind (`file`, `area`, `contract`, `symbol`), its changed lines, and which of the
    others it contains."""

    name: str
    touches: Mapping[str, frozenset[str]]
    lines: int = 0
    contains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Overlap:
    """What two branches both touch, by kind."""

    one: str
    other: str
    common: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one verification. `why` says in words what stands against it."""

    kind: VerdictKind
    why: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether it can be merged, a person's decision granted."""
        return self.kind in MERGEABLE


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A branch that is not in the order: by itself (`partners` empty), or because it breaks with the partners."""

    name: str
    outcome: Outcome
    partners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """An order that was verified as a whole, what was left out, and how many verifications that took."""

    order: tuple[str, ...]
    outcome: Outcome | None
    left_out: tuple[LeftOut, ...] = ()
    verifications: int = field(default=0, compare=False)
    alone: Mapping[str, Outcome] = field(default_factory=dict, compare=False)

    def asks(self) -> Iterator[tuple[str, str]]:
        """What a person must decide of the order: the branch that asks it by itself, or none, and what."""
        for why in self.outcome.why if self.outcome else ():
            yield next((name for name in self.order if name in self.alone and why in self.alone[name].why), ""), why


def overlaps(branches: Sequence[Branch]) -> Iterator[Overlap]:
    """The pairs that touch the same, those that contain each other apart."""
    for one, other in combinations(branches, 2):
        if other.name in one.contains or one.name in other.contains:
            continue
        common = {
            kind: tuple(sorted(one.touches.get(kind, frozenset()) & other.touches.get(kind, frozenset())))
            for kind in sorted({*one.touches, *other.touches})
        }
        if any(common.values()):
            yield Overlap(one.name, other.name, {kind: names for kind, names in common.items() if names})


def ordered(branches: Sequence[Branch]) -> tuple[str, ...]:
    """What is contained first, then what overlaps least and is smallest: one that breaks the sum is then found late."""
    degree = {branch.name: 0 for branch in branches}
    for overlap in overlaps(branches):
        degree[overlap.one] += 1
        degree[overlap.other] += 1
    left = {branch.name: branch for branch in branches}
    order: list[str] = []
    while left:
        free = [b for b in left.values() if not (b.contains & set(left)) - {b.name}] or list(left.values())
        first = min(free, key=lambda b: (degree[b.name], b.lines, b.name))
        order.append(first.name)
        del left[first.name]
    return tuple(order)


def planned(
    order: Sequence[str],
    alone: Callable[[str], Outcome],
    together: Callable[[tuple[str, ...]], Outcome],
    contains: Mapping[str, frozenset[str]] | None = None,
) -> Plan:
    """Verify each alone, then the sum; while the sum fails, leave out the first branch with which it begins to fail.

    A branch that contains one that is left out goes too. Nothing is verified twice.
    """
    within = contains or {}
    count = 0

    @cache
    def asked(names: tuple[str, ...]) -> Outcome:
        nonlocal count
        count += 1
        return alone(names[0]) if len(names) == 1 else together(names)

    left_out = [LeftOut(name, outcome) for name in order if not (outcome := asked((name,))).good]
    rest = _without(order, left_out, within)
    left_out += [
        LeftOut(name, Outcome(VerdictKind.BLOCK, ("it contains a branch that is left out",)))
        for name in order
        if name not in rest and name not in {one.name for one in left_out}
    ]
    while rest and not (outcome := asked(tuple(rest))).good:
        place = _first_failure(rest, asked)
        culprit = rest[place]
        partners = _partners(rest[:place], culprit, asked)
        failed = asked((*partners, culprit) if partners else tuple(rest[: place + 1]))
        known = {why for name in (*partners, culprit) for why in asked((name,)).why}
        left_out.append(LeftOut(culprit, _only(failed, known), partners))
        gone = [name for name in rest if name != culprit and culprit in within.get(name, ())]
        why = Outcome(VerdictKind.BLOCK, (f"it contains {culprit}, which is left out",))
        left_out += [LeftOut(name, why) for name in gone]
        rest = [name for name in rest if name != culprit and name not in gone]
    final = asked(tuple(rest)) if rest else None
    verifications = count
    return Plan(tuple(rest), final, tuple(left_out), verifications, {name: asked((name,)) for name in order})


def _only(outcome: Outcome, known: Set[str]) -> Outcome:
    """The outcome without what each says alone, where anything else is left."""
    news = tuple(why for why in outcome.why if why not in known)
    return Outcome(outcome.kind, news or outcome.why)


def _without(order: Sequence[str], left_out: Sequence[LeftOut], within: Mapping[str, frozenset[str]]) -> list[str]:
    bad = {one.name for one in left_out}
    return [name for name in order if name not in bad and not within.get(name, frozenset()) & bad]


def _first_failure(rest: Sequence[str], asked: Callable[[tuple[str, ...]], Outcome]) -> int:
    """The place of a branch with which the prefix fails and without which it does not: by halving."""
    good, bad = 1, len(rest)  # a prefix of `good` branches holds, one of `bad` fails
    while bad - good > 1:
        middle = (good + bad) // 2
        if asked(tuple(rest[:middle])).good:
            good = middle
        else:
            bad = middle
    return bad - 1


def _partners(before: Sequence[str], culprit: str, asked: Callable[[tuple[str, ...]], Outcome]) -> tuple[str, ...]:
    """The fewest of those before with which the culprit fails: one, where one is enough, else nobody without need."""
    for name in before:
        if not asked((name, culprit)).good:
            return (name,)
    kept = list(before)
    for name in before:
        fewer = [one for one in kept if one != name]
        if fewer and not asked((*fewer, culprit)).good:
            kept = fewer
    return tuple(kept)
