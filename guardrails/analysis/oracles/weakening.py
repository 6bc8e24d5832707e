"""Two lists of checks of one test, base and head: which of the base's check less now. Stricter is nothing."""

import ast
import builtins
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from guardrails.analysis.oracles.checks import Check, Strength
from guardrails.analysis.oracles.coarseness import coarser, finer, implies_length, is_rounding, same_items
from guardrails.analysis.oracles.lesser import asks_for_less
from guardrails.analysis.oracles.loops import fewer
from guardrails.model.finding import Severity


@dataclass(frozen=True, slots=True)
class Weakening:
    """One way in which a test checks less: a rule's short name, words, and the place in the head if there is one."""

    rule: str
    what: str
    path: str
    line: int | None
    severity: Severity | None = None


def weakenings(base: Sequence[Check], head: Sequence[Check]) -> list[Weakening]:
    """What the head's checks of a test lost against the base's.

    Checks that are the same are set aside, wherever they stand. The others are paired by subject, by what is expected,
    by the names in them, and at last by their order; a pair is compared, and what has no partner is gone.
    """
    live = [check for check in base if not check.dead and check.strength > Strength.NOTHING]
    alive = [check for check in head if not check.dead]
    old, new = _unlike(live, alive)
    found = list(_dead(old, head))
    dead = {id(check) for check, _ in found}
    old = [check for check in old if id(check) not in dead]
    old = [check for check in old if not _implied(check, new)]
    pairs, gone = _paired(old, new)
    results = [weakening for _, weakening in found]
    for before, after in pairs:
        compared = list(_compared(before, after))
        less = None if compared else asks_for_less(before, after, alive)
        results += [Weakening(*less, after.path, after.line)] if less else compared
    results += [Weakening("assertion-removed", f"`{c.text}` is gone", c.path, None) for c in gone]
    return results


def _implied(check: Check, new: Sequence[Check]) -> bool:
    """Whether a new assertion of a whole list says what one of its length said."""
    if check.kind != "equal" or not check.subject.startswith("len("):
        return False
    return any(
        other.kind == "equal" and implies_length(other.subject, other.expected, check.subject[4:-1], check.expected)
        for other in new
    )


def _unlike(old: list[Check], new: list[Check]) -> tuple[list[Check], list[Check]]:
    """Both lists without the checks that the other has too."""
    ours, theirs = (Counter(check.signature for check in checks) for checks in (old, new))
    return _without(old, theirs), _without(new, ours)


def _without(checks: list[Check], other: Counter[tuple[object, ...]]) -> list[Check]:
    left = Counter(other)
    kept = []
    for check in checks:
        if left[check.signature] > 0:
            left[check.signature] -= 1
        else:
            kept.append(check)
    return kept


def _dead(old: Sequence[Check], head: Sequence[Check]) -> Iterator[tuple[Check, Weakening]]:
    """The base's checks that are still there and are never reached, or never count."""
    dead = [check for check in head if check.dead]
    for check in old:
        alike = [
            d for d in dead if d.kind == check.kind and (d.subject == check.subject or d.expected == check.expected)
        ]
        same = max(alike, key=partial(_likeness, check), default=None)
        if same is not None:
            dead.remove(same)
            yield check, no_longer_counts(same)


def no_longer_counts(check: Check) -> Weakening:
    """What is lost by a check that is never reached, or whose failure is swallowed."""
    rule = "assertion-swallowed" if "its failure" in check.dead else "test-stops-early"
    return Weakening(rule, f"`{check.text}` no longer counts: {check.dead}", check.path, check.line)


_MOST_PAIRS = 40_000  # past it checks are paired by their order alone


def _paired(old: list[Check], new: list[Check]) -> tuple[list[tuple[Check, Check]], list[Check]]:
    """Pairs, the likest first, and the base's checks that have no partner."""
    few = len(old) * len(new) <= _MOST_PAIRS
    scored = sorted(
        (-_likeness(before, after), i, j) for i, before in enumerate(old) for j, after in enumerate(new) if few
    )
    taken_old: dict[int, int] = {}
    taken_new: set[int] = set()
    for score, i, j in scored:
        if score < 0 and i not in taken_old and j not in taken_new:
            taken_old[i] = j
            taken_new.add(j)
    spare = [j for j in range(len(new)) if j not in taken_new]
    for i in range(len(old)):
        if i not in taken_old and spare:
            taken_old[i] = spare.pop(0)
    pairs = [(old[i], new[j]) for i, j in sorted(taken_old.items())]
    return pairs, [check for i, check in enumerate(old) if i not in taken_old]


def _likeness(before: Check, after: Check) -> int:
    """How sure it is that two checks are one check that was edited."""
    subject = before.subject == after.subject
    shared = len(before.words & after.words)
    if subject and before.kind == after.kind:
        return 100 + 10 * (before.expected == after.expected)
    if subject or (before.subject in after.subject and shared):
        return 90
    if before.kind == after.kind and before.expected == after.expected and before.expected is not None:
        return 80
    if shared:
        return 40 + min(shared, 9) + 10 * (before.kind == after.kind)
    return 0


def _compared(before: Check, after: Check) -> Iterator[Weakening]:
    """What one edited check lost."""
    place = (after.path, after.line)
    change = f"`{before.text}` became `{after.text}`"
    itself = after.kind == "equal" and after.expected == after.subject and before.expected != before.subject
    if _asks_of_itself(before.text) and _asks_of_itself(after.text):
        yield from _guarded(before, after)  # each asks `__eq__` or `__ne__`, in another form
        return
    if after.strength == Strength.NOTHING or itself:
        yield Weakening("assertion-always-true", f"{change}, which holds whatever the code does", *place)
        return
    if fewer(before.over, after.over):
        yield Weakening("assertion-weakened", f"{change}, for fewer: `{after.over}`", *place)
        return
    through = coarser(before.subject, after.subject)
    if through and not _says_the_same(before, after):
        rule = "tolerance-loosened" if is_rounding(through) else "assertion-weakened"
        yield Weakening(rule, f"{change}, which looks at it through {through}", *place)
    elif finer(before.subject, after.subject) and same_items(before.expected, after.expected):
        pass  # stricter: the same items, and now their order or their number too
    elif after.strength < before.strength and not _says_the_same(before, after):
        yield Weakening("assertion-weakened", f"{change}, which says less", *place)
    elif before.kind == "raises" and after.kind == "raises":
        yield from _raises(before, after, change)
    elif before.subject == after.subject or (before.words and before.words == after.words):
        yield from _values(before, after, change)
    yield from _guarded(before, after)


def _guarded(before: Check, after: Check) -> Iterator[Weakening]:
    extra = [guard for guard in after.guards if guard not in before.guards]
    if extra and len(after.guards) > len(before.guards):
        what = f"`{after.text}` is now checked only if `{extra[0]}`"
        yield Weakening("assertion-conditional", what, after.path, after.line)


def _asks_of_itself(text: str) -> bool:
    """Whether an assertion is that something equals itself, or does not differ from itself, and nothing more."""
    try:
        node: ast.expr = ast.parse(text, mode="eval").body
    except SyntaxError:
        return False
    while True:
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                node = inner
            case ast.Compare(left=inner, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=bool())]):
                node = inner
            case ast.Compare(left=left, ops=[_], comparators=[right]):
                return ast.dump(left) == ast.dump(right)
            case _:
                return False


_EMPTY = frozenset({"[]", "{}", "()", "''", "0", "set()", "False", "None", "b''"})


def _says_the_same(before: Check, after: Check) -> bool:
    """Pairs that linters turn into one another: `len(x) == 0` and `not x`, `x != []` and `x`, `type(x) is T`."""
    if after.kind == "falsy":
        return before.expected in _EMPTY
    if after.kind == "kind":
        return before.subject.startswith("type(")
    if after.kind == "truthy":
        some = (
            before.kind == "lower" and before.subject.startswith("len(") and before.slack.get("bound", 1) in {0.0, -1.0}
        )
        return some or (before.kind == "different" and before.expected in _EMPTY)
    return False


def _values(before: Check, after: Check, change: str) -> Iterator[Weakening]:
    """Another expected value, or more slack, of the same subject."""
    place = (after.path, after.line)
    if before.options != after.options and before.kind == after.kind:
        added = after.options != "strict" and len(after.options) > len(before.options)
        if (before.options == "strict" or added) and before.slack == after.slack:
            yield Weakening("tolerance-loosened", f"{change}, which leaves more room", *place)
    if before.kind == after.kind:
        wider = [name for name in sorted({*before.slack, *after.slack}) if _looser(before, after, name)]
        if wider:
            yield Weakening("tolerance-loosened", f"{change}: {wider[0]} leaves more room", *place)
    if before.expected == after.expected or after.strength > before.strength:
        return
    if before.kind == after.kind and before.kind in {"upper", "lower"} and not (before.literal or after.literal):
        return  # the bound itself was compared above; another symbol is another test, which the new code passes or not
    if before.literal or after.literal or before.kind in {"member", "equal", "close", "called"}:
        if _known_again(before, after):
            return
        yield Weakening("expected-value-changed", f"{change}: another value is expected", *place)


def _known_again(before: Check, after: Check) -> bool:
    """Whether both sides expect something computed: a refactoring, which the value itself would have to betray."""
    return not before.literal and not after.literal


_DEFAULT_SLACK = {"rel": 1e-6, "abs": 1e-12, "places": -7.0}


def _looser(before: Check, after: Check, name: str) -> bool:
    """Whether one tolerance grew; one that is not written has its library's usual value."""
    default = _DEFAULT_SLACK.get(name, 0.0)
    if name == "bound" and before.expected != after.expected:
        return False
    old, new = before.slack.get(name, default), after.slack.get(name, default)
    return new > old + abs(old) * 1e-12


def _raises(before: Check, after: Check, change: str) -> Iterator[Weakening]:
    """A wider class of exceptions, or a message that is no longer looked at."""
    old, new = set((before.expected or "").split(", ")), set((after.expected or "").split(", "))
    narrower = all(name in old or any(_is_above(other, name) for other in old) for name in new)
    if new != old and not narrower:
        wider = any(_is_above(name, other) for name in new - old for other in old) or new > old
        rule = "raises-broadened" if wider else "expected-value-changed"
        yield Weakening(
            rule, f"{change}, which takes {'more errors' if wider else 'another error'}", after.path, after.line
        )
    elif before.options != after.options and before.options:
        if not after.options or _pattern(after.options) in {"", ".*", ".+", ".", "(?s).*"}:
            yield Weakening("raises-broadened", f"{change}: no message is wanted any more", after.path, after.line)
        elif _pattern(after.options) not in _pattern(before.options) and _pattern(before.options) not in _pattern(
            after.options
        ):
            yield Weakening("expected-value-changed", f"{change}: another message is wanted", after.path, after.line)
        elif len(_pattern(after.options)) < len(_pattern(before.options)):
            yield Weakening("raises-broadened", f"{change}: less of the message is wanted", after.path, after.line)


def _is_above(name: str, other: str) -> bool:
    """Whether an exception class is a parent of another; `Exception` is one of those that are not built in."""
    above, below = (getattr(builtins, n, None) for n in (name, other))
    if name in {"Exception", "BaseException"}:
        return other != "BaseException" and name != other
    return isinstance(above, type) and isinstance(below, type) and above is not below and issubclass(below, above)


def _pattern(text: str) -> str:
    """The pattern that an expression's text stands for."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
    return value if isinstance(value, str) else text
