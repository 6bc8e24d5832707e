"""`guardrails queue`: from branches to an order, on a terminal or as JSON."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from guardrails.adapters.changes import Wanted
from guardrails.adapters.git import open_repository
from guardrails.adapters.store import cache_directory
from guardrails.analysis.areas import places
from guardrails.analysis.queueing import Branch, LeftOut, Outcome, Overlap, Plan, ordered, overlaps, planned
from guardrails.cli.agents.running import judged_as
from guardrails.cli.output import complain, say
from guardrails.cli.queue.merging import Bench, Conflict, bench
from guardrails.config import Policy
from guardrails.errors import GuardrailsError, UsageError
from guardrails.model.finding import Severity
from guardrails.model.paths import matches
from guardrails.model.result import VerdictKind
from guardrails.model.verdict import Verdict
from guardrails.report.printable import printable

MOST_BRANCHES = 50
_SHOWN = 5
_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """Which branches onto what, judged how."""

    branches: tuple[str, ...]
    base: str | None = None
    profile: str = "pr"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    json: bool = False
    repository: Path = Path()


def run_queue(options: QueueOptions) -> int:
    """Verify the branches and print an order.

    0: all of them can be merged in it. 3: they can, and a person must decide of one. 1: some are left out.

    Raises:
        UsageError: a branch that is none, or that cannot be merged at all.
    """
    if not options.branches or len(options.branches) > MOST_BRANCHES:
        raise UsageError(f"{len(options.branches)} branches: name 1 to {MOST_BRANCHES}.")
    repository = open_repository(options.repository)
    place = cache_directory(os.environ, repository.common_directory.parent)
    place.mkdir(parents=True, exist_ok=True)
    with bench(repository, options.base, options.branches, place) as merging:
        branches = [_described(merging, name, options) for name in options.branches]
        judge = Judge(merging, options)
        plan = planned(
            ordered(branches), lambda name: judge((name,)), judge, {one.name: one.contains for one in branches}
        )
        pairs = tuple(overlaps(branches))
        say(_as_json(plan, pairs, judge) if options.json else _as_text(plan, pairs, judge))
    return _status(plan)


def _status(plan: Plan) -> int:
    if plan.left_out:
        could_not = any(one.outcome.kind is VerdictKind.ERROR for one in plan.left_out)
        return VerdictKind.ERROR.exit_code if could_not and not plan.order else VerdictKind.BLOCK.exit_code
    return plan.outcome.kind.exit_code if plan.outcome else VerdictKind.BLOCK.exit_code


@dataclass(slots=True)
class Judge:
    """Verifies branches merged in an order; the same tree is judged once."""

    merging: Bench
    options: QueueOptions
    known: dict[str, Outcome] = field(default_factory=dict)
    reused: int = 0
    check: Callable[..., Verdict] = judged_as

    def __call__(self, names: tuple[str, ...]) -> Outcome:
        """What became of the branches merged in that order."""
        head = self.merging.merged(names)
        if isinstance(head, Conflict):
            return Outcome(VerdictKind.BLOCK, (f"git cannot merge them: {', '.join(head.paths[:_SHOWN])}",))
        tree = self.merging.git.text("rev-parse", f"{head}^{{tree}}")
        if tree in self.known:
            self.reused += 1
            return self.known[tree]
        complain(f"verifying {' + '.join(names)} ...")
        self.known[tree] = outcome = self._judged(head)
        complain(f"  {outcome.kind.value}{': ' + outcome.why[0] if outcome.why else ''}")
        return outcome

    def _judged(self, head: str) -> Outcome:
        wanted, options = Wanted(self.merging.base, head), self.options
        try:
            verdict = self.check(
                self.merging.root, wanted, options.profile, options.only, options.skip, seconds=_SECONDS
            )
        except GuardrailsError as error:
            return Outcome(VerdictKind.ERROR, (str(error),))
        asking = [f for f in verdict.findings if f.severity is not Severity.NOTE]
        errors = [f"{result.name} could not judge: {result.error}" for result in verdict.results if result.error]
        why = [*errors, *(f"{f.rule} {f.place}: {f.what}" for f in asking)]
        return Outcome(
            verdict.kind, tuple(printable(text)[:200] for text in ([verdict.error] if verdict.error else why))
        )


def _described(merging: Bench, name: str, options: QueueOptions) -> Branch:
    """What a branch touches: files, the directories and modules of them, contracts."""
    tip, policy = merging.tip(name), _policy(merging)
    start = merging.git.text("merge-base", merging.base, tip)
    told = merging.git.run("diff", "--numstat", "-z", "--no-renames", start, tip)
    entries = [entry.split("\t") for entry in os.fsdecode(told).split("\0") if entry.count("\t") == 2]
    files = frozenset(path for _, _, path in entries)
    contracts = (f"{policy.contracts.pacts}/**", f"{policy.contracts.events}/**", policy.contracts.openapi)
    listed = {
        area for area, patterns in policy.scope.areas.items() if any(matches(path, patterns) for path in files)
    }  # fmt: skip
    modules = {pattern for found in places(files).values() for pattern in found if pattern.count("/") == 2}
    lines = sum(int(count) for added, removed, _ in entries for count in (added, removed) if count.isdigit())
    within = frozenset(other for other in options.branches if other != name and merging.contains(name, other))
    return Branch(
        name,
        {
            "file": files,
            "area": frozenset(listed | modules),
            "contract": frozenset(path for path in files if matches(path, contracts)),
        },
        lines,
        within,
    )


def _policy(merging: Bench) -> Policy:
    from guardrails.cli.agents.hook import POLICY
    from guardrails.config import parse
    from guardrails.errors import ConfigurationError

    status, text, _ = merging.git.attempt("show", f"{merging.base}:{POLICY}")
    try:
        return parse(text.decode("utf-8", "replace"), POLICY) if status == 0 else Policy()
    except ConfigurationError:
        return Policy()


def _as_text(plan: Plan, pairs: Sequence[Overlap], judge: Judge) -> str:
    lines: list[str] = []
    if pairs:
        lines.append("Touch the same")
        for pair in pairs:
            common = "; ".join(f"{kind} {', '.join(names[:_SHOWN])}" for kind, names in pair.common.items())
            lines.append(f"  {printable(pair.one)} and {printable(pair.other)}: {printable(common)}")
        lines.append("")
    lines.append("Merge in this order" if plan.order else "Nothing can be merged")
    lines += [f"  {number}. {printable(name)}" for number, name in enumerate(plan.order, 1)]
    if plan.outcome is not None and plan.outcome.kind is VerdictKind.REVIEW:
        asked = list(plan.asks())[:_SHOWN]
        lines += ["", "A person must decide first"]
        lines += [f"  {printable(name) if name else 'together'}: {why}" for name, why in asked]
    if plan.left_out:
        lines += ["", "Left out", *(line for one in plan.left_out for line in _left_out(one))]
    lines += ["", f"{plan.verifications} verifications, {judge.reused} of them of a tree that was known."]
    return "\n".join(lines)


def _left_out(one: LeftOut) -> list[str]:
    how = f"breaks with {', '.join(one.partners)}, though each holds alone" if one.partners else "does not hold alone"
    if one.outcome.why and "it contains" in one.outcome.why[0]:
        how = one.outcome.why[0]
    lines = [f"  {printable(one.name)}: {how} ({one.outcome.kind.value})"]
    return [*lines, *(f"    {why}" for why in one.outcome.why[:_SHOWN] if why != how)]


def _as_json(plan: Plan, pairs: Sequence[Overlap], judge: Judge) -> str:
    told = {
        "schema": 1,
        "base": judge.merging.base,
        "order": list(plan.order),
        "verdict": plan.outcome.kind.value if plan.outcome else None,
        "why": list(plan.outcome.why) if plan.outcome else [],
        "asks": [{"branch": name or None, "what": why} for name, why in plan.asks()],
        "left_out": [
            {
                "branch": one.name,
                "partners": list(one.partners),
                "verdict": one.outcome.kind.value,
                "why": list(one.outcome.why),
            }
            for one in plan.left_out
        ],
        "overlaps": [
            {"branches": [pair.one, pair.other], **{kind: list(names) for kind, names in pair.common.items()}}
            for pair in pairs
        ],
        "verifications": plan.verifications,
    }
    return json.dumps(told, indent=2)
