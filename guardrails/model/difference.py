"""What a change looks like to a reviewer: its files in the order of risk, with their lines, bounded in size.

It is made where the trees are (`guardrails.analysis.difference`) and stands beside the verdict, never in
`verdict.json`: the lines are the repository's own, and no verdict depends on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from guardrails.model.change import ChangeKind


class Role(StrEnum):
    """What a file is to the project, from its path alone; in the order in which a reviewer should look."""

    PROTECTED = "protected"
    """It decides how changes are judged or built."""
    PRODUCT = "product"
    JUDGE = "judge"
    """Tests, contracts, scenarios, configuration of the tools."""
    OTHER = "other"
    GENERATED = "generated"

    @property
    def rank(self) -> int:
        """Position in the order protected, product, judge, other, generated."""
        return tuple(Role).index(self)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a hunk: its numbers in the base and the head (None on the side that lacks it) and its text."""

    base: int | None
    head: int | None
    text: str
    moved: bool = False
    """It stands, with its neighbours, on the other side of the change too."""

    @property
    def sign(self) -> str:
        """`+`, `-`, or a space for a line that both sides have."""
        if self.base is None:
            return "+"
        return "-" if self.head is None else " "


@dataclass(frozen=True, slots=True)
class ShownHunk:
    """A run of changed lines with some of their neighbours; `left_out` lines more than are shown belong to it."""

    lines: tuple[Line, ...]
    left_out: int = 0

    @property
    def is_moved(self) -> bool:
        """Whether every changed line that says anything was only moved."""
        changed = [line for line in self.lines if line.sign != " " and line.text.strip()]
        return bool(changed) and not self.left_out and all(line.moved for line in changed)


@dataclass(frozen=True, slots=True)
class ShownFile:
    """One file of the change. `importers` is how many modules of the head import it, as far as plain text tells, and
    `churn` how many of the newest commits before the change touched it.

    `hunks_left_out` counts hunks beyond the bound of the page; `silence` says why a file shows no line.
    """

    path: str
    old_path: str | None
    kind: ChangeKind
    role: Role
    added: int
    removed: int
    importers: int = 0
    hunks: tuple[ShownHunk, ...] = ()
    hunks_left_out: int = 0
    silence: str = ""
    churn: int = 0

    @property
    def is_moved(self) -> bool:
        """Whether the file was moved and nothing else."""
        return self.old_path is not None and not self.added and not self.removed

    @property
    def risk(self) -> tuple[bool, int, int, str]:
        """The order of the page: role, then lines changed (removed ones twice), ten for each importer and two for each
        of the newest commits that touched it."""
        weight = self.added + 2 * self.removed + 10 * self.importers + 2 * self.churn
        return (self.is_moved, self.role.rank, -weight, self.path)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The lines around the place of a finding. `in_change` says that the line itself is part of a hunk."""

    lines: tuple[Line, ...]
    marked: int
    """Index of the line that the finding names."""
    in_change: bool


@dataclass(frozen=True, slots=True)
class Swap:
    """A named thing that the base and the head have in different forms; `before` or `after` is empty where absent."""

    name: str
    before: str
    after: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class LayerEdge:
    """Imports from one part of a container to another: how many modules of each side have one, and a file that does.

    `against` says that they go up, or between parts of a layer that are to stay apart."""

    source: str
    target: str
    base: int
    head: int
    where: str
    against: bool = False


@dataclass(frozen=True, slots=True)
class LayerGraph:
    """One container (a package, or empty for the whole) with its parts layer by layer, the highest first.

    `loose` are parts that stand in no layer."""

    container: str
    layers: tuple[tuple[str, ...], ...]
    loose: tuple[str, ...]
    edges: tuple[LayerEdge, ...]


@dataclass(frozen=True, slots=True)
class ContractField:
    """One field of a published contract that both sides say otherwise: what of it `before` and `after` (empty on the
    side that lacks it), in which `operations`, and which consumers' pacts read it."""

    document: str
    operations: tuple[str, ...]
    field: str
    before: str
    after: str
    readers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The change as a reviewer sees it.

    `excerpts` are by `Finding.place`. `tests` are test functions that came, went or moved, `dependencies` what the
    lock files and `pyproject.toml` name, `edges` imports between packages that are new or gone, `graphs` the imports
    of both sides by the layers that the base declares, `contracts` the fields of published contracts that changed.
    """

    files: tuple[ShownFile, ...] = ()
    files_left_out: int = 0
    excerpts: Mapping[str, Excerpt] = field(default_factory=dict)
    tests: tuple[Swap, ...] = ()
    dependencies: tuple[Swap, ...] = ()
    edges: tuple[Swap, ...] = ()
    graphs: tuple[LayerGraph, ...] = ()
    contracts: tuple[ContractField, ...] = ()
