"""The pacts against the running provider: every interaction owes a result, and each failure names who would break."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypedDict

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.pact_results import mismatches, sentence, unverified
from guardrails.analysis.pacts import Interaction, Pact, doubtful
from guardrails.config import Contracts
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.contracts import punctual
from guardrails.gates.contracts.punctual import Late
from guardrails.gates.contracts.rules import LATE, MISMATCH, NO_STATE, PROVIDER_FAILED, UNREADABLE, UNVERIFIED
from guardrails.model.contract import Verified
from guardrails.model.finding import Finding, Severity
from guardrails.ports import Command, Confinement, InteractionResult, PactVerifier, Service, Timed, Tree, Verification

BASE, HEAD = "base", "head"
_PENDING = ". It is pending: this does not count yet"


@dataclass(slots=True)
class Replay:
    """One judgement as it goes on. Findings are added to `findings`; `counted` are the results by side and consumer."""

    bench: Bench
    verifier: PactVerifier
    policy: Contracts
    findings: list[Finding]
    verified: list[Verified] = field(default_factory=list)
    counted: Mapping[str, Counter[str]] = field(default_factory=lambda: {BASE: Counter(), HEAD: Counter()})

    def verify_base(self, base: Sequence[Pact], head: Sequence[Pact]) -> None:
        """Verify the base's pacts against the trial tree's provider."""
        if not base:
            return
        kept = {one.key: one.canonical for pact in head for one in pact.interactions}
        trees = self.bench.trees
        done = self._replayed(trees.trial, base)
        if isinstance(done, str) and trees.trial.digest != trees.head.digest:
            again = self._replayed(trees.head, base)
            if not isinstance(again, str):
                what = f"the base's provider harness does not start on the head's code, the head's does: {done}"
                self._provider_failed(what, severity=Severity.REVIEW)
                done = again
        self._judge(done, base, BASE, lambda one: kept.get(one.key) == one.canonical)

    def verify_head(self, head: Sequence[Pact]) -> None:
        """Verify the head's own pacts against the head's provider."""
        self._judge(self._replayed(self.bench.trees.head, head), head, HEAD, lambda _: True)

    def _replayed(self, tree: Tree, pacts: Sequence[Pact]) -> "_Replayed | str":
        """The pacts against the provider of a tree, or why that does not run."""
        with self.bench.store.scratch() as scratch:
            self.bench.store.copy(tree.root, scratch / "tree")
            try:
                with self._provider(scratch / "tree") as (service, harness):
                    done = self._asked(pacts, service, harness)
                    if done.blames_pact:
                        return self._one_by_one(pacts, service, harness)
                    owed = () if done.complaint else punctual.timed(pacts)
                    times = self._measured(pacts, owed, service, harness)
                    return _Replayed(done, {}, punctual.late(pacts, owed, times))
            except JudgementError as error:
                return str(error)

    def _asked(self, pacts: Sequence[Pact], service: Service, harness: str) -> Verification:
        messages = self.policy.messages_path
        return self.verifier.verify(
            self.policy.provider,
            [pact.text for pact in pacts],
            url=service.url,
            states_url=harness + self.policy.states_path,
            timeout=self.policy.timeout_seconds,
            messages_url=harness + messages if messages else "",
        )

    def _measured(
        self, pacts: Sequence[Pact], owed: Sequence[Timed], service: Service, harness: str
    ) -> Sequence[float | None]:
        if not owed:
            return ()
        return self.verifier.measure(
            self.policy.provider,
            [pact.text for pact in pacts],
            owed,
            url=service.url,
            states_url=harness + self.policy.states_path,
            timeout=self.policy.timeout_seconds,
        )

    def _beside_base(self, lates: Mapping[str, Late], pacts: Sequence[Pact]) -> Mapping[str, Late]:
        """What is late, with what the base's provider takes in the same minutes."""
        asked = [pact for pact in pacts if any(one.key in lates for one in pact.interactions)]
        owed = punctual.timed(asked)
        with self.bench.store.scratch() as scratch:
            self.bench.store.copy(self.bench.trees.base.root, scratch / "tree")
            try:
                with self._provider(scratch / "tree") as (service, harness):
                    return punctual.beside(lates, asked, owed, self._measured(asked, owed, service, harness))
            except JudgementError:
                return lates  # a base without a provider that runs says nothing of the head

    def _one_by_one(self, pacts: Sequence[Pact], service: Service, harness: str) -> "_Replayed":
        """Each pact by itself, after the verifier gave up on all of them: one is to blame, and is named."""
        whole, blamed = Verification(()), {}
        for pact in pacts:
            done = self._asked((pact,), service, harness)
            if done.blames_pact:
                blamed[pact.path] = done.complaint
            complaint = whole.complaint or (done.complaint if not done.blames_pact else "")
            whole = Verification((*whole.results, *done.results), (*whole.states, *done.states), complaint)
        return _Replayed(whole, blamed)

    @contextmanager
    def _provider(self, root: Path) -> Iterator[tuple[Service, str]]:
        """The running provider of a tree, and the address of its harness."""
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
            yield service, f"http://127.0.0.1:{states_port}" if apart else service.url

    # --- What the results mean ----------------------------------------------------------------------------------------

    def _judge(
        self, done: "_Replayed | str", pacts: Sequence[Pact], side: str, kept: Callable[[Interaction], bool]
    ) -> None:
        """Count the interactions that have a result, and find what is wrong with them."""
        if isinstance(done, str):
            self._provider_failed(done)
            return
        if done.verification.complaint:
            raise JudgementError(f"the pacts could not be verified: {done.verification.complaint}")
        self._judge_blamed(done.blamed, pacts, side)
        asked = [pact for pact in pacts if pact.path not in done.blamed]
        self._judge_states(done.verification, asked)
        interactions = [one for pact in asked for one in pact.interactions]
        # Without a transport for messages, pact sends a message's request to the HTTP provider: that says nothing.
        skipped = {one.result_key for one in interactions if one.is_message} if not self.policy.messages_path else set()
        results = [one for one in done.verification.results if _key(one) not in skipped]
        missing = unverified(interactions, results)
        for one in missing:
            what = f"{one.consumer}: '{one.description}' was not verified"
            self.findings.append(UNVERIFIED.finding(what, **self._place(asked, one.consumer, one.description)))
        for result in results:
            if not result.good and not self._explained(result, done.verification):
                self._mismatch(result, interactions, asked, kept)
        lates = self._beside_base(done.late, asked) if done.late else {}
        self._judge_late(lates, asked, results, kept)
        self._record(asked, results, missing, side, lates)

    def _judge_blamed(self, blamed: Mapping[str, str], pacts: Sequence[Pact], side: str) -> None:
        """Pacts on which the verifier gave up. One of the base cannot be judged; one of the head can be mended."""
        for pact in [pact for pact in pacts if pact.path in blamed]:
            doubts = "; ".join(doubtful(pact)[:3])
            what = f"{pact.path}: {blamed[pact.path]}" + (f". Doubtful: {doubts}" if doubts else "")
            if side == BASE:
                raise JudgementError(f"a pact of the base could not be verified: {what}. Mend the base first.")
            self.findings.append(UNREADABLE.finding(what, path=pact.path, reproduce=self._command()))

    def _judge_states(self, done: Verification, pacts: Sequence[Pact]) -> None:
        """States that could not be set or taken down, each once; a handler that is gone went with its provider."""
        if any(call.status == 0 for call in done.states):
            self._provider_failed("the provider, or its state handler, ended while it was asked")
        counts = {state for pact in pacts for one in pact.interactions if not one.pending for state in one.states}
        bad = {(call.state, call.action): call for call in done.states if call.status >= 300}
        for (state, action), call in sorted(bad.items()):
            verb = "set" if action == "setup" else "taken down"
            what = f"the state '{state}' cannot be {verb}: {call.status} {call.detail}".rstrip()
            severity = None if state in counts or not state else Severity.NOTE
            what += "" if severity is None else _PENDING
            self.findings.append(NO_STATE.finding(what, severity=severity, reproduce=self._command()))

    def _mismatch(
        self,
        result: InteractionResult,
        interactions: Sequence[Interaction],
        pacts: Sequence[Pact],
        kept: Callable[[Interaction], bool],
    ) -> None:
        mine = [one for one in interactions if one.result_key == _key(result)]
        severity = _severity(mine, kept)
        where = self._place(pacts, result.consumer, result.description)
        what = sentence(result) + (_PENDING if severity is Severity.NOTE else "")
        found = MISMATCH.finding(what, severity=severity, **where)
        known = {(one.rule, one.what, one.severity) for one in self.findings}
        if (found.rule, found.what, found.severity) not in known:
            self.findings.append(found)

    def _judge_late(
        self,
        lates: Mapping[str, Late],
        pacts: Sequence[Pact],
        results: Sequence[InteractionResult],
        kept: Callable[[Interaction], bool],
    ) -> None:
        """What is over its promised time. A wrong answer is found already, however soon it came."""
        good = {_key(result) for result in results if result.good}
        for one in (one for pact in pacts for one in pact.interactions):
            if one.key in lates and one.result_key in good:
                late = lates[one.key]
                rule = UNVERIFIED if late.best is None else LATE
                severity = _severity([one], (lambda _: False) if late.as_before else kept)
                what = f"{one.consumer}: '{one.description}': {late.sentence}"
                what += _PENDING if severity is Severity.NOTE else ""
                where = self._place(pacts, one.consumer, one.description)
                self.findings.append(rule.finding(what, severity=severity, **where))

    def _explained(self, result: InteractionResult, done: Verification) -> bool:
        """Whether a failed result follows from a state or a provider that failed, which is found already."""
        failed = {call.state for call in done.states if not 200 <= call.status < 300}
        return "state change" in result.error and bool(failed & {*result.states, ""} or not result.states)

    def _record(
        self,
        pacts: Sequence[Pact],
        results: Sequence[InteractionResult],
        missing: Sequence[Interaction],
        side: str,
        lates: Mapping[str, Late],
    ) -> None:
        """Take every interaction down as it stands in the verdict."""
        left = list(results)
        for pact in pacts:
            for one in pact.interactions:
                result = next((other for other in left if _key(other) == one.result_key), None)
                if result is None or any(one is other for other in missing):
                    said: tuple[str, ...] = ("it was not verified",)
                else:
                    left.remove(result)
                    said = mismatches(result) or ((lates[one.key].sentence,) if one.key in lates else ())
                    self.counted[side][pact.consumer] += 1
                line = pact.line(one.description)
                entry = Verified(
                    pact.consumer, pact.provider, one.description, one.states, side, pact.digest, pact.path
                )
                self.verified.append(replace(entry, line=line, mismatches=said, pending=one.pending))

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


@dataclass(frozen=True, slots=True)
class _Replayed:
    """A verification, the pacts on which the verifier gave up, each with why, and the interactions that were late."""

    verification: Verification
    blamed: Mapping[str, str]
    late: Mapping[str, Late] = field(default_factory=dict)


def _severity(mine: Sequence[Interaction], kept: Callable[[Interaction], bool]) -> Severity:
    """How bad a failure is: a note where all that it fails is pending, for a person where the change takes it back."""
    if mine and all(one.pending for one in mine):
        return Severity.NOTE
    return Severity.BLOCK if not mine or any(kept(one) for one in mine) else Severity.REVIEW


def _key(result: InteractionResult) -> tuple[str, str, tuple[str, ...]]:
    return result.consumer, result.description, result.states


class _Place(TypedDict):
    """Where a finding stands."""

    path: str
    line: int | None
    reproduce: str
