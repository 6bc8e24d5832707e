import json
import math
import re
from collections.abc import Callable
from importlib import resources

import jsonschema
import pytest
from hypothesis import given, settings

from guardrails.model.result import Figure, GateResult, GateStatus
from guardrails.model.verdict import Verdict
from guardrails.report import as_json, wire
from guardrails.report.printable import visible
from guardrails.report.read import read
from tests.verdict_samples import ALL, finding, gate, of, passing, verdicts

SCHEMA = json.loads(resources.files("guardrails.report").joinpath("verdict.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_file_says_what_the_code_says() -> None:
    text = resources.files("guardrails.report").joinpath("verdict.schema.json").read_text(encoding="utf-8")
    assert text == wire.json_schema_text(), "write guardrails/report/verdict.schema.json anew from json_schema_text()"
    VALIDATOR.check_schema(SCHEMA)


@settings(max_examples=30)
@given(verdicts())
def test_any_verdict_is_valid_json_of_the_schema_and_safe_to_show(verdict: Verdict) -> None:
    text = as_json.render(verdict)
    VALIDATOR.validate(json.loads(text))
    assert text.endswith("}\n")
    assert all(visible(character) for character in text.replace("\n", ""))


@settings(max_examples=30)
@given(verdicts())
def test_what_is_written_is_read_back(verdict: Verdict) -> None:
    again = read(as_json.render(verdict))
    assert as_json.render(again) == as_json.render(verdict)
    if not re.search(r"\\ud[89a-f]", repr(verdict)):  # a lone surrogate has no JSON form
        assert again == verdict


@pytest.mark.parametrize("make", ALL)
def test_the_samples_are_read_back_as_they_were(make: Callable[[], Verdict]) -> None:
    assert read(as_json.render(make())) == make()


def test_a_path_that_is_not_utf_8_is_shown_by_its_escape() -> None:
    data = json.loads(as_json.render(of(gate("scope", finding(path="caf\udce9.py")))))
    assert data["gates"][0]["findings"][0]["path"] == r"caf\udce9.py"


def test_the_keys_stand_in_the_order_of_the_design() -> None:
    data = json.loads(as_json.render(of(gate("tampering", finding()))))
    assert list(data)[:4] == ["schema", "verdict", "exit_code", "base"]
    assert list(data)[-3:] == ["gates", "gate_digest", "approvers"]
    assert list(data["gates"][0])[:6] == ["name", "status", "seconds", "work", "floor", "findings"]
    assert list(data["gates"][0]["findings"][0]) == [
        "rule", "severity", "path", "line", "what", "why", "fix", "reproduce", "deciders", "approved_by",
    ]  # fmt: skip


def test_the_text_does_not_depend_on_the_order_of_the_counts() -> None:
    one = GateResult("tests", GateStatus.PASSED, work={"tests": 2, "files": 1}, floor={"tests": 1, "files": 1})
    two = GateResult("tests", GateStatus.PASSED, work={"files": 1, "tests": 2}, floor={"files": 1, "tests": 1})
    assert as_json.render(of(one)) == as_json.render(of(two))


def test_the_verdict_and_its_exit_code_are_written() -> None:
    data = json.loads(as_json.render(passing()))
    assert (data["schema"], data["verdict"], data["exit_code"]) == (1, "pass", 0)
    assert data["gates"][3]["skip"] == {
        "reason": "not-in-profile",
        "sentence": "load is not part of the fast profile",
    }


def test_a_number_that_json_does_not_have_is_null() -> None:
    figure = Figure("n", "ms", math.inf, 1.0, math.nan, 1.0, math.inf, None)
    data = json.loads(as_json.render(of(GateResult("load", GateStatus.PASSED, figures=(figure,)))))
    (written,) = data["gates"][0]["figures"]
    assert (written["base"], written["ratio"], written["low"], written["high"]) == (0.0, None, 1.0, None)


def test_a_file_from_before_there_were_figures_deciders_and_a_digest_is_read() -> None:
    data = json.loads(as_json.render(of(gate("scope", finding()))))
    del data["approvers"], data["gates"][0]["findings"][0]["approved_by"]
    del data["gate_digest"], data["gates"][0]["figures"], data["gates"][0]["findings"][0]["deciders"]
    VALIDATOR.validate(data)
    assert read(json.dumps(data)) == of(gate("scope", finding()))
