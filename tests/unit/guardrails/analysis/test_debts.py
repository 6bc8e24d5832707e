"""The record of old debts: read back as it was written, never longer, and lowered to what is left."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.analysis.debts import Debts, TestDebts, growth, lowered, parse, render, summary, with_tests
from guardrails.errors import ConfigurationError
from guardrails.gates.tampering import TamperingGate
from tests.judge_fakes import bench_of

TABLES = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(1, 99), max_size=4)
IDS = st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=3, unique=True).map(
    lambda x: tuple(sorted(x))
)
RECORDS = st.builds(
    Debts,
    lint=TABLES,
    types=TABLES,
    suppressions=TABLES,
    layers=TABLES,
    tests=st.builds(TestDebts, failing=IDS, skipped=IDS),
)
PATH = ".guardrails/debts.toml"
POLICY = {"guardrails.toml": "schema = 1\n"}


@given(RECORDS)
def test_a_record_reads_back_as_it_was(record: Debts) -> None:
    assert parse(render(record)) == record


@given(RECORDS, RECORDS)
def test_a_lowered_record_is_no_longer_than_either(recorded: Debts, measured: Debts) -> None:
    lower = lowered(recorded, measured)
    assert list(growth(recorded, lower)) == []
    assert list(growth(measured, lower)) == []
    assert list(growth(recorded, recorded)) == []


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (Debts(lint={"E501": 4}), "lint: E501 goes from 3 to 4"),
        (Debts(lint={"E501": 3, "F401": 1}), "lint: F401 goes from 0 to 1"),
        (Debts(layers={"a": 1}), "layers: a goes from 0 to 1"),
        (Debts(tests=TestDebts(failing=("t::a",))), "tests: t::a is recorded as failing"),
        (Debts(tests=TestDebts(skipped=("t::a",))), "tests: t::a is recorded as skipped"),
    ],
)
def test_what_grows_is_named(after: Debts, words: str) -> None:
    assert list(growth(Debts(lint={"E501": 3}), after)) == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("schema = 2", "schema is 2"),
        ("[lint]\nE501 = -1", "not negative"),
        ("[lnit]\n", "lnit"),
        ("[lint]\nE501 = 'x'", "lint"),
        ("[", "not TOML"),
    ],
)
def test_a_record_that_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        parse(text)


def test_where_no_test_ran_the_recorded_ones_stay() -> None:
    recorded = Debts(tests=TestDebts(failing=("t::a",)))
    assert with_tests(Debts(lint={"F401": 1}), recorded) == Debts(lint={"F401": 1}, tests=recorded.tests)
    assert summary(recorded) == "failing tests 1"
    assert summary(Debts()) == "none"


OLD = 'schema = 1\n[lint]\n"E501" = 3\n'


@pytest.mark.parametrize(
    ("base", "head", "rules"),
    [
        ({PATH: OLD}, {PATH: OLD.replace("3", "4")}, {"tampering/debt-grown"}),
        ({PATH: OLD}, {PATH: OLD.replace("3", "2")}, set()),
        ({PATH: OLD}, {PATH: OLD + "# a comment\n"}, set()),
        ({PATH: OLD}, {PATH: None}, {"tampering/debt-grown"}),
        ({PATH: "schema = 1\n"}, {PATH: None}, set()),
        ({}, {PATH: OLD}, {"tampering/debt-grown"}),
        ({}, {PATH: "schema = 1\n"}, set()),
        ({PATH: OLD}, {PATH: "schema = ["}, {"tampering/configuration-unreadable"}),
        ({PATH: "schema = ["}, {PATH: OLD}, {"tampering/debt-grown"}),
    ],
)
def test_a_change_of_the_record_is_judged(
    tmp_path: Path, base: dict[str, str], head: dict[str, str | None], rules: set[str]
) -> None:
    bench = bench_of(tmp_path, base={**POLICY, **base, "a.py": "x = 1\n"}, head={**POLICY, **head, "a.py": "x = 2\n"})
    assert {finding.rule for finding in TamperingGate().run(bench).findings} == rules


def test_the_first_record_comes_with_the_policy(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, base={"a.py": "x = 1\n"}, head={**POLICY, PATH: OLD, "a.py": "x = 1\n"})
    assert "tampering/debt-grown" not in {finding.rule for finding in TamperingGate().run(bench).findings}
