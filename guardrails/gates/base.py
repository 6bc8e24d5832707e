"""What a gate is: one kind of check with one name, its rules, and the workbench that it is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from guardrails.config import Policy
from guardrails.model.change import Change
from guardrails.model.finding import Rule
from guardrails.model.probe import Probe
from guardrails.model.result import Outcome, Skip, SkipReason
from guardrails.ports import (
    HttpClient,
    LoadRig,
    Mutations,
    OpenDesk,
    PackageIndex,
    PactVerifier,
    Processes,
    SecretScanner,
    Store,
    Suites,
    Trees,
)


class Profile(StrEnum):
    """How much to do: `fast` while writing, `pr` before merging, `release` before shipping."""

    FAST = "fast"
    PR = "pr"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a gate may touch.

    `policy` is the base's and decides; `head_policy` is the head's, or None where it does not parse. `gate_python` runs
    the gate's own tools (ruff, mypy, import-linter); `project_python` runs the project's code. `seed` is fresh in each
    check. `cores` is what this gate may use. `rig` drives services under load, `desk` by open arrivals;
    `pacts` replays consumers' expectations; `secrets` finds what looks like a credential; `mutations` tries mutants of
    the product; `http` asks services; `index` looks packages up. `today` is the day of the check (UTC), by which
    deadlines are judged; None where nobody told, and then no deadline has passed.
    """

    change: Change
    trees: Trees
    policy: Policy
    head_policy: Policy | None
    profile: Profile
    processes: Processes
    suites: Suites
    store: Store
    gate_python: str
    project_python: str
    seed: int
    cores: int = 1
    rig: LoadRig | None = None
    desk: OpenDesk | None = None
    pacts: PactVerifier | None = None
    today: date | None = None
    secrets: SecretScanner | None = None
    mutations: Mutations | None = None
    http: HttpClient | None = None
    index: PackageIndex | None = None

    def path_env(self, root: object) -> Mapping[str, str]:
        """PYTHONPATH for code of the tree that is exported at `root`."""
        return {
            "PYTHONPATH": ":".join(
                f"{root}/{part}" if part != "." else str(root) for part in self.policy.environment.path
            )
        }


class Gate(Protocol):
    """One kind of check.

    `name` is its name everywhere; `title` says in one line what it catches; `cost` is a rough number of seconds, by
    which gates are ordered; `profiles` are those in which it runs; `alone` says that nothing else may run beside it
    (it measures time). `runs_code` says whether it executes code of the change.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def cost(self) -> float: ...
    @property
    def profiles(self) -> frozenset[Profile]: ...
    @property
    def alone(self) -> bool: ...
    @property
    def runs_code(self) -> bool: ...
    @property
    def rules(self) -> tuple[Rule, ...]: ...
    @property
    def probes(self) -> tuple[Probe, ...]: ...

    def skip(self, bench: Bench) -> Skip | None:
        """Why there is nothing for this gate to do, or None. Absence counts only if base and head both lack it."""

    def run(self, bench: Bench) -> Outcome:
        """Judge the change.

        Raises:
            GuardrailsError: the change could not be judged; the runner makes an error of it, never a pass.
        """


def unchanged(bench: Bench, inputs: Sequence[str]) -> Skip | None:
    """Why there is nothing to do where `inputs` are named and none of them differs between base and head."""
    if not inputs or bench.trees.base.digest_of(inputs) != bench.trees.head.digest_of(inputs):
        return None
    return Skip(SkipReason.INPUTS_UNCHANGED, f"What is judged did not change: {', '.join(inputs)}.")
