"""What a format must offer, and how bad rows are counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from recsys.domain.published import JSON
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.progress import Progress, Silent

SHOWN: Final = 5
DEFAULT_BAD_SHARE: Final = 0.01
DEFAULT_UNTITLED_SHARE: Final = 0.5
"""Above it the file of items is most likely that of another data set."""


class Reader(Protocol):
    """One format. `recsys.training.readers.registry` lists them."""

    @property
    def name(self) -> str:
        """The value of --format."""
        ...

    @property
    def summary(self) -> str:
        """One line for --help: which files, what becomes of them."""
        ...

    def recognises(self, path: Path) -> bool:
        """Say whether the path looks like this format. Reads names only, or a first line."""
        ...

    def read(self, path: Path, options: "ReadOptions") -> Dataset:
        """Return the dataset. Raises `DatasetError` and `OSError`."""
        ...


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read.

    max_bad_share: rows that may be unusable before the import stops, in [0, 1]. columns: for tables, the column of each
    role. max_untitled_share: items without a row in the file of items before the import stops, in [0, 1], of those that
    plays name. like_from, skip_below: for tables with ratings, the least like, and the least that is no skip.
    """

    max_bad_share: float = DEFAULT_BAD_SHARE
    columns: Mapping[str, str] = field(default_factory=dict)
    like_from: float = 4.0
    skip_below: float = 3.0
    progress: Progress = field(default_factory=Silent)
    max_untitled_share: float = DEFAULT_UNTITLED_SHARE


@dataclass
class BadRows:
    """Counts the rows that cannot be used, and keeps the first few as examples."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, file: Path, line: int, why: str, unit: str = "line") -> None:
        """Record one. line: counted from 1, the header included; unit: what it counts."""
        self.count += 1
        if len(self.examples) < SHOWN:
            self.examples.append(f"{file.name} {unit} {line}: {why}")

    def check(self, rows: int, max_share: float) -> None:
        """Raise `DatasetError` when more than `max_share` of the rows were bad. rows: good and bad together."""
        if self.count > max_share * rows:
            raise DatasetError(
                f"{self.count} of {rows} rows cannot be used, more than the {max_share:.1%} that is allowed:\n  "
                + "\n  ".join(self.examples)
                + "\nRepair the file, or allow more with --max-bad-rows"
            )

    def as_source(self) -> dict[str, JSON]:
        """Return the count and the examples, for the manifest."""
        examples: list[JSON] = list(self.examples)
        return {"count": self.count, "examples": examples}


def detect(path: Path, readers: Sequence[Reader]) -> Reader:
    """Return the one reader that recognises the path. Raises `DatasetError` when none does, or several do."""
    if not path.exists():
        raise DatasetError(
            f"{path} does not exist; give the path of the data, or leave --data out for a synthetic world"
        )
    found = [reader for reader in readers if reader.recognises(path)]
    known = ", ".join(reader.name for reader in readers)
    if not found:
        raise DatasetError(f"{path} looks like none of the known formats ({known}); name one with --format")
    if len(found) > 1:
        names = ", ".join(reader.name for reader in found)
        raise DatasetError(f"{path} looks like several formats ({names}); name one with --format")
    return found[0]
