"""What the caller asked for, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from guardrails.adapters.changes import Wanted
from guardrails.model.result import VerdictKind
from guardrails.model.verdict import Verdict

# The names of guardrails.report.registry, which takes too long to import for a line of help.
FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "github", "comment", "evidence")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """One check. `jobs` 0 stands for the cores there are; `seed` None for a fresh one. `page` asks for what the
    reviewer's page shows of the change beside the verdict. `approvals` is a directory of them, None the
    repository's own."""

    repository: Path = Path()
    wanted: Wanted = field(default_factory=Wanted)
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    profile: str = "pr"
    jobs: int = 0
    seed: int | None = None
    page: bool = False
    approvals: Path | None = None
    seconds: float | None = None
    """What the open part of the load gate may take for a release; None: what slo.toml says."""
    adopting: bool = False
    """Judge by the head's policy where the base has none: `guardrails init` alone does."""


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How to say it: a format on standard output, and a directory for all of them, or None.

    `review_ok` makes the exit status 0 where a person must decide: where they do so is elsewhere.
    """

    format: str = "text"
    output: Path | None = None
    review_ok: bool = False

    @property
    def shows_page(self) -> bool:
        """Whether the reviewer's page is among what is wanted."""
        return self.output is not None or self.format == "html"

    def exit_status(self, verdict: Verdict) -> int:
        """The exit status of a verdict, as the caller wants it."""
        return 0 if self.review_ok and verdict.kind is VerdictKind.REVIEW else verdict.exit_code


@dataclass(frozen=True, slots=True)
class ContractsOptions:
    """One of the `contracts` commands. `versions` are consumers' versions by name; `to` an environment."""

    action: str
    repository: Path = Path()
    name: str = ""
    version: str = ""
    to: str = ""
    source: Path = Path("verdict.json")
    versions: Mapping[str, str] = field(default_factory=dict)
    output: Path = Path("pacts")
    selectors: tuple[str, ...] = ()
    branch: str = ""
    pending: bool = False
    wip_since: str = ""


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What the caller wants. `forge` empty: what the repository shows. `tests` false: none are run to count debts."""

    repository: Path = Path()
    dry_run: bool = False
    forge: str = ""
    agents: tuple[str, ...] = ()
    tests: bool = True
    update_debts: bool = False
    profile: str = "pr"
