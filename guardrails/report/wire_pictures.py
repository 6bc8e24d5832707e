"""The shape of a gate's pictures in `verdict.json`, and the way there and back."""

from typing import Annotated

import msgspec

from guardrails.model import picture
from guardrails.model.picture import Line, Pictures, Plot, PlotKind, Row, Table

Text = Annotated[str, msgspec.Meta(max_length=picture.MOST_LETTERS)]
Values = Annotated[tuple[float | None, ...], msgspec.Meta(max_length=picture.MOST_POINTS + 1)]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An object of the file: every key is required, and no other is allowed."""


class LineEntry(_Entry, frozen=True):
    """One line of a plot: the value at each place, null where it is not known."""

    name: Text
    values: Values


class PlotEntry(_Entry, frozen=True):
    """Lines over one horizontal axis. A histogram has one place more than each line has values."""

    kind: PlotKind
    title: Text
    says: Annotated[str, msgspec.Meta(max_length=picture.MOST_LETTERS, description="The picture in words.")]
    x: Text
    y: Text
    at: Annotated[tuple[float, ...], msgspec.Meta(max_length=picture.MOST_POINTS + 1, description="They rise.")]
    lines: Annotated[tuple[LineEntry, ...], msgspec.Meta(max_length=picture.MOST_LINES)]


class RowEntry(_Entry, frozen=True):
    """One row of a table: a number for each column, null where it is not known."""

    name: Text
    values: Values


class TableEntry(_Entry, frozen=True):
    """Numbers by name; `names` says what the rows are. The first two columns are the base's and the head's."""

    title: Text
    says: Text
    names: Text
    columns: Annotated[tuple[Text, ...], msgspec.Meta(max_length=picture.MOST_COLUMNS)]
    rows: Annotated[tuple[RowEntry, ...], msgspec.Meta(max_length=picture.MOST_ROWS)]


class PicturesEntry(_Entry, frozen=True):
    """Pictures of what a gate measured: explanations, never part of a decision."""

    plots: Annotated[tuple[PlotEntry, ...], msgspec.Meta(max_length=picture.MOST_PLOTS)] = ()
    tables: Annotated[tuple[TableEntry, ...], msgspec.Meta(max_length=picture.MOST_TABLES)] = ()


def written(pictures: Pictures) -> PicturesEntry:
    """The pictures as they stand in the file."""
    return msgspec.convert(pictures, PicturesEntry, from_attributes=True)


def read(entry: PicturesEntry) -> Pictures:
    """The pictures that an entry holds.

    Raises:
        ValueError: lengths that differ, places that do not rise, or a number that is not finite.
    """
    plots = tuple(
        Plot(p.kind, p.title, p.says, p.x, p.y, p.at, tuple(Line(one.name, one.values) for one in p.lines))
        for p in entry.plots
    )
    tables = tuple(
        Table(t.title, t.says, t.names, t.columns, tuple(Row(one.name, one.values) for one in t.rows))
        for t in entry.tables
    )
    return Pictures(plots, tables)
