"""The pacts in which this repository is the consumer: what it asks of others, and the adapters that do the asking.

Its tests as a consumer run its own code, so the base's tests are run on the head's code: an adapter that no longer asks
or reads what the pact says fails. Whether the provider does what is asked is not known here; `can-deploy` decides it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from guardrails.analysis import suite_answers as answers
from guardrails.analysis.pact_changes import Loss, differences
from guardrails.analysis.pact_demands import demands
from guardrails.analysis.pact_results import drift
from guardrails.analysis.pacts import Pact, UnreadablePactError, parse
from guardrails.analysis.support import below
from guardrails.config import Contracts
from guardrails.gates.base import Bench
from guardrails.gates.contracts.promises import Promises
from guardrails.gates.contracts.rules import ADAPTER_FAILS, ASKS_MORE, DRIFT, PACT_REMOVED, REMOVED, WEAKENED
from guardrails.model.contract import ASKED, Verified
from guardrails.model.finding import Finding, Severity
from guardrails.ports import PactVerifier, SuiteRun, Tree

RULES = {Loss.PACT: PACT_REMOVED, Loss.INTERACTION: REMOVED, Loss.PROMISE: WEAKENED}


@dataclass(slots=True)
class Asked:
    """What this repository asks of others. Findings are added to `findings`; of `owed` interactions (the base's, or the
    head's where the base asks nothing), `counted` have a result."""

    bench: Bench
    verifier: PactVerifier
    policy: Contracts
    findings: list[Finding]
    base: Sequence[Pact] = ()
    head: Sequence[Pact] = ()
    counted: int = 0
    owed: int = 0

    def judge(self, promises: Promises) -> None:
        """Judge both sides. `promises` have been read, and the head's tests run."""
        trees = self.bench.trees
        self.base, self.head = self._own(trees.base), self._own(trees.head)
        written = [pact for pact in promises.written if pact.consumer == self.policy.provider]
        if not self.base and not self.head and not written:
            return
        done = {one.key for pact in written for one in pact.interactions}
        asked = [one.key for pact in self.base or self.head for one in pact.interactions]
        self.owed = len(asked)
        self.counted = len(asked) if promises.tests_failed else sum(key in done for key in asked)
        if not promises.tests_failed:
            self._drift(written)
        self._compare(written)
        for one in demands(self.base, self.head):
            self.findings.append(ASKS_MORE.finding(one.what, path=one.path, line=one.line))
        self._adapters()

    def owes(self) -> list[Verified]:
        """The head's interactions, each as one that its provider must verify: so that `can-deploy` asks for it."""
        return [
            Verified(
                pact.consumer,
                pact.provider,
                one.description,
                one.states,
                ASKED,
                pact.digest,
                pact.path,
                pact.line(one.description),
                (f"{pact.provider} verifies it, in its own repository",),
            )
            for pact in self.head
            for one in pact.interactions
        ]

    def _own(self, tree: Tree) -> list[Pact]:
        """The pacts of a tree in which this repository is the consumer. One that cannot be read is found elsewhere."""
        paths = [path for path in tree.paths() if path.endswith(".json") and below(path, (self.policy.pacts,))]
        return [pact for pact in _parsed({path: tree.read(path) or b"" for path in paths}) if self._is_own(pact)]

    def _is_own(self, pact: Pact) -> bool:
        return pact.consumer == self.policy.provider

    def _drift(self, written: Sequence[Pact]) -> None:
        command = f"PACT_OUTPUT_DIR={self.policy.pacts} python -m pytest {self.policy.consumers}"
        for one in drift(self.head, written):
            reproduce = f"rm -f {one.path} && {command}"
            self.findings.append(DRIFT.finding(one.sentence, path=one.path, reproduce=reproduce))
        there = {pact.provider for pact in written}
        for pact in self.head:
            if pact.provider not in there:
                what = f"no test of {pact.consumer} as a consumer writes its pact with {pact.provider}"
                self.findings.append(DRIFT.finding(what, path=pact.path, reproduce=command))

    def _compare(self, written: Sequence[Pact]) -> None:
        """Less is asked: what is no longer asked for is no longer held to, though the code may still rely on it."""
        still = {one.key for pact in written for one in pact.interactions}
        for one in differences(self.base, self.head, written):
            # The last pact may go together with the calls, and then a person sees it; not while a test still makes it.
            blocks = one.blocks and (bool(self.head) or bool(still))
            severity = Severity.BLOCK if blocks else Severity.REVIEW
            self.findings.append(RULES[one.loss].finding(one.what, path=one.path, line=one.line, severity=severity))

    def _adapters(self) -> None:
        """The base's tests on the head's code, where the head has other ones; else its own have said it."""
        owed = [(pact, one) for pact in self.base for one in pact.interactions]
        trial, head = self.bench.trees.trial, self.bench.trees.head
        if not owed or not any(below(path, (self.policy.consumers,)) for path in trial.paths()):
            return
        if _below(trial, self.policy.consumers) == _below(head, self.policy.consumers):
            return
        run, fresh = self._run(trial)
        done = {one.key for pact in fresh for one in pact.interactions}
        kept = {one.key: one.canonical for pact in self.head for one in pact.interactions}
        bad = _bad(run)
        missing = [(pact, one) for pact, one in owed if one.key not in done]
        self.counted = len(owed) if bad else len(owed) - len(missing)
        if bad and not any(record.outcome in answers.GOOD for record in run.records.values()):
            anywhere = any(kept.get(one.key) == one.canonical for _, one in owed)
            what = f"no test of the base as a consumer passes on the head's code: {bad[0][1]}"
            self._found(what, bad[0][0] or self.policy.consumers, None, Severity.BLOCK if anywhere else Severity.REVIEW)
            return
        for pact, one in missing if bad else ():
            what = f"{pact.consumer} no longer does '{one.description}' with {pact.provider} as the base's test has it"
            severity = Severity.BLOCK if kept.get(one.key) == one.canonical else Severity.REVIEW
            self._found(f"{what}: {bad[0][1]}", pact.path, pact.line(one.description), severity)
        for path, said in bad if not missing else ():
            same = trial.read(path) == head.read(path)
            self._found(f"a test of the base fails: {said}", path, None, Severity.BLOCK if same else Severity.REVIEW)

    def _run(self, tree: Tree) -> tuple[SuiteRun, Sequence[Pact]]:
        """The tests of this repository as a consumer, and the pacts that they write."""
        bench, policy = self.bench, self.policy
        own = f"{policy.consumers.rstrip('/')}/{policy.provider.replace('-', '_')}"
        place = own if any(below(path, (own,)) for path in tree.paths()) else policy.consumers
        with bench.store.scratch() as scratch:
            bench.store.write(scratch / "pacts" / ".made", "")
            env = {"PACT_OUTPUT_DIR": str(scratch / "pacts"), "PACT_DO_NOT_TRACK": "true"}
            run = bench.suites.run(tree, (place,), policy.timeout_seconds, env=env, writes=(scratch / "pacts",))
            texts = {name: text.encode() for name, text in self.verifier.written(scratch / "pacts").items()}
        return run, [pact for pact in _parsed(texts) if self._is_own(pact)]

    def _found(self, what: str, path: str, line: int | None, severity: Severity) -> None:
        reproduce = answers.repeat(self.bench.change, "contracts")
        finding = ADAPTER_FAILS.finding(what, path=path, line=line, reproduce=reproduce)
        self.findings.append(replace(finding, severity=severity))


def _parsed(texts: Mapping[str, bytes]) -> list[Pact]:
    """Those that can be read."""
    found = []
    for path, data in texts.items():
        try:
            found.append(parse(path, data.decode("utf-8", "replace")))
        except UnreadablePactError:
            continue
    return found


def _bad(run: SuiteRun) -> list[tuple[str, str]]:
    """What went wrong with a run: file and words."""
    bad = [(name, record.message) for name, record in run.records.items() if record.outcome in answers.BAD]
    bad += run.errors
    bad += [("", run.complaint)] if run.complaint else []
    return [(name.partition("::")[0], answers.reason(f"{message}")) for name, message in bad]


def _below(tree: Tree, directory: str) -> Mapping[str, bytes | None]:
    return {path: tree.read(path) for path in tree.paths() if below(path, (directory,))}
