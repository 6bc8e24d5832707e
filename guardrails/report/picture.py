"""Figures of a gate as a small picture: head over base, with its interval, against the limit."""

from collections.abc import Callable
from dataclasses import dataclass

from guardrails.model.result import Figure, GateResult
from guardrails.model.verdict import Verdict

LEFT, RIGHT, ROW = 24.0, 636.0, 52.0
"""Where the scale begins and ends, and the height of a row, in units of the picture."""
LEAST, MOST = 0.2, 5.0
"""Ratios beyond these are drawn at the edge."""
MOST_ROWS = 20
ROOM = 80.0
"""What the number at a mark needs, at the size of a phone."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: where its marks stand, and what they say in words. A mark that is not known is None."""

    name: str
    y: float
    point: float | None
    low: float
    high: float
    limit: float | None
    says: str
    tone: str


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of one gate, `height` units high; `one` is where equal stands, `ticks` the scale."""

    gate: str
    height: float
    one: float
    ticks: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]


def of(verdict: Verdict) -> tuple[Picture, ...]:
    """A picture for each gate that gives figures with a ratio."""
    return tuple(_picture(r) for r in verdict.results if any(f.ratio is not None for f in r.figures))


def _picture(result: GateResult) -> Picture:
    figures = [figure for figure in result.figures if figure.ratio is not None][:MOST_ROWS]
    marks = [m for f in figures for m in (f.ratio, f.low, f.high, f.limit) if m is not None]
    least = min([0.9, *(max(LEAST, mark) for mark in marks)])
    most = max([1.1, *(min(MOST, mark) for mark in marks)])
    margin = (most - least) * 0.06
    least, most = least - margin, most + margin

    def place(ratio: float) -> float:
        share = (min(max(ratio, least), most) - least) / (most - least)
        return round(LEFT + share * (RIGHT - LEFT), 1)

    rows = tuple(_row(figure, 44 + number * ROW, place, least, most) for number, figure in enumerate(figures))
    edges = [value for value in (least + margin, most - margin) if abs(place(value) - place(1.0)) >= ROOM]
    ticks = tuple((place(value), f"{value:.2f}") for value in (*edges, 1.0))
    return Picture(result.name, 12 + len(rows) * ROW, place(1.0), ticks, rows)


def _row(figure: Figure, y: float, place: Callable[[float], float], least: float, most: float) -> Row:
    low = figure.low if figure.low is not None else least
    high = figure.high if figure.high is not None else most
    over = figure.limit is not None and figure.low is not None and figure.low > figure.limit
    unsure = figure.limit is not None and not over and high > figure.limit
    return Row(
        figure.name,
        y,
        None if figure.ratio is None else place(figure.ratio),
        place(low),
        place(high),
        None if figure.limit is None else place(figure.limit),
        says(figure),
        "block" if over else "review" if unsure else "pass",
    )


def says(figure: Figure) -> str:
    """The figure in words."""
    times = "an unknown ratio" if figure.ratio is None else f"{figure.ratio:.3f} times the base"
    bounds = [f"{bound:.3f}" if bound is not None else "unknown" for bound in (figure.low, figure.high)]
    interval = " to ".join(bounds) if set(bounds) != {"unknown"} else "interval unknown"
    limit = f", limit {figure.limit:.2f}" if figure.limit is not None else ""
    unit = f" {figure.unit}" if figure.unit else ""
    return f"{times} ({interval}{limit}); base {figure.base:.3f}{unit}, head {figure.head:.3f}{unit}"
