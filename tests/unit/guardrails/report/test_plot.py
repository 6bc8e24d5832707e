"""Pictures on the page, in the terminal and in the comment."""

import re
from dataclasses import replace

import pytest

from guardrails.model.picture import DIFFERENCE, Line, Pictures, Plot, PlotKind, Row, Table
from guardrails.model.verdict import Verdict
from guardrails.report import html, markdown, plot, text
from guardrails.report.plot import BOTTOM, LEFT, RIGHT
from guardrails.report.text_pictures import bar
from tests.verdict_samples import NASTY, gate, of

CURVE = Plot(
    PlotKind.PERCENTILES,
    "Latency by percentile",
    "Half of the answers take 2 ms.",
    "percentile",
    "ms",
    (0.0, 50.0, 90.0, 99.0, 99.9),
    (Line("base", (1.0, 2.0, 2.5, 3.0, None)), Line("head", (1.0, 2.0, 2.5, 6.0, None))),
)
BINS = Plot(PlotKind.HISTOGRAM, "Latency histogram", "s", "ms", "%", (1.0, 10.0, 100.0), (Line("head", (25.0, 75.0)),))
STAGES = Table(
    "Where the time went",
    "By the service's own metrics.",
    "stage",
    ("base", "head", DIFFERENCE),
    (Row("rank", (1.0, 3.0, 2.0)), Row("new", (None, 0.5, 0.5)), Row("merge", (2.0, 1.0, -1.0))),
)


def verdict(*plots: Plot, tables: tuple[Table, ...] = ()) -> Verdict:
    return of(replace(gate("load"), pictures=Pictures(plots, tables)))


def drawn(one: Plot) -> plot.Drawing:
    ((drawing,),) = (gallery.drawings for gallery in plot.of(verdict(one)))
    return drawing


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_a_larger_value_stands_higher_and_a_later_percentile_further_right() -> None:
    base, head = (points(shape.path) for shape in drawn(CURVE).shapes)
    assert [x for x, _ in base] == [x for x, _ in head] == sorted(x for x, _ in base)
    assert base[:3] == head[:3]
    assert head[3][1] < base[3][1], "y grows downwards"
    assert (base[0][0], base[-1][0]) == (LEFT, RIGHT), "what is not known takes no room"


def test_a_gap_breaks_the_line_and_a_single_value_is_a_dot() -> None:
    line = Line("head", (1.0, None, 3.0, 4.0))
    path = drawn(Plot(PlotKind.SERIES, "t", "s", "x", "y", (1.0, 2.0, 3.0, 4.0), (line,))).shapes[0].path
    assert path.count("M") == 2
    assert re.match(r"M[\d.]+ [\d.]+h0M", path)


def test_a_curve_goes_on_across_what_is_not_known() -> None:
    line = Line("head", (1.0, None, 3.0, None))
    curve = Plot(PlotKind.CURVE, "t", "s", "x", "y", (1.0, 2.0, 3.0, 4.0), (line, Line("budget", (2.0,) * 4)))
    shape, _ = drawn(curve).shapes
    assert shape.path.count("M") == 1
    assert len(points(shape.path)) == 2
    wide = replace(curve, at=(1.0, 2.0, 3.0, 90.0), lines=(Line("head", (1.0, None, 300.0, None)),))
    assert drawn(wide).y_name == "y, logarithmic"
    assert points(drawn(wide).shapes[0].path)[1][0] > (LEFT + RIGHT) / 2 - 110, (
        "3 of 1 to 90 is a quarter of the ratios"
    )


def test_a_histogram_stands_on_the_axis_with_its_shares_as_heights() -> None:
    (shape,) = drawn(BINS).shapes
    places = points(shape.path)
    assert (places[0], places[-1]) == ((LEFT, BOTTOM), (RIGHT, BOTTOM))
    quarter, rest = BOTTOM - places[1][1], BOTTOM - places[3][1]
    assert rest == pytest.approx(3 * quarter, abs=0.5)
    assert places[2][0] == pytest.approx((LEFT + RIGHT) / 2), "1 to 10 has as much room as 10 to 100"


def test_percentiles_far_apart_are_drawn_on_a_logarithmic_scale_and_say_so() -> None:
    far = replace(CURVE, lines=(Line("head", (1.0, 2.0, 50.0, 900.0, 5000.0)),))
    assert drawn(far).y_name == "ms, logarithmic"
    assert drawn(CURVE).y_name == "ms"
    below = replace(CURVE, lines=(Line("head", (-1.0, 0.0, 50.0, 900.0, 5000.0)),))
    assert drawn(below).y_name == "ms", "nothing has no logarithm"


def test_a_side_keeps_its_tone_wherever_it_stands() -> None:
    lines = tuple(Line(name, (1.0, 2.0)) for name in ("other", "head", "head", "base"))
    shown = drawn(Plot(PlotKind.SERIES, "t", "s", "x", "y", (1.0, 2.0), lines))
    assert [shape.tone for shape in shown.shapes] == ["third", "head", "fourth", "base"]


def test_every_number_of_a_picture_stands_in_a_table_too() -> None:
    assert drawn(CURVE).rows[3:] == (("99", "3", "6"), ("99.9", "-", "-"))
    assert drawn(BINS).rows == (("1 to 10", "25"), ("10 to 100", "75"))
    source = html.render(verdict(CURVE, BINS, tables=(STAGES,)))
    assert source.count('<table class="numbers"') == 3
    assert 'aria-label="Latency by percentile: Half of the answers take 2 ms."' in source
    assert source.count('role="img"') == 2


def test_the_stages_have_bars_in_one_scale() -> None:
    ((chart,),) = (gallery.charts for gallery in plot.of(verdict(tables=(STAGES,))))
    assert [row.cells for row in chart.rows] == [
        ("rank", "1.000", "3.000", "+2.000"),
        ("new", "-", "0.500", "+0.500"),
        ("merge", "2.000", "1.000", "-1.000"),
    ]
    assert [(row.base, row.head) for row in chart.rows] == [(40.0, 120.0), (0.0, 20.0), (80.0, 40.0)]


def test_the_terminal_shows_percentiles_and_stages_with_bars_and_says_where_the_rest_is() -> None:
    shown = text.render(verdict(CURVE, BINS, tables=(STAGES,)))
    lines = [line.split() for line in shown.partition("Pictures of load")[2].splitlines()]
    assert ["p99", "3.000", "6.000", "=" * 15 + "+" * 15] in lines
    assert ["rank", "1.000", "3.000", "+2.000", "=" * 10 + "+" * 20] in lines
    assert ["merge", "2.000", "1.000", "-1.000", "=" * 10 + "-" * 10] in lines
    assert "; 1 more picture in report.html" in shown
    assert "p99.9" not in shown
    assert "Pictures" not in text.render(verdict())


@pytest.mark.parametrize("width", [40, 60, 100])
def test_numbers_stay_whole_in_a_narrow_terminal(width: int) -> None:
    long = replace(STAGES, rows=(*STAGES.rows, Row("a-stage-with-a-very-long-name" * 2, (1.0, 1.0, 0.0))))
    shown = text.render(verdict(CURVE, tables=(long,)), width=width)
    assert all(len(line) <= width for line in shown.splitlines() if not line.startswith("$"))
    part = shown.partition("Pictures of load")[2]
    for number in ("6.000", "+2.000", "difference", "-1.000"):
        assert number in part
    rank = next(line for line in part.splitlines() if line.strip().startswith("rank"))
    assert ("=" in rank) == (width >= 60), "a bar takes only what room is left"


def test_a_bar_shows_what_both_have_and_the_difference() -> None:
    assert bar((1.0, 1.0), 1.0) == "=" * 30
    assert bar((None, 1.0), 1.0) == "+" * 30
    assert bar((1.0, None), 2.0) == "-" * 15
    assert bar((1.0,), 2.0) == "=" * 15
    assert bar((-5.0, 1e9), 1.0) == "+" * 30
    assert bar((), 1.0) == bar((1.0, 1.0), 0.0) == ""


def test_the_comment_says_in_one_line_where_the_pictures_are() -> None:
    bare, shown = (markdown.render(one).splitlines() for one in (verdict(), verdict(CURVE, tables=(STAGES,))))
    assert [line for line in shown if line not in bare] == ["- Pictures of what was measured stand in the page: load."]


@pytest.mark.parametrize("nasty", NASTY)
def test_names_that_the_change_chose_are_text_everywhere(nasty: str) -> None:
    table = replace(STAGES, rows=(Row(nasty, (1.0, 3.0, 2.0)),))
    lines = (Line(nasty, CURVE.lines[0].values),)
    made = verdict(replace(CURVE, lines=lines), tables=(table,))
    for render in (html.render, text.render, markdown.render):
        shown = render(made)
        assert all(character == "\n" or character.isprintable() for character in shown)
    assert "<script>alert" not in html.render(made)
    assert "\n::" not in text.render(made)
