"""Gate `contracts`: what consumers rely on, verified against the head's provider over real HTTP.

The base's pacts are replayed against the provider that the trial tree starts: the head's product under the base's
provider states. Where the head has other pacts, those are replayed against the head as well. The head's consumer tests
must still write the pacts that are committed; those of this repository itself, as a consumer of others, are run from
the base as well. Every interaction owes a result: unverified is failed. What the change
does to pacts, to the schemas of events and to the published description of the service is judged by meaning.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.pacts import Pact
from guardrails.config import Contracts
from guardrails.errors import ToolMissingError
from guardrails.gates.base import Bench, Profile, unchanged
from guardrails.gates.contracts.asked import Asked
from guardrails.gates.contracts.documents import documents
from guardrails.gates.contracts.promises import Promises, pact_paths
from guardrails.gates.contracts.replay import Replay
from guardrails.gates.contracts.rules import RULES
from guardrails.model.finding import Finding
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.probes.contracts import PROBES

__all__ = ["RULES", "ContractsGate"]


class ContractsGate:
    """Consumers' expectations of the base, and of the head, against the head's provider."""

    name = "contracts"
    title = "promises to consumers that the head breaks, drops or no longer checks"
    cost = 15.0
    profiles = frozenset({Profile.PR, Profile.RELEASE})
    alone = False
    runs_code = True
    rules = RULES
    probes: tuple[Probe, ...] = PROBES

    def skip(self, bench: Bench) -> Skip | None:
        """Skipped where the policy names no provider, or where neither side has pacts."""
        policy = _policy(bench)
        if not policy.provider:
            return Skip(SkipReason.SUBJECT_ABSENT, "guardrails.toml names no provider ([contracts] provider)")
        if any(pact_paths(tree, policy) for tree in (bench.trees.base, bench.trees.head)):
            return unchanged(bench, bench.policy.contracts.inputs)
        return Skip(SkipReason.SUBJECT_ABSENT, f"neither base nor head has pacts in {policy.pacts}")

    def run(self, bench: Bench) -> Outcome:
        """Judge the change.

        Raises:
            ToolMissingError: pact is not installed.
            JudgementError: a pact of the base cannot be read, or the verifier crashed.
        """
        if bench.pacts is None:
            raise ToolMissingError(
                "the contracts gate has no verifier. Install it: pip install 'recsys-guardrails[contracts]'"
            )
        policy = _policy(bench)
        findings: list[Finding] = []
        promises = Promises(bench, bench.pacts, policy, findings)
        base, head = promises.base_pacts(), promises.head_pacts()
        written = promises.write_pacts(head)
        promises.compare(base, head, written)
        asked = Asked(bench, bench.pacts, policy, findings)
        asked.judge(promises)
        findings += documents(bench, policy, head or base)
        replay = Replay(bench, bench.pacts, policy, findings)
        replay.verify_base(base, head)
        if [pact.text for pact in base] != [pact.text for pact in head] and head:
            replay.verify_head(head)
        work, floor = _counted(replay, base, head, policy) if base or head or not asked.owed else ({}, {})
        if asked.owed:
            key = f"interactions that {policy.provider} asks for"
            work[key], floor[key] = asked.counted, asked.owed
        notes, verified = tuple(promises.notes), (*replay.verified, *asked.owes())
        return Outcome(work, floor, answers.shortened(findings), notes, verified=verified)


def _policy(bench: Bench) -> Contracts:
    """The base's policy; the head's where the base has none yet, so that first pacts are judged too, and so are the
    first messages: where to fetch those is no judgement."""
    base, head = bench.policy.contracts, bench.head_policy.contracts if bench.head_policy else None
    if head is None:
        return base
    if not base.provider:
        return head
    return base if base.messages_path else msgspec.structs.replace(base, messages_path=head.messages_path)


def _counted(
    replay: Replay, base: Sequence[Pact], head: Sequence[Pact], policy: Contracts
) -> tuple[dict[str, int], dict[str, int]]:
    """Interactions with a result, in all and of each consumer, and how many are owed."""
    side, pacts = ("base", base) if base else ("head", head)
    owed = Counter(pact.consumer for pact in pacts for _ in pact.interactions)
    done = replay.counted["base"] or replay.counted["head"]
    work = {"interactions": done.total(), "pacts": len(pacts)}
    floor = {"interactions": max(policy.minimum_interactions, owed.total()), "pacts": max(1, len(base))}
    for consumer, count in owed.items():
        key = f"{consumer} interactions"
        work[key], floor[key] = replay.counted[side][consumer], count
    return work, floor
