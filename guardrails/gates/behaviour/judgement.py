"""From compared answers and what the change promises to findings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guardrails.analysis.answers.comparison import TOP, Compared, Figures, figures, most_affected
from guardrails.analysis.answers.slates import PERSISTENCE
from guardrails.analysis.claims import Claim, left_alone
from guardrails.analysis.intents import Declared
from guardrails.analysis.source import is_python
from guardrails.gates.behaviour.rules import CHANGED, DIFFERS, LARGE, LOST, UNTESTED
from guardrails.model.change import Change, ChangeKind
from guardrails.model.example import Example
from guardrails.model.finding import Finding, Severity
from guardrails.model.paths import matches

_SHOWN = 8
_NAMED = 3
_WIDEST = 100
_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Promise:
    """What the change says of its answers: `kept` in the words of whoever promises that they stay, empty for nobody;
    how much a broken promise weighs; whether they change on purpose; and whether the change touches tests."""

    kept: str = ""
    severity: Severity = Severity.BLOCK
    on_purpose: bool = False
    tested: bool = True


def promise_of(said: Declared, change: Change, tests: Sequence[str]) -> Promise:
    """A declaration counts before what the messages claim in prose. tests: the patterns of files that are tests."""
    tested = any(
        file.kind is not ChangeKind.DELETED and is_python(file.path) and matches(file.path, tests)
        for file in change.files
    )
    return replace(_said(said, change), tested=tested)


def _said(said: Declared, change: Change) -> Promise:
    if said.keeps_behaviour or said.is_codeless:
        return Promise(f"declares the intent {' and '.join(sorted(said.intents))}")
    if said.changes_behaviour:
        return Promise(on_purpose=True)
    claimed = () if change.uncommitted else left_alone(change.messages)
    words = next((one.words for one in claimed if one.claim is Claim.UNCHANGED), "")
    return Promise(f"is described as “{words}”", Severity.REVIEW) if words else Promise()


def findings(
    compared: Sequence[Compared], promise: Promise, least_overlap: float, reproduce: str = ""
) -> Iterator[Finding]:
    """Answers that are lost, then those that differ, by what was promised."""
    lost = [one for one in compared if one.lost]
    if lost:
        named = "".join(f"\n{_shortened(one.asked.words)}: {_shortened(one.lost)}" for one in lost[:_NAMED])
        yield LOST.finding(f"{_count(len(lost), compared)} that the base gives are lost{named}", reproduce=reproduce)
    differing = [one for one in compared if not one.lost]
    if not any(one.changed for one in differing):
        return
    numbers = figures(differing)
    rest = f"{summary(numbers)}{''.join(example(one) for one in most_affected(differing))}"
    count = _count(numbers.changed, compared)
    if promise.kept:
        what = f"the change {promise.kept}, and {count} differ: {rest}"
        yield CHANGED.finding(what, severity=promise.severity, reproduce=reproduce)
    elif not promise.on_purpose and numbers.slates and numbers.overlap_top < least_overlap:
        what = f"{count} differ, the mean overlap@{TOP} is below {least_overlap:g}, and no intent is declared: {rest}"
        yield LARGE.finding(what, reproduce=reproduce)
    elif not promise.tested:
        yield UNTESTED.finding(f"{count} differ, and no test is added or changed: {rest}", reproduce=reproduce)
    else:
        yield DIFFERS.finding(f"{count} differ: {rest}", reproduce=reproduce)


def _count(number: int, of: Sequence[Compared]) -> str:
    return f"{number} of {len(of)} answers"


def summary(numbers: Figures) -> str:
    """The figures in one line."""
    slates = f"{numbers.changed_slates} of {numbers.slates} slates" if numbers.changed_slates else "no slate"
    parts = [slates] if numbers.slates else []
    if numbers.users:
        parts.append(f"{numbers.affected} of {numbers.users} users ({numbers.affected / numbers.users:.0%})")
    if numbers.changed_slates:
        parts.append(
            f"overlap@{TOP} {numbers.overlap_top:.3f}, of whole slates {numbers.overlap_whole:.3f}, "
            f"rank-biased overlap (p = {PERSISTENCE:g}) {numbers.agreement:.3f}"
        )
    return ", ".join(parts)


def chosen(compared: Sequence[Compared]) -> tuple[Compared, ...]:
    """The slates that changed most, bounded in number."""
    slates = [one for one in compared if one.slates is not None and one.base.slate != one.head.slate]
    return most_affected(slates, _EXAMPLES)


def as_example(one: Compared) -> Example:
    """The answers of both sides side by side, bounded in length."""
    before, after = (tuple(_shortened(item) for item in slate[:TOP]) for slate in one.slates or ((), ()))
    user = _shortened(one.user or "")
    return Example(_shortened(one.asked.words), user, _moved(one), before, after, one.overlap(TOP))


def example(one: Compared) -> str:
    """One request with both slates side by side, or the first field that differs."""
    head = f"\n{_shortened(one.asked.words)}: "
    if one.slates is None or one.base.slate == one.head.slate:
        return f"{head}{_shortened(one.changed, 2 * _WIDEST)}"
    before, after = (_row(slate) for slate in one.slates)
    return f"{head}{_moved(one)}\n  base: {before}\n  head: {after}"


def _moved(one: Compared) -> str:
    """What came, went and moved, in one line."""
    told = one.moves
    words = [
        _listed("came", [f"{_shortened(item)} ({place})" for item, place in told.came]),
        _listed("went", [f"{_shortened(item)} ({place})" for item, place in told.went]),
        _listed("moved", [f"{_shortened(item)} ({old} to {new})" for item, old, new in told.moved]),
    ]
    return "; ".join(word for word in words if word)


def _shortened(text: str, widest: int = _WIDEST) -> str:
    """One line: ids and fields are the service's own words, as long as it likes."""
    line = " ".join(text.split())
    return line if len(line) <= widest else f"{line[: widest - 1]}…"


def _listed(verb: str, items: Sequence[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return f"{verb} {', '.join(items[:_NAMED])}{more}" if items else ""


def _row(slate: Sequence[str]) -> str:
    return " ".join(_shortened(item) for item in slate[:_SHOWN]) + (" …" if len(slate) > _SHOWN else "") or "nothing"
