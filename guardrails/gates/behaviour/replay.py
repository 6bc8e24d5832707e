"""The same requests to a side's service, which is started for them and stopped after them."""

from dataclasses import dataclass

from guardrails.analysis.answers.requests import Asked, parse
from guardrails.config import Behaviour
from guardrails.errors import ConfigurationError, JudgementError
from guardrails.gates.base import Bench
from guardrails.load.service import Recipe, artifact, filled, serving
from guardrails.model.exchange import HttpAnswer
from guardrails.ports import Command, Confinement, Tree

_OUTPUT = 16_000_000
_QUOTED = 1_000


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked: the section and the import path of the policy that decides, the tree that the requests come from,
    and whether the base is asked too."""

    policy: Behaviour
    path: tuple[str, ...]
    origin: Tree
    has_base: bool


def subject_of(bench: Bench) -> Subject:
    """The base's requests to both sides; where only the head has some, the head by itself.

    Raises:
        ConfigurationError: a file is named that is not there, or no command.
    """
    base, head = bench.policy.behaviour, bench.head_policy.behaviour if bench.head_policy else None
    if base.requests:
        found = Subject(base, bench.policy.environment.path, bench.trees.base, has_base=True)
    elif head and head.requests and bench.head_policy:
        found = Subject(head, bench.head_policy.environment.path, bench.trees.head, has_base=False)
    else:
        raise ConfigurationError("behaviour.requests is empty. Name the file of requests in guardrails.toml.")
    if not found.policy.command:
        raise ConfigurationError("behaviour.command is empty. Write in guardrails.toml how to start the service.")
    return found


def requests_of(bench: Bench, subject: Subject) -> tuple[Asked, ...]:
    """The recorded requests, then generated ones, as many as the policy wants at most.

    Raises:
        ConfigurationError: the file is not there, or a line is no request.
        JudgementError: the generator failed.
    """
    policy = subject.policy
    data = subject.origin.read(policy.requests)
    if data is None:
        raise ConfigurationError(f"behaviour.requests is {policy.requests!r}, and there is no such file.")
    recorded = parse(data.decode("utf-8", "replace"), policy.requests)
    return (recorded + _generated(bench, subject))[: policy.most_requests]


def _generated(bench: Bench, subject: Subject) -> tuple[Asked, ...]:
    policy = subject.policy
    if not policy.generate:
        return ()
    argv = filled(policy.generate, {"python": bench.project_python, "seed": str(bench.seed)})
    env = _recipe(bench, subject).env(subject.origin)
    # A head that brings the first requests brings the generator too.
    command = Command(argv, subject.origin.root, env, policy.timeout_seconds, _OUTPUT, confined=Confinement())
    done = bench.processes.run(command)
    if done.exit_code != 0 or done.truncated:
        how = "printed too much" if done.truncated else "did not end" if done.timed_out else f"ended {done.exit_code}"
        raise JudgementError(f"behaviour.generate {how}. Its errors end: {done.stderr.strip()[-_QUOTED:] or 'nothing'}")
    return parse(done.stdout, "what behaviour.generate printed")


@dataclass(frozen=True, slots=True)
class Replay:
    """Asks a side all requests in order, from a state in which nothing was asked."""

    bench: Bench
    subject: Subject
    asked: tuple[Asked, ...]

    def answers(self, tree: Tree) -> tuple[HttpAnswer, ...]:
        """The answers of a tree's service.

        Raises:
            JudgementError: it cannot be made or started.
        """
        bench, policy = self.bench, self.subject.policy
        if bench.http is None:
            raise JudgementError("there is no HTTP client on this bench. Give it one.")
        recipe = _recipe(bench, self.subject)
        made = artifact(tree, recipe, bench.processes, bench.store)
        with (
            bench.store.scratch() as scratch,
            serving(tree, made, recipe, bench.processes, scratch / "state") as service,
        ):
            return bench.http.ask(
                service.url,
                [one.request for one in self.asked],
                timeout=policy.request_timeout_seconds,
                whole=policy.timeout_seconds,
            )


def _recipe(bench: Bench, subject: Subject) -> Recipe:
    policy = subject.policy
    return Recipe(
        python=bench.project_python,
        path=subject.path,
        prepare=policy.prepare,
        command=policy.command,
        inputs=policy.inputs,
        environment=bench.suites.environment(),
        ready_path=policy.ready_path,
        ready_seconds=policy.ready_timeout_seconds,
        prepare_seconds=policy.prepare_timeout_seconds,
        section="behaviour",
    )
