"""Why items moved, as the services themselves explain it: what each side says of an item, and what differs.

Both answers are the word of code under judgement: they are read as data, kept short, and decide nothing.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from guardrails.analysis.answers.documents import JSON, at
from guardrails.analysis.answers.slates import moves
from guardrails.model.example import Moved, Reason

TOP = 10
"""Places of a slate that are looked at."""
MOST_REASONS = 8
"""Of one item."""
MOST_ITEMS = 12
"""Items of one example that are explained, of those that came, went and moved alike many while there are such."""
MOST_LEAVES = 400
"""Values that are read of one item or answer."""
DEEPEST = 6
_Way: TypeAlias = "tuple[str, int | None, int | None]"
_NAME, _VALUE = 80, 100


@dataclass(frozen=True, slots=True)
class Explained:
    """One side's answer to a request that asked for reasons: its slate, and what it says of each item and of itself,
    each value by its place in the document."""

    slate: tuple[str, ...]
    items: Mapping[str, Mapping[str, JSON]]
    whole: Mapping[str, JSON]


def explained(document: JSON, items: Sequence[str], ignore: frozenset[str]) -> Explained | None:
    """An answer read; `items` is the way to its ids. None where it holds no list of objects that have one."""
    if "[]" not in items or items[-1] == "[]":
        return None
    last = len(items) - 1 - tuple(reversed(items)).index("[]")
    way, own = items[: last + 1], items[last + 1 :]
    found = at(document, way)
    if found is None:
        return None
    slate: list[str] = []
    told: dict[str, Mapping[str, JSON]] = {}
    for one in found:
        ids = at(one, own)
        if not ids or not isinstance(ids[0], str | int):
            return None
        slate.append(str(ids[0]))
        said = _leaves(one, ignore | {".".join(own)}, ".".join(way).replace(".[]", "[]"))
        told.setdefault(str(ids[0]), dict(said))
    whole = _leaves(document, ignore | {".".join(items[: items.index("[]")])})
    return Explained(tuple(slate), told, dict(whole))


def _leaves(document: JSON, ignore: frozenset[str], here: str = "") -> Iterator[tuple[str, JSON]]:
    """The values of a document by their place, at most `MOST_LEAVES`; a list is one value.

    `ignore` are names, and places in the document or in the answer, in which the document stands at `here`.
    """
    left = MOST_LEAVES
    stack: list[tuple[str, JSON, int]] = [("", document, 0)]
    while stack and left:
        place, value, depth = stack.pop()
        if isinstance(value, Mapping) and depth < DEEPEST:
            inner = [(f"{place}.{key}".lstrip("."), key, one) for key, one in reversed(list(value.items()))]
            stack += [(p, one, depth + 1) for p, key, one in inner if not {key, p, f"{here}.{p}"} & ignore]
        elif place:
            left -= 1
            yield place, value


def moved_items(base: Explained, head: Explained, tolerance: float) -> tuple[Moved, ...]:
    """What came, went and moved among the first places, each with what the services say of it."""
    told = moves(base.slate, head.slate)
    came: list[_Way] = [(item, None, place) for item, place in told.came if place <= TOP]
    went: list[_Way] = [(item, place, None) for item, place in told.went if place <= TOP]
    both: list[_Way] = [(item, old, new) for item, old, new in told.moved if min(old, new) <= TOP]
    ranks = {way: (at, kind) for kind, ways in enumerate((came, went, both)) for at, way in enumerate(ways)}
    kept = set(sorted(ranks, key=lambda way: ranks[way])[:MOST_ITEMS])
    return tuple(_moved(way, base, head, tolerance) for way in ranks if way in kept)


def _moved(way: _Way, base: Explained, head: Explained, tolerance: float) -> Moved:
    item, old, new = way
    before, after = (side.items.get(item, {}) if place else {} for side, place in ((base, old), (head, new)))
    if old and new:
        names = [name for name in {**before, **after} if not _alike(before.get(name), after.get(name), tolerance)]
        names = [name for name in names if not _is_place(before.get(name), after.get(name), old, new)]
    else:
        names = [name for name, value in (before or after).items() if _says_why(name, value, old or new or 0)]
    names.sort(key=lambda name: (name.count("."), -_apart(before.get(name), after.get(name))))
    reasons = tuple(Reason(_cut(n, _NAME), _told(before, n), _told(after, n)) for n in names[:MOST_REASONS])
    return Moved(_cut(item, _VALUE), old, new, reasons, max(0, len(names) - MOST_REASONS))


def whole_answer(base: Explained, head: Explained, tolerance: float) -> tuple[Reason, ...]:
    """What differs of the answers themselves, beside their items."""
    before, after = base.whole, head.whole
    names = [name for name in {**before, **after} if not _alike(before.get(name), after.get(name), tolerance)]
    return tuple(Reason(_cut(n, _NAME), _told(before, n), _told(after, n)) for n in names[:MOST_REASONS])


def _alike(one: JSON, other: JSON, tolerance: float) -> bool:
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        return math.isclose(first, second, rel_tol=tolerance, abs_tol=tolerance)
    return type(one) is type(other) and one == other


def _is_place(one: JSON, other: JSON, old: int, new: int) -> bool:
    """Whether a number only repeats where the item stands, counted from 0 or from 1."""
    return (_number(one), _number(other)) in ((old, new), (old - 1, new - 1))


def _says_why(name: str, value: JSON, place: int) -> bool:
    """Of an item of one side: numbers, lists and what an explanation holds. Its title and its like are no reason, and
    neither is nothing."""
    if not value:
        return False
    if _number(value) is not None:
        return value not in (place, place - 1)
    return "." in name or (isinstance(value, Sequence) and not isinstance(value, str))


def _number(value: JSON) -> float | None:
    """A value as a number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _apart(one: JSON, other: JSON) -> float:
    """How far two values lie apart, in [0, 1]; 1 where they are no two numbers."""
    first, second = _number(one), _number(other)
    if first is None or second is None:
        return 1.0
    largest = max(abs(first), abs(second))
    return min(1.0, abs(first - second) / largest) if largest and math.isfinite(largest) else 1.0


def _told(side: Mapping[str, JSON], name: str) -> str:
    """A value in words; empty where the side does not say it."""
    return _cut(_words(side[name]), _VALUE) if name in side else ""


def _words(value: JSON) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "null"}[value]
    if isinstance(value, Mapping):
        return f"an object of {len(value)}" if value else "nothing"
    if isinstance(value, Sequence) and not isinstance(value, str):
        plain = all(one is None or isinstance(one, str | int | float) for one in value)
        listed = ", ".join(_words(one) for one in value[:MOST_REASONS]) if plain else f"a list of {len(value)}"
        return f"{listed}, …" if plain and len(value) > MOST_REASONS else listed or "none"
    return str(value)


def _cut(text: str, widest: int) -> str:
    """One line of bounded width."""
    line = " ".join(text[: 4 * widest].split())
    return line if len(line) <= widest else f"{line[: widest - 1]}…"
