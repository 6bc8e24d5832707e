"""Items with plays of which the file of items says nothing: shown by a placeholder, counted, within a share."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from recsys.domain.published import JSON
from recsys.training.errors import DatasetError
from recsys.training.readers.reader import SHOWN


@dataclass(frozen=True, slots=True)
class Untitled:
    """file: of the items. found: whether it is there at all. named: items that plays name. ids: those without a row."""

    file: str
    found: bool
    named: int
    ids: tuple[str, ...]

    def check(self, plays: str, max_share: float) -> None:
        """Raise `DatasetError` where a file of items is there and says nothing of more than `max_share` of the items.

        plays: the name of the file of plays. max_share: in [0, 1]. Such a file is most likely another data set's.
        """
        if self.found and len(self.ids) > max_share * self.named:
            raise DatasetError(
                f"{len(self.ids):,} of the {self.named:,} items that {plays} names have no row in {self.file}, more "
                f"than the {max_share:.1%} that is allowed, such as {', '.join(self.ids[:SHOWN])}. Is it the file of "
                f"this data? Take {self.file} away to show all items by their ids, or allow more with --max-untitled"
            )

    def as_source(self) -> dict[str, JSON]:
        """Return the counts and the first ids, for the manifest."""
        examples: list[JSON] = list(self.ids[:SHOWN])
        return {
            "file": self.file,
            "file_found": self.found,
            "count": len(self.ids),
            "named": self.named,
            "examples": examples,
        }


def untitled_of(named: Iterable[str], known: Iterable[str], file: Path) -> Untitled:
    """Return what is missing. named: ids in plays. known: ids with a row in `file`, which need not be there."""
    distinct = set(named)
    return Untitled(file.name, file.is_file(), len(distinct), tuple(sorted(distinct.difference(known))))
