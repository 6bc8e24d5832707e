"""The log is checked against the official JSON Schema of SARIF 2.1.0 (its notice stands beside it), against a closed
and reduced one written for this test, and against what GitHub's code scanning asks for beyond both: a location for each
result, a help text for each rule, and its limits."""

import dataclasses
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given, settings

from guardrails.model.finding import Rule, Severity
from guardrails.model.verdict import Verdict
from guardrails.report import sarif
from guardrails.report.fingerprint import fingerprint, fingerprints
from tests.verdict_samples import bad, broken, finding, findings, gate, of, passing, unselected, verdicts


def closed(required: str, optional: str = "", **properties: Any) -> dict[str, Any]:
    """An object with these keys and no other."""
    names = required.split()
    assert set(names) | set(optional.split()) == set(properties)
    return {"type": "object", "required": names, "properties": properties, "additionalProperties": False}


def each(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items} | more


TEXT = {"type": "string", "pattern": r"\S"}
BAG = {"type": "object"}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed("text", text=TEXT)
URI = {"type": "string", "pattern": r"^(?!/)([A-Za-z0-9._~/-]|%[0-9A-F]{2})+$"}
LOCATION = closed(
    "physicalLocation",
    "message",
    message=MESSAGE,
    physicalLocation=closed(
        "artifactLocation region",
        artifactLocation=closed("uri uriBaseId", uri=URI, uriBaseId=TEXT),
        region=closed("startLine", startLine={"type": "integer", "minimum": 1}),
    ),
)
RESULT = closed(
    "ruleId ruleIndex level message locations partialFingerprints properties",
    ruleId={"type": "string"},
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations=each(LOCATION, minItems=1, maxItems=10),
    partialFingerprints={"type": "object", "additionalProperties": TEXT, "required": ["primaryLocationLineHash"]},
    properties=BAG,
)
RULE = closed(
    "id name shortDescription fullDescription help defaultConfiguration properties",
    id={"type": "string", "maxLength": 5000},
    name={"type": "string", "maxLength": 5000},
    shortDescription=closed("text", text=TEXT | {"maxLength": 1024}),
    fullDescription=closed("text", text=TEXT | {"maxLength": 1024}),
    help=MESSAGE,
    defaultConfiguration=closed("level", level=LEVEL),
    properties=closed("tags", tags=each({"type": "string"}, uniqueItems=True, maxItems=10)),
)
INVOCATION = closed(
    "executionSuccessful exitCode toolExecutionNotifications",
    executionSuccessful={"type": "boolean"},
    exitCode={"type": "integer"},
    toolExecutionNotifications=each(closed("level message", level=LEVEL, message=MESSAGE)),
)
RUN = closed(
    "tool automationDetails invocations results properties",
    tool=closed("driver", driver=closed("name rules", "version", name=TEXT, rules=each(RULE), version=TEXT)),
    automationDetails=closed("id", id=TEXT),
    invocations=each(INVOCATION, minItems=1, maxItems=1),
    results=each(RESULT),
    properties=BAG,
)
LOG = closed(
    "$schema version runs",
    **{"$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": each(RUN, minItems=1)},
)
VALIDATOR = jsonschema.Draft202012Validator(LOG)
_OFFICIAL = Path(__file__).with_name("sarif-2.1.0-rtm.5.json")
OFFICIAL = jsonschema.Draft4Validator(
    json.loads(_OFFICIAL.read_text(encoding="utf-8")), format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
)


def run(verdict: Verdict, *rules: Rule) -> Any:
    return json.loads(sarif.render(verdict, rules))["runs"][0]


@settings(max_examples=30)
@given(verdicts())
def test_any_verdict_has_the_structure_of_a_log(verdict: Verdict) -> None:
    log = json.loads(sarif.render(verdict))
    VALIDATOR.validate(log)
    results, rules = log["runs"][0]["results"], log["runs"][0]["tool"]["driver"]["rules"]
    assert len(results) == len(verdict.findings)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in results)
    names = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert len(set(names)) == len(names)


@settings(max_examples=30)
@given(verdicts())
def test_any_verdict_is_valid_by_the_official_schema(verdict: Verdict) -> None:
    OFFICIAL.validate(json.loads(sarif.render(verdict)))


def test_the_official_schema_is_whole_and_refuses_what_is_no_log() -> None:
    assert OFFICIAL.schema["title"].startswith("Static Analysis Results Format (SARIF) Version 2.1.0")
    OFFICIAL.check_schema(OFFICIAL.schema)
    wanted = set(re.findall(r"#/definitions/(\w+)", _OFFICIAL.read_text(encoding="utf-8")))
    assert wanted <= set(OFFICIAL.schema["definitions"])
    text = sarif.render(bad())
    for right, wrong in (
        ('"level": "error"', '"level": "worst"'),
        ('"message": {', '"massage": {'),
        ('"startLine": 12', '"startLine": 0'),
        ('"version": "2.1.0"', '"version": "2.0.0"'),
        ('"ruleIndex": 0', '"ruleIndex": -2'),
    ):
        assert right in text
        with pytest.raises(jsonschema.ValidationError):
            OFFICIAL.validate(json.loads(text.replace(right, wrong)))


def test_the_levels_follow_the_severities() -> None:
    assert [(result["ruleId"], result["level"]) for result in run(bad())["results"]] == [
        ("layers/broken", "error"),
        ("properties/falsified", "error"),
        ("tampering/assertion-removed", "error"),
        ("tampering/test-skipped", "error"),
        ("tampering/config-looser", "warning"),
        ("lint/violation", "note"),
    ]


def test_a_known_rule_gives_its_help_and_an_unknown_one_speaks_by_its_finding() -> None:
    rule = Rule("a/known", Severity.BLOCK, "The title", "The reason.", "The fix.", bad="x = 1", limits="Much.")
    verdict = of(gate("a", finding(rule="a/known"), finding(rule="a/unknown", why="Because.")))
    known, unknown = run(verdict, rule)["tool"]["driver"]["rules"]
    assert known["name"] == "AKnown"
    assert known["shortDescription"]["text"] == "The title"
    assert known["help"]["text"] == "The reason.\n\nFix: The fix.\n\nBad:\nx = 1\n\nWhat it does not see: Much."
    assert unknown["fullDescription"]["text"] == "Because."


def test_a_finding_about_the_whole_change_still_has_a_place() -> None:
    (result,) = run(of(gate("scope", finding(path=None, line=None))))["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "guardrails.toml"
    assert location["message"]["text"] == "This is about the change as a whole."


def test_a_path_is_a_relative_reference_that_decodes_to_itself() -> None:
    for path in ("a b/ü%41:x?#.py", "caf\udce9.py", "日本/x.py"):
        (result,) = run(of(gate("scope", finding(path=path))))["results"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert unquote(uri, errors="surrogateescape") == path


def test_a_message_has_no_links_and_no_placeholders() -> None:
    (result,) = run(of(gate("scope", finding(r"[x](1) {0} \ ok"))))["results"]
    assert result["message"]["text"].startswith(r"\[x\](1) {{0}} \\ ok")


def test_what_was_not_judged_is_said() -> None:
    invocation = run(bad())["invocations"][0]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["error", "note"]
    assert run(passing())["invocations"][0]["executionSuccessful"]
    assert "mian" in run(broken())["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert run(of(gate("lint"), unselected("load")))["results"] == []


def test_more_results_than_the_forge_takes_are_cut_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "MOST_RESULTS", 5)
    found = run(of(gate("lint", *[finding(f"thing {n}") for n in range(8)])))
    assert len(found["results"]) == 5
    assert "3 findings left out" in json.dumps(found["invocations"])


def test_what_a_forge_takes_beyond_the_schema() -> None:
    """Its limits: docs.github.com, "SARIF support for code scanning"."""
    paths = [finding(path=path) for path in ("../../etc/passwd", "//other.example/x.py", "https://other.example/x.py")]
    log = json.loads(sarif.render(of(*bad().results, gate("scope", *paths))))
    assert len(log["runs"]) <= 20
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) <= 25_000
    assert all(len(rule["properties"]["tags"]) <= 10 for rule in rules)
    for result in log["runs"][0]["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert not urlsplit(uri).scheme
        assert not urlsplit(uri).netloc
        assert ".." not in uri.split("/")
        assert result["partialFingerprints"]["primaryLocationLineHash"]


def test_a_log_that_a_forge_would_refuse_for_its_size_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    long = [finding(f"{n} " + "long " * 700, path="d/" * 900 + f"{n}.py", reproduce="r " * 900) for n in range(60)]
    whole = sarif.render(of(gate("lint", *long)))
    monkeypatch.setattr(sarif, "ROOM", ((50, 4000), (50, 500), (10, 500)))
    for most, number, widest in ((len(whole), 50, 3000), (200_000, 50, 400), (60_000, 10, 400)):
        monkeypatch.setattr(sarif, "MOST_BYTES", most)
        text = sarif.render(of(gate("lint", *long)))
        found = json.loads(text)["runs"][0]
        assert len(text) <= most
        assert len(found["results"]) == number
        assert f"{60 - number} findings left out" in json.dumps(found["invocations"])
        assert (len(found["results"][0]["message"]["text"]) > 1000) == (widest > 1000)


@settings(max_examples=50)
@given(findings())
def test_a_fingerprint_stays_when_lines_move(found: Any) -> None:
    moved = dataclasses.replace(found, line=(found.line or 0) + 10, why="x", fix="y", reproduce="z")
    assert fingerprint(moved) == fingerprint(found)
    assert re.fullmatch(r"[0-9a-f]{16}", fingerprint(found))


@settings(max_examples=50)
@given(findings(), findings())
def test_different_things_have_different_fingerprints(one: Any, two: Any) -> None:
    same = (one.rule, one.path or "", one.what) == (two.rule, two.path or "", two.what)
    assert (fingerprint(one) == fingerprint(two)) == same


def test_equal_findings_are_told_apart_by_a_number() -> None:
    one, two, other = fingerprints([finding(line=1), finding(line=2), finding("else")])
    assert (one[-2:], two[-2:], other[-2:]) == (":1", ":2", ":1")
    assert one[:-2] == two[:-2] != other[:-2]


def test_moving_text_between_the_parts_changes_the_fingerprint() -> None:
    assert fingerprint(finding("c", path="ab")) != fingerprint(finding("bc", path="a"))
