"""Gate `mutants`: would any test notice if the changed lines were wrong?

The head's tests are watched while they run: which of them execute which changed line. Then small faults are put into
those lines, at most one a line, each in a forked copy of the head, and the tests that execute it are run. A fault that
none of them notices is shown as the question that it raises. A new test is judged the same way: if it passes whatever
the functions that it calls return, it proves nothing. None of this blocks: it is for the reviewer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.left_alone import file_of
from guardrails.analysis.mutants.functions import Function
from guardrails.analysis.mutants.looks import looks_elsewhere
from guardrails.analysis.mutants.plan import NewTest, Plan, Planned, by_function, new_tests_seen
from guardrails.analysis.mutants.subject import Subject, new_tests, subjects
from guardrails.analysis.products import product_files
from guardrails.analysis.reach import reaching
from guardrails.analysis.source import Sources
from guardrails.analysis.support import below, is_test_module
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench, Profile
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.mutation import Fate, Observation, TrialResult, TrialRun, Trials, Watch
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.probes.mutants import PROBES

SURVIVOR = Rule(
    "mutants/survivor",
    Severity.NOTE,
    "A fault in a changed line that no test notices",
    "The tests that execute this line pass with the fault as well: they do not say which of the two is meant.",
    "Answer the question with a test, if the answer matters.",
    bad="`items[:limit]`, where every test has fewer items than `limit`",
    good="a test with `limit` items and one with `limit + 1`",
    limits="Asks for a person where none of the faults in a whole new function is noticed. Some faults make no "
    "difference (a cache, an order that nobody sees). What runs at import (constants, class bodies) is tried against "
    "tests that execute a function of the same file, and not at all where there are none.",
)
NOT_COVERED = Rule(
    "mutants/not-covered",
    Severity.NOTE,
    "Changed lines that no test executes",
    "Nothing would notice if they were wrong.",
    "Add a test that executes them, or say why none can.",
    bad="a new `discount()` and no test that calls it",
    limits="Asks for a person where a whole new function that decides or computes is never executed. What tests start "
    "in processes of their own is not seen; where the change touches tests that start some, it asks for nobody.",
)
PROVES_NOTHING = Rule(
    "mutants/test-proves-nothing",
    Severity.REVIEW,
    "A new test that passes whatever the code answers",
    "It executes the product and asserts nothing of what came back: it counts as a test and cannot fail.",
    "Assert what the call must return, or what it must change.",
    bad="`def test_rank(): rank(user, items)`, or `assert rank(user, items) is not None`",
    good='`assert rank(user, items)[0] == "the newest"`',
    limits="Functions are gutted one at a time, as far as the test, a helper or a fixture calls them itself. That "
    "something is not refused counts where the function returns nothing; so does an assertion about an argument.",
)
NOT_JUDGED = Rule(
    "mutants/not-judged",
    Severity.REVIEW,
    "The tests of the head could not be watched",
    "Which tests execute the changed lines is not known, so whether anything would notice a fault is not known either.",
    "Make the head's own tests run to their end.",
)
RULES = (SURVIVOR, NOT_COVERED, PROVES_NOTHING, NOT_JUDGED)

_DEFAULT_PATH = "tests"
_LISTED = 12
_LOGIC = 2
"""A function with fewer telling faults than this decides too little to ask a person about."""
_OTHER_PROCESS = ("subprocess", "sys.executable", "Popen", "pexpect", "multiprocessing")


class MutantsGate:
    """Faults in the changed lines against the tests that execute them, and new tests against gutted functions."""

    name = "mutants"
    title = "changed lines that no test executes, faults in them that no test notices, new tests that prove nothing"
    cost = 45.0
    profiles = frozenset({Profile.PR, Profile.RELEASE})
    alone = False
    runs_code = True
    rules = RULES
    probes: ClassVar[tuple[Probe, ...]] = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Skipped without tests, and where the change neither writes product code nor adds a test."""
        paths = _paths(bench)
        if not any(below(one, paths) for tree in (bench.trees.base, bench.trees.head) for one in tree.paths()):
            return Skip(SkipReason.SUBJECT_ABSENT, f"neither base nor head has tests in {', '.join(paths)}")
        work = _Work.of(bench)
        if work.subjects or work.tests:
            return None
        what = "no line of the product that a test could find wrong was written, and no test was added"
        return Skip(SkipReason.INPUTS_UNCHANGED, f"{what} (comments, types, imports and moved code do not count)")

    def run(self, bench: Bench) -> Outcome:
        """Judge the change.

        Raises:
            JudgementError: this check was not given what tries mutants.
            ToolMissingError: the project's interpreter has no pytest.
        """
        if bench.mutations is None:
            raise JudgementError("mutants cannot be tried here: the check has nothing that runs them")
        work = _Work.of(bench)
        seen = bench.mutations.observe(bench.trees.head, work.watch())
        judging = _Judging(work, seen)
        if trouble := seen.complaint or next(iter(seen.toothless), ""):
            asks = None if seen.complaint or not _base_is_toothless(bench, seen) else Severity.NOTE
            judging.findings.append(NOT_JUDGED.finding(trouble[:600], severity=asks, reproduce=judging.command))
            return Outcome(judging.work({}), {"mutants": 0}, tuple(judging.findings))
        trials = tuple(one.trial for one in judging.plan.planned)
        run = TrialRun({})
        if trials:
            seconds = bench.policy.mutants.seconds
            wish = Trials(trials, work.product, seconds, bench.policy.tests.workers or bench.cores)
            run = bench.mutations.judge(bench.trees.head, wish)
        judging.judge(run)
        floor = {"mutants": min(bench.policy.mutants.minimum, len(trials))}
        return Outcome(judging.work(run.results), floor, answers.shortened(judging.findings, _LISTED), judging.said())


def _paths(bench: Bench) -> tuple[str, ...]:
    """Where tests stand, those that stand apart included: which of them matter is seen by what they import."""
    policy = bench.policy.tests
    apart = tuple(path for part in policy.apart for path in part.paths)
    return (*policy.paths, *apart) or (_DEFAULT_PATH,)


def _base_is_toothless(bench: Bench, seen: Observation) -> bool:
    """Whether planted tests come out wrong at the base too, where the change is not to blame for it."""
    first = {file_of(name).rpartition("/")[0]: name for name in reversed(list(seen.passed))}
    only = sorted(first.values())
    return bool(
        only and bench.suites.run(bench.trees.base, (), bench.policy.tests.timeout_seconds, only=only).toothless
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """What a change gives this gate to do."""

    bench: Bench
    head: Sources
    product: tuple[str, ...]
    subjects: tuple[Subject, ...]
    tests: Mapping[str, Function]

    @classmethod
    def of(cls, bench: Bench) -> "_Work":
        """What is to be done for a change."""
        base, head, policy = Sources(bench.trees.base), Sources(bench.trees.head), bench.policy
        judges = (*policy.project.judges, *policy.tampering.tests)
        product = product_files(bench.trees.head.paths(), policy.project.packages, judges)
        paths = _paths(bench)
        added = new_tests(bench.change, base, head)
        tests = {name: function for name, function in added.items() if below(file_of(name), paths)}
        return cls(bench, head, product, subjects(bench.change, base, head, frozenset(product)), tests)

    def watch(self) -> Watch:
        """Which tests to watch: new ones first, then those from which imports lead to a changed file."""
        policy, paths = self.bench.policy, _paths(self.bench)
        files = [path for path in sorted(self.head.paths) if below(path, paths) and is_test_module(path)]
        changed = [subject.path for subject in self.subjects]
        near = reaching(self.head, files, changed) if changed else ()
        # A suite that reaches the product some other way is watched as a whole.
        every = tuple(files) or paths if changed and not near else ()
        return Watch(
            paths=tuple(dict.fromkeys((*(file_of(name) for name in self.tests), *near, *every))),
            lines={subject.path: tuple(sorted(_watched(subject))) for subject in self.subjects},
            product=self.product,
            tests=tuple(self.tests),
            seconds=policy.mutants.watch_seconds,
            workers=policy.tests.workers or self.bench.cores,
        )


def _watched(subject: Subject) -> set[int]:
    """The changed lines, and all lines of new functions; of every function where lines changed that run at import."""
    fresh = [function for function in subject.functions if subject.at_import or function.name in subject.fresh]
    return {*subject.lines, *(n for f in fresh for n in range(f.line, f.last + 1))}


@dataclass(slots=True)
class _Judging:
    """One judgement as it goes on."""

    given: _Work
    seen: Observation
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    new: tuple[NewTest, ...] = field(init=False)
    plan: Plan = field(init=False)

    def __post_init__(self) -> None:
        self.new = new_tests_seen(self.given.tests, self.seen)
        self.plan = Plan(self.given.subjects, self.new, self.given.head, self.seen)

    @property
    def command(self) -> str:
        """The command that judges the change again by this gate."""
        return answers.repeat(self.given.bench.change, "mutants")

    def work(self, results: Mapping[int, TrialResult]) -> Mapping[str, int]:
        """How much was done."""
        executed = {(path, line) for lines in self.seen.lines.values() for path in lines for line in lines[path]}
        changed = {(subject.path, line) for subject in self.given.subjects for line in subject.lines}
        judged = [one for one in results.values() if one.fate in (Fate.KILLED, Fate.SURVIVED)]
        return {
            "changed lines": len(changed) + sum(len(subject.at_import) for subject in self.given.subjects),
            "executed": len(executed & changed),
            "mutants": len(judged),
            "killed": sum(one.fate is Fate.KILLED for one in judged),
            "new tests": len(self.given.tests),
        }

    def judge(self, run: TrialRun) -> None:
        """What the mutants say."""
        self._judge_tests(run.results)
        grouped = by_function(self.plan.planned)
        for subject in self.given.subjects:
            self._judge_coverage(subject)
            for function in subject.functions:
                self._judge_function(subject, function, grouped.get((subject.path, function.name), ()), run.results)
            self._ask(_alive(grouped.get((subject.path, ""), ()), run.results))
        self._say(run)

    # --- New tests ----------------------------------------------------------------------------------------------------

    def _judge_tests(self, results: Mapping[int, TrialResult]) -> None:
        """New tests that pass whatever the product answers."""
        for test in self.new:
            tried = [one for one in self.plan.planned if one.of_test == test.name]
            fates = [results[one.trial.key].fate for one in tried if one.trial.key in results]
            whole = test.whole and any(one.is_gutted for one in tried) and len(fates) == len(tried)
            if looks_elsewhere(self.given.tests[test.name].node):
                continue
            if whole and set(fates) == {Fate.SURVIVED}:
                self.findings.append(self._proves_nothing(test, [one for one in tried if one.is_gutted]))

    def _proves_nothing(self, test: NewTest, tried: Sequence[Planned]) -> Finding:
        """The finding of a test that passed with each of these functions gutted; the first says the most."""
        function = self.given.tests[test.name]
        name = tried[0].mutant.function
        bodies = [
            one.mutant.question.partition(" does nothing but ")[2] for one in tried if one.mutant.function == name
        ]
        others = len({(one.mutant.path, one.mutant.function) for one in tried}) - 1
        same = f"; so it is with what else it calls ({others})" if others else ""
        what = f"`{function.node.name}` still passes when `{name}` does nothing but {', or '.join(bodies)}{same}"
        return PROVES_NOTHING.finding(what, path=file_of(test.name), line=function.node.lineno, reproduce=self.command)

    # --- Changed lines ------------------------------------------------------------------------------------------------

    def _judge_coverage(self, subject: Subject) -> None:
        """Changed lines that no test executes, by function."""
        unknown = self.seen.cut or self._start_processes()
        for function in subject.functions:
            mutants = self.plan.small[subject.path, function.name]
            missed = [mutant for mutant in mutants if not self.plan.tests_of(subject.path, [mutant.line])]
            if not missed:
                continue
            whole = not self.plan.tests_of(subject.path, range(function.node.body[0].lineno, function.last + 1))
            logic = sum(mutant.telling for mutant in missed) >= _LOGIC
            grave = whole and logic and function.name in subject.fresh and not unknown
            what = (
                f"no test executes the new function `{function.name}`"
                if whole and function.name in subject.fresh
                else f"no test executes {_numbers([mutant.line for mutant in missed])} of `{function.name}`"
            )
            self.findings.append(
                NOT_COVERED.finding(
                    what,
                    path=subject.path,
                    line=function.node.lineno if whole else missed[0].line,
                    severity=Severity.REVIEW if grave else None,
                    reproduce=self.command,
                )
            )

    def _start_processes(self) -> bool:
        """Whether a test module that the change touches starts processes: what those execute is not seen."""
        touched = [file.path for file in self.given.bench.change.files if is_test_module(file.path)]
        texts = (self.given.head.text(path) or "" for path in touched)
        return any(word in text for text in texts for word in _OTHER_PROCESS)

    def _judge_function(
        self, subject: Subject, function: Function, planned: Sequence[Planned], results: Mapping[int, TrialResult]
    ) -> None:
        """The faults in one function that no test noticed."""
        alive = _alive(planned, results)
        small = [one for one in alive if not one.is_gutted]
        unnoticed = (
            function.name in subject.fresh
            and not self.seen.cut
            and len(alive) == len(planned)
            and len(small) < len(alive)
            and any(one.mutant.telling for one in small)
        )
        if unnoticed:
            what = (
                f"nothing fails whatever the new function `{function.name}` does: {len(alive)} faults were put into "
                f"it, and no test that executes it noticed one; for example {small[0].mutant.question}"
            )
            finding = SURVIVOR.finding(
                what,
                path=subject.path,
                line=function.node.lineno,
                severity=Severity.REVIEW,
                why="A function that nothing would notice to be wrong is as good as untested.",
                fix="Write a test that fails when the function is wrong.",
                reproduce=self.command,
            )
            self.findings.append(finding)
            return
        self._ask(small)

    def _ask(self, alive: Sequence[Planned]) -> None:
        """The questions that survivors raise."""
        for one in alive:
            mutant, question = one.mutant, one.mutant.question
            if one.trial.at_import:  # what uses a constant is not known, so not every test of it was run
                question = question.replace("nothing fails", f"none of {len(one.trial.tests)} tests fails", 1)
            finding = SURVIVOR.finding(question, path=mutant.path, line=mutant.line, reproduce=self.command)
            self.findings.append(finding)

    # --- What was not done --------------------------------------------------------------------------------------------

    def _say(self, run: TrialRun) -> None:
        planned, results = self.plan.planned, run.results
        settled = {one.of_test for one in planned if _fate(results, one) is Fate.KILLED}
        missed = [one for one in planned if one.trial.key not in results and (one.of_test or None) not in settled]
        if missed and not run.complaint:
            up = f"{self.given.bench.policy.mutants.seconds:g} s were up"
            self.notes.append(f"{len(missed)} of {len(planned)} mutants were not tried: {up}")
        if run.complaint:
            self.notes.append(f"{len(missed)} of {len(planned)} mutants were not tried: {run.complaint[:300]}")
        odd = [one for one in results.values() if one.fate in (Fate.CRASHED, Fate.UNFIT)]
        if odd:
            self.notes.append(f"{len(odd)} of {len(planned)} mutants could not be judged: {odd[0].message[:200]}")

    def said(self) -> tuple[str, ...]:
        """What a reader should know of how it was judged."""
        return (*self.notes, *self._said())

    def _said(self) -> Iterator[str]:
        given = self.given
        if self.seen.cut:
            seconds = given.bench.policy.mutants.watch_seconds
            yield f"tests were watched for {seconds:g} s; what the others execute is not known"
        made = {(one.mutant.path, one.mutant.line) for one in self.plan.planned if one.trial.at_import}
        outside = {(subject.path, line) for subject in given.subjects for line in subject.at_import} - made
        if outside:
            yield f"{len(outside)} changed lines run where their module is imported and have no mutant that tests meet"
        ran = {test.name for test in self.new}
        if idle := [name for name in given.tests if name not in ran]:
            yield f"{len(idle)} of {len(given.tests)} new tests did not pass here or call nothing of the product"


def _alive(planned: Sequence[Planned], results: Mapping[int, TrialResult]) -> list[Planned]:
    """The mutants that survived."""
    return [one for one in planned if _fate(results, one) is Fate.SURVIVED]


def _fate(results: Mapping[int, TrialResult], planned: Planned) -> Fate | None:
    result = results.get(planned.trial.key)
    return None if result is None else result.fate


def _numbers(lines: Sequence[int]) -> str:
    """`line 3`, `lines 3 to 5`, `lines 3, 7 and 9`."""
    ordered = sorted(set(lines))
    if len(ordered) == 1:
        return f"line {ordered[0]}"
    if len(ordered) > 3:
        return f"{len(ordered)} lines from {ordered[0]} to {ordered[-1]}"
    return f"lines {_listed([str(line) for line in ordered])}"


def _listed(names: Sequence[str], most: int = 4) -> str:
    shown = [*names[:most], *([f"{len(names) - most} more"] if len(names) > most else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
