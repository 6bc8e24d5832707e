"""What the caller asked for, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from guardrails.adapters.changes import Wanted

# The names of guardrails.report.registry, which takes too long to import for a line of help.
FORMATS = ("text", "json", "markdown", "html", "sarif", "junit", "github")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """One check. `jobs` 0 stands for the cores there are; `seed` None for a fresh one."""

    repository: Path = Path()
    wanted: Wanted = field(default_factory=Wanted)
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    profile: str = "pr"
    jobs: int = 0
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How to say it: a format on standard output, and a directory for all of them, or None."""

    format: str = "text"
    output: Path | None = None


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
