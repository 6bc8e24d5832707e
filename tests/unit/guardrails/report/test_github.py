import re

import pytest
from hypothesis import given, settings

from guardrails.model.finding import Severity
from guardrails.model.verdict import Verdict
from guardrails.report import github
from guardrails.report.printable import printable
from tests.verdict_samples import bad, broken, finding, gate, of, passing, verdicts

COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^\n\r]*?)::(?P<message>[^\n\r]*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A command as GitHub's runner reads it."""
    match = COMMAND.fullmatch(line)
    assert match, line
    properties = dict(part.split("=", 1) for part in match["properties"].split(","))
    return match["name"], {key: decoded(value) for key, value in properties.items()}, decoded(match["message"])


def decoded(text: str) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(escape, character)
    return text


@settings(max_examples=30)
@given(verdicts())
def test_every_line_but_the_last_is_one_command_of_ours(verdict: Verdict) -> None:
    *commands, last, end = github.render(verdict).split("\n")
    assert end == ""
    assert re.fullmatch(r"guardrails: \w+\. [A-Z][\w ,]+\.( [\d,]+ annotations? left out: [\w ]+\.)?", last)
    for line in commands:
        _, properties, message = parsed(line)
        assert set(properties) <= {"file", "line", "title"}
        assert all(printable(value) == value for value in properties.values())
        assert all(printable(part) == part for part in message.split("\n"))


def test_a_finding_keeps_its_place_and_its_words() -> None:
    found = finding("a, b: 100%", path="a,b:c%d.py", rule="scope/x", why="w\nw", fix="f", reproduce="")
    line = github.render(of(gate("scope", found))).split("\n")[0]
    assert line == ("::error file=a%2Cb%3Ac%25d.py,line=12,title=scope/x::a, b: 100%25%0AWhy: w%0Aw%0AFix: f")
    assert parsed(line)[1] == {"file": "a,b:c%d.py", "line": "12", "title": "scope/x"}


@pytest.mark.parametrize(
    ("severity", "name"), [(Severity.BLOCK, "error"), (Severity.REVIEW, "warning"), (Severity.NOTE, "notice")]
)
def test_no_more_of_a_kind_than_the_forge_shows_and_the_rest_is_counted(severity: Severity, name: str) -> None:
    many = [finding(f"thing {n:02}", severity=severity) for n in range(25)]
    *commands, last, _ = github.render(of(gate("lint", *many))).split("\n")
    assert [parsed(line)[0] for line in commands] == [name] * 10
    assert "15 annotations left out: GitHub shows 10 of a kind." in last


def test_what_could_not_be_judged_comes_first() -> None:
    name, properties, message = parsed(github.render(bad()).split("\n")[0])
    assert (name, properties) == ("error", {"title": "contracts could not judge"})
    assert message.startswith("the provider did not answer")
    assert parsed(github.render(broken()).split("\n")[0])[2] == "the ref 'mian' does not exist. Did you mean 'main'?"


def test_a_pass_has_no_annotation() -> None:
    assert github.render(passing()) == "guardrails: pass. Nothing that was checked stands against this change.\n"
