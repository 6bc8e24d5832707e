"""The verdict: everything that a check found out, as one value from which every report is made.

`verdict.json` holds exactly this, under a schema version of its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from guardrails.model.change import Change, Snapshot
from guardrails.model.difference import Difference
from guardrails.model.finding import Finding
from guardrails.model.result import GateResult, GateStatus, VerdictKind, verdict

VERDICT_SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Size:
    """How large a change is: files, and lines added and removed."""

    files: int = 0
    added: int = 0
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one check.

    `results` stand in the order of the gates, cheapest first. `base` and `head` are None, and `error` says why, where
    the check ended before there was a change to judge. `profile` is fast, pr or release. `command` repeats the check
    from the repository's directory. `notes` are sentences about the check as a whole. `gate_digest` is
    the sha256 of the gate that judged, code and all. `seconds` is wall time. `approvers` are those
    whose approvals count by the base's policy; empty: nobody's do; None: not known.
    `difference` is for the reviewer's page alone: it is part of no decision and of no file but that page.
    """

    base: Snapshot | None
    head: Snapshot | None
    results: tuple[GateResult, ...] = ()
    uncommitted: bool = False
    size: Size = field(default_factory=Size)
    policy_digest: str = ""
    profile: str = "pr"
    command: str = ""
    version: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    error: str = ""
    schema: int = VERDICT_SCHEMA
    gate_digest: str = ""
    approvers: tuple[str, ...] | None = None
    difference: Difference | None = field(default=None, compare=False)

    @property
    def kind(self) -> VerdictKind:
        """The worst of what was found; an error where the check could not even begin."""
        return VerdictKind.ERROR if self.error else verdict(self.results)

    @property
    def exit_code(self) -> int:
        """0 pass, 1 block, 2 could not judge, 3 a person must decide."""
        return self.kind.exit_code

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every finding of every gate, worst first."""
        return tuple(sorted((f for r in self.results for f in r.findings), key=lambda f: f.sort_key))

    def with_status(self, status: GateStatus) -> tuple[GateResult, ...]:
        """The results in one state, in order."""
        return tuple(r for r in self.results if r.status is status)


def of_change(
    change: Change,
    results: Iterable[GateResult],
    *,
    policy_digest: str,
    profile: str,
    command: str = "",
    version: str = "",
    seconds: float = 0.0,
    notes: tuple[str, ...] = (),
) -> Verdict:
    """The verdict on a change that was judged."""
    size = Size(len(change.files), sum(f.added for f in change.files), sum(f.removed for f in change.files))
    return Verdict(
        change.base,
        change.head,
        tuple(results),
        change.uncommitted,
        size,
        policy_digest,
        profile,
        command,
        version,
        seconds,
        notes,
    )


def not_judged(error: str, *, profile: str = "pr", command: str = "", version: str = "") -> Verdict:
    """The verdict of a check that ended before there was a change to judge: always an error."""
    return Verdict(None, None, profile=profile, command=command, version=version, error=error or "no reason was given")
