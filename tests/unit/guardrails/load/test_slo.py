"""slo.toml is read strictly: what is wrong is said with the key and what was meant."""

import pytest

from guardrails.errors import ConfigurationError
from guardrails.load.slo import Slo, parse


def test_an_empty_file_has_the_defaults() -> None:
    assert parse("", "slo.toml") == Slo()


def test_budgets_that_are_left_out_are_not_checked() -> None:
    slo = parse("[budget]\np99_ms = 250\nempty_share = 0.01", "slo.toml")
    assert slo.budget.latency_ms() == {"p99": 250}
    assert slo.budget.shares() == {"empty": 0.01}


def test_every_metric_has_a_ratio() -> None:
    assert parse("[regression]\ncpu_ratio = 1.2", "slo.toml").regression.budgets() == {
        "cpu": 1.2, "throughput": 1.25, "p50": 1.15, "p95": 1.25, "p99": 1.4, "arrivals": 2.0,
        "calls": 1.5, "memory": 1.2, "leak": 1.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[budget]\np99_s = 0.25", "unknown key 'budget.p99_s'. Did you mean 'budget.p99_ms'?"),
        ("[budget]\np99_seconds = 0.25", "Did you mean 'budget.p99_ms'?"),
        ("[drive]\nslice_seconds = 1", "Did you mean 'drive.slice_ms'?"),
        ("[bugdet]\n", "Did you mean 'budget'?"),
        ('[budget]\np99_ms = "250ms"', "at budget.p99_ms"),
        ("[budget]\nerror_share = 5", "at budget.error_share"),
        ("[regression]\ncpu_ratio = 0.9", "at regression.cpu_ratio"),
        ("[drive]\nusers = 0", "at drive.users"),
        ('[regression]\ninconclusive = "ignore"', "at regression.inconclusive"),
        ("[drive\n", "is not TOML"),
        ("schema = 9", "schema is 9"),
    ],
)
def test_a_wrong_file_is_refused_in_words(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "loadtests/slo.toml")
    assert said in str(error.value)
    assert str(error.value).startswith("loadtests/slo.toml")
