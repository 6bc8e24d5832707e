import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.errors import UsageError
from guardrails.model.contract import Verified
from guardrails.model.result import GateResult, GateStatus
from guardrails.report import as_json
from guardrails.report.read import read
from tests.verdict_samples import bad, of, passing


def changed(**values: Any) -> str:
    return json.dumps(json.loads(as_json.render(passing())) | values)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON: Expecting value, line 1, column 1 (it ends there: the file was cut off)"),
        (as_json.render(bad())[:700], "the file was cut off"),
        ("{]", "not JSON"),
        (b"\xff\xfe\x00", "not UTF-8"),
        ("[]", "holds a JSON list, not a verdict"),
        ("null", "holds a JSON NoneType, not a verdict"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "schema is missing; this version of guardrails reads 1"),
        (changed(schema=0), "schema is 0; this version"),
        (changed(schema=2), "schema is 2; this version"),
        (changed(schema=True), "schema is true; this version"),
        (changed(schema="\x1b[31m1"), r'schema is "\u001b[31m1"; this version'),
        (changed(extra=1), "unknown field `extra`"),
        (changed(gates="none"), "Expected `array`, got `str` - at `$.gates`"),
        (changed(verdict="fine"), "Invalid enum value 'fine' - at `$.verdict`"),
        (changed(seconds=-1), "Expected `float` >= 0.0"),
        (changed(verdict="block"), "says block (exit code 0), but its gates make it pass (0)"),
        (changed(exit_code=1), "says pass (exit code 1), but its gates make it pass (0)"),
        (changed(gates=[]), "says pass (exit code 0), but its gates make it error (2)"),
    ],
)
def test_what_is_not_a_verdict_is_refused_in_words(text: str | bytes, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(text, "old.json")
    assert said in str(raised.value)
    assert str(raised.value).startswith("old.json")


@pytest.mark.parametrize("key", sorted(json.loads(as_json.render(passing())).keys() - {"gate_digest", "approvers"}))
def test_every_key_is_required(key: str) -> None:
    data = json.loads(as_json.render(passing()))
    del data[key]
    with pytest.raises(UsageError, match=rf"\b{key}\b"):
        read(json.dumps(data))


def test_bytes_are_read_as_text_is() -> None:
    assert read(as_json.render(bad()).encode()) == bad()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50)
@given(st.sampled_from(sorted(json.loads(as_json.render(bad())))), json_values)
def test_any_value_in_any_place_is_read_or_refused(key: str, value: Any) -> None:
    with contextlib.suppress(UsageError):
        read(json.dumps(json.loads(as_json.render(bad())) | {key: value}))


@settings(max_examples=50)
@given(st.text() | st.binary())
def test_any_file_at_all_is_refused_in_words(content: str | bytes) -> None:
    with pytest.raises(UsageError):
        read(content)


def test_a_result_of_verification_that_contradicts_itself_is_refused() -> None:
    one = Verified("web", "shop", "a", ("s",), "base", "d", "p.json", 3, ("`title`: no",))
    told = json.loads(as_json.render(of(GateResult("contracts", GateStatus.PASSED, verified=(one,)))))
    assert read(json.dumps(told)).results[0].verified == (one,)
    told["gates"][0]["verified"][0]["good"] = True
    with pytest.raises(UsageError, match="says of 'a' of web that it is good, and lists 1 mismatches"):
        read(json.dumps(told))


def test_a_verdict_of_before_verification_results_were_kept_is_read() -> None:
    told = json.loads(as_json.render(passing()))
    for gate in told["gates"]:
        del gate["verified"]
    assert read(json.dumps(told)) == passing()


def with_pictures(plot: dict[str, Any]) -> str:
    data = json.loads(as_json.render(passing()))
    data["gates"][0]["pictures"] = {"plots": [PLOT | plot], "tables": []}
    return json.dumps(data)


PLOT = {
    "kind": "series",
    "title": "t",
    "says": "s",
    "x": "x",
    "y": "y",
    "at": [1, 2],
    "lines": [{"name": "head", "values": [1, None]}],
}


def test_pictures_are_read_back_and_an_older_file_has_none() -> None:
    assert read(with_pictures({})).results[0].pictures.plots[0].lines[0].values == (1, None)
    data = json.loads(as_json.render(passing()))
    for one in data["gates"]:
        del one["pictures"]
    assert read(json.dumps(data)) == passing()


@pytest.mark.parametrize(
    ("plot", "said"),
    [
        ({"at": [1]}, "holds a picture that nobody can draw: the line 'head' has 2 values for 1 places"),
        ({"at": [2, 1]}, "do not rise"),
        ({"at": [1, float("inf")]}, "inf in a picture"),
        ({"lines": [{"name": "\x1b[31m", "values": [1]}]}, r"the line '\x1b[31m' has 1 values"),
        ({"at": list(range(66))}, "Expected `array` of length <= 65 - at `$.gates[0].pictures.plots[0].at`"),
        ({"title": "x" * 501}, "Expected `str` of length <= 500"),
        ({"kind": "pie"}, "Invalid enum value 'pie'"),
    ],
)
def test_a_picture_that_nobody_can_draw_is_refused(plot: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as raised:
        read(with_pictures(plot), "old.json")
    assert said in str(raised.value)
    assert str(raised.value).startswith("old.json")
