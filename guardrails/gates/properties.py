"""Gate `properties`: Hypothesis suites over the head's code, drawing fresh examples in each check.

The base's suite runs on the trial tree under a new seed, not derandomised, without an example database. What each
property drew and rejected, and how many examples each relation of `guardrails.invariants` judged, is recorded and held
against the base and the policy's floors: a property that draws nothing is no property. Where the change touches what
the suites are made of, the head's own suite runs as well, and must not check less.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.affected import affected
from guardrails.analysis.left_alone import SuiteSources, file_of, function_of
from guardrails.analysis.support import below
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile, unchanged
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import CaseRecord, SuiteRun
from guardrails.probes.properties import PROBES

FALSIFIED = Rule(
    "properties/falsified",
    Severity.BLOCK,
    "A property does not hold of the head's code",
    "There is an input for which the code does what it must never do.",
    "Correct the product code. Put the `@reproduce_failure` that is named above the test to meet the example again.",
    bad="`sorted(scores)` where slates are the highest scores first",
    limits="Examples are drawn: a rare input may be met in one check and not in the next.",
)
FEW = Rule(
    "properties/too-few-examples",
    Severity.BLOCK,
    "A property draws far fewer examples than it should",
    "A property that draws nothing, or rejects nearly all that it draws, checks next to nothing.",
    "Restore max_examples, and draw what is wanted instead of rejecting what is not (`assume`, `filter`).",
    bad="`@settings(max_examples=1)` or `assume(False)`",
    good="`st.integers(min_value=1)` in place of `assume(number > 0)`",
    limits="Explicit examples are not counted.",
)
LOST = Rule(
    "properties/relation-lost",
    Severity.BLOCK,
    "A relation that the base's suite checks is no longer checked",
    "Once merged, nothing would notice when this relation breaks.",
    "Check the relation again: take it off `leave_out`, or give the recommender back the capability that it needs.",
    bad='`leave_out={"hard-policy": "slow"}`',
)
NOT_RUN = Rule(
    "properties/not-run",
    Severity.BLOCK,
    "A property of the base is no longer run",
    "The property is owed, but nothing ran it: deselected, ignored, shadowed, or lost with its process.",
    "Have pytest collect and run it again.",
)
CANNOT_FAIL = Rule(
    "properties/suite-cannot-fail",
    Severity.BLOCK,
    "The property suite can no longer fail",
    "Planted tests that must fail or must pass did not: nothing else in this run means anything.",
    "Remove what changes outcomes: hooks in conftest.py or a plugin, patched ways to assert.",
)
BROKEN_RUN = Rule(
    "properties/run-broken",
    Severity.BLOCK,
    "The run of the properties did not come to its end",
    "What did not run has not passed; exit statuses are not read.",
    "Make the run end by itself: no exit, hang or crash at import or in a test.",
)
FAILS_AT_BASE = Rule(
    "properties/fails-at-base",
    Severity.NOTE,
    "A property fails at the base as well, from the same seed",
    "The change did not break it; the fresh seed has found it.",
    "Mend it in a change of its own.",
)
RULES = (FALSIFIED, FEW, LOST, NOT_RUN, CANNOT_FAIL, BROKEN_RUN, FAILS_AT_BASE)

_SUSPICIOUS = 5
"""A property that draws fewer examples than this is looked up at the base: its space may be that small."""
_REJECTED = 0.9
_EXAMPLE = 1200


class PropertiesGate:
    """Properties of the base on the head's code, with fresh examples, and the head's own."""

    name = "properties"
    title = "properties and ranking invariants that the head breaks, or no longer checks"
    cost = 60.0
    profiles = frozenset({Profile.PR, Profile.RELEASE})
    alone = False
    runs_code = True
    rules = RULES
    probes: tuple[Probe, ...] = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Skipped where the policy names no suites, or where neither side has a file of them."""
        paths = _paths(bench)
        if not paths:
            return Skip(SkipReason.SUBJECT_ABSENT, "guardrails.toml names no property suites ([properties] paths)")
        if any(below(one, paths) for tree in (bench.trees.base, bench.trees.head) for one in tree.paths()):
            return unchanged(bench, bench.policy.properties.inputs)
        return Skip(SkipReason.SUBJECT_ABSENT, f"neither base nor head has anything in {', '.join(paths)}")

    def run(self, bench: Bench) -> Outcome:
        """Judge the change.

        Raises:
            JudgementError: the base's own suites cannot be collected.
            ToolMissingError: the project's interpreter has no pytest.
        """
        judging = _Judging(bench)
        counted = trial = judging.drawn("trial")
        judging.judge_trial(trial)
        if judging.head_differs():
            head = judging.drawn("head")
            judging.judge_head(head, trial)
            counted = trial if judging.owed.collected else head
        work, floor = judging.work(counted)
        judging.notes.append(f"examples were drawn from seed {bench.seed}")
        return Outcome(work, floor, answers.shortened(judging.findings), tuple(judging.notes))


def _paths(bench: Bench) -> tuple[str, ...]:
    """Where the base has its suites; the head's where the base has none yet, so that the first ones are judged too."""
    head = () if bench.head_policy is None else bench.head_policy.properties.paths
    return bench.policy.properties.paths or head


@dataclass(slots=True)
class _Judging:
    """One judgement as it goes on."""

    bench: Bench
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    accounted: int = 0
    owed: SuiteRun = field(init=False)
    sources: SuiteSources = field(init=False)

    def __post_init__(self) -> None:
        bench, timeout = self.bench, self.bench.policy.properties.timeout_seconds
        self.sources = SuiteSources(bench.trees, bench.change, bench.policy.project.judges)
        key = (bench.trees.base.digest, bench.suites.environment(), self.paths)
        self.owed = answers.remembered(
            bench.store, "collected", key, lambda: bench.suites.collect(bench.trees.base, self.paths, timeout)
        )
        if self.owed.complaint:
            raise JudgementError(f"the base's properties cannot be collected: {self.owed.complaint}. Mend the base.")

    @property
    def paths(self) -> tuple[str, ...]:
        return _paths(self.bench)

    def head_differs(self) -> bool:
        """Whether the head's own suites may come out otherwise than the base's did on the same code."""
        bench, judges = self.bench, self.bench.policy.project.judges
        if bench.trees.trial.digest == bench.trees.head.digest:
            return False
        return affected(bench.trees, bench.change, judges, self.paths, self.owed.collected) != ()

    def drawn(self, side: str, only: Sequence[str] | None = None) -> SuiteRun:
        """A run of one side's suites with fresh examples."""
        bench = self.bench
        tree = {"base": bench.trees.base, "head": bench.trees.head, "trial": bench.trees.trial}[side]
        workers = bench.policy.tests.workers or bench.cores
        timeout = bench.policy.properties.timeout_seconds
        return bench.suites.run(tree, self.paths, timeout, workers=workers, hypothesis_seed=bench.seed, only=only)

    def judge_trial(self, run: SuiteRun) -> None:
        """The base's suites on the head's code."""
        if stopped := answers.unimportable(run, self.bench.change, self.bench.policy.project.judges):
            self.accounted = len(self.owed.collected)
            self._touched(FALSIFIED, stopped, f"{stopped} stops all properties: {answers.reason(run.complaint)}")
            return
        self._judge_run(run, "the base's properties on the head's code")
        broken = answers.broken_files(run)
        pairs = answers.aligned(self.owed.collected, run)
        lost = [name for name in self.owed.collected if pairs.get(name) not in run.records]
        self.accounted = len(self.owed.collected) - sum(file_of(name) not in broken for name in lost)
        for path in broken.keys() - answers.broken_files(self.owed).keys():
            said = answers.reason(broken[path])
            self._touched(FALSIFIED, path, f"{path} cannot be imported, so that its properties do not run: {said}")
        for name in lost if not run.complaint else ():
            if file_of(name) not in broken:
                self._add(NOT_RUN, name, answers.why_not_run(name, run))
        bad = [name for name, record in run.records.items() if record.outcome in answers.BAD]
        few = [name for name, record in run.records.items() if _suspicious(record) and name not in bad]
        before = self._at_base(sorted({*bad, *few}.intersection(self.owed.collected)))
        for name in bad:
            if name in before and before[name].outcome in answers.BAD:
                self._add(FAILS_AT_BASE, name, f"{name} fails at the base from the same seed")
            else:
                self._falsified(run.records[name])
        for name in few:
            record, was = run.records[name], before.get(name)
            if was is None or _draws_less(record, was):
                self._touched(FEW, name, f"{name} {_drew(record)}{_before(was)}")

    def work(self, run: SuiteRun) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """What was done, and what was owed: less where a finding says why (falsified, not to be imported)."""
        policy = self.bench.policy.properties
        drawn = [record for record in run.records.values() if record.is_property]
        whole = sum(record.outcome not in answers.BAD for record in run.records.values())
        unimported = max(0, self.accounted - len(run.records))
        work = {
            "tests": self.accounted or len(run.records),
            "properties": len(drawn),
            "examples": sum(record.examples for record in drawn),
            "relations": sum(count > 0 for count in run.relations.values()),
        }
        floor = {
            "tests": len(self.owed.collected),
            "properties": max(0, policy.minimum_properties - unimported),
            "examples": policy.minimum_examples * whole // max(1, len(run.records)),
            "relations": 0,
        }
        return work, floor

    def judge_head(self, run: SuiteRun, trial: SuiteRun) -> None:
        """The head's own suites, against what the base's did on the same code."""
        self._judge_run(run, "the head's own properties")
        for path, message in answers.broken_files(run).items():
            if path not in self.told:
                self._add(FALSIFIED, path, f"{path} cannot be imported: {answers.reason(message)}")
        for name, record in run.records.items():
            was = trial.records.get(name)
            if record.outcome in answers.BAD and name not in self.told:
                self._falsified(record, own=True)
            elif record.is_property and (_draws_less(record, was) if was else _suspicious(record)):
                self._add(FEW, name, f"{name} {_drew(record)}{_before(was)}", severity=Severity.REVIEW)
        told = {function_of(name) for name in self.told}
        for name in answers.lost_in_head(self.owed, run, self.sources, self.paths) if not run.complaint else ():
            if name not in told:
                self._add(NOT_RUN, name, answers.why_not_run(name, run))
        for relation in sorted(name for name, count in trial.relations.items() if count):
            if not run.relations.get(relation) and not run.complaint:
                what = f"the relation '{relation}' is judged by the base's suite and not by the head's"
                reproduce = answers.repeat(self.bench.change, "properties")
                self.findings.append(LOST.finding(what, severity=Severity.REVIEW, reproduce=reproduce))

    def _judge_run(self, run: SuiteRun, subject: str) -> None:
        reproduce = answers.repeat(self.bench.change, "properties")
        if run.complaint:
            self.findings.append(BROKEN_RUN.finding(f"{subject}: {run.complaint}", reproduce=reproduce))
        for sentence in run.toothless:
            self.findings.append(CANNOT_FAIL.finding(f"{subject}: {sentence}", reproduce=reproduce))
        known = sorted(run.forged.keys() & set(self.owed.collected))
        before = self.drawn("base", only=known).forged if known else {}
        for name in sorted(run.forged.keys() - before.keys()):
            what = f"{subject}: {name}: {run.forged[name]}"
            self.findings.append(CANNOT_FAIL.finding(what, reproduce=reproduce))

    def _at_base(self, names: Sequence[str]) -> Mapping[str, CaseRecord]:
        """The same properties at the base, from the same seed."""
        return self.drawn("base", only=names).records if names else {}

    def _falsified(self, record: CaseRecord, *, own: bool = False) -> None:
        example, _, blob = record.example.partition("\n\nYou can reproduce")
        shortest = " ".join(example.split())[:_EXAMPLE]
        what = f"{record.id}: {answers.reason(record.message)}" + (f" [{shortest}]" if shortest else "")
        decorator = blob[blob.find("@") : blob.find(")") + 1] if "@" in blob else ""
        fix = f"{FALSIFIED.fix} Here: {decorator}" if decorator else "Correct the product code."
        self._touched(FALSIFIED, record.id, what, fix=fix, own=own)

    def _touched(self, rule: Rule, name: str, what: str, *, fix: str = "", own: bool = False) -> None:
        """A finding that blocks where the change left the property alone, and else asks for a person."""
        why = "" if own else self.sources.why_changed(name)
        if why:
            why = f"This is the base's version of the property; in the change {why}. A person must say which is right."
            self._add(rule, name, what, why=why, fix=fix, severity=Severity.REVIEW)
        else:
            self._add(rule, name, what, fix=fix)

    def _add(
        self, rule: Rule, name: str, what: str, *, why: str = "", fix: str = "", severity: Severity | None = None
    ) -> None:
        if severity is None:
            self.told.add(name)
        place = self.sources.place(name)
        command = f"python -m pytest {shlex.quote(name)} --hypothesis-seed={self.bench.seed}"
        reproduce = f"GUARDRAILS_HYPOTHESIS_PROFILE=gate {command}"
        self.findings.append(
            rule.finding(
                what, path=place.path, line=place.line, why=why, fix=fix, severity=severity, reproduce=reproduce
            )
        )


def _suspicious(record: CaseRecord) -> bool:
    """Whether a property that passed drew so little that the base must say whether that is as it was."""
    return record.is_property and (record.examples < _SUSPICIOUS or _share(record) > _REJECTED)


def _share(record: CaseRecord) -> float:
    """The part of what was drawn that was rejected."""
    return record.rejected / max(1, record.rejected + record.examples)


def _draws_less(record: CaseRecord, was: CaseRecord) -> bool:
    """Whether a property judges less than half of the examples that it did, or newly rejects nearly all."""
    return 2 * record.examples < was.examples or (_share(record) > _REJECTED >= _share(was))


def _drew(record: CaseRecord) -> str:
    return f"judged {record.examples} examples and rejected {record.rejected}"


def _before(was: CaseRecord | None) -> str:
    return "" if was is None else f"; the base's judged {was.examples} and rejected {was.rejected}"
