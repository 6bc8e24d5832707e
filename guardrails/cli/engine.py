"""One check from the options to the verdict: the place where the adapters meet."""

import os
import secrets
import shlex
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import guardrails
from guardrails.adapters.history import changes_lately
from guardrails.adapters.loadrig import LocustRig
from guardrails.adapters.loopback import LoopbackClient
from guardrails.adapters.mutations import PytestMutations
from guardrails.adapters.openrig import OpenRig
from guardrails.adapters.package_index import SimpleIndex
from guardrails.adapters.pact import NativePactVerifier
from guardrails.adapters.process import ProcessRunner
from guardrails.adapters.sandbox.choice import BACKENDS, Sandbox, sandbox_of
from guardrails.adapters.scratch import scratch_directory
from guardrails.adapters.secret_scanner import DetectSecrets
from guardrails.adapters.suites import PytestSuites
from guardrails.analysis.difference import describe
from guardrails.analysis.difference.contracts import Places
from guardrails.analysis.difference.files import Patterns
from guardrails.cli.agents.memory import notes_of
from guardrails.cli.approvals import court_of
from guardrails.cli.options import CheckOptions
from guardrails.cli.origin import gate_digest
from guardrails.cli.site import Site, open_site
from guardrails.cli.stopping import wait_until
from guardrails.config import Policy
from guardrails.gates.base import Bench, Gate, Profile
from guardrails.model.change import Change
from guardrails.model.result import GateResult
from guardrails.model.verdict import Verdict, of_change
from guardrails.policy import plan
from guardrails.ports import OpenDesk, Trees
from guardrails.runner import Progress, Workshop, alive, run

ProgressFactory = Callable[[Sequence[str]], AbstractContextManager[Progress]]


def silent(_line: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What checks share: the gates, the caller's environment, and who is told how far a check is.

    `own_judge` has the running gate judge whatever gate the base holds; `cache` is a cache for all repositories instead
    of one for each. `sandboxes` are the backends to try for untrusted code. Setting `stopped` ends what runs.
    `tell` hears how far a long measurement is.
    """

    gates: Sequence[Gate]
    environment: Mapping[str, str]
    progress: ProgressFactory
    own_judge: bool = False
    cache: Path | None = None
    sandboxes: Sequence[str] = BACKENDS
    stopped: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = silent

    def check(self, options: CheckOptions) -> Verdict:
        """The verdict on the change that the options name.

        Raises:
            GuardrailsError: there is no change to judge, or no policy to judge it by.
            BaseJudges: the base's own gate must judge it.
        """
        began = time.monotonic()
        plan(self.gates, profile=options.profile, only=options.only, skip=options.skip)
        if options.seed is None:
            options = replace(options, seed=secrets.randbits(32))
        with open_site(options, self.environment, cache=self.cache, own_judge=self.own_judge) as site:
            court = court_of(site, options.approvals)
            sandbox = sandbox_for(site, self.environment, self.sandboxes)
            results = court.settle(self._results(options, site, sandbox))
            given_up = notes_of(site.repository, site.change.messages, [f for one in results for f in one.findings])
            verdict = of_change(
                site.change,
                results,
                policy_digest=site.policies.digest,
                profile=options.profile,
                command=command_of(options, site.change),
                version=guardrails.__version__,
                notes=(*site.notes, *sandbox.notes(), *court.notes, *given_up),
            )
            difference = None
            if options.page:
                patterns = patterns_of(site.policies.base)
                churn = changes_lately(site.repository.git, site.change.base.commit)
                difference = describe(site.change, site.base, site.head, patterns, verdict.findings, churn)
            seconds = time.monotonic() - began
            return replace(
                verdict,
                seconds=seconds,
                error=site.touched(),
                difference=difference,
                gate_digest=gate_digest(),
                approvers=court.approvers,
            )

    def _results(self, options: CheckOptions, site: Site, sandbox: Sandbox) -> tuple[GateResult, ...]:
        names = [gate.name for gate in self.gates]
        chosen = plan(self.gates, profile=options.profile, only=options.only, skip=options.skip)
        with scratch_directory(Path(tempfile.gettempdir())) as scratch, self.progress(names) as progress:
            processes = ProcessRunner(scratch, self.environment, self.stopped, sandbox)
            bench = make_bench(options, site, processes, self.tell)
            workshop = Workshop(
                lambda cores: replace(bench, cores=cores),
                options.jobs or available_cores(),
                time.monotonic,
                progress,
                self.stopped.set,
            )
            try:
                return run(chosen, names, workshop)
            except KeyboardInterrupt:
                wait_until(lambda: not alive())
                raise


def sandbox_for(site: Site, environment: Mapping[str, str], backends: Sequence[str] = BACKENDS) -> Sandbox:
    """Where the change's code runs, by the base's policy. Nothing is tried before something has to run there."""
    policy = site.policies.base.isolation
    return sandbox_of(
        memory_mb=policy.memory_mb,
        processes=policy.processes,
        file_mb=policy.file_mb,
        required=policy.mode == "required",
        reads=policy.read,
        repository=site.repository.root,
        places=(site.store.root, Path(tempfile.gettempdir())),
        caller=environment,
        backends=backends,
    )


def make_bench(
    options: CheckOptions, site: Site, processes: ProcessRunner, tell: Callable[[str], None] = silent
) -> Bench:
    """The workbench of the gates: the one place that names the adapters which they see as ports."""
    policy = site.policies.base
    project_python = site.project_python or sys.executable
    suites = PytestSuites(
        processes,
        site.store,
        project_python,
        repository=site.repository.root,
        path=policy.environment.path,
        plugins=policy.tests.plugins,
        markers=policy.tests.markers,
        collect_seconds=policy.tests.collect_timeout_seconds,
    )
    return Bench(
        change=site.change,
        trees=Trees(site.base, site.head, site.trial),
        policy=policy,
        head_policy=site.policies.head,
        profile=Profile(options.profile),
        processes=processes,
        suites=suites,
        store=site.store,
        gate_python=sys.executable,
        project_python=project_python,
        seed=options.seed or 0,
        rig=LocustRig(processes, sys.executable),
        desk=OpenDesk(OpenRig(processes, sys.executable), time.monotonic, tell, options.seconds),
        pacts=NativePactVerifier(processes, site.store, sys.executable),
        today=datetime.now(UTC).date(),
        http=LoopbackClient(),
        index=SimpleIndex(),
        secrets=DetectSecrets(),
        mutations=PytestMutations(suites),
    )


def patterns_of(policy: Policy) -> Patterns:
    """Which path is what, for the reviewer's page."""
    scope, project = policy.scope, policy.project
    tests, layers = policy.tampering.tests, policy.layers.config
    contracts = Places(policy.contracts.openapi, policy.contracts.events, policy.contracts.pacts)
    return Patterns(scope.protected, scope.generated, project.judges, tests, project.packages, layers, contracts)


def available_cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # Linux alone has it
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def command_of(options: CheckOptions, change: Change) -> str:
    """The command that repeats a check from the repository's directory, on the same commits and with the same seed."""
    parts = ["guardrails", "check", "--base", change.base.commit or change.base.tree]
    if change.head.commit:
        parts += ["--head", change.head.commit]
    parts += ["--profile", options.profile, "--seed", str(options.seed)]
    for option, names in (("--only", options.only), ("--skip", options.skip)):
        if names:
            parts += [option, ",".join(names)]
    return shlex.join(parts)
