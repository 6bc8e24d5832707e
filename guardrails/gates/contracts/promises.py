"""The pacts of both sides: read, written anew by the consumers' tests, and compared by what they say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from guardrails.analysis import fetched
from guardrails.analysis import suite_answers as answers
from guardrails.analysis.pact_changes import Loss, differences
from guardrails.analysis.pact_results import drift
from guardrails.analysis.pacts import Pact, UnreadablePactError, parse
from guardrails.analysis.support import below
from guardrails.config import Contracts
from guardrails.errors import JudgementError
from guardrails.gates.base import Bench
from guardrails.gates.contracts.rules import CONSUMER_FAILS, DRIFT, PACT_REMOVED, REMOVED, UNREADABLE, WEAKENED
from guardrails.model.finding import Finding, Severity
from guardrails.ports import PactVerifier, Tree


def pact_paths(tree: Tree, policy: Contracts) -> list[str]:
    """The pact files of a tree."""
    return [path for path in tree.paths() if path.endswith(".json") and below(path, (policy.pacts,))]


@dataclass(slots=True)
class Promises:
    """What the two sides promise. Findings are added to `findings`."""

    bench: Bench
    verifier: PactVerifier
    policy: Contracts
    findings: list[Finding]
    notes: list[str] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    written: list[Pact] = field(default_factory=list)
    """What the head's consumers' tests wrote, whoever the provider is."""
    tests_failed: bool = False

    def base_pacts(self) -> list[Pact]:
        """The base's pacts of this provider.

        Raises:
            JudgementError: one of them cannot be read.
        """
        tree = self.bench.trees.base
        try:
            return self._of_provider(self._read(tree, path) for path in pact_paths(tree, self.policy))
        except UnreadablePactError as error:
            raise JudgementError(f"a pact of the base cannot be read: {error}. Mend the base first.") from error

    def head_pacts(self) -> list[Pact]:
        """The head's pacts of this provider; one that cannot be read is found."""
        tree = self.bench.trees.head
        pacts = []
        for path in pact_paths(tree, self.policy):
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
        return parse(path, data.decode("utf-8", "replace"), pending=self._origin(tree, path).pending)

    def _origin(self, tree: Tree, path: str) -> fetched.Origin:
        """What the broker that a pact came from says of it."""
        place = fetched.beside(path)
        data = tree.read(place)
        if data is None:
            return fetched.Origin()
        return fetched.parse(place, data.decode("utf-8", "replace")).get(path.rpartition("/")[2], fetched.Origin())

    def _of_provider(self, pacts: Iterable[Pact]) -> list[Pact]:
        return [pact for pact in pacts if pact.provider == self.policy.provider]

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
        self.written, self.tests_failed = self._parsed(texts), bool(bad)
        written = self._of_provider(self.written)
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
        return pacts

    def _find_drift(self, committed: Sequence[Pact], written: Sequence[Pact]) -> None:
        command = f"PACT_OUTPUT_DIR={self.policy.pacts} python -m pytest {self.policy.consumers}"
        if committed and not written:
            what = f"the consumers' tests wrote no pact of '{self.policy.provider}' into PACT_OUTPUT_DIR"
            self.findings.append(DRIFT.finding(what, path=self.policy.consumers, reproduce=command))
        for one in drift(committed, written):
            if one.path not in self.unreadable:
                reproduce = f"rm -f {one.path} && {command}"
                self.findings.append(DRIFT.finding(one.sentence, path=one.path, reproduce=reproduce))

    def compare(self, base: Sequence[Pact], head: Sequence[Pact], written: Sequence[Pact]) -> None:
        """Pacts and interactions that are gone, or promise less."""
        rules = {Loss.PACT: PACT_REMOVED, Loss.INTERACTION: REMOVED, Loss.PROMISE: WEAKENED}
        for one in differences(base, head, written):
            if one.path not in self.unreadable:
                severity = Severity.BLOCK if one.blocks else Severity.REVIEW
                self.findings.append(rules[one.loss].finding(one.what, path=one.path, line=one.line, severity=severity))
