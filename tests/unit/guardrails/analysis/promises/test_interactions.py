"""What a pact promises less than before, in a person's words, whichever version of pact wrote it."""

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from guardrails.analysis.pacts import Interaction
from guardrails.analysis.promises.interactions import compare
from guardrails.analysis.promises.steps import Kind
from guardrails.probes.contracts import interaction

Json = dict[str, Any]
Edit = Callable[[Json], object]


def of(said: Mapping[str, Any]) -> Interaction:
    states = tuple(state["name"] for state in said.get("providerStates", ()))
    return Interaction("player", str(said.get("description", "it")), states, said)


def change(edit: Edit, before: Mapping[str, Any] | None = None) -> list[tuple[Kind, str]]:
    """The steps from an interaction to what `edit` makes of it."""
    old = copy.deepcopy(dict(before or interaction(comments={"answers-within-ms": 300})))
    new = copy.deepcopy(old)
    edit(new)
    return [(step.kind, step.what) for step in compare(of(old), of(new))]


def rules(one: Json) -> Json:
    found: Json = one["response"]["matchingRules"]["body"]
    return found


def body(one: Json) -> Json:
    found: Json = one["response"]["body"]["content"]
    return found


def matcher(*names: str | Json, combine: str = "AND") -> Json:
    return {"combine": combine, "matchers": [{"match": name} if isinstance(name, str) else name for name in names]}


W, B = Kind.WEAKENING, Kind.BREAKING
LESS: Mapping[str, tuple[Edit, Kind, str]] = {
    "field": (lambda one: body(one).pop("reason"), W, "`reason` is no longer expected"),
    "matcher": (
        lambda one: rules(one).update({"$.id": matcher("integer")}), W, "`id` may now be any integer, and was exactly 7"
    ),
    "cascade": (lambda one: rules(one).update({"$": matcher("type")}), W, "`id` may now be any number"),
    "invented": (lambda one: rules(one).update({"$.id": matcher("invented")}), W, "`id` may now be any invented"),
    "value": (lambda one: body(one).update(id=8), B, "`id` is expected to be exactly 8, and was exactly 7"),
    "type": (lambda one: body(one).update(title=5), B, "`title` is expected to be any number, and was any string"),
    "shape": (lambda one: body(one).update(title={}), B, "`title` is expected to be an object, and was a string"),
    "null": (lambda one: body(one).update(reason=None), B, "`reason` is expected to be exactly null"),
    "no time": (
        lambda one: one.pop("comments"), W, "the answer was promised within 300 ms, and now at any time"
    ),
    "more time": (
        lambda one: one.update(comments={"answers-within-ms": 301}), W,
        "the answer was promised within 300 ms, and now within 301 ms",
    ),
    "pending": (lambda one: one.update(pending=True), W, "it became pending, so that a failure no longer counts"),
    "state": (lambda one: one.update(providerStates=[]), W, "it is no longer asked given 'the track is there'"),
    "status": (lambda one: one["response"].update(status=500), B, "the status 200 became 500"),
    "any success": (
        lambda one: one["response"]["matchingRules"].update(
            status={"$": matcher({"match": "statusCode", "status": "success"})}
        ), W, "the status 200 became success"
    ),
    "header": (lambda one: one["response"].pop("headers"), W, "the header cache-control is no longer expected"),
    "header's value": (
        lambda one: one["response"]["headers"].update({"cache-control": ["public"]}), B,
        "the header cache-control is expected to be 'public', and was 'no-store'",
    ),
    "header's rule": (
        lambda one: one["response"]["matchingRules"].update(header={"Cache-Control": matcher("type")}), W,
        "the header cache-control may now be something else, and was 'no-store'",
    ),
    "body": (lambda one: one["response"].pop("body"), W, "the body is no longer expected"),
    "content type": (
        lambda one: one["response"]["body"].update(contentType="text/html"), B,
        "the content type is expected to be text/html, and was application/json",
    ),
    "address": (lambda one: one["request"].update(path="/healthz"), B, "it asks GET /healthz, and asked GET /tracks/7"),
    "method": (lambda one: one["request"].update(method="HEAD"), B, "it asks HEAD /tracks/7, and asked GET /tracks/7"),
}  # fmt: skip


@pytest.mark.parametrize("name", LESS)
def test_less_is_found(name: str) -> None:
    edit, kind, what = LESS[name]
    found, said = change(edit)[0]
    assert said.startswith(what)
    assert found is kind


SAME: Mapping[str, Edit] = {
    "less time": lambda one: one.update(comments={"text": ["answers within 200 ms"]}),
    "nothing": lambda one: None,
    "one more field": lambda one: body(one).update(year=1971),
    "another example": lambda one: body(one).update(title="Another Title"),
    "exactly": lambda one: rules(one).pop("$.title"),
    "a regular expression": lambda one: rules(one).update({"$.title": matcher({"match": "regex", "regex": ".*"})}),
    "two at once": lambda one: rules(one).update({"$.title": matcher("type", "notEmpty")}),
    "one more header": lambda one: one["response"]["headers"].update({"etag": ["1"]}),
    "a header's case": lambda one: one["response"].update(headers={"Cache-Control": "no-store"}),
    "another track": lambda one: one["request"].update(path="/tracks/8"),
    "what is sent": lambda one: one["request"].update(query={"full": ["1"]}),
    "one more state": lambda one: one["providerStates"].append({"name": "it rains"}),
    "a charset": lambda one: one["response"]["body"].update(contentType="application/json; charset=utf-8"),
}


@pytest.mark.parametrize("name", SAME)
def test_more_and_the_same_are_not_found(name: str) -> None:
    assert change(SAME[name]) == []


def listed(value: Any, **body_rules: Json) -> Json:
    """An interaction whose body is `value`; `_` in a rule's name stands for a path from the root."""
    return interaction(
        response={
            "status": 200,
            "body": {"content": value, "contentType": "application/json", "encoded": False},
            "matchingRules": {"body": {path.replace("_", "$", 1): rule for path, rule in body_rules.items()}},
        }
    )


def between(old: Json, new: Json) -> list[str]:
    return [f"{step.kind}: {step.what}" for step in compare(of(old), of(new))]


def test_lists_are_compared_by_length_and_by_what_is_in_them() -> None:
    def each(item: object, **bounds: int) -> Json:
        return listed({"items": [item]}, **{"_.items": matcher({"match": "type", **bounds})})

    assert between(each({"id": 1}, min=3), each({"id": 1}, min=1)) == [
        "weakening: `items` may now have 1 element, and had at least 3"
    ]
    assert between(each({"id": 1}, max=3), each({"id": 1})) == [
        "weakening: `items` may now have any number of elements, and had at most 3"
    ]
    assert between(each({"id": 1, "a": 1}, min=1), each({"id": 1}, min=2)) == [
        "weakening: `items[].a` is no longer expected"
    ]
    assert between(each({"id": 1}, min=1), listed({"items": [{"id": 1}, {"id": 2}]})) == []
    assert between(listed([1, 2]), listed([1])) == ["breaking: the body is expected to have 1 element, and had 2"]
    assert between(listed([1]), listed([])) == ["breaking: the body is expected to have no element, and had 1"]
    assert between(each(1), listed({"items": []})) == []
    assert between(each(1), listed({"items": []}, **{"_.items": matcher("type")})) == [
        "weakening: `items[]` may now be anything"
    ]


def test_a_rule_for_one_element_is_one_for_that_element() -> None:
    one = {"_.a": matcher("type"), "_.a[0]": matcher("equality")}
    assert between(listed({"a": [1]}, **one), listed({"a": [1]}, **{"_.a": matcher("type")})) == [
        "weakening: `a[0]` may now be any number, and was exactly 1"
    ]


def test_what_decides_by_keys_or_values_is_compared_whole() -> None:
    by_values = {"_.a": matcher("values"), "_.a.*": matcher("type")}
    same = listed({"a": {"x": 1}}, **by_values)
    assert between(same, copy.deepcopy(same)) == []
    assert between(listed({"a": {"x": 1}}), same) == [
        "weakening: what decides about `a` became another rule, and may allow more"
    ]


def test_lists_of_words_are_compared_word_by_word() -> None:
    def of_words(regex: str) -> Json:
        return listed({"why": "a"}, **{"_.why": matcher({"match": "regex", "regex": regex})})

    assert between(of_words("a|b|c"), of_words("a|b")) == []
    [said] = between(of_words("a|b"), of_words("a|b|c"))
    assert said == "weakening: `why` may now be what /a|b|c/ matches, and was what /a|b/ matches"
    assert between(of_words("a+"), of_words("a|aa")) != [], "what is more than a list of words is not understood"
    assert between(of_words("a|b"), listed({"why": "a"})) == []
    assert between(of_words("a|b"), listed({"why": "c"})) == [
        'breaking: `why` is expected to be exactly "c", and was what /a|b/ matches'
    ]


def test_one_of_several_matchers() -> None:
    either = listed({"a": 1}, **{"_.a": matcher("integer", "null", combine="OR")})
    integer = listed({"a": 1}, **{"_.a": matcher("integer")})
    assert between(either, integer) == []
    assert between(integer, either) == ["weakening: `a` may now be any integer or any null, and was any integer"]


OLDER: Json = {
    "description": "a track",
    "providerState": "the track is there",
    "request": {"method": "get", "path": "/tracks/7"},
    "response": {
        "headers": {"Cache-Control": "no-store"},
        "body": {"id": 7, "title": "A Title", "reason": "listening"},
        "matchingRules": {"$.body.title": {"match": "type"}},
    },
}


def test_the_versions_of_pact_say_the_same_in_other_words() -> None:
    """Version 2 against 4: no type, one state, a flat table of rules, a bare body, and a status of 200 unsaid."""
    assert between(OLDER, interaction()) == []
    assert between({**interaction(), "providerStates": []}, OLDER) == []
    three = copy.deepcopy(OLDER)
    three["response"]["matchingRules"] = {"body": {"$['title']": matcher("type")}}
    assert between(OLDER, three) == between(three, OLDER) == []


def message(content: object, **metadata: str) -> Json:
    return {
        "type": "Asynchronous/Messages",
        "description": "a slate",
        "contents": {"content": content, "contentType": "application/json", "encoded": False},
        "metadata": metadata,
        "matchingRules": {"body": {"$.user": matcher("type")}},
    }


def test_messages_are_compared_as_answers_are() -> None:
    old = message({"user": "u", "k": 3}, topic="slates")
    assert between(old, message({"user": "v", "k": 3}, topic="slates")) == []
    assert between(old, message({"user": 5, "k": 4})) == [
        "weakening: the metadata field topic is no longer expected",
        "breaking: `user` is expected to be any number, and was any string",
        "breaking: `k` is expected to be exactly 4, and was exactly 3",
    ]
    bare = {"description": "a slate", "contents": {"user": "u", "k": 3}, "metaData": {"topic": "slates"}}
    assert between({**bare, "matchingRules": {"body": {"$.user": {"match": "type"}}}}, old) == []


def test_what_is_nested_without_end_is_not_called_the_same() -> None:
    deep: Json = {}
    for _ in range(200):
        deep = {"a": deep}
    assert between(listed(deep), listed(json.loads(json.dumps(deep)))) != []
