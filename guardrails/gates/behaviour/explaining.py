"""Why the slates that changed most are others: both sides are asked those requests once more, with the wish to be told.

An answer may depend on all that was asked before it. So each side gets the same requests in the same order, from an
empty state, up to the last example; only the examples ask for reasons. What is told decides nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guardrails.analysis.answers.comparison import Compared, Reading
from guardrails.analysis.answers.documents import JSON
from guardrails.analysis.answers.reasons import Explained, explained, moved_items, whole_answer
from guardrails.errors import JudgementError
from guardrails.gates.behaviour.judgement import as_example, chosen
from guardrails.gates.behaviour.replay import Replay
from guardrails.model.example import Example
from guardrails.model.exchange import HttpAnswer
from guardrails.ports import Tree

_QUOTED = 300
NOT_ASKED = "behaviour.explain names no field that asks the service for its reasons"


@dataclass(frozen=True, slots=True)
class _Side:
    """What one side says to each example, by the identity of its request; or why it could not be asked."""

    name: str
    answers: Mapping[int, HttpAnswer]
    silence: str = ""


def examples(replay: Replay, compared: Sequence[Compared], reading: Reading) -> tuple[Example, ...]:
    """The slates that changed most, each with what both services say of the reasons, where they can be asked."""
    found = chosen(compared)
    if not found:
        return ()
    if not replay.subject.policy.explain:
        return tuple(replace(as_example(one), unexplained=NOT_ASKED) for one in found)
    trees = replay.bench.trees
    base = _ask(replay, found, "base", trees.base)
    head = base if base.silence else _ask(replay, found, "head", trees.trial)
    return tuple(_with_reasons(one, base, head, reading) for one in found)


def _ask(replay: Replay, found: Sequence[Compared], name: str, tree: Tree) -> _Side:
    wanted = {id(one.asked) for one in found}
    last = max(at for at, asked in enumerate(replay.asked) if id(asked) in wanted)
    asked = replay.asked[: last + 1]
    field = replay.subject.policy.explain
    again = tuple(one.explained(field) if id(one) in wanted else one for one in asked)
    try:
        answers = replace(replay, asked=again).answers(tree)
    except JudgementError as error:
        return _Side(name, {}, f"the {name} could not be asked for its reasons: {str(error)[:_QUOTED]}")
    return _Side(name, {id(one): answer for one, answer in zip(asked, answers, strict=False)})


def _with_reasons(one: Compared, base: _Side, head: _Side, reading: Reading) -> Example:
    example = as_example(one)
    slates = one.slates or ((), ())
    first, why_not = _told(one, slates[0], base, reading)
    second, nor = _told(one, slates[1], head, reading)
    if first is None or second is None:
        return replace(example, unexplained=why_not or nor)
    moved = moved_items(first, second, reading.tolerance)
    return replace(example, moved=moved, whole=whole_answer(first, second, reading.tolerance))


def _told(one: Compared, slate: Sequence[str], side: _Side, reading: Reading) -> tuple[Explained | None, str]:
    """What a side says, or why that is nothing: the same slate must come again."""
    if side.silence:
        return None, side.silence
    answer = side.answers.get(id(one.asked), HttpAnswer(0, trouble="it was not asked in time"))
    if not 200 <= answer.status < 300:
        how = f"answered with status {answer.status}" if answer.status else f"gave no answer ({answer.trouble})"
        return None, f"the {side.name} {how} when it was asked for its reasons"
    told = explained(_document(answer), reading.items, reading.ignore)
    if told is None or told.slate != tuple(slate):
        return None, f"the {side.name} gave another slate when it was asked for its reasons"
    return told, ""


def _document(answer: HttpAnswer) -> JSON:
    try:
        document: JSON = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return document
