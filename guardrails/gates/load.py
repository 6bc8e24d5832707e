"""Gate `load`: is the service of the head slower than the base's, or does it break under load?

Both services run at once and are driven in turns, in short slices that hold the same requests, in sessions for each of
which both are started anew. What a request costs and how long people wait is compared session by session
(`guardrails.load`). The scenario and its budgets are the base's. An alarm counts only if sessions after it agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from guardrails.config import Load
from guardrails.errors import ConfigurationError, JudgementError
from guardrails.gates.base import Bench, Profile, unchanged
from guardrails.load import slo as objectives
from guardrails.load.comparison import figures
from guardrails.load.counts import CallWatch
from guardrails.load.examine import for_release
from guardrails.load.growth import explained, silences
from guardrails.load.judgement import Evidence, findings, needs_leaks, needs_more, notes, weigh
from guardrails.load.open_rules import OPEN_RULES
from guardrails.load.pictures import pictures
from guardrails.load.recorder import pairs_of
from guardrails.load.release import Found
from guardrails.load.rules import NOT_STARTED, RULES
from guardrails.load.schedule import leak_plan, plan
from guardrails.load.service import Recipe
from guardrails.load.session import NotStartedError, Session, Watch
from guardrails.load.slo import Slo
from guardrails.load.stages import StageWatch
from guardrails.model.finding import Finding, Severity
from guardrails.model.load_run import BASE, HEAD, LoadPlan
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import Tree
from guardrails.probes.load import PROBES


class LoadGate:
    """The gate `load`."""

    name = "load"
    title = "a service that is slower than its base, or breaks under load"
    cost = 45.0
    profiles = frozenset({Profile.PR, Profile.RELEASE})
    alone = True
    runs_code = True
    rules = (*RULES, *OPEN_RULES)
    probes = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Nothing to do without a scenario on either side, or where nothing that the service is made of changed."""
        head = bench.head_policy.load if bench.head_policy else None
        if not bench.policy.load.locustfile and not (head and head.locustfile):
            return Skip(SkipReason.SUBJECT_ABSENT, "Neither side names a scenario in load.locustfile.")
        return unchanged(bench, bench.policy.load.inputs)

    def run(self, bench: Bench) -> Outcome:
        """Drive both sides in as many sessions as it takes to be certain.

        Raises:
            ConfigurationError: the scenario or slo.toml is wrong.
            JudgementError: the base's own service cannot be measured.
            ToolMissingError: locust is not installed.
        """
        subject = subject_of(bench)
        slo = _read_slo(subject)
        again = f"guardrails load --base {bench.change.base.ref} --head {bench.change.head.ref}"
        try:
            evidence = _measure(bench, subject, slo)
            more = _release(bench, subject, slo, evidence)
        except NotStartedError as error:
            return Outcome({"services": 1}, {"services": 1}, (NOT_STARTED.finding(str(error), reproduce=again),))
        every = (*explained(findings(evidence), evidence), *more.findings)
        found = tuple(replace(finding, reproduce=again) for finding in every)
        work, floor = _work(evidence, found)
        said = (*notes(evidence, bench.seed), *silences(evidence.runs), *more.notes)
        seen = (*figures(evidence.compared), *more.figures)
        drawn = pictures(evidence)
        drawn = replace(drawn, plots=(*drawn.plots, *more.plots))
        return Outcome(work | more.work, floor | more.floor, found, said, seen, pictures=drawn)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is driven: the section and the import path of the policy that decides, the tree that the scenario comes
    from, and the sides."""

    policy: Load
    path: tuple[str, ...]
    scenario: Tree
    sides: tuple[str, ...]


def subject_of(bench: Bench) -> Subject:
    """The base's scenario against both sides; where only the head has one, the head by itself.

    Raises:
        ConfigurationError: a scenario is named that is not there, or no command.
    """
    base, head = bench.policy.load, bench.head_policy.load if bench.head_policy else None
    head_path = bench.head_policy.environment.path if bench.head_policy else ()
    if base.locustfile and bench.trees.base.read(base.locustfile) is not None:
        found = Subject(base, bench.policy.environment.path, bench.trees.base, (BASE, HEAD))
    elif head and head.locustfile and bench.trees.head.read(head.locustfile) is not None:
        found = Subject(head, head_path, bench.trees.head, (HEAD,))
    else:
        named = base.locustfile or (head.locustfile if head else "")
        raise ConfigurationError(f"load.locustfile is {named!r}, and there is no such file. Correct guardrails.toml.")
    if not found.policy.command:
        raise ConfigurationError("load.command is empty. Write in guardrails.toml how to start the service.")
    return found


def _read_slo(subject: Subject) -> Slo:
    text = subject.scenario.read(subject.policy.slo)
    if text is None:
        raise ConfigurationError(f"load.slo is {subject.policy.slo!r}, and there is no such file. Write the budgets.")
    return objectives.parse(text.decode("utf-8", "replace"), subject.policy.slo)


def _measure(bench: Bench, subject: Subject, slo: Slo) -> Evidence:
    """Session after session, until every metric is certain or the bound is reached."""
    if bench.rig is None:
        raise JudgementError("there is no load generator on this bench. Give it a LoadRig.")
    trees = {BASE: bench.trees.base, HEAD: bench.trees.head}
    chosen = {side: trees[side] for side in subject.sides}
    recipe, watches = _recipe(bench, subject), tuple(_watches(bench, subject.policy))
    session = Session.prepared(chosen, recipe, bench.processes, bench.store, bench.rig, watches)
    release = bench.profile is Profile.RELEASE
    seconds = slo.drive.release_seconds_per_side if release else slo.drive.seconds_per_side

    def timed(seed: int) -> LoadPlan:
        return plan(slo.drive, subject.scenario, subject.policy.locustfile, subject.path, seed, seconds)

    evidence = weigh([session.drive(timed(bench.seed))], slo)
    while needs_more(evidence):
        evidence = weigh([*evidence.runs, session.drive(timed(bench.seed + len(evidence.runs)))], slo)
    while needs_leaks(evidence):
        looking = leak_plan(timed(bench.seed + len(evidence.every)), slo.drive)
        evidence = weigh(evidence.runs, slo, [*evidence.leaks, session.drive(looking)])
    if not evidence.head.answers and not evidence.is_broken:
        raise JudgementError(f"the head gave no good answer to {evidence.head.requests} requests, and no error either")
    return evidence


def _watches(bench: Bench, load: Load) -> Iterator[Watch]:
    """What reads the services' own metrics, where the policy names them."""
    if not load.metrics_path or bench.http is None:
        return
    if load.stage_metric:
        yield StageWatch(bench.http, load.metrics_path, load.stage_metric, load.stage_label)
    if load.call_metrics:
        yield CallWatch(bench.http, load.metrics_path, load.call_metrics)


def _release(bench: Bench, subject: Subject, slo: Slo, evidence: Evidence) -> Found:
    """What a release is asked besides; nothing in a merge check, or where the head is broken already."""
    if bench.profile is not Profile.RELEASE or evidence.is_broken:
        return Found()
    if slo.release is None:
        return Found(notes=["capacity, crowds and leaks were not looked for: slo.toml has no table [release]"])
    if bench.desk is None:
        raise JudgementError("there is no generator of open arrivals on this bench. Give it an OpenDesk.")
    trees = {BASE: bench.trees.base, HEAD: bench.trees.head}
    chosen = {side: trees[side] for side in subject.sides}
    assert bench.rig is not None
    session = Session.prepared(chosen, _recipe(bench, subject), bench.processes, bench.store, bench.rig)
    policy, tree = subject.policy, subject.scenario
    return for_release(session, tree, policy.scenarios, policy.locustfile, slo, bench.desk, bench.seed)


def _recipe(bench: Bench, subject: Subject) -> Recipe:
    load = subject.policy
    return Recipe(
        python=bench.project_python,
        path=subject.path,
        prepare=load.prepare,
        command=load.command,
        inputs=load.inputs,
        environment=bench.suites.environment(),
        ready_path=load.ready_path,
        ready_seconds=load.ready_timeout_seconds,
        prepare_seconds=load.prepare_timeout_seconds,
    )


def _work(evidence: Evidence, found: tuple[Finding, ...]) -> tuple[dict[str, int], dict[str, int]]:
    """What was sent, and what was owed. The floor guards a pass: a head that is blocked owes only that it was tried."""
    sent = sum(tally.requests for run in evidence.runs for tally in run.tallies.values())
    pairs = len(pairs_of(evidence.runs)) if evidence.base else sum(len(run.slices) for run in evidence.runs)
    if any(finding.severity is Severity.BLOCK for finding in found):
        return {"requests": sent}, {"requests": 1}
    return {"requests": sent, "pairs": pairs}, {"requests": evidence.slo.drive.minimum_requests, "pairs": 1}
