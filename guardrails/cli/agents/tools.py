"""What an agent may ask over MCP: each answer short, with what to do, and without what would help to pass otherwise."""

import re
from pathlib import Path

from guardrails.adapters.git import open_repository
from guardrails.analysis.agents.answers import answer, told
from guardrails.analysis.agents.belonging import layerings, purity, where
from guardrails.analysis.agents.readers import who_reads
from guardrails.analysis.agents.rounds import next_round, with_given_up
from guardrails.analysis.source import Sources
from guardrails.cli.agents.giving_up import recorded
from guardrails.cli.agents.hook import policy_of
from guardrails.cli.agents.memory import keep, recall
from guardrails.cli.agents.runs import Runs
from guardrails.cli.agents.work_tree import WorkTree
from guardrails.cli.listing import find_rule
from guardrails.errors import GuardrailsError, UsageError
from guardrails.gates.base import Profile
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.fingerprint import fingerprint
from guardrails.model.verdict import Verdict

_LONGEST_INPUT = 2_000
_MOST_INVARIANTS = 8
_SHORT = 2
_NO_INVARIANT = "No invariant speaks of that."


class Toolbox:
    """The tools over one repository. Every method answers in words; what is wrong with a question is an answer too."""

    def __init__(self, repository: Path) -> None:
        self._repository = open_repository(repository)
        self._policy = policy_of(self._repository)
        self._runs = Runs(self._repository.root)
        self._last: tuple[Finding, ...] = ()
        self._judged = ""

    async def verify(self, profile: str) -> str:
        """Judge the change; after a set number of rounds on the same finding, send to a person."""
        if profile not in {one.value for one in Profile}:
            return f"profile is {profile[:40]!r}; it is one of {', '.join(one.value for one in Profile)}."
        try:
            verdict = await self._runs.verdict(profile)
        except GuardrailsError as error:
            return f"guardrails: error: {error}"
        self._last = verdict.findings
        return self._told(verdict)

    def _told(self, verdict: Verdict) -> str:
        blocking = [fingerprint(f) for f in verdict.findings if f.severity is Severity.BLOCK]
        tree = verdict.head.tree if verdict.head else ""
        again, self._judged = bool(tree) and tree == self._judged, tree
        turn = next_round(recall(self._repository), blocking, self._policy.agents.rounds, again=again)
        keep(self._repository, turn.memory)
        text = answer(verdict, set_aside=[one.finding for one in turn.memory.given_up])
        if turn.stuck:
            names = ", ".join(name[:12] for name in turn.stuck[:5])
            text += (
                f"\nYou were told {self._policy.agents.rounds} times of {names}. Stop trying and ask a person, or say "
                "with give_up that it cannot be done. Do not work around it."
            )
        return text

    def explain_rule(self, rule: str) -> str:
        """What a rule means and how to satisfy it; what it does not see is not told."""
        try:
            found = find_rule(rule[:200])
        except UsageError as error:
            return str(error)
        return _explained(found)

    def where_does_this_belong(self, description: str) -> str:
        """The likeliest layers for something that is to be written."""
        sources = Sources(WorkTree(self._repository.root))
        path = self._policy.layers.config
        text = sources.text(path)
        return where(description[:_LONGEST_INPUT], layerings(path, text), sources, purity(path, text))

    def who_reads_this(self, field: str) -> str:
        """The consumers of a field."""
        contracts = self._policy.contracts
        sources = Sources(WorkTree(self._repository.root))
        return who_reads(field[:200], sources, contracts.pacts, contracts.events, contracts.openapi)

    def invariants_of(self, stage: str) -> str:
        """The ranking invariants that speak of a stage or a word."""
        from guardrails.invariants.stages import of_stage
        from guardrails.invariants.suite import ALL

        wanted = [word for word in re.split(r"[\W_]+", stage[:_LONGEST_INPUT].lower()) if len(word) > _SHORT]
        statements = {relation.id: relation.statement for relation in ALL}
        scored = {name: sum(word in f"{name} {said}".lower() for word in wanted) for name, said in statements.items()}
        by_words = sorted((name for name in scored if scored[name]), key=lambda name: -scored[name])
        best = list(dict.fromkeys([*of_stage(wanted), *by_words]))[:_MOST_INVARIANTS]
        lines = [f"- {name}: {statements[name]}" for name in best]
        return "\n".join(lines) or f"{_NO_INVARIANT} There are: {', '.join(statements)}."

    async def behaviour_diff(self) -> str:
        """How the answers of the service differ from the base's."""
        try:
            verdict = await self._runs.verdict(Profile.PR.value, ("behaviour",))
        except GuardrailsError as error:
            return f"guardrails: error: {error}"
        (result,) = [one for one in verdict.results if one.name == "behaviour"]
        said = [result.skip.sentence] if result.skip else list(result.notes)
        return "\n".join([answer(verdict), *(told(f"  {note}") for note in said[:10])])

    def give_up(self, finding: str, reason: str) -> str:
        """Record that a finding cannot be satisfied."""
        try:
            one = recorded(self._last, finding[:64], reason[:_LONGEST_INPUT])
        except UsageError as error:
            return f"{error} Call verify first." if not self._last else str(error)
        if not keep(self._repository, with_given_up(recall(self._repository), one)):
            return "It could not be recorded. Say so to a person."
        return f"recorded: {one.rule} cannot be satisfied. It still stands; a person decides. You may stop."


def _explained(rule: Rule) -> str:
    parts = [f"{rule.id} ({rule.severity.value}): {rule.title}.", f"Why: {rule.why}", f"Fix: {rule.fix}"]
    parts += [f"Bad: {rule.bad}"] if rule.bad else []
    parts += [f"Good: {rule.good}"] if rule.good else []
    return "\n".join(parts)
