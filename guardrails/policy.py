"""From a change and its policy to a plan: whose rules hold, which gates run, and why the others do not."""

import difflib
import hashlib
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import msgspec

from guardrails import config
from guardrails.config import Policy
from guardrails.errors import ConfigurationError, UsageError
from guardrails.model.result import Skip, SkipReason
from guardrails.ports import Tree

FILE = "guardrails.toml"


class Planned(Protocol):
    """What a plan must know of a gate."""

    @property
    def name(self) -> str: ...
    @property
    def profiles(self) -> Set[str]: ...


GateT = TypeVar("GateT", bound=Planned)


@dataclass(frozen=True, slots=True)
class Policies:
    """The base's policy, which decides, and the head's, which is None where it does not parse."""

    base: Policy
    head: Policy | None
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """A digest of every value that decides, the defaults too."""
        return hashlib.sha256(msgspec.json.encode(self.base)).hexdigest()


@dataclass(frozen=True, slots=True)
class Plan(Generic[GateT]):
    """The gates to run, and those that are left out with the reason; both in the order of the registry."""

    run: tuple[GateT, ...]
    skipped: tuple[tuple[str, Skip], ...]


def read_policies(base: Tree, head: Tree, *, adopting: bool = False) -> Policies:
    """The policies of both sides.

    With `adopting` a base without a policy is judged by the head's, as it will be once that is merged. It is for the
    owner who writes the first one, never for a gate.

    A head whose policy cannot be read is for the gates to judge.

    Raises:
        ConfigurationError: the base's policy cannot be read, so nothing can be judged by it.
    """
    policy = _read(base, f"{FILE} of the base")
    if policy is None and adopting and (first := _read(head, f"{FILE} of the head")) is not None:
        return Policies(first, first, (f"The base has no {FILE}: the new one judges, as it will once it is merged.",))
    note = () if policy else (f"The base has no {FILE}: the defaults judge.",)
    try:
        head_policy: Policy | None = _read(head, f"{FILE} of the head") or Policy()
    except ConfigurationError:
        head_policy = None
    return Policies(policy or Policy(), head_policy, note)


def plan(gates: Sequence[GateT], *, profile: str, only: Sequence[str] = (), skip: Sequence[str] = ()) -> Plan[GateT]:
    """Which gates run.

    Raises:
        UsageError: `only` or `skip` names a gate that there is not.
    """
    known = [gate.name for gate in gates]
    for option, names in (("--only", only), ("--skip", skip)):
        for name in names:
            reject_unknown(name, known, option)
    run: list[GateT] = []
    skipped: list[tuple[str, Skip]] = []
    for gate in gates:
        reason = _left_out(gate, profile, only, skip)
        if reason:
            skipped.append((gate.name, reason))
        else:
            run.append(gate)
    return Plan(tuple(run), tuple(skipped))


def reject_unknown(name: str, known: Sequence[str], option: str) -> None:
    """Raise UsageError with the nearest known gate where there is none of that name."""
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"{option}: there is no gate '{name}'. {hint}The gates are {', '.join(known)}.")


def _left_out(gate: Planned, profile: str, only: Sequence[str], skip: Sequence[str]) -> Skip | None:
    if only and gate.name not in only:
        return Skip(SkipReason.NOT_SELECTED, "--only does not name it.")
    if gate.name in skip:
        return Skip(SkipReason.NOT_SELECTED, "--skip names it.")
    if profile not in gate.profiles:
        wide = " and ".join(sorted(gate.profiles))
        return Skip(SkipReason.NOT_IN_PROFILE, f"The profile {profile} leaves it out; it runs in {wide or 'none'}.")
    return None


def _read(tree: Tree, source: str) -> Policy | None:
    """The policy of a tree, or None where the tree has no such file."""
    if FILE not in tree.paths():
        return None
    content = tree.read(FILE)
    if content is None:
        raise ConfigurationError(f"{source} is not a regular file. Replace it by one.")
    try:
        return config.parse(content.decode(), source)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{source} is not UTF-8: byte {error.start}. Save it as UTF-8.") from error
