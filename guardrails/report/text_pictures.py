"""Pictures of a gate for a terminal: a few rows of numbers, each with a bar of plain characters."""

from collections.abc import Iterator, Sequence

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
            console.print(Padding(_grid(heading, rows), (0, 0, 0, 4)))
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


def _grid(heading: Sequence[str], rows: Rows) -> Table:
    most = max([0.0, *(value for _, values in rows for value in values[:2] if value is not None)])
    grid = Table(box=None, show_header=True, header_style="dim", pad_edge=False)
    for n, name in enumerate(heading):
        grid.add_column(Text(printable(name)), justify="right" if n else "left", overflow="fold")
    grid.add_column("", overflow="crop", no_wrap=True)
    for name, values in rows:
        cells = (Text(cell(column, value, most)) for column, value in zip(heading[1:], values, strict=True))
        grid.add_row(Text(printable(shorten(name, 60))), *cells, Text(bar(values[:2], most)))
    return grid


def bar(values: Sequence[float | None], most: float) -> str:
    """The base's and the head's value as a bar of at most `BAR` characters; one value alone as `=`."""
    if not values or most <= 0:
        return ""
    base, head = (round(BAR * min(max(0.0, value or 0.0), most) / most) for value in (values[0], values[-1]))
    return "=" * min(base, head) + ("+" * (head - base) if head > base else "-" * (base - head))
