"""Gate `behaviour`: do users get the same answers as before, and if not, was that said?

Base and head answer the same requests, recorded and generated, each from an empty state; their answers are compared. A
change that promises to leave them alone is held to it; of any other the reviewer is shown who is affected, and how.
"""

from dataclasses import dataclass, replace

from guardrails.analysis.answers.comparison import Compared, Reading, compare, unsteady
from guardrails.analysis.answers.documents import steps
from guardrails.analysis.intents import declared
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile, unchanged
from guardrails.gates.behaviour.explaining import examples
from guardrails.gates.behaviour.judgement import findings, promise_of
from guardrails.gates.behaviour.replay import Replay, Subject, requests_of, subject_of
from guardrails.gates.behaviour.rules import NOT_STARTED, RULES
from guardrails.model.exchange import HttpAnswer
from guardrails.model.finding import Finding
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.probes.behaviour import PROBES


class BehaviourGate:
    """The gate `behaviour`."""

    name = "behaviour"
    title = "answers that differ from the base's, and were to stay as they are"
    cost = 20.0
    profiles = frozenset({Profile.PR, Profile.RELEASE})
    alone = False
    runs_code = True
    rules = RULES
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Nothing to do without requests on either side, or where nothing that answers depend on changed."""
        head = bench.head_policy.behaviour if bench.head_policy else None
        if not bench.policy.behaviour.requests and not (head and head.requests):
            return Skip(SkipReason.SUBJECT_ABSENT, "Neither side names requests in behaviour.requests.")
        return unchanged(bench, bench.policy.behaviour.inputs)

    def run(self, bench: Bench) -> Outcome:
        """Ask both sides, and the base once more where they differ.

        Raises:
            ConfigurationError: the section or the requests are wrong.
            JudgementError: the base cannot be asked.
        """
        subject = subject_of(bench)
        replay = Replay(bench, subject, requests_of(bench, subject))
        reading = _reading(subject)
        if not subject.has_base:
            return _head_alone(replay, reading)
        base = _of_base(replay)
        try:
            head = replay.answers(bench.trees.trial)
        except JudgementError as error:
            return _not_started(bench, error)
        weighed = _weigh(replay, base, compare(replay.asked, base, head, reading), reading)
        outcome = _outcome(bench, subject, weighed)
        return replace(outcome, examples=examples(replay, weighed.compared, reading))


@dataclass(frozen=True, slots=True)
class Weighed:
    """What can be compared, and how many requests the base itself answers otherwise when it is asked again."""

    compared: tuple[Compared, ...]
    left_out: int = 0


def _reading(subject: Subject) -> Reading:
    policy = subject.policy
    return Reading(
        items=steps(policy.items, "behaviour.items"),
        user=steps(policy.user, "behaviour.user") if policy.user else (),
        ignore=frozenset(policy.ignore),
        tolerance=policy.tolerance,
    )


def _of_base(replay: Replay) -> tuple[HttpAnswer, ...]:
    """The base's answers, of which some must be good."""
    try:
        answers = replay.answers(replay.bench.trees.base)
    except JudgementError as error:
        raise JudgementError(f"of the base: {error}") from error
    if not any(200 <= answer.status < 300 for answer in answers):
        told = answers[0].trouble or f"status {answers[0].status}" if answers else "none was asked"
        raise JudgementError(f"the base answers none of {len(replay.asked)} requests well (the first: {told})")
    return answers


def _weigh(replay: Replay, base: tuple[HttpAnswer, ...], compared: tuple[Compared, ...], reading: Reading) -> Weighed:
    """What differs counts only where the base agrees with itself."""
    if not any(one.changed or one.lost for one in compared):
        return Weighed(compared)
    again = compare(replay.asked, base, _of_base(replay), reading)
    shaky = unsteady(compared, again)
    return Weighed(tuple(one for at, one in enumerate(compared) if at not in shaky), len(shaky))


def _outcome(bench: Bench, subject: Subject, weighed: Weighed) -> Outcome:
    policy, compared = subject.policy, weighed.compared
    said = declared(bench.change, bench.trees, bench.policy.scope.intent)
    promise = promise_of(said, bench.change, bench.policy.tampering.tests)
    found: list[Finding] = list(findings(compared, promise, policy.least_overlap, _again(bench)))
    notes = [] if found else [f"All {len(compared)} answers that were compared are those of the base."]
    if weighed.left_out:
        notes.append(
            f"{weighed.left_out} requests were left out: asked again, the base itself answers them otherwise. Hold its "
            "clock and its seed still in behaviour.command, or name the fields in behaviour.ignore."
        )
    slates = sum(1 for one in compared if one.base.slate)
    return Outcome(
        {"requests": len(compared), "slates": slates},
        _floor(subject),
        tuple(found),
        tuple(notes),
    )


def _head_alone(replay: Replay, reading: Reading) -> Outcome:
    """A head that brings the first requests must answer them itself."""
    try:
        answers = replay.answers(replay.bench.trees.head)
    except JudgementError as error:
        return _not_started(replay.bench, error)
    # Compared with itself: what is left is what was answered.
    own = [one for one in compare(replay.asked, answers, answers, reading) if one.base.status < 500]
    slates = sum(1 for one in own if one.base.slate)
    note = "The base has no requests in behaviour.requests: the head answers its own, and nothing was compared."
    return Outcome({"requests": len(own), "slates": slates}, _floor(replay.subject), (), (note,))


def _not_started(bench: Bench, error: JudgementError) -> Outcome:
    finding = NOT_STARTED.finding(str(error), reproduce=_again(bench))
    return Outcome({"services": 1}, {"services": 1}, (finding,))


def _floor(subject: Subject) -> dict[str, int]:
    return {"requests": subject.policy.minimum_requests, "slates": 1}


def _again(bench: Bench) -> str:
    sides = f"--base {bench.change.base.commit or bench.change.base.ref}"
    if bench.change.head.commit:
        sides += f" --head {bench.change.head.commit}"
    return f"guardrails check {sides} --only behaviour --profile {bench.profile} --seed {bench.seed}"
