"""Examples of changed answers: from the gate through the file to the page."""

import json

from guardrails.analysis.answers.comparison import Reading, compare
from guardrails.analysis.answers.requests import Asked
from guardrails.gates.behaviour.judgement import examples
from guardrails.model.exchange import HttpAnswer
from guardrails.model.result import GateResult, GateStatus
from guardrails.report import as_json, html, read
from tests.verdict_samples import of

_READING = Reading(items=("items", "[]", "id"), user=("user",), ignore=frozenset(), tolerance=0.0)


def _answer(*ids: str) -> HttpAnswer:
    return HttpAnswer(200, json.dumps({"items": [{"id": one} for one in ids]}).encode())


def test_an_example_reaches_the_page_escaped_and_survives_the_file() -> None:
    asked = [Asked("POST", "/r", {"user": "u1"}), Asked("POST", "/r", {"user": "u2"})]
    base = [_answer("a", "b", "c"), _answer("x")]
    head = [_answer("b", "<script>", "a"), _answer("x")]
    found = examples(compare(asked, base, head, _READING))
    assert [(one.user, one.base, one.head) for one in found] == [("u1", ("a", "b", "c"), ("b", "<script>", "a"))]
    assert 0.6 < found[0].overlap < 0.7
    verdict = of(GateResult("behaviour", GateStatus.PASSED, 1.0, {"n": 1}, {"n": 1}, examples=found))
    assert read.read(as_json.render(verdict)).results[0].examples == found
    page = html.render(verdict)
    assert "Answers that changed" in page
    assert "&lt;script&gt; <strong>(not among the base" in page
    assert "<script>" not in page
