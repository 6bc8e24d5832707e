"""Names that are close to popular ones: what a typo, or somebody who waits for one, would write."""

import functools
from collections.abc import Collection

from guardrails.analysis.dependencies.popular import NAMES

TARGETS = NAMES[:400]
"""The names worth imitating. Names past them are known, so that nobody asks about them."""
KNOWN = frozenset(NAMES)
_FOLD = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "-": None})
_PREFIXES = ("python3-", "python-", "py3-", "py-", "python", "py")
_SUFFIXES = ("-python3", "-python", "-py3", "-py", "-lib", "py", "lib", "3", "2")
_ONE, _TWO = 5, 9  # characters of a name from which one edit, and two, are no accident of short words


def folded(name: str) -> str:
    """A name without separators, with characters that look alike made the same."""
    return name.translate(_FOLD).replace("rn", "m").replace("vv", "w")


@functools.lru_cache(maxsize=1)
def _folded_targets() -> dict[str, str]:
    return {folded(target): target for target in reversed(TARGETS)}


def edits(one: str, other: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours between two words, or `limit` + 1 for more.

    The optimal string alignment distance (Damerau 1964).
    """
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, x in enumerate(one, 1):
        following = [i]
        for j, y in enumerate(other, 1):
            best = min(row[j] + 1, following[-1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == other[j - 2] and one[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            following.append(best)
        if min(following) > limit:
            return limit + 1
        before, row = row, following
    return row[-1]


def imitated(name: str, known: Collection[str] = (), beside: Collection[str] = ()) -> tuple[str, bool] | None:
    """The name that `name` passes itself off as, and whether the two differ by no more than a slip.

    Held against popular names and against those that stand `beside` it. None for a name that is popular itself, or that
    is `known`. Names are canonical. Of the 2,000 packages that come after the popular ones in the order of downloads,
    0.7 % are taken for another, half of them by a slip.
    """
    if name in KNOWN or name in known:
        return None
    same = _folded_targets().get(folded(name)) or next((b for b in beside if folded(b) == folded(name)), None)
    if same:
        return same, True
    for target in (*TARGETS, *sorted(beside)):
        if len(target) >= _ONE and edits(name, target, 1) == 1 and not _only_digits_differ(name, target):
            return target, True
    for target in TARGETS:
        if len(target) >= _TWO and "-" not in target and edits(name, target, 2) == 2:
            return target, False
    affixed = _affixed(name) or _reordered(name)
    return (affixed, False) if affixed else None


def _only_digits_differ(one: str, other: str) -> bool:
    """Versions in names (`psycopg2` and `psycopg3`) are no slip."""
    return one.rstrip("0123456789") == other.rstrip("0123456789")


def _affixed(name: str) -> str | None:
    """`python-requests` for `requests`."""
    rests = [name.removeprefix(p) for p in _PREFIXES if name.startswith(p)]
    rests += [name.removesuffix(s) for s in _SUFFIXES if name.endswith(s)]
    return next((rest for rest in rests if rest in TARGETS), None)


def _reordered(name: str) -> str | None:
    """`dateutil-python` for `python-dateutil`."""
    parts = sorted(name.split("-"))
    return next((t for t in TARGETS if "-" in t and sorted(t.split("-")) == parts), None)
