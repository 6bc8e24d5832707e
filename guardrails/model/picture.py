"""Pictures that a gate may put beside its findings: explanations for people, never part of a decision.

All are bounded, whatever was measured: a gate that gives too much is wrong itself, and finds out here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_POINTS = 64
MOST_LINES = 4
MOST_ROWS = 24
MOST_COLUMNS = 6
MOST_PLOTS = 8
MOST_TABLES = 4
DIFFERENCE = "difference"
"""The name of a column that holds the head's less the base's."""
MOST_LETTERS = 500
"""Of any one text in a picture."""


class PlotKind(StrEnum):
    """How the values of a plot lie along its horizontal axis."""

    SERIES = "series"
    """One value at each place, joined by a line."""
    CURVE = "curve"
    """As a series, but joined across places where the value is not known, and drawn by ratios where they are wide."""
    HISTOGRAM = "histogram"
    """One value between each place and the next: there is one place more than there are values."""
    PERCENTILES = "percentiles"
    """One value at each percentile, which is at least 0 and below 100; drawn so that each further nine has the same
    room."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot: the value at each place, None where it is not known."""

    name: str
    values: tuple[float | None, ...]

    def __post_init__(self) -> None:
        """Raises: ValueError: too long, or a value is not finite."""
        _check_texts(self.name)
        _check_numbers(self.values)


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines over one horizontal axis. `at` rises; `x` and `y` name the axes with their units; `says` is the picture in
    words.

    Raises:
        ValueError: more than fits, lengths that differ, places that do not rise, or a number that is not finite.
    """

    kind: PlotKind
    title: str
    says: str
    x: str
    y: str
    at: tuple[float, ...]
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        _check_texts(self.title, self.says, self.x, self.y)
        _check_numbers(self.at)
        _check_count("points", self.at, MOST_POINTS + 1)
        _check_count("lines", self.lines, MOST_LINES)
        if any(after <= before for before, after in zip(self.at, self.at[1:], strict=False)):
            raise ValueError(f"the places of the plot {self.title[:60]!r} do not rise")
        if self.kind is PlotKind.PERCENTILES and self.at and not 0 <= self.at[0] <= self.at[-1] < 100:
            raise ValueError(f"percentiles lie in [0, 100), not {self.at[0]} to {self.at[-1]}")
        wanted = max(0, len(self.at) - 1) if self.kind is PlotKind.HISTOGRAM else len(self.at)
        for line in self.lines:
            if len(line.values) != wanted:
                raise ValueError(f"the line {line.name[:60]!r} has {len(line.values)} values for {wanted} places")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: a name and a number for each column, None where it is not known."""

    name: str
    values: tuple[float | None, ...]

    def __post_init__(self) -> None:
        """Raises: ValueError: too long, or a value is not finite."""
        _check_texts(self.name)
        _check_numbers(self.values)


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by name. `names` says what the rows are, `columns` what the numbers are, with their units. If there are
    two columns or more, the first two are the base's and the head's.

    Raises:
        ValueError: more than fits, a row that is not as wide as the columns, or a number that is not finite.
    """

    title: str
    says: str
    names: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def __post_init__(self) -> None:
        _check_texts(self.title, self.says, self.names, *self.columns)
        _check_count("columns", self.columns, MOST_COLUMNS)
        _check_count("rows", self.rows, MOST_ROWS)
        for row in self.rows:
            if len(row.values) != len(self.columns):
                raise ValueError(f"the row {row.name[:60]!r} has {len(row.values)} of {len(self.columns)} values")


@dataclass(frozen=True, slots=True)
class Pictures:
    """All pictures of one gate, those that say most first.

    Raises:
        ValueError: more than fit.
    """

    plots: tuple[Plot, ...] = ()
    tables: tuple[Table, ...] = ()

    def __post_init__(self) -> None:
        _check_count("plots", self.plots, MOST_PLOTS)
        _check_count("tables", self.tables, MOST_TABLES)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.plots or self.tables)


def _check_texts(*texts: str) -> None:
    for text in texts:
        if len(text) > MOST_LETTERS:
            raise ValueError(f"a text of {len(text)} characters in a picture; at most {MOST_LETTERS} fit")


def _check_numbers(numbers: Sequence[float | None]) -> None:
    _check_count("numbers", numbers, MOST_POINTS + 1)
    for number in numbers:
        if number is not None and not math.isfinite(number):
            raise ValueError(f"{number} in a picture; write None for what is not known")


def _check_count(what: str, things: Sequence[object], most: int) -> None:
    if len(things) > most:
        raise ValueError(f"{len(things)} {what} in a picture; at most {most} fit")
