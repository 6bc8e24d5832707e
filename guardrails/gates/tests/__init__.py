"""Gate `tests`: the base's tests on the head's code, and the head's own tests.

The base says which tests are owed. They run on the trial tree, the head's product under the base's judges, so a change
cannot pass by editing what it is judged by. A test that fails there blocks where the change left it alone, and asks for
a person where the change touched it. The head's own version of the tests must pass as well. Every owed test needs a
record of its own; what did not run is never taken to have passed.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.affected import affected
from guardrails.analysis.left_alone import SuiteSources, file_of, function_of
from guardrails.analysis.support import below
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile, unchanged
from guardrails.gates.tests.conduct import Conduct
from guardrails.gates.tests.rules import (
    BASE_FAILS,
    BASE_SKIPPED,
    BROKEN_RUN,
    CANNOT_FAIL,
    FAILS_AT_BASE,
    FLAKY,
    HEAD_FAILS,
    NOT_RUN,
    RULES,
)
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import SuiteRun, Tree
from guardrails.probes.tests import PROBES

_EXAMINED = 200
"""Tests that are run once more, at the base or alone."""
_DEFAULT_PATH = "tests"


class TestsGate:
    """The base's tests on the head's code, and the head's own tests, each owed a record."""

    __test__: ClassVar[bool] = False  # pytest must not take it for a test
    name = "tests"
    title = "tests of the base that the head breaks, skips or no longer runs, and failing tests of the head"
    cost = 30.0
    profiles = frozenset({Profile.PR, Profile.RELEASE})
    alone = False
    runs_code = True
    rules = RULES
    probes: tuple[Probe, ...] = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Skipped where neither side has a file below the paths of the policy."""
        paths = _paths(bench)
        if any(below(one, paths) for tree in (bench.trees.base, bench.trees.head) for one in tree.paths()):
            return None
        return Skip(SkipReason.SUBJECT_ABSENT, f"neither base nor head has tests in {', '.join(paths)}")

    def run(self, bench: Bench) -> Outcome:
        """Judge the change.

        Raises:
            JudgementError: the base's own tests cannot be collected.
            ToolMissingError: the project's interpreter has no pytest.
        """
        judging = _Judging(bench, _owed(bench), notes=_left_out(bench))
        trial = bench.suites.run(bench.trees.trial, _paths(bench), judging.timeout, workers=judging.workers)
        done = judging.judge_trial(trial)
        extra = 0
        if bench.trees.trial.digest != bench.trees.head.digest:
            paths = _head_paths(bench, judging.owed)
            head = bench.suites.run(bench.trees.head, paths, judging.timeout, workers=judging.workers)
            extra = judging.judge_head(head, paths)
        least = max(bench.policy.tests.minimum, len(judging.owed.collected))
        return Outcome(
            {"tests": done + extra}, {"tests": least}, answers.shortened(judging.findings), tuple(judging.notes)
        )


def _paths(bench: Bench) -> tuple[str, ...]:
    """What to run: the paths of the policy, and of those that stand apart the ones whose inputs changed."""
    policy = bench.policy.tests
    further = (path for part in policy.apart if unchanged(bench, part.inputs) is None for path in part.paths)
    return (*(policy.paths or (() if policy.apart else (_DEFAULT_PATH,))), *further)


def _left_out(bench: Bench) -> list[str]:
    """A sentence for each part of the suite that is not run."""
    skips = ((part.paths, unchanged(bench, part.inputs)) for part in bench.policy.tests.apart)
    return [f"{', '.join(paths)} not run: {skip.sentence}" for paths, skip in skips if skip]


def _owed(bench: Bench) -> SuiteRun:
    """What the base collects."""
    paths, timeout = _paths(bench), bench.policy.tests.timeout_seconds
    key = (bench.trees.base.digest, bench.suites.environment(), paths)
    owed = answers.remembered(
        bench.store, "collected", key, lambda: bench.suites.collect(bench.trees.base, paths, timeout)
    )
    if owed.complaint:
        raise JudgementError(f"the tests of the base cannot be collected: {owed.complaint}. Mend the base first.")
    return owed


def _head_paths(bench: Bench, owed: SuiteRun) -> tuple[str, ...]:
    """What of the head's own suite to run: where it may come out otherwise than the base's did on the same code."""
    own = bench.head_policy.tests.paths if bench.head_policy is not None else ()
    paths = tuple(dict.fromkeys((*_paths(bench), *own)))
    some = affected(bench.trees, bench.change, bench.policy.project.judges, paths, owed.collected)
    return paths if some is None or set(own).difference(_paths(bench)) else some


@dataclass(slots=True)
class _Judging:
    """One judgement as it goes on: what the base owes, and what was found so far."""

    bench: Bench
    owed: SuiteRun
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    sources: SuiteSources = field(init=False)

    def __post_init__(self) -> None:
        self.sources = SuiteSources(self.bench.trees, self.bench.change, self.bench.policy.project.judges)

    @property
    def timeout(self) -> float:
        return self.bench.policy.tests.timeout_seconds

    @property
    def workers(self) -> int:
        return self.bench.policy.tests.workers or self.bench.cores

    # --- The base's tests on the trial tree ---------------------------------------------------------------------------

    def judge_trial(self, run: SuiteRun) -> int:
        """How many of the owed tests are accounted for: recorded, or in a file that is found not to import.

        Where a run was stopped and tests that it reached fail already, the rest cannot change what is to be done.
        """
        if stopped := answers.unimportable(run, self.bench.change, self.bench.policy.project.judges):
            said = answers.reason(run.complaint)
            self._touched(BASE_FAILS, stopped, f"{stopped} stops all {len(self.owed.collected)} tests: {said}")
            return len(self.owed.collected)
        self._judge_run(run, "the tests of the base on the head's code")
        broken = answers.broken_files(run)
        old = answers.broken_files(self.owed)
        for path, message in broken.items():
            self._broken_file(path, message, known=path in old)
        pairs = answers.aligned(self.owed.collected, run)
        # A test of the base over what the product lists has more parameters where the head lists more.
        pairs |= {name: name for name in set(run.records).difference(pairs.values())}
        here = {name: run.records[pairs[name]].outcome for name in pairs if pairs[name] in run.records}
        lost = [name for name in self.owed.collected if name not in here and file_of(name) not in broken]
        for name in lost if not run.complaint else ():
            self._add(NOT_RUN, name, answers.why_not_run(name, run))
        self._judge_outcomes({name: out for name, out in here.items() if out not in answers.GOOD}, run, pairs)
        self.notes.append(
            f"{len(here)} tests of the base ran on the head's code; it collects {len(self.owed.collected)}"
        )
        if self.owed.deselected:
            self.notes.append(f"{len(self.owed.deselected)} tests are deselected by the base's own configuration")
        decided = any(f.rule == BASE_FAILS.id and f.severity is Severity.BLOCK for f in self.findings)
        return len(self.owed.collected) - (0 if run.complaint and decided else len(lost))

    def _judge_outcomes(self, suspects: Mapping[str, str], run: SuiteRun, pairs: Mapping[str, str]) -> None:
        """Tests that neither passed nor are missing, against what they do at the base and when run alone."""
        names = sorted(suspects)[:_EXAMINED]
        before = self._at_base(names)
        failing = [name for name in names if suspects[name] in answers.BAD and before.get(name) not in answers.BAD]
        again = self._alone(self.bench.trees.trial, [pairs[name] for name in failing])
        for name in sorted(suspects):
            was, now, record = before.get(name), suspects[name], run.records[pairs[name]]
            if now in answers.BAD and was in answers.BAD:
                self._add(FAILS_AT_BASE, name, f"{name} fails at the base and on the head")
            elif now in answers.BAD and again.get(pairs[name]) in answers.GOOD:
                self._add(FLAKY, name, f"{name} failed once and passed alone: {answers.reason(record.message)}")
            elif now in answers.BAD:
                self._touched(BASE_FAILS, name, f"{name} fails: {answers.reason(record.message)}")
            elif was in answers.GOOD:
                self._touched(BASE_SKIPPED, name, f"{name} is {now}: {answers.reason(record.message)}")

    def _broken_file(self, path: str, message: str, *, known: bool) -> None:
        """A test module of the base that cannot be imported with the head's code."""
        owed = [name for name in self.owed.collected if file_of(name) == path]
        what = f"{path} cannot be imported, so that its {len(owed)} tests do not run: {answers.reason(message)}"
        if known:
            self._add(FAILS_AT_BASE, path, f"{path} cannot be imported at the base either")
        else:
            self._touched(BASE_FAILS, path, what)

    def _touched(self, rule: Rule, name: str, what: str) -> None:
        """A finding that blocks where the change left the test alone, and else asks for a person."""
        why = self.sources.why_changed(name)
        if not why:
            self._add(rule, name, what)
            return
        self.findings.append(
            rule.finding(
                what,
                **self._place(name),
                severity=Severity.REVIEW,
                why=f"This is the base's version of the test; in the change {why}. A person must say which is right.",
                fix="Say in the description why the test had to change, so that a person can decide.",
            )
        )

    # --- The head's own tests -----------------------------------------------------------------------------------------

    def judge_head(self, run: SuiteRun, paths: Sequence[str]) -> int:
        """How many tests the head has beyond those of the base."""
        self._judge_run(run, "the head's own tests")
        for path, message in answers.broken_files(run).items():
            if path not in self.told:
                self._add(HEAD_FAILS, path, f"{path} cannot be imported: {answers.reason(message)}")
        bad = {name: record for name, record in run.records.items() if record.outcome in answers.BAD}
        new = [name for name in sorted(bad) if name not in self.told]
        before = self._at_base([name for name in new if name in self.owed.collected][:_EXAMINED])
        again = self._alone(self.bench.trees.head, [name for name in new if before.get(name) not in answers.BAD])
        for name in new:
            said = answers.reason(bad[name].message)
            if before.get(name) in answers.BAD and not self.sources.why_changed(name):
                self._add(FAILS_AT_BASE, name, f"{name} fails at the base and on the head")
            elif again.get(name) in answers.GOOD:
                self._add(FLAKY, name, f"{name} failed once and passed alone: {said}")
            else:
                self._add(HEAD_FAILS, name, f"{name} fails: {said}")
        told = {function_of(name) for name in self.told}
        for name in answers.lost_in_head(self.owed, run, self.sources, paths) if not run.complaint else ():
            if name not in told:
                changed = self.sources.own_change(name)
                what = answers.why_not_run(name, run) + (f"; in the change {changed}" if changed else "")
                # The base's version did run. What hides a test from outside blocks; a mark of its own is for a person.
                self._add(NOT_RUN, name, what, Severity.REVIEW if changed else None)
        self.notes.append(f"{len(run.records)} of the head's own tests ran on the head")
        return len(set(run.records).difference(self.owed.collected))

    # --- Both ---------------------------------------------------------------------------------------------------------

    def _judge_run(self, run: SuiteRun, subject: str) -> None:
        """What is wrong with a run as a whole."""
        if run.complaint:
            self.findings.append(BROKEN_RUN.finding(f"{subject}: {run.complaint}", reproduce=self._command()))
        conduct = Conduct(self.bench, self.sources, self.owed, lambda names: self._base_run(names), self._command())
        self.findings += [one for one in conduct.findings(run) if one not in self.findings]
        if not run.toothless:
            return
        if self._base_is_toothless():
            self.notes.append(f"nothing shows that the suite can fail, at the base either: {run.toothless[0]}")
            return
        self.findings += [
            CANNOT_FAIL.finding(f"{subject}: {sentence}", reproduce=self._command()) for sentence in run.toothless
        ]

    def _base_is_toothless(self) -> bool:
        """Whether planted tests come out wrong at the base too: one test of each directory is run to see."""
        first = {file_of(name).rpartition("/")[0]: name for name in reversed(self.owed.collected)}
        names = sorted(first.values())
        return bool(names and self._base_run(names).toothless)

    def _base_run(self, names: Sequence[str]) -> SuiteRun:
        """Some tests of the base, at the base."""
        return self.bench.suites.run(self.bench.trees.base, (), self.timeout, only=names)

    def _at_base(self, names: Sequence[str]) -> Mapping[str, str]:
        """What tests of the base do at the base."""
        if not names:
            return {}
        base, timeout = self.bench.trees.base, self.timeout
        key = (base.digest, self.bench.suites.environment(), tuple(names))
        run = answers.remembered(
            self.bench.store,
            "outcomes",
            key,
            lambda: self.bench.suites.run(base, (), timeout, workers=self.workers, only=names),
        )
        return answers.outcomes(run)

    def _alone(self, tree: Tree, names: Sequence[str]) -> Mapping[str, str]:
        """What tests do when they run again, with nothing beside them."""
        if not names:
            return {}
        return answers.outcomes(self.bench.suites.run(tree, (), self.timeout, workers=1, only=names[:_EXAMINED]))

    def _add(self, rule: Rule, name: str, what: str, severity: Severity | None = None) -> None:
        self.told.add(name)
        place = self._place(name, own=rule is HEAD_FAILS)
        self.findings.append(rule.finding(what, **place, severity=severity))

    def _place(self, name: str, *, own: bool = False) -> "_Place":
        """Where a test stands, and how to run it; `own` says that the head's version is meant."""
        place = self.sources.place(name)
        reproduce = f"python -m pytest {shlex.quote(name)}" if place.alike or own else self._command()
        return {"path": place.path, "line": place.line, "reproduce": reproduce}

    def _command(self) -> str:
        return answers.repeat(self.bench.change, "tests")


class _Place(TypedDict):
    """Where a finding stands."""

    path: str
    line: int | None
    reproduce: str
