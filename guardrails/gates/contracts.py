"""Gate `contracts`: what consumers rely on, verified against the head's provider over real HTTP.

The base's pacts are replayed against the provider that the trial tree starts: the head's product under the base's
provider states. Where the head has other pacts, those are replayed against the head as well. The head's consumer tests
must still write the pacts that are committed. Every interaction owes a result: unverified is failed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.pact_changes import Loss, differences
from guardrails.analysis.pacts import Interaction, Pact, UnreadablePactError, drift, parse, sentence, unverified
from guardrails.analysis.support import below
from guardrails.config import Contracts
from guardrails.errors import JudgementError, ToolMissingError
from guardrails.gates.base import Bench, Profile, unchanged
from guardrails.model.finding import Finding, Rule, Severity
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import Command, Confinement, InteractionResult, PactVerifier, Service, Tree, Verification
from guardrails.probes.contracts import PROBES

MISMATCH = Rule(
    "contracts/mismatch",
    Severity.BLOCK,
    "The head's answer is not what a consumer expects",
    "The consumer that is named reads this; with the change it breaks.",
    "Give the consumer what it expects. To change the promise, have the consumer release its new expectation first.",
    bad='`"score"` is renamed `"relevance"` in an answer',
    good="a new field beside the old one",
    limits="Asks for a person, and does not block, where the same change alters or removes that expectation.",
)
UNVERIFIED = Rule(
    "contracts/unverified",
    Severity.BLOCK,
    "An interaction was not verified",
    "What was not verified has not passed.",
    "See that pact's verifier reaches the interaction: a kind that it knows, a provider that lives to the end.",
    limits="Interactions by message are not verified yet, and so are found here.",
)
NO_STATE = Rule(
    "contracts/no-state-handler",
    Severity.BLOCK,
    "A provider state cannot be set",
    "Without its state an interaction is not asked under the conditions that the consumer means.",
    "Add or mend the handler of this state, its teardown too.",
    bad="a pact says `given the user has listened`, and no handler knows the state",
)
PROVIDER_FAILED = Rule(
    "contracts/provider-failed",
    Severity.BLOCK,
    "The provider does not start, or ends while it is asked",
    "A service that does not run keeps no promise.",
    "Start it with the command below and mend what its output says.",
    limits="Asks for a person where the base's provider harness fails and the head's own works.",
)
DRIFT = Rule(
    "contracts/pact-drift",
    Severity.BLOCK,
    "The committed pacts are not what the consumers' tests write",
    "A pact that no consumer wrote is checked in nobody's name; one that is stale is not checked at all.",
    "Write the pacts anew with the command below and commit the difference; never edit them by hand.",
)
CONSUMER_FAILS = Rule(
    "contracts/consumer-test-fails",
    Severity.BLOCK,
    "A consumer's test fails on the head",
    "The consumer's own client does not do what the consumer says it does.",
    "Correct the client, or the expectation that it states.",
)
REMOVED = Rule(
    "contracts/interaction-removed",
    Severity.REVIEW,
    "A pact no longer holds an interaction",
    "Consumers that are deployed may still rely on it, and nothing would check it any more.",
    "Keep the interaction until the last consumer that reads it is gone.",
    limits="Blocks where the consumers' tests still write the interaction.",
)
WEAKENED = Rule(
    "contracts/interaction-weakened",
    Severity.REVIEW,
    "A pact promises less, or something else, than it did",
    "Consumers that are deployed may still rely on the old promise, and nothing would check it any more.",
    "Say why the consumer needs no more than this; a person must agree.",
    bad="an exact value becomes `match.str`",
)
PACT_REMOVED = Rule(
    "contracts/pact-removed",
    Severity.REVIEW,
    "A consumer's pact is gone",
    "Nothing would notice any more when this consumer breaks.",
    "Restore the pact, or remove the consumer along with it.",
    limits="Blocks where no pact of the provider is left, or where the consumer's tests still write this one.",
)
UNREADABLE = Rule(
    "contracts/unreadable-pact",
    Severity.BLOCK,
    "A pact cannot be read",
    "What cannot be read cannot be verified.",
    "Write the pact anew from the consumer's tests; never edit it by hand.",
)
RULES = (
    MISMATCH, UNVERIFIED, NO_STATE, PROVIDER_FAILED, DRIFT, CONSUMER_FAILS, REMOVED, WEAKENED, PACT_REMOVED, UNREADABLE,
)  # fmt: skip


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
        if any(_pact_paths(tree, policy) for tree in (bench.trees.base, bench.trees.head)):
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
        judging = _Judging(bench, bench.pacts, _policy(bench))
        base, head = judging.base_pacts(), judging.head_pacts()
        written = judging.write_pacts(head)
        judging.compare(base, head, written)
        same = [pact.text for pact in base] == [pact.text for pact in head]
        counted = judging.verify_base(base, head)
        if not same and head:
            extra = judging.verify_head(head)
            counted = counted or extra
        owed = sum(len(pact.interactions) for pact in base)
        work = {"interactions": counted, "pacts": len(base) or len(head)}
        floor = {"interactions": max(judging.policy.minimum_interactions, owed), "pacts": max(1, len(base))}
        return Outcome(work, floor, answers.shortened(judging.findings), tuple(judging.notes))


def _policy(bench: Bench) -> Contracts:
    """The base's policy; the head's where the base has none yet, so that first pacts are judged too."""
    first = bench.head_policy is not None and not bench.policy.contracts.provider
    return bench.head_policy.contracts if first and bench.head_policy else bench.policy.contracts


def _pact_paths(tree: Tree, policy: Contracts) -> list[str]:
    return [path for path in tree.paths() if path.endswith(".json") and below(path, (policy.pacts,))]


@dataclass(slots=True)
class _Judging:
    """One judgement as it goes on."""

    bench: Bench
    verifier: PactVerifier
    policy: Contracts
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)

    # --- Reading ------------------------------------------------------------------------------------------------------

    def base_pacts(self) -> list[Pact]:
        """The base's pacts of this provider."""
        tree = self.bench.trees.base
        try:
            return self._of_provider(self._read(tree, path) for path in _pact_paths(tree, self.policy))
        except UnreadablePactError as error:
            raise JudgementError(f"a pact of the base cannot be read: {error}. Mend the base first.") from error

    def head_pacts(self) -> list[Pact]:
        """The head's pacts of this provider; one that cannot be read is found."""
        tree = self.bench.trees.head
        pacts = []
        for path in _pact_paths(tree, self.policy):
            try:
                pacts.append(self._read(tree, path))
            except UnreadablePactError as error:
                self.unreadable.add(path)
                self.findings.append(UNREADABLE.finding(str(error), path=path))
        return self._of_provider(pacts)

    def _read(self, tree: Tree, path: str) -> Pact:
        data = tree.read(path)
        if data is None:
            raise UnreadablePactError(f"{path} is not a regular file")
        return parse(path, data.decode("utf-8", "replace"))

    def _of_provider(self, pacts: Iterator[Pact] | Sequence[Pact]) -> list[Pact]:
        return [pact for pact in pacts if pact.provider == self.policy.provider]

    # --- The consumers' tests -----------------------------------------------------------------------------------------

    def write_pacts(self, committed: Sequence[Pact]) -> list[Pact]:
        """What the head's consumers' tests write, held against what is committed."""
        tree, policy = self.bench.trees.head, self.policy
        if not any(below(path, (policy.consumers,)) for path in tree.paths()):
            self.notes.append(
                f"the head has no consumers' tests in {policy.consumers}: its pacts are taken as they are"
            )
            return []
        with self.bench.store.scratch() as scratch:
            self.bench.store.write(scratch / "pacts" / ".made", "")
            env = {"PACT_OUTPUT_DIR": str(scratch / "pacts"), "PACT_DO_NOT_TRACK": "true"}
            run = self.bench.suites.run(
                tree, (policy.consumers,), policy.timeout_seconds, env=env, writes=(scratch / "pacts",)
            )
            texts = self.verifier.written(scratch / "pacts")
        bad = [f"{name}: {record.message}" for name, record in run.records.items() if record.outcome in answers.BAD]
        bad += [f"{name}: {message}" for name, message in run.errors]
        bad += [run.complaint] if run.complaint else []
        reproduce = f"python -m pytest {policy.consumers}"
        for said in bad:
            what = f"{said.partition(': ')[0]}: {answers.reason(said.partition(': ')[2] or said)}"
            self.findings.append(CONSUMER_FAILS.finding(what, path=said.partition("::")[0], reproduce=reproduce))
        written = self._parsed(texts)
        if not bad:
            self._find_drift(committed, written)
        return written

    def _parsed(self, texts: Mapping[str, str]) -> list[Pact]:
        pacts = []
        for name, text in texts.items():
            try:
                pacts.append(parse(f"{self.policy.pacts.rstrip('/')}/{name}", text))
            except UnreadablePactError as error:
                self.findings.append(UNREADABLE.finding(f"the consumers' tests write a pact that is none: {error}"))
        return self._of_provider(pacts)

    def _find_drift(self, committed: Sequence[Pact], written: Sequence[Pact]) -> None:
        command = f"PACT_OUTPUT_DIR={self.policy.pacts} python -m pytest {self.policy.consumers}"
        if committed and not written:
            what = f"the consumers' tests wrote no pact of '{self.policy.provider}' into PACT_OUTPUT_DIR"
            self.findings.append(DRIFT.finding(what, path=self.policy.consumers, reproduce=command))
        for one in drift(committed, written):
            if one.path not in self.unreadable:
                reproduce = f"rm -f {one.path} && {command}"
                self.findings.append(DRIFT.finding(one.sentence, path=one.path, reproduce=reproduce))

    # --- What the change does to the pacts ----------------------------------------------------------------------------

    def compare(self, base: Sequence[Pact], head: Sequence[Pact], written: Sequence[Pact]) -> None:
        """Pacts and interactions that are gone, or promise less."""
        rules = {Loss.PACT: PACT_REMOVED, Loss.INTERACTION: REMOVED, Loss.PROMISE: WEAKENED}
        for one in differences(base, head, written):
            if one.path not in self.unreadable:
                severity = _severity(one.blocks)
                self.findings.append(rules[one.loss].finding(one.what, path=one.path, line=one.line, severity=severity))

    # --- Verification -------------------------------------------------------------------------------------------------

    def verify_base(self, base: Sequence[Pact], head: Sequence[Pact]) -> int:
        """Verify the base's pacts against the trial tree's provider; how many interactions have a result."""
        if not base:
            return 0
        kept = {one.key: one.canonical for pact in head for one in pact.interactions}
        trees = self.bench.trees
        done = self._replayed(trees.trial, base)
        if isinstance(done, str) and trees.trial.digest != trees.head.digest:
            again = self._replayed(trees.head, base)
            if not isinstance(again, str):
                what = f"the base's provider harness does not start on the head's code, the head's does: {done}"
                self._provider_failed(what, severity=Severity.REVIEW)
                done = again
        return self._judge(done, base, lambda one: kept.get(one.key) == one.canonical)

    def verify_head(self, head: Sequence[Pact]) -> int:
        """Verify the head's own pacts against the head's provider; how many interactions have a result."""
        done = self._replayed(self.bench.trees.head, head)
        return self._judge(done, head, lambda _: True)

    def _replayed(self, tree: Tree, pacts: Sequence[Pact]) -> Verification | str:
        """The pacts against the provider of a tree, or why that does not run."""
        with self.bench.store.scratch() as scratch:
            self.bench.store.copy(tree.root, scratch / "tree")
            try:
                with self._provider(scratch / "tree") as (service, states_url):
                    return self.verifier.verify(
                        self.policy.provider,
                        [pact.text for pact in pacts],
                        url=service.url,
                        states_url=states_url,
                        timeout=self.policy.timeout_seconds,
                    )
            except JudgementError as error:
                return str(error)

    @contextmanager
    def _provider(self, root: Path) -> Iterator[tuple[Service, str]]:
        """The running provider of a tree, and the address of its state handler."""
        bench, policy = self.bench, self.policy
        argv = tuple(part.replace("{python}", bench.project_python) for part in policy.command)
        states_port = bench.processes.free_port()
        apart = any("{states_port}" in part for part in argv)
        env = {**bench.path_env(root), "PACT_DO_NOT_TRACK": "true"}
        # A state handler may set states through the service's own doors.
        command = Command(argv, root, env, confined=Confinement((root,), calls_itself=True))
        with bench.processes.serve(
            command,
            ready_path=policy.ready_path,
            ready_timeout=policy.timeout_seconds,
            ports={"states_port": states_port},
        ) as service:
            place = f"http://127.0.0.1:{states_port}" if apart else service.url
            yield service, place + policy.states_path

    def _judge(self, done: Verification | str, pacts: Sequence[Pact], kept: Callable[[Interaction], bool]) -> int:
        """How many interactions have a result; what is wrong with them is found."""
        if isinstance(done, str):
            self._provider_failed(done)
            return 0
        if done.complaint:
            raise JudgementError(f"the pacts could not be verified: {done.complaint}")
        self._judge_states(done)
        interactions = [one for pact in pacts for one in pact.interactions]
        # Pact sends a message's request to the HTTP provider: whatever comes back says nothing.
        messages = {one.result_key for one in interactions if one.is_message}
        results = [one for one in done.results if (one.consumer, one.description, one.states) not in messages]
        missing = unverified(interactions, results)
        for one in missing:
            what = f"{one.consumer}: '{one.description}' was not verified"
            self.findings.append(UNVERIFIED.finding(what, **self._place(pacts, one.consumer, one.description)))
        for result in results:
            if not result.good and not self._explained(result, done):
                mine = [
                    one
                    for one in interactions
                    if one.result_key == (result.consumer, result.description, result.states)
                ]
                severity = _severity(not mine or any(kept(one) for one in mine))
                where = self._place(pacts, result.consumer, result.description)
                found = MISMATCH.finding(sentence(result), severity=severity, **where)
                if not any(
                    (one.rule, one.what, one.severity) == (found.rule, found.what, found.severity)
                    for one in self.findings
                ):
                    self.findings.append(found)
        return len(interactions) - len(missing)

    def _judge_states(self, done: Verification) -> None:
        """States that could not be set or taken down, each once; a handler that is gone went with its provider."""
        if any(call.status == 0 for call in done.states):
            self._provider_failed("the provider, or its state handler, ended while it was asked")
        bad = {(call.state, call.action): call for call in done.states if call.status >= 300}
        for (state, action), call in sorted(bad.items()):
            verb = "set" if action == "setup" else "taken down"
            what = f"the state '{state}' cannot be {verb}: {call.status} {call.detail}".rstrip()
            self.findings.append(NO_STATE.finding(what, reproduce=self._command()))

    def _explained(self, result: InteractionResult, done: Verification) -> bool:
        """Whether a failed result follows from a state or a provider that failed, which is found already."""
        failed = {call.state for call in done.states if not 200 <= call.status < 300}
        return "state change" in result.error and bool(failed & {*result.states, ""} or not result.states)

    def _provider_failed(self, what: str, severity: Severity | None = None) -> None:
        self.findings.append(PROVIDER_FAILED.finding(what, severity=severity, reproduce=self._command()))

    def _command(self) -> str:
        return answers.repeat(self.bench.change, "contracts")

    def _place(self, pacts: Sequence[Pact], consumer: str, description: str) -> "_Place":
        for pact in pacts:
            line = pact.line(description)
            if pact.consumer == consumer and line is not None:
                return {"path": pact.path, "line": line, "reproduce": self._command()}
        return {"path": self.policy.pacts, "line": None, "reproduce": self._command()}


class _Place(TypedDict):
    """Where a finding stands."""

    path: str
    line: int | None
    reproduce: str


def _severity(blocks: object) -> Severity:
    return Severity.BLOCK if blocks else Severity.REVIEW
