"""Pictures of a gate as shapes for the page: places in units of the picture, and the same in words and numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from guardrails.model.picture import DIFFERENCE, Line, Plot, PlotKind, Table
from guardrails.model.verdict import Verdict
from guardrails.report import scale
from guardrails.report.scale import Scale

WIDTH, HEIGHT = 460.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 54.0, 432.0, 32.0, 206.0
WIDE = 8.0
"""A ratio of largest to smallest above which percentiles and curves are drawn on a logarithmic scale."""
LONGEST = 120.0
"""The length of the longest bar of a table."""
TONES = ("base", "head", "third", "fourth")
"""How lines are drawn, in their order; a line by the name of a side has that side's."""

Marks = tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """One line of a drawing: its name, its tone, and its path in the language of SVG."""

    name: str
    tone: str
    path: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A plot as shapes, with its numbers for a table: a heading, then a row for each place."""

    plot: Plot
    x_marks: Marks
    y_marks: Marks
    y_name: str
    shapes: tuple[Shape, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bars:
    """One row of a table: its cells, and its first two numbers as lengths; None for a table that has fewer."""

    cells: tuple[str, ...]
    base: float | None
    head: float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A table with bars."""

    table: Table
    rows: tuple[Bars, ...]


@dataclass(frozen=True, slots=True)
class Gallery:
    """All pictures of one gate."""

    gate: str
    drawings: tuple[Drawing, ...]
    charts: tuple[Chart, ...]


def of(verdict: Verdict) -> tuple[Gallery, ...]:
    """The pictures of each gate that gives any."""
    return tuple(
        Gallery(
            result.name,
            tuple(_drawing(plot) for plot in result.pictures.plots if plot.at),
            tuple(_chart(table) for table in result.pictures.tables if table.rows),
        )
        for result in verdict.results
        if result.pictures
    )


def _drawing(plot: Plot) -> Drawing:
    x, x_marks = _across(plot)
    y, y_marks, y_name = _up(plot)
    tones = _tones(plot.lines)
    draw = {PlotKind.HISTOGRAM: _steps, PlotKind.CURVE: _across_gaps}.get(plot.kind, _joined)
    shapes = tuple(
        Shape(line.name, tone, draw(plot.at, line, x, y)) for line, tone in zip(plot.lines, tones, strict=True)
    )
    return Drawing(plot, x_marks, y_marks, y_name, shapes, _rows(plot))


def _tones(lines: Sequence[Line]) -> list[str]:
    """The side's own tone for the first line of its name, and for the others those that are left."""
    names = [line.name for line in lines]
    own = {names.index(side): side for side in TONES[:2] if side in names}
    left = iter([tone for tone in TONES if tone not in own.values()])
    return [own[n] if n in own else next(left) for n in range(len(names))]


def _across(plot: Plot) -> tuple[Scale, Marks]:
    """The horizontal scale. The places of a plot rise, so the first is the least."""
    if plot.kind is PlotKind.PERCENTILES:
        drawn = [p for n, p in enumerate(plot.at) if any(line.values[n] is not None for line in plot.lines)]
        across = scale.nines(drawn or plot.at, LEFT, RIGHT)
        return across, scale.nine_marks(across)
    by_ratio = plot.kind is PlotKind.HISTOGRAM or (plot.kind is PlotKind.CURVE and plot.at[-1] > WIDE * plot.at[0])
    if by_ratio and plot.at[0] > 0:
        across = scale.logarithmic(plot.at, LEFT, RIGHT)
        return across, scale.ratio_marks(across)
    across = Scale(plot.at[0], plot.at[-1], LEFT, RIGHT, float)
    return across, scale.round_marks(across)


def _up(plot: Plot) -> tuple[Scale, Marks, str]:
    """The vertical scale and what stands beside it."""
    values = scale.known(value for line in plot.lines for value in line.values)
    by_ratio = plot.kind in (PlotKind.PERCENTILES, PlotKind.CURVE)
    if by_ratio and values and min(values) > 0 and max(values) > WIDE * min(values):
        up = scale.logarithmic(values, BOTTOM, TOP)
        return up, scale.ratio_marks(up), f"{plot.y}, logarithmic"
    up = scale.linear(values, BOTTOM, TOP, from_zero=plot.kind is PlotKind.HISTOGRAM)
    return up, scale.round_marks(up), plot.y


def _joined(at: Sequence[float], line: Line, x: Scale, y: Scale) -> str:
    """The values joined; where one is not known the line is broken, and one by itself is a dot."""
    path, pen = [], "M"
    for place, value in zip(at, line.values, strict=True):
        if value is None:
            pen = "M"
            continue
        path.append(f"{pen}{x.place(place)} {y.place(value)}{'h0' if pen == 'M' else ''}")
        pen = "L"
    return "".join(path)


def _across_gaps(at: Sequence[float], line: Line, x: Scale, y: Scale) -> str:
    """The values that are known, joined."""
    known = [(place, value) for place, value in zip(at, line.values, strict=True) if value is not None]
    return _joined([place for place, _ in known], Line(line.name, tuple(value for _, value in known)), x, y)


def _steps(at: Sequence[float], line: Line, x: Scale, y: Scale) -> str:
    """The outline of the bins, from the axis and back to it."""
    path = [f"M{x.place(at[0])} {BOTTOM}"]
    for start, end, value in zip(at, at[1:], line.values, strict=False):
        height = y.place(value or 0.0)
        path.append(f"L{x.place(start)} {height}L{x.place(end)} {height}")
    path.append(f"L{x.place(at[-1])} {BOTTOM}")
    return "".join(path)


def _rows(plot: Plot) -> tuple[tuple[str, ...], ...]:
    if plot.kind is PlotKind.HISTOGRAM:
        names = [f"{start:.4g} to {end:.4g}" for start, end in zip(plot.at, plot.at[1:], strict=False)]
    else:
        names = [f"{place:.6g}" for place in plot.at]
    values = [[number(line.values[n]) for line in plot.lines] for n in range(len(names))]
    return tuple((name, *row) for name, row in zip(names, values, strict=True))


def number(value: float | None) -> str:
    """A value for a table; a dash where it is not known."""
    return "-" if value is None else scale.label(value)


def _chart(table: Table) -> Chart:
    compared = [scale.known(row.values[:2]) for row in table.rows] if len(table.columns) > 1 else []
    most = max([1e-12, *(value for values in compared for value in values)])
    across = Scale(0.0, most, 0.0, LONGEST, float)
    rows = []
    for row in table.rows:
        cells = (row.name, *(cell(c, v, most) for c, v in zip(table.columns, row.values, strict=True)))
        base, head = (across.place(value or 0.0) for value in row.values[:2]) if compared else (None, None)
        rows.append(Bars(cells, base, head))
    return Chart(table, tuple(rows))


def cell(column: str, value: float | None, most: float) -> str:
    """A value for a table whose largest is `most`: as many decimals for all as that has among its four digits, so that
    the points stand below each other. A difference has its sign."""
    sign = "+" if column == DIFFERENCE else ""
    if value is None or not 0.1 <= most < 1000:
        return number(value)
    return f"{value:{sign}.{3 if most < 10 else 2 if most < 100 else 1}f}"
