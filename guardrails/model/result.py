"""What a gate answers, and the pure function from all answers to one verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from guardrails.model.contract import Verified
from guardrails.model.example import Example
from guardrails.model.finding import Finding, Severity
from guardrails.model.picture import Pictures


class GateStatus(StrEnum):
    """The four states of a gate that has been asked."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    ERROR = "error"


class SkipReason(StrEnum):
    """Why a gate did not run. Each is established by code, never by what a change says of itself."""

    SUBJECT_ABSENT = "subject-absent"
    """Neither the base nor the head has what the gate judges."""
    NOT_IN_PROFILE = "not-in-profile"
    NOT_SELECTED = "not-selected"
    """`--only` or `--skip` left it out."""
    INPUTS_UNCHANGED = "inputs-unchanged"
    """Every file that the gate reads has the same digest in base and head."""


class VerdictKind(StrEnum):
    """The verdict, from best to worst."""

    PASS = "pass"  # noqa: S105 - a word of the vocabulary, not a password
    REVIEW = "review"
    BLOCK = "block"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Position in the order pass < review < block < error."""
        return tuple(VerdictKind).index(self)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 block, 2 could not judge, 3 a person must decide."""
        return {"pass": 0, "block": 1, "error": 2, "review": 3}[self.value]


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured on both sides, for a picture; it changes no verdict.

    `base` and `head` are in `unit`; `ratio` is head over base with its interval `low` to `high` (None where it is not
    bounded), and `limit` the ratio that must not be passed.
    """

    name: str
    unit: str
    base: float
    head: float
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a gate that worked returns: how much it did, how much it owed, and what it found.

    `work` and `floor` have the same keys; a key whose work is below its floor means that too little was checked.
    `notes` are sentences for the reader (what was measured, what was not checked); they change no verdict. `verified`
    are the consumers' expectations that were held against the head, `examples` answers that differ, the worst first.
    `pictures` show what was measured.
    """

    work: Mapping[str, int]
    floor: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    verified: tuple[Verified, ...] = ()
    examples: tuple[Example, ...] = ()
    pictures: Pictures = field(default_factory=Pictures)


@dataclass(frozen=True, slots=True)
class Skip:
    """Why a gate has nothing to do, as a reason that a machine checked and a sentence for the reader."""

    reason: SkipReason
    sentence: str


@dataclass(frozen=True, slots=True)
class GateResult:
    """A gate's answer as it stands in the verdict. `seconds` is wall time and is never part of a decision."""

    name: str
    status: GateStatus
    seconds: float = 0.0
    work: Mapping[str, int] = field(default_factory=dict)
    floor: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    skip: Skip | None = None
    error: str = ""
    figures: tuple[Figure, ...] = ()
    verified: tuple[Verified, ...] = ()
    examples: tuple[Example, ...] = ()
    pictures: Pictures = field(default_factory=Pictures)

    @property
    def kind(self) -> VerdictKind:
        """What this gate alone would make of the verdict."""
        if self.status is GateStatus.ERROR or (self.status is GateStatus.SKIPPED and self.skip is None):
            return VerdictKind.ERROR
        worst = max((f.severity.rank for f in self.findings), default=0)
        return (VerdictKind.PASS, VerdictKind.REVIEW, VerdictKind.BLOCK)[worst]


def judged(name: str, outcome: Outcome, seconds: float) -> GateResult:
    """The result of a gate that returned an outcome.

    Work that is nothing at all, or below its floor, is an error: nothing checked is never a pass.
    """
    short = [
        f"{key} {outcome.work.get(key, 0)} of at least {least}"
        for key, least in sorted(outcome.floor.items())
        if outcome.work.get(key, 0) < least
    ]
    nothing = not outcome.work or not any(outcome.work.values())
    findings = tuple(sorted(outcome.findings, key=lambda f: f.sort_key))
    if short or nothing:
        status, error = GateStatus.ERROR, "too little was checked: " + (", ".join(short) or "the gate reports no work")
    elif any(f.severity is not Severity.NOTE for f in findings):
        status, error = GateStatus.FAILED, ""
    else:
        status, error = GateStatus.PASSED, ""
    work, floor = dict(outcome.work), dict(outcome.floor)
    return GateResult(
        name,
        status,
        seconds,
        work,
        floor,
        findings,
        outcome.notes,
        error=error,
        figures=outcome.figures,
        verified=outcome.verified,
        examples=outcome.examples,
        pictures=outcome.pictures,
    )


def skipped(name: str, skip: Skip) -> GateResult:
    """The result of a gate that was not run."""
    return GateResult(name, GateStatus.SKIPPED, skip=skip)


def errored(name: str, message: str, seconds: float = 0.0) -> GateResult:
    """The result of a gate that could not judge."""
    return GateResult(name, GateStatus.ERROR, seconds, error=message)


def verdict(results: Iterable[GateResult]) -> VerdictKind:
    """The worst of what was found.

    Adding a result or a finding never improves it, and the order of the results does not matter. No result at all, or
    none that judged anything, is an error: a plan in which everything is skipped has checked nothing.
    """
    results = tuple(results)
    if all(r.status is GateStatus.SKIPPED for r in results):
        return VerdictKind.ERROR
    return max((r.kind for r in results), key=lambda kind: kind.rank)
