from guardrails.load.rates import Step, pictures
from guardrails.model.picture import MOST_POINTS, PlotKind


def test_each_side_has_its_line_and_the_budget_one_of_its_own() -> None:
    steps = [Step("base", 10, 5.0), Step("head", 10, 6.0), Step("base", 20, 7.0), Step("base", 40, 90.0)]
    steps += [Step("base", 40, 70.0), Step("base", 40, 80.0), Step("head", 20, 50.0)]
    (plot,) = pictures(steps, 60.0)
    assert plot.kind is PlotKind.CURVE
    assert plot.at == (10.0, 20.0, 40.0)
    assert {line.name: line.values for line in plot.lines} == {
        "base": (5.0, 7.0, 80.0),
        "head": (6.0, 50.0, None),
        "budget": (60.0, 60.0, 60.0),
    }


def test_one_rate_is_no_curve_and_without_a_budget_there_is_no_line_of_it() -> None:
    assert pictures([], None) == ()
    assert pictures([Step("base", 10, 5.0), Step("head", 20, 6.0)], 60.0) == ()
    (plot,) = pictures([Step("head", 10, 5.0), Step("head", 20, 6.0)], None)
    assert [line.name for line in plot.lines] == ["head"]


def test_it_stays_small_however_long_the_search_was() -> None:
    (plot,) = pictures([Step("head", 1.5**n, 5.0) for n in range(200)], 60.0)
    assert len(plot.at) == MOST_POINTS
