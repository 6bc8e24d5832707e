import json
from importlib import resources

import pytest
from hypothesis import given, settings

from guardrails.gates.registry import GATES
from guardrails.model.verdict import Verdict
from guardrails.report.registry import FILES, RENDERERS
from tests.verdict_samples import bad, gate, of, verdicts


def test_the_formats_and_the_files_are_those_of_the_command_line() -> None:
    assert list(RENDERERS) == ["text", "json", "markdown", "html", "sarif", "junit", "github", "comment", "evidence"]
    assert dict(FILES) == {
        "verdict.json": "json",
        "report.md": "markdown",
        "report.html": "html",
        "report.sarif": "sarif",
        "junit.xml": "junit",
        "evidence.json": "evidence",
    }
    assert set(FILES.values()) <= set(RENDERERS)


@pytest.mark.parametrize("name", RENDERERS)
def test_a_report_says_the_same_each_time_and_ends_its_last_line(name: str) -> None:
    report = RENDERERS[name](bad())
    assert report == RENDERERS[name](bad())
    assert report.endswith("\n")


@settings(max_examples=10)
@given(verdicts())
def test_every_report_can_be_written_as_utf_8(verdict: Verdict) -> None:
    for render in RENDERERS.values():
        assert render(verdict).encode("utf-8")


def test_the_files_beside_the_code_are_part_of_the_package() -> None:
    package = resources.files("guardrails.report")
    assert package.joinpath("templates", "report.html").is_file()
    assert package.joinpath("verdict.schema.json").is_file()


def test_sarif_carries_the_help_of_the_gates_own_rules() -> None:
    rule = GATES[0].rules[0]
    log = json.loads(RENDERERS["sarif"](of(gate(rule.gate, rule.finding("what", path="a.py")))))
    (described,) = log["runs"][0]["tool"]["driver"]["rules"]
    assert described["shortDescription"]["text"] == rule.title
