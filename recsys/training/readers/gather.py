"""From rows to a dataset: what all formats do with the things and the plays that they have read."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from recsys.domain.items import SECONDS_A_DAY
from recsys.domain.published import JSON
from recsys.training.dataset import Dataset
from recsys.training.errors import DatasetError
from recsys.training.readers.plays import LATEST, UNTIMED, Plays
from recsys.training.readers.reader import BadRows, ReadOptions
from recsys.training.readers.text import Layout, rows
from recsys.training.readers.things import LONGEST_ID, Thing, catalogue_of, first_days
from recsys.training.readers.untitled import Untitled, untitled_of

ThingsOf = Callable[[list[int]], Mapping[str, Thing]]
"""Makes the things, by id, ascending as in `Plays.items`, from the (n,) days of their first events."""


@dataclass
class Import:
    """One import while it goes on: the rows so far, and the bad ones among them."""

    format: str
    options: ReadOptions
    rows: int = 0
    bad: BadRows = field(default_factory=BadRows)
    untitled: Untitled | None = None

    def table(self, path: Path, layout: Layout) -> "_Rows":
        """The usable rows of a file: iterate over it."""
        return _Rows(self, path, layout)

    def without_row(self, plays: Plays, known: Iterable[str], items: Path, played: Path) -> tuple[str, ...]:
        """Return the ids of `plays` that have no row in the file `items`, ascending; all ids where it is not there.

        known: ids with a row, which may be part of `plays.items` without a play. played: the file of plays.
        """
        self.bad.check(self.rows, self.options.max_bad_share)
        ids = list(plays.items)
        self.untitled = untitled_of((ids[slot] for slot in np.unique(plays.slots).tolist()), known, items)
        self.untitled.check(played.name, self.options.max_untitled_share)
        return self.untitled.ids

    def dataset(self, plays: Plays, things_of: ThingsOf, path: Path, *, timed: bool = True) -> Dataset:
        """Return what was read. path: of the plays, for messages. timed: False for data without time, whose order is
        drawn. Raises `DatasetError` for too many bad rows, and where nothing is left.
        """
        self.bad.check(self.rows, self.options.max_bad_share)
        if not len(plays):
            raise DatasetError(f"{path} holds no usable row; give data with at least one")
        # Without time nothing says that a thing is new: what has no release day is old, and all is played after all is
        # released.
        days = first_days(len(plays.items), plays.slots, plays.times).tolist() if timed else [0] * len(plays.items)
        things = things_of(days)
        times = plays.times if timed else plays.drawn_times(_after_all(things))
        histories, repeats = plays.histories(times)
        source: dict[str, JSON] = {"format": self.format, "rows": self.rows, "bad_rows": self.bad.as_source()}
        if self.untitled is not None and self.untitled.ids:
            source["items_without_row"] = self.untitled.as_source()
        if repeats:
            source["repeated_rows"] = repeats
        if not timed:
            source["time"] = "none in the data: the order is drawn"
        return Dataset(catalogue_of(things, days), histories, source)


@dataclass(frozen=True, slots=True)
class _Rows:
    owner: Import
    path: Path
    layout: Layout

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        width, names = len(self.layout.columns), ", ".join(self.layout.columns)
        for line, cells in rows(self.path, self.layout, self.owner.options.progress):
            self.owner.rows += 1
            if cells is None:
                how = "" if self.layout.latin else " in UTF-8"
                self.owner.bad.add(self.path, line, f"wants the {width} columns {names}{how}")
            else:
                yield line, cells


def _after_all(things: Mapping[str, Thing]) -> int:
    """Return the unix second at which the day after the last release begins, 2000-01-01 at the least."""
    last = max((thing.released for thing in things.values() if thing.released is not None), default=0)
    return max(UNTIMED, (last + 1) * SECONDS_A_DAY)


def numbered(ids: Iterable[str]) -> dict[str, int]:
    """Return the slot of each id: its place among the sorted ones."""
    return {key: slot for slot, key in enumerate(sorted(ids))}


def is_id(text: str) -> bool:
    """Whether it can name a user or an item: 1 to 128 printable letters."""
    return 0 < len(text) <= LONGEST_ID and text.isprintable()


def second_of(text: str) -> int | None:
    """Return whole unix seconds, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 14 and int(text) < LATEST else None


def number_of(text: str) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
