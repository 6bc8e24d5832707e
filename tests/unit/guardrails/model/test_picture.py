import math
from typing import Any

import pytest

from guardrails.model import picture
from guardrails.model.picture import Line, Pictures, Plot, PlotKind, Row, Table

SERIES = {"kind": PlotKind.SERIES, "title": "t", "says": "s", "x": "x", "y": "y"}


def plot(**values: Any) -> Plot:
    return Plot(**{**SERIES, "at": (1.0, 2.0), "lines": (Line("base", (1.0, None)),), **values})


def test_a_picture_holds_what_it_is_given() -> None:
    assert plot().lines[0].values == (1.0, None)
    assert Pictures((plot(),))
    assert not Pictures()
    histogram = plot(kind=PlotKind.HISTOGRAM, at=(1.0, 2.0, 3.0))
    assert len(histogram.at) == len(histogram.lines[0].values) + 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"at": (1.0,)}, "has 2 values for 1 places"),
        ({"kind": PlotKind.HISTOGRAM}, "has 2 values for 1 places"),
        ({"at": (2.0, 2.0)}, "do not rise"),
        ({"at": (1.0, math.nan)}, "nan in a picture"),
        ({"kind": PlotKind.PERCENTILES, "at": (50.0, 100.0)}, r"percentiles lie in \[0, 100\)"),
        ({"lines": (Line("base", (1.0, 2.0)),) * (picture.MOST_LINES + 1)}, "5 lines in a picture; at most 4 fit"),
        ({"title": "x" * (picture.MOST_LETTERS + 1)}, "a text of 501 characters"),
    ],
)
def test_a_plot_that_nobody_can_draw_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        plot(**values)


def test_what_is_too_much_or_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 65 fit"):
        Line("base", (1.0,) * (picture.MOST_POINTS + 2))
    with pytest.raises(ValueError, match="inf in a picture"):
        Row("rank", (math.inf,))
    with pytest.raises(ValueError, match="has 1 of 2 values"):
        Table("t", "s", "stage", ("base", "head"), (Row("rank", (1.0,)),))
    with pytest.raises(ValueError, match="25 rows"):
        Table("t", "s", "stage", (), (Row("rank", ()),) * (picture.MOST_ROWS + 1))
    with pytest.raises(ValueError, match="7 columns"):
        Table("t", "s", "stage", ("c",) * (picture.MOST_COLUMNS + 1), ())
    with pytest.raises(ValueError, match="9 plots"):
        Pictures((plot(),) * (picture.MOST_PLOTS + 1))
    with pytest.raises(ValueError, match="5 tables"):
        Pictures((), (Table("t", "s", "stage", (), ()),) * (picture.MOST_TABLES + 1))
