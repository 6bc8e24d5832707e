"""Scenarios as data: what each shape sends when, and what a wrong file is told."""

from pathlib import Path

import pytest

from guardrails.errors import ConfigurationError
from guardrails.load import scenario as scenarios
from guardrails.load.scenario import SHAPES, parse
from guardrails.load.slo import Budget

SPIKE = 'shape = "spike"\nrate_per_second = 50\n[spike]\ntimes = 3\nafter_seconds = 5\nlasts_seconds = 2\n'
HERD = 'shape = "herd_after_restart"\nrate_per_second = 10\nlength_seconds = 8\n[herd]\noutage_seconds = 6\n'
REPOSITORY = Path(__file__).resolve().parents[4]


def test_a_steady_rate_is_one_piece() -> None:
    made = parse("rate_per_second = 30\nlength_seconds = 4", "x.toml")
    assert [(one.seconds, one.begin, one.end) for one in made.segments()] == [(4, 30, 30)]
    assert made.calm_from() is None


def test_a_ramp_ends_where_it_says() -> None:
    made = parse('shape = "ramp"\nrate_per_second = 10\n[ramp]\nto_rate_per_second = 90', "x.toml")
    assert [(one.begin, one.end) for one in made.segments()] == [(10, 90)]


def test_a_spike_is_a_crowd_between_two_calms() -> None:
    made = parse(SPIKE + "[hold]\nrecovers_within_seconds = 4", "x.toml")
    assert [(one.seconds, one.begin) for one in made.segments()] == [(5, 50), (2, 150), (13, 50)]
    assert made.calm_from() == 5 + 2 + 4


def test_a_herd_brings_what_piled_up() -> None:
    made = parse(HERD, "x.toml")
    assert [(one.seconds, one.begin) for one in made.segments()] == [(1, 10 + 60), (7, 10)]


def test_another_rate_and_length_keep_the_proportions() -> None:
    made = parse(SPIKE, "x.toml").at(100, 10)
    assert [(one.seconds, one.begin) for one in made.segments()] == [(2.5, 100), (1, 300), (6.5, 100)]


def test_a_cause_is_an_event_of_the_schedule() -> None:
    made = parse('shape = "artifact_reload"\n[cause]\npath = "/reload"\nat_seconds = 3', "x.toml")
    event = made.event()
    assert event is not None
    assert (event.at, event.method, event.path) == (3, "POST", "/reload")


def test_a_cause_may_be_the_own_doing_of_the_command() -> None:
    made = parse('shape = "artifact_reload"\n[cause]\nat_seconds = 3\n[service]\ncommand = ["x"]', "x.toml")
    assert made.event() is None
    with pytest.raises(ConfigurationError, match=r"have service\.command do"):
        parse('shape = "artifact_reload"\n[cause]\nat_seconds = 3', "x.toml")


def test_what_must_hold_stands_before_slo_toml() -> None:
    hold = parse("[hold]\np99_ms = 90\nerror_share = 0.0", "x.toml").hold
    assert hold.budget(Budget(p99_ms=250, p50_ms=20, error_share=0.1)) == Budget(p99_ms=90, p50_ms=20, error_share=0.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rate_per_secnd = 3", "unknown key 'rate_per_secnd'. Did you mean 'rate_per_second'"),
        ('[hold]\np99 = "250"', "unknown key 'hold.p99'. Did you mean 'hold.p99_ms'"),
        ('[hold]\np99_ms = "250"', "got `str` at hold.p99_ms"),
        ("[hold]\np99_s = 0.25", "unknown key 'hold.p99_s'. Did you mean 'hold.p99_ms'"),
        ('shape = "spyke"', "Shapes are steady, ramp, spike"),
        ('shape = "spike"', r"lacks the table \[spike\]"),
        ("[spike]\ntimes = 3", r"of shape 'steady' has the table \[spike\]"),
        (SPIKE + "\n", "what happens in it takes longer"),
        ('shape = "slow_dependency"', "lacks service.command"),
        ('shape = "artifact_reload"\n[cause]\npath = "reload"', "cause.path is 'reload'"),
        ("rate_per_second = 0", "> 0"),
        ("schema = 2", "schema is 2"),
        ("[personas]\nA = 0", ">= 1"),
        ("not toml at all", "is not TOML"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong(text: str, said: str) -> None:
    text = (
        text.replace("rate_per_second = 50", "rate_per_second = 50\nlength_seconds = 6")
        if "[spike]\nt" in text
        else text
    )
    with pytest.raises(ConfigurationError, match=said):
        parse(text, "x.toml")


def test_every_shape_that_is_known_can_be_read() -> None:
    tables = {
        "ramp": "[ramp]",
        "spike": "[spike]",
        "herd_after_restart": "[herd]",
        "artifact_reload": '[cause]\npath="/r"',
    }
    for shape in SHAPES:
        command = '[service]\ncommand = ["x"]' if shape == "slow_dependency" else ""
        assert parse(f'shape = "{shape}"\n{tables.get(shape, "")}\n{command}', "x.toml").shape == shape


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "loadtests/scenarios").glob("*.toml")), ids=lambda file: file.stem
)
def test_our_own_scenarios_are_good(file: Path) -> None:
    made = scenarios.parse(file.read_text(), file.name)
    assert made.title
    assert sum(one.arrivals for one in made.segments()) > 100
