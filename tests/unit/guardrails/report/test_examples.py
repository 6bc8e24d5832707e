"""Examples of changed answers: from the gate through the file to the page."""

import json

from guardrails.analysis.answers.comparison import Reading, compare
from guardrails.analysis.answers.requests import Asked
from guardrails.gates.behaviour.judgement import as_example, chosen
from guardrails.model.example import Example, Moved, Reason
from guardrails.model.exchange import HttpAnswer
from guardrails.model.result import GateResult, GateStatus
from guardrails.report import as_json, html, read
from tests.verdict_samples import finding, of

_READING = Reading(items=("items", "[]", "id"), user=("user",), ignore=frozenset(), tolerance=0.0)


def _answer(*ids: str) -> HttpAnswer:
    return HttpAnswer(200, json.dumps({"items": [{"id": one} for one in ids]}).encode())


def test_an_example_reaches_the_page_escaped_and_survives_the_file() -> None:
    asked = [Asked("POST", "/r", {"user": "u1"}), Asked("POST", "/r", {"user": "u2"})]
    base = [_answer("a", "b", "c"), _answer("x")]
    head = [_answer("b", "<script>", "a"), _answer("x")]
    found = tuple(as_example(one) for one in chosen(compare(asked, base, head, _READING)))
    assert [(one.user, one.base, one.head) for one in found] == [("u1", ("a", "b", "c"), ("b", "<script>", "a"))]
    assert 0.6 < found[0].overlap < 0.7
    verdict = of(GateResult("behaviour", GateStatus.PASSED, 1.0, {"n": 1}, {"n": 1}, examples=found))
    assert read.read(as_json.render(verdict)).results[0].examples == found
    page = html.render(verdict)
    assert "Answers that changed" in page
    assert "&lt;script&gt;</span> <strong>(not among the base" in page
    assert "<script>" not in page


def _page(example: Example) -> str:
    verdict = of(GateResult("behaviour", GateStatus.PASSED, 1.0, {"n": 1}, {"n": 1}, examples=(example,)))
    assert read.read(as_json.render(verdict)).results[0].examples == (example,)
    return html.render(verdict)


def test_reasons_stand_beside_the_items_that_moved() -> None:
    moved = (
        Moved("<b>", 2, 1, (Reason("score", "0.3", "<i>0.95"), Reason("sources", "popular", "")), more=3),
        Moved("a", 1, 2, ()),
        Moved("new", None, 3, (Reason("rules", "", "explored"),)),
        Moved("old\u202e", 3, None, ()),
    )
    example = Example("POST /r", "u1", "moved", ("a",), ("<b>",), 0.5, moved, (Reason("removed.explicit", "3", "7"),))
    page = _page(example)
    assert "&lt;b&gt;</code> moved from 2 to 1" in page
    assert "score</span>: <code>0.3</code> became <code>&lt;i&gt;0.95</code>" in page
    assert "<code>popular</code> in the base, not said by the head" in page
    assert "and 3 more" in page
    assert "Nothing that is said of it changed" in page
    assert "new</code> came to 3" in page
    assert "old\\u202e</code> went from 3" in page
    assert "removed.explicit</span>: <code>3</code> became <code>7</code>" in page


def test_where_nobody_explains_the_page_says_so() -> None:
    page = _page(Example("POST /r", "", "moved", ("a",), ("b",), 0.0, unexplained="the head <died>"))
    assert "Why they moved is not shown" in page
    assert "the head &lt;died&gt;" in page
    assert "as both services explain it" not in page


def test_a_file_from_before_there_were_reasons_is_still_read() -> None:
    example = Example("POST /r", "", "moved", ("a",), ("b",), 0.0)
    verdict = of(GateResult("behaviour", GateStatus.PASSED, 1.0, {"n": 1}, {"n": 1}, examples=(example,)))
    data = json.loads(as_json.render(verdict))
    for key in ("moved", "whole", "unexplained"):
        del data["gates"][0]["examples"][0][key]
    assert read.read(json.dumps(data)).results[0].examples == (example,)


def test_how_many_users_it_reaches_stands_above_the_examples() -> None:
    example = Example("POST /r", "", "moved", ("a",), ("b",), 0.0)
    found = finding("2 of 9 answers differ: 1 of 3 users (33%)\nGET /r: moved", rule="behaviour/differs")
    result = GateResult("behaviour", GateStatus.PASSED, 1.0, {"n": 1}, {"n": 1}, (found,), examples=(example,))
    page = html.render(of(result))
    assert '<p class="text">2 of 9 answers differ: 1 of 3 users (33%)</p>' in page
    assert '<a href="#answers-1">Answers that changed</a>' in page
