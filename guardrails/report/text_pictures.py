"""Pictures of a gate for a terminal: a few rows of numbers, each with a bar of plain characters."""

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from guardrails.model.picture import Pictures, Plot, PlotKind
from guardrails.model.verdict import Verdict
from guardrails.report.plot import cell
from guardrails.report.printable import printable, shorten
from guardrails.report.words import counted

PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9)
MOST_ROWS = 8
BAR = 30
"""Characters of the longest bar."""
LEAST = 8
"""Characters that a name has at least; a bar that had fewer is left out."""
GAP = 2
LEGEND = "bars: = both sides, + what the head has more, - what it has less"


def draw(verdict: Verdict, console: Console) -> None:
    """The percentiles and the tables of each gate's pictures; where the others are is said."""
    for result in verdict.results:
        shown = list(_tables(result.pictures))
        if not shown:
            continue
        console.print()
        console.print(Text(f"Pictures of {printable(shorten(result.name, 60))}", style="bold"))
        for title, heading, rows in shown:
            console.print(Padding(Text(printable(title), style="dim"), (0, 0, 0, 2)))
            console.print(Padding(_grid(heading, rows, console.width - 4), (0, 0, 0, 4)))
        left = len(result.pictures.plots) + len(result.pictures.tables) - len(shown)
        more = f"; {counted(left, 'more pictures')} in report.html" if left > 0 else ""
        console.print(Padding(Text(LEGEND + more, style="dim"), (0, 0, 0, 2)))


Rows = list[tuple[str, tuple[float | None, ...]]]


def _tables(pictures: Pictures) -> Iterator[tuple[str, tuple[str, ...], Rows]]:
    """What is shown: a title, a heading, and rows of a name and numbers."""
    for plot in pictures.plots:
        if plot.kind is PlotKind.PERCENTILES and plot.lines and (rows := _percentiles(plot)):
            yield f"{plot.title} ({plot.y})", (plot.x, *(line.name for line in plot.lines)), rows
    for table in pictures.tables:
        if table.rows and table.columns:
            some: Rows = [(row.name, row.values) for row in table.rows[:MOST_ROWS]]
            left = len(table.rows) - len(some)
            yield (
                table.title + (f"; {left} more rows in report.html" if left else ""),
                (table.names, *table.columns),
                some,
            )


def _percentiles(plot: Plot) -> Rows:
    places = [n for n, percent in enumerate(plot.at) if percent in PERCENTS]
    rows: Rows = [(f"p{plot.at[n]:g}", tuple(line.values[n] for line in plot.lines)) for n in places]
    return [(name, values) for name, values in rows if any(value is not None for value in values)]


def _grid(heading: Sequence[str], rows: Rows, width: int) -> Table:
    """A table of at most `width` columns of characters. The numbers stay whole; the bars take what is left."""
    most = max([0.0, *(value for _, values in rows for value in values[:2] if value is not None)])
    names = [printable(shorten(name, 60)) for name, _ in rows]
    cells = [[cell(c, v, most) for c, v in zip(heading[1:], values, strict=True)] for _, values in rows]
    titles = [printable(name) for name in heading]
    numbers = sum(GAP + max(map(cell_len, column)) for column in zip(titles[1:], *cells, strict=True))
    room, beside = width - numbers, width - numbers - GAP - LEAST
    name = min(max(map(cell_len, (titles[0], *names))), beside if beside >= 2 * LEAST else max(LEAST, room))
    length = min(BAR, width - numbers - name - GAP)
    grid = Table(box=None, show_header=True, header_style="dim", pad_edge=False, padding=(0, GAP, 0, 0))
    grid.add_column(Text(titles[0]), overflow="fold", width=name)
    for title in titles[1:]:
        grid.add_column(Text(title), justify="right", no_wrap=True)
    if length >= LEAST:
        grid.add_column("", no_wrap=True)
    for said, row, (_, values) in zip(names, cells, rows, strict=True):
        drawn = [Text(bar(values[:2], most, length))] if length >= LEAST else []
        grid.add_row(Text(said), *map(Text, row), *drawn)
    return grid


def bar(values: Sequence[float | None], most: float, length: int = BAR) -> str:
    """The base's and the head's value as a bar of at most `length` characters; one value alone as `=`."""
    if not values or most <= 0:
        return ""
    base, head = (round(length * min(max(0.0, value or 0.0), most) / most) for value in (values[0], values[-1]))
    return "=" * min(base, head) + ("+" * (head - base) if head > base else "-" * (base - head))
